"""A run's record and its coefficients come in; what a person is told of it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.report.naive_words import baseline_cells
from runner.report.numbers import NONE, interval, is_number, number, place_of, score
from runner.report.terminal.columns import Column, Line, lay_out
from runner.report.terminal.description_lines import description_lines
from runner.report.terminal.family_line import family_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Record = Mapping[str, Any]
    Rows = Sequence[Mapping[str, str]]

NAMED = 4  # stable features on the screen


def opening_lines(record: Record) -> list[str]:
    """The data, what was done with it, and the best candidate."""
    lines = [_data_line(record), *family_lines(record), _choices_line(record)]
    if record.get("rows_used"):
        lines.append(_rows_line(record["rows_used"], record["rows_left_out"]))
    # runs of before there was an expected score have no such words
    return [
        *lines,
        _best_line(record),
        *_rules_line(record),
        *([record["words"]] if "words" in record else []),
    ]


def closing_lines(record: Record) -> list[str]:
    """How well hidden values were filled in, and what is known of the features."""
    filled = record.get("imputation")
    selected = f"{record['n_selected']:,} of {record['n_features']:,} features selected"
    stability = record.get("stability")
    return [
        *([_imputation_line(filled)] if filled else []),
        selected,
        *([_stability_line(stability)] if stability else []),
        *description_lines(record),
    ]


def _data_line(record: Record) -> str:
    data = record["dataset"]
    line = (
        f"{record['choices'].get('dataset', 'dataset')}: {data['rows']:,} rows, {_columns(data)}, "
        f"{data['missing_share']:.1%} of values missing"
    )
    dropped = [f"{count:,} rows with {reason}" for reason, count in data["dropped"].items()]
    line += f" ({', '.join(dropped)} left out)" if dropped else ""
    streamed = "; streamed, so without predictions.csv and missingness.csv"
    return line + (streamed if data.get("streamed") else "")


def _columns(data: Record) -> str:
    """How many columns there are of each sort; of text only where there are."""
    if not data.get("text"):
        return f"{data['numeric']} numeric and {data['categorical']} categorical columns"
    counts = {sort: data[sort] for sort in ("numeric", "categorical", "text")}
    *said, last = [f"{count} {sort}" for sort, count in counts.items() if count]
    before = f"{', '.join(said)} and " if said else ""
    return f"{before}{last} column{'s' if sum(counts.values()) > 1 else ''}"


def _choices_line(record: Record) -> str:
    """What is optimised, by which split, and the option of each group that learns."""
    folds, test = len(record["folds"]["training"]), record["test"]
    tested = f"{test['rows']:,} test rows" if test else "no test rows"
    choices = [f"{group} {record['choices'].get(group)}" for group in ("imputer", "model")]
    search = f"search {record['choices'].get('search')}"
    split = f"split {record['choices'].get('split')} ({_count(folds, 'fold')}, {tested})"
    return "; ".join([f"metric {record['metric']}", split, *choices, search])


def _rows_line(used: Record, left_out: Record) -> str:
    """How many rows the imputer's rule for rows has let train and be predicted."""
    said = [
        f"{used[side]:,} of {used[side] + left_out[side]:,} rows {verb}"
        for side, verb in (("training", "trained"), ("prediction", "were predicted"))
    ]
    return f"imputer.rows.drop: {', '.join(said)}"


def _best_line(record: Record) -> str:
    parameters = record["best"]["parameters"]
    best = ", ".join(f"{key} {number(value)}" for key, value in parameters.items())
    # a record of an earlier version knows no rule
    rule = record["best"].get("rule", "best")
    return f"{rule} of {_count(record['search']['trials'], 'candidate')}: {best}"


def _rules_line(record: Record) -> list[str]:
    """The score and the size of what each rule keeps, where these are not the same."""
    rules = record.get("rules", {})
    if len({kept["trial"] for kept in rules.values()}) < 2:  # noqa: PLR2004 - nothing to tell apart
        return []
    place = place_of(rules["best"]["se"])
    told = [
        f"{rule} {score(kept['score'], place)} with {kept['n_features']:.3g}"
        for rule, kept in rules.items()
    ]
    return [f"{record['metric']} by rule: {', '.join(told)} features (means over folds)"]


def worth_line(record: Record) -> str:
    """The score that the winner was selected on, never without what is expected on new rows."""
    metric = record["metric"]
    cv = record["cv"][metric]
    selected = f"{metric}: {score(cv['mean'], place_of(cv['se']))} selected on"
    if record["expected"] is None:
        return f"{selected}; what to expect on new rows is not known: {record['expected_reason']}"
    found = record["expected"][metric]
    expected = score(found["score"], _interval_place(found))
    return f"{selected}; {expected} expected on new rows ({interval(found['low'], found['high'])})"


