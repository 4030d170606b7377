"""A run in words: what was done, what to expect of it, and what is in the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.report.numbers import interval, is_number, number, place_of, score
from runner.report.page.labels import counted, listed, percent, shorten

if TYPE_CHECKING:
    from runner.report.page.material import Material

NAMED = 3  # features in a sentence
MODELS = {"elastic_net": "An elastic net", "lasso": "A lasso", "ridge": "A ridge regression"}
MODELS |= {"ols": "A model without a penalty"}
SPLITS = {"kfold": "cross-validation", "repeated": "repeated cross-validation"}
SPLITS |= {"grouped": "cross-validation by groups", "time": "validation on later times"}
SEARCHES = {"grid": "a grid", "random": "random search", "optuna": "Optuna's search"}


@dataclass(frozen=True)
class Fact:
    """A number that stands at the top of a page."""

    name: str
    value: str
    about: str


def facts(material: Material) -> list[Fact]:
    """What a reader wants first: the expected score, the test's, the size."""
    record, metric = material.record, material.metric
    expected = (record.get("expected") or {}).get(metric)
    found = [
        Fact(f"expected {metric}", *_scored(expected))
        if expected
        else Fact(f"{metric} selected on", *_selected_on(record["cv"][metric]))
    ]
    test = record.get("test")
    if test:
        found.append(Fact(f"test {metric}", *_scored(test[metric] | {"level": test["level"]})))
    of = f"of {counted(record['n_features'], 'feature')}"
    found.append(Fact("in the model", f"{record['n_selected']:,}", of))
    rows, missing = record["dataset"]["rows"], record["dataset"]["missing_share"]
    return [*found, Fact("rows", f"{rows:,}", f"{percent(missing)} of values missing")]


def _scored(found: dict[str, Any]) -> tuple[str, str]:
    """A score and its interval, in the digits that the interval leaves."""
    low, high = found.get("low"), found.get("high")
    if not (is_number(low) and is_number(high)):
        return score(found.get("score"), None), "no interval"
    place = place_of((found["high"] - found["low"]) / 2)
    return score(found["score"], place), f"{found['level']:.0%} interval {interval(low, high)}"


def _selected_on(cv: dict[str, Any]) -> tuple[str, str]:
    place = place_of(cv["se"])
    return score(cv["mean"], place), f"SE {score(cv['se'], place)}; flattering, as it was chosen"


def title(material: Material) -> str:
    """Of a page: what is predicted from which data."""
    choices = material.record.get("choices", {})
    target = shorten(str(material.target.get("name", "the target")), 40)
    return f"{target}, predicted from {shorten(str(choices.get('dataset', 'data')), 40)}"


def summary(material: Material) -> list[str]:
    """Some sentences that stand for the whole page."""
    return [_what_was_done(material), _what_to_expect(material), _what_is_in_it(material)]


def _what_was_done(material: Material) -> str:
    record = material.record
    choices, data = record.get("choices", {}), record["dataset"]
    kind = material.config.get("model", {}).get("name", choices.get("model"))
    model = MODELS.get(kind, f"A model ({kind})")
    dropped = [f"{counted(count, 'row')} with {why}" for why, count in data["dropped"].items()]
    left_out = f" ({listed(dropped)} left out)" if dropped else ""
    folds = counted(len(record["folds"]["training"]), "fold")
    how = SPLITS.get(choices.get("split", ""), str(choices.get("split")))
    by = SEARCHES.get(choices.get("search", ""), str(choices.get("search")))
    said = (
        f"{model} {_of_what(material)} was fitted to {data['rows']:,} rows{left_out} of "
        f"{counted(data['numeric'] + data['categorical'], 'column')}. Its penalty was chosen among "
        f"{counted(record['search']['trials'], 'candidate')} of {by} by the mean {material.metric} "
        f"over {folds} of {how}"
    )
    test = record.get("test")
    held = (
        f"; {counted(test['rows'], 'row')} were held out and looked at once, at the end"
        if test
        else ""
    )
    return f"{said}{held}.{_gaps(material)}"


