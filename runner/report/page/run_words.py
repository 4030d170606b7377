"""A run in words: what was done, what to expect of it, and what is in the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.report.numbers import interval, is_number, number, place_of, score
from runner.report.page.labels import counted, in_the_model, listed, percent, shorten
from runner.report.target_words import modelled

if TYPE_CHECKING:
    from runner.report.page.material import Material

NAMED = 3  # features in a sentence
FILES = {"csv", "parquet"}  # datasets that are called by their file
MODELS = {"elastic_net": "An elastic net", "lasso": "A lasso", "ridge": "A ridge regression"}
MODELS |= {"ols": "A model without a penalty"}
SPLITS = {"kfold": "cross-validation", "repeated": "repeated cross-validation"}
SPLITS |= {"grouped": "cross-validation by groups", "time": "validation on later times"}
RULES = {"one_se": "as the simplest within one standard error of the best"}
RULES |= {"within_percent": "as the simplest that is nearly as good as the best"}
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
    found = [Fact(f"expected {metric}", *_scored(expected)) if expected else _selected_on(material)]
    test = record.get("test")
    if test:
        found.append(Fact(f"test {metric}", *_scored(test[metric] | {"level": test["level"]})))
    of = f"of {counted(record['n_features'], 'feature')}"
    found.append(Fact("in the model", f"{record['n_selected']:,}", of))
    rows, missing = record["dataset"]["rows"], record["dataset"]["missing_share"]
    gaps = f"{percent(missing)} of values missing" if missing else "no value missing"
    return [*found, Fact("rows", f"{rows:,}", gaps)]


def _scored(found: dict[str, Any]) -> tuple[str, str]:
    """A score and its interval, in the digits that the interval leaves."""
    low, high = found.get("low"), found.get("high")
    if not (is_number(low) and is_number(high)):
        return score(found.get("score"), None), "no interval"
    place = place_of((found["high"] - found["low"]) / 2)
    return score(found["score"], place), f"{found['level']:.0%} interval {interval(low, high)}"


def _selected_on(material: Material) -> Fact:
    """The score in the search, and whether it was chosen by that."""
    cv, metric = material.record["cv"][material.metric], material.metric
    place = place_of(cv["se"])
    about = [f"SE {score(cv['se'], place)}"] if is_number(cv["se"]) else []
    about += ["flattering, as it was chosen by it"] if _is_choice(material) else []
    name = f"{metric} selected on" if _is_choice(material) else f"validated {metric}"
    return Fact(name, score(cv["mean"], place), "; ".join(about))


def _is_choice(material: Material) -> bool:
    """Whether there was more than one candidate."""
    return bool(material.record["search"]["trials"] > 1)


def title(material: Material) -> str:
    """Of a page: what is predicted from which data."""
    target = shorten(str(material.target.get("name", "the target")), 40)
    return f"{target}, predicted from {shorten(_data_name(material.record), 40)}"


def _data_name(record: dict[str, Any]) -> str:
    """The option of the dataset, or the file where that says nothing."""
    name = str(record.get("choices", {}).get("dataset", "data"))
    path = record["dataset"].get("path")
    return Path(path).name if path and name in FILES else name


def summary(material: Material) -> list[str]:
    """Some sentences that stand for the whole page."""
    return [_what_was_done(material), _what_to_expect(material), _what_is_in_it(material)]


def _what_was_done(material: Material) -> str:
    choices, data = material.record.get("choices", {}), material.record["dataset"]
    kind = material.config.get("model", {}).get("name", choices.get("model"))
    model = MODELS.get(kind, f"A model ({kind})")
    dropped = [f"{counted(count, 'row')} with {why}" for why, count in data["dropped"].items()]
    left_out = f" ({listed(dropped)} left out)" if dropped else ""
    columns = data["numeric"] + data["categorical"] + data.get("text", 0)
    return (
        f"{model} {_of_what(material)} was fitted to {data['rows']:,} rows{left_out} of "
        f"{counted(columns, 'column')}. {_choice(material)}"
        f"{_held_out(material)}.{_gaps(material)}"
    )


def _choice(material: Material) -> str:
    """From what, and by which score and rule, the winner was chosen."""
    if not _is_choice(material):
        return f"There was nothing to choose; it was judged by {_judged_by(material)}"
    record = material.record
    searched = record.get("choices", {}).get("search", "")
    rule = RULES.get(record["best"].get("rule", ""), "as the best")
    return (
        f"It was chosen among {counted(record['search']['trials'], 'candidate')} of "
        f"{SEARCHES.get(searched, searched)}, {rule} by {_judged_by(material)}"
    )


def _judged_by(material: Material) -> str:
    """The score that candidates have."""
    folds, split = material.record["folds"], material.record.get("choices", {}).get("split", "")
    count = len(folds["training"])
    if count == 1:
        rows = counted(folds["validation"][0], "row")
        return f"the {material.metric}{_scale(material)} on {rows} left out"
    mean = f"the mean {material.metric}{_scale(material)}"
    return f"{mean} over {count:,} folds of {SPLITS.get(split, split)}"


def _scale(material: Material) -> str:
    """On which scale scores are, where the model is on another."""
    if not material.target.get("transform"):
        return ""
    return f", on the scale of {shorten(str(material.target['name']), 40)},"


def _held_out(material: Material) -> str:
    test = material.record.get("test")
    if not test:
        return ""
    verb = "was" if test["rows"] == 1 else "were"
    return f"; {counted(test['rows'], 'row')} {verb} held out and looked at once, at the end"


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
    }.get(material.family, f"for {shorten(modelled(material.target), 40)}")


def _gaps(material: Material) -> str:
    """What became of missing values."""
    record, said = material.record, ""
    share, imputer = record["dataset"]["missing_share"], record.get("choices", {}).get("imputer")
    left_out = record.get("rows_left_out", {}).get("training", 0)
    if left_out:
        verb = "was" if left_out == 1 else "were"
        said = f" {counted(left_out, 'training row')} with too many gaps {verb} left out."
    if not share or imputer == "none":
        return said
    times = material.config.get("imputer", {}).get("multiple") or 1
    over = f", {times} times over," if times > 1 else ""
    return (
        f"{said} Gaps ({percent(share)} of values) were filled by the {imputer} imputer{over} in "
        "each fold."
    )


def _what_to_expect(material: Material) -> str:
    record, metric = material.record, material.metric
    expected = (record.get("expected") or {}).get(metric)
    if expected:
        value, about = _scored(expected)
        known = f"On new rows {metric} {value} is to be expected ({about}). {_found(material)}."
        return f"{known}{_tested(material)}"
    reason = record.get("expected_reason")
    why = f" ({reason})" if reason else ""
    return f"{_found(material)}; what to expect on new rows is not known{why}.{_tested(material)}"


def _found(material: Material) -> str:
    """The score in the search, and what it is worth."""
    cv = material.record["cv"][material.metric]
    found = f"{material.metric} {score(cv['mean'], place_of(cv['se']))}"
    if not _is_choice(material):
        return f"On the rows left out the only candidate has {found}"
    if material.record["best"].get("rule", "best") == "best":
        return f"The winner was selected on {found}, which flatters it, as it is the best of many"
    return f"The winner has {found} in the search, which flatters it, as it was chosen by that"


def _tested(material: Material) -> str:
    test = material.record.get("test")
    if not test:
        return ""
    value, about = _scored(test[material.metric] | {"level": test["level"]})
    return f" On the {test['rows']:,} test rows it is {value} ({about})."


def _what_is_in_it(material: Material) -> str:
    record = material.record
    said = in_the_model(record["n_selected"], record["n_features"])
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