def _imputation_line(filled: Record) -> str:
    nrmse = filled["nrmse"]
    if nrmse is None:
        return f"hidden values: no error of what was filled in, as {filled['reason']}"
    place = place_of(nrmse["se"])
    error = f"{score(nrmse['mean'], place)} (SE {score(nrmse['se'], place)})"
    bias = score(filled["bias"]["mean"], place)
    return f"hidden values: filled in with nrmse {error} and bias {bias}, in standard deviations"


def _stability_line(found: Record) -> str:
    """Which features are stable, and how many false ones to expect among them at the most."""
    if "reason" in found:
        return f"stability selection: none, as {found['reason']}"
    names = found["selected"]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    shown = f": {', '.join(names[:NAMED])}{more}" if names else ""
    bound = f"at most {number(found['bound'])} false expected"
    return f"{len(names):,} of them stable{shown} ({bound}, evaluation.pfer={found['pfer']:g})"


def score_lines(record: Record, width: int) -> list[Line]:
    """A row per metric, rounded by its own error."""
    test, rows = record["test"], list(record["cv"].items())
    places = [place_of(scores["se"]) for _, scores in rows]
    means = tuple(score(s["mean"], place) for (_, s), place in zip(rows, places, strict=True))
    errors = tuple(
        score(s["se"], place) if is_number(s["se"]) else NONE
        for (_, s), place in zip(rows, places, strict=True)
    )
    columns = [
        Column("metric", tuple(metric for metric, _ in rows), label=True),
        Column("CV mean", means),
        Column("SE", errors, spare=1),
    ]
    if record.get("expected"):
        known = [record["expected"].get(metric, {}) for metric, _ in rows]
        expected = tuple(
            score(f.get("score"), place) for f, place in zip(known, places, strict=True)
        )
        columns.append(Column("expected", expected, spare=3))
    if test is not None:
        found = [test[metric] for metric, _ in rows]
        tested = tuple(score(f["score"], _interval_place(f)) for f in found)
        columns.append(Column("test", tested))
        intervals = tuple(interval(f["low"], f["high"]) for f in found)
        columns.append(Column(f"{test['level']:.0%} interval", intervals))
    return lay_out(columns, width)


def baseline_lines(record: Record, width: int) -> list[Line]:
    """A row per forecast without a model; nothing of a run that forecasts nothing."""
    headers, rows = baseline_cells(record)
    if not rows:
        return []
    columns = zip(headers, zip(*rows, strict=True), strict=True)
    return lay_out(
        [Column(name, cells, label=at == 0) for at, (name, cells) in enumerate(columns)], width
    )


def _interval_place(found: Record) -> int | None:
    low, high = found["low"], found["high"]
    return place_of((high - low) / 2) if is_number(low) and is_number(high) else None


def coefficient_lines(rows: Rows, width: int, top: int | None) -> list[Line]:
    """The selected features, strongest first; `top` of them, or all.

    Args:
        rows: of coefficients.csv, as text.
        width: what no line should exceed.
        top: how many, or None for all and the intercept.
    """
    chosen = [row for row in rows if row["selected"] == "True"]
    if top is None:
        order = list(dict.fromkeys(row.get("response") for row in rows))
        chosen.sort(key=lambda row: (order.index(row.get("response")), int(row["rank"])))
        chosen += [row for row in rows if not row["rank"]]  # the intercepts
    else:  # ranks are within a response
        chosen = sorted(chosen, key=lambda row: -abs(float(row["standardised"])))[:top]
    if not chosen:
        return []
    header = "strongest features" if top is not None else "selected features"
    names = [Column(header, tuple(row["feature"] for row in chosen), label=True)]
    if "response" in rows[0]:
        names.append(Column("response", tuple(row["response"] for row in chosen), label=True))
    shown = ("standardised", "coefficient", *(["ratio"] if "ratio" in rows[0] else []))
    figures = [
        Column(name, tuple(number(float(row[name]) if row[name] else None) for row in chosen))
        for name in shown
    ]
    return lay_out([*names, *figures], width)


def finding_lines(checks: Sequence[Mapping[str, str]]) -> list[str]:
    """A line for each check that has found something, warnings first."""
    grouped: dict[str, list[Mapping[str, str]]] = {}
    for found in sorted(checks, key=lambda found: (found["severity"] != "warning", found["code"])):
        grouped.setdefault(found["code"], []).append(found)
    lines = []
    for code, group in grouped.items():
        first, more = group[0], len(group) - 1
        rest = f" (and {more} more of these in run.json)" if more else ""
        lines.append(f"{first['severity']} {code}: {first['message']}{rest}; {first['remedy']}")
    return lines


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