def _of_what(material: Material) -> str:
    """What is modelled, by family."""
    name = shorten(str(material.target.get("name", "the target")), 40)
    labels = material.target.get("labels", [])
    return {
        "binomial": f"for the probability of {name} = {labels[-1] if labels else ''}",
        "multinomial": f"for the probabilities of {counted(len(labels), 'class')} of {name}",
        "poisson": f"for the mean of the count {name}",
        "gamma": f"for the mean of the amount {name}",
        "cox": f"for the hazard over {name}",
    }.get(material.family, f"for {name}")


def _gaps(material: Material) -> str:
    share = material.record["dataset"]["missing_share"]
    if not share:
        return ""
    imputer = material.record.get("choices", {}).get("imputer")
    return f" Gaps ({percent(share)} of values) were filled by the {imputer} imputer in each fold."


def _what_to_expect(material: Material) -> str:
    record, metric = material.record, material.metric
    cv = record["cv"][metric]
    selected = score(cv["mean"], place_of(cv["se"]))
    expected = (record.get("expected") or {}).get(metric)
    if expected:
        value, about = _scored(expected)
        said = (
            f"On new rows {metric} {value} is to be expected ({about}). The winner was selected on "
            f"{selected}, which flatters it, as it is the best of many"
        )
    else:
        reason = record.get("expected_reason")
        said = (
            f"The winner was selected on a {metric} of {selected}, which flatters it, as it is the "
            f"best of many; what to expect on new rows is not known: {reason}"
        )
    return f"{said}.{_tested(material)}"


def _tested(material: Material) -> str:
    test = material.record.get("test")
    if not test:
        return ""
    value, about = _scored(test[material.metric] | {"level": test["level"]})
    return f" On the {test['rows']:,} test rows it is {value} ({about})."


def _what_is_in_it(material: Material) -> str:
    record = material.record
    said = (
        f"{record['n_selected']:,} of {counted(record['n_features'], 'feature')} are in the model"
    )
    strongest = material.strongest[:NAMED]
    if not strongest:
        return f"{said}: it predicts the same for every row."
    verb = "is" if len(strongest) == 1 else "are"
    return f"{said}; the strongest {verb} {listed([_signed(material, n) for n in strongest])}."


def _signed(material: Material, name: str) -> str:
    """A feature and the direction in which it moves the prediction, where there is but one."""
    if len(material.responses) > 1:
        return shorten(name)
    row = next(row for row in material.coefficients if row["feature"] == name)
    return f"{shorten(name)} ({'raises' if float(row['coefficient']) > 0 else 'lowers'})"


def score_cells(material: Material) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headers and rows of every metric: CV, expected, test."""
    record = material.record
    expected, test = record.get("expected") or {}, record.get("test")
    headers = ["metric", "CV mean", "SE"]
    headers += ["expected", "its interval"] if expected else []
    headers += ["test", f"{test['level']:.0%} interval"] if test else []
    return tuple(headers), tuple(_score_row(m, record, expected, test) for m in record["cv"])


def _score_row(
    metric: str, record: dict[str, Any], expected: dict[str, Any], test: dict[str, Any] | None
) -> tuple[str, ...]:
    cv = record["cv"][metric]
    place = place_of(cv["se"])
    cells = [
        metric,
        score(cv["mean"], place),
        score(cv["se"], place) if is_number(cv["se"]) else "-",
    ]
    for found in ([expected.get(metric, {})] if expected else []) + (
        [test[metric]] if test else []
    ):
        low, high = found.get("low"), found.get("high")
        known = is_number(low) and is_number(high)
        own = place_of((high - low) / 2) if known else place
        cells += [score(found.get("score"), own), interval(low, high)]
    return tuple(cells)


def versions(environment: dict[str, Any]) -> str:
    """What the run was made with."""
    found = environment.get("versions", {})
    names = ("enet-runner", "scikit-learn", "numpy", "python")
    return ", ".join(f"{name} {number(found[name])}" for name in names if found.get(name))
