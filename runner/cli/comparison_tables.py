"""Groups of stored runs come in; the tables that `enet compare` shows, in any format, go out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.fitted_table import Row, say, say_score
from runner.core.metrics import loss
from runner.report.naive_words import CALLED, naive_scores, shortfalls
from runner.report.numbers import interval
from runner.report.search_lines import ORDERS
from runner.report.standing import standing_cell, standing_notes
from runner.statistics.option_effects import Effects, option_effects
from runner.statistics.run_comparison import (
    Standing,
    describe_group,
    expected_score,
    ranked_by,
    summarise_group,
)
from runner.statistics.search_budget import budgets
from runner.store.comparable import Group, is_condition
from runner.store.conditions import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.store.finding import StoredRun

PRACTICAL = ("better", "equal", "worse")
NUMBERS = (
    "rank", "runs", "expected", "p_best", "CV", "SE", "test", "selected", "best", "median", "worst",
    "behind", "95% interval", *PRACTICAL,
)  # fmt: skip
SPARED = ("test", "SE", "selected")  # the last goes first
BY = {
    "expected": "by the expected {}, the mean on folds that no choice has seen",
    "cv": "by the CV mean of {}",
}


@dataclass(frozen=True)
class Asked:
    """What is to be compared, and how."""

    keys: Sequence[str]  # that runs differ in
    by: str | None = None
    rope: float | None = None


@dataclass(frozen=True)
class ComparisonTable:
    """A table of rows, what stands above it, and what its cells mean."""

    title: tuple[str, ...]
    rows: Sequence[Row]
    name: str  # the column that may be shortened
    optional: Sequence[str] = ()  # columns that can be done without
    right: Sequence[str] = NUMBERS
    notes: Sequence[str] = ()


def group_tables(groups: Sequence[Group], asked: Asked) -> list[ComparisonTable]:
    """The tables of every group, and why none is ranked against the first."""
    tables: list[ComparisonTable] = []
    for number, group in enumerate(groups, start=1):
        own = [key for key in asked.keys if len(groups) == 1 or not is_condition(key)]
        if asked.by:
            found = [_summary_table(group, asked.by), _effect_table(group, asked)]
        else:
            ranked = _ranked_table(group, own, asked.rope)
            found = [ranked, _naive_table(group), _budget_table(group, own)]
        first, *more = [table for table in found if table is not None]
        titled = replace(first, title=(*_group_title(groups, number, asked), *first.title))
        tables += [titled, *more]
    return tables


def _group_title(groups: Sequence[Group], number: int, asked: Asked) -> list[str]:
    """Which group it is, where there are several, and what keeps it from the first."""
    group = groups[number - 1]
    title = [f"group {number}: {group.describe(asked.keys)}"] if len(groups) > 1 else []
    if number > 1:
        reason = ", ".join(group.other_than(groups[0]))
        title.append(f"not ranked against group 1, as these differ: {reason}")
    return title


def unscored_tables(runs: Sequence[StoredRun], keys: Sequence[str]) -> list[ComparisonTable]:
    """What has no score, and so no rank, with the reason."""
    rows = [
        Row(
            {"run": name_of(run), "status": run.status},
            settings_of(run, keys),
            note=str(run.record.get("error") or ""),
        )
        for run in runs
    ]
    return [ComparisonTable(("without a score, so not ranked:",), rows, "run")] if rows else []


def _ranked_table(group: Group, keys: Sequence[str], rope: float | None) -> ComparisonTable:
    """A table of the group's runs, best first, and what its cells mean."""
    records = [run.record for run in group.runs]
    described = zip(describe_group(records, rope), group.runs, strict=True)
    ranked = sorted(described, key=lambda pair: pair[0].rank)
    expected = any(expected_score(record) is not None for record in records)
    rows = []
    for standing, run in ranked:
        metric, test = run.record["cv"][group.metric], run.facts.get(f"test_{group.metric}")
        worth = {"expected": say_score(expected_score(run.record))} if expected else {}
        cells = {
            "rank": str(standing.rank),
            "run": name_of(run),
            **worth,
            **(_standing_cells(standing, rope) if expected and len(records) > 1 else {}),
            "CV": say_score(metric["mean"]),
            "SE": say_score(metric["se"]),
            "test": say_score(test),
            "selected": say(run.record.get("n_selected")),
            "status": run.status,
        }
        rows.append(Row(cells, settings_of(run, keys)))
    title = BY[ranked_by(records)].format(group.metric)
    spared = ("CV", *SPARED) if expected else SPARED
    notes = _notes([standing for standing, _ in ranked], records, rope)
    return ComparisonTable((title,), rows, "run", spared, notes=notes)


def _standing_cells(standing: Standing, rope: float | None) -> dict[str, str]:
    """How one stands against the best."""
    cells = {"p_best": standing_cell(standing.p_best, standing.ties)}
    if rope is None:
        return cells
    found = standing.practical
    shares = (found.below, found.within, found.above) if found else (None, None, None)
    said = ("-" if share is None else f"{share:.2f}" for share in shares)
    return cells | dict(zip(PRACTICAL, said, strict=True))


def _notes(
    standings: Sequence[Standing], records: Sequence[dict[str, Any]], rope: float | None
) -> list[str]:
    """What is compared, and what cannot be."""
    if len(standings) < 2:  # noqa: PLR2004 - a comparison
        return []
    cells = [standing_cell(standing.p_best, standing.ties) for standing in standings]
    lacking = any(expected_score(record) is None for record in records)
    notes = standing_notes(cells, lacking=lacking)
    if rope is not None and any(standing.practical for standing in standings):
        notes.append(
            "better, equal, worse: probabilities by the Bayesian correlated t-test of being so "
            f"against the best; equal is within {rope:.2%} of the best's score"
        )
    return notes


def _summary_table(group: Group, by: str) -> ComparisonTable:
    """A table of the values of one key, that with the best run first."""
    rows = []
    for found in summaries(group, by):
        numbers = {key: say_score(found[key]) for key in ("best", "median", "worst")}
        cells = {by: say(found[by]), "runs": str(found["runs"]), **numbers}
        rows.append(Row({**cells, "best run": found["best run"]}))
    score = BY[ranked_by([run.record for run in group.runs])].format(group.metric)
    return ComparisonTable((f"{score}, of the runs of each {by}",), rows, "best run")


def summaries(group: Group, by: str) -> list[dict[str, Any]]:
    """What the runs with each value of a key are worth, the value with the best run first."""
    parted: dict[str, list[StoredRun]] = {}
    for run in group.runs:
        parted.setdefault(say(value_of(run, by)), []).append(run)
    ranked, found = ranked_by([run.record for run in group.runs]), []
    for value, runs in parted.items():
        summary = summarise_group([run.record for run in runs], ranked)
        best = runs[summary.pop("best_at")]
        found.append({by: value, **summary, "best run": name_of(best)})
    metric = group.runs[0].record["metric"]
    return sorted(found, key=lambda row: loss(metric, row["best"]))


def effects_of(group: Group, asked: Asked) -> Effects | None:
    """The paired effects of the values of the key that was asked for."""
    by = asked.by or ""
    rest = [key for key in asked.keys if key != by and not key.startswith(f"{by}.")]
    cells: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for run in group.runs:
        alike = repr(sorted(settings_of(run, rest).items()))
        option = cells.setdefault(say(value_of(run, by)), {})
        option.setdefault(alike, []).append(run.record)
    return option_effects(cells, asked.rope)


def _effect_table(group: Group, asked: Asked) -> ComparisonTable | None:
    """A table of the effect of each value of a key, over the runs that are else alike."""
    by, effects = asked.by or "", effects_of(group, asked)
    if effects is None:
        return None
    rows = []
    for option, standing in sorted(effects.standings.items(), key=lambda pair: pair[1].rank):
        found = standing.against_best
        cells = {
            by: option,
            "behind": say_score(standing.behind),
            "95% interval": interval(found.low, found.high) if found else "-",
            **_standing_cells(standing, asked.rope),
        }
        rows.append(Row(cells))
    sets = f"{effects.sets} set{'s' * (effects.sets != 1)} of runs that are else alike"
    title = f"effect of {by} on {group.metric}, over {sets}: behind the best by"
    records = [run.record for run in group.runs]
    notes = _notes(list(effects.standings.values()), records, asked.rope)
    return ComparisonTable((title,), rows, by, notes=notes)


def _budget_table(group: Group, keys: Sequence[str]) -> ComparisonTable | None:
    """The best so far by number of candidates, where searches differ."""
    own = [key for key in keys if key == "search" or key.startswith("search.")]
    found = {run.folder: run.record["search"].get("best_so_far") for run in group.runs}
    if not own or not all(found.values()):
        return None
    most = max(size for each in found.values() if each for size in each["candidates"])
    rows = []
    for run in group.runs:
        steps = found[run.folder] or {}
        scores = dict(zip(steps["candidates"], steps["scores"], strict=True))
        so_far = {f"{size:,}": say_score(scores.get(size)) for size in _round_sizes(most)}
        last = {"all": say_score(steps["scores"][-1]), "candidates": f"{max(scores):,}"}
        cells = {"run": name_of(run), "order": steps["order"], **so_far, **last}
        rows.append(Row(cells, settings_of(run, keys)))
    title = f"best {group.metric} so far, which chose the winner, after so many candidates"
    orders = sorted({str(row.cells["order"]) for row in rows})
    notes = [f"{order}: {ORDERS[order]}" for order in orders]
    sizes = [f"{size:,}" for size in _round_sizes(most)]
    right = (*sizes, "all", "candidates")
    return ComparisonTable((title,), rows, "run", sizes[3:], right, notes)


def _naive_table(group: Group) -> ComparisonTable | None:
    """Scores beside those of forecasts without a model: of the test rows, else of the folds."""
    tested = any(run.record.get("test") for run in group.runs)
    found = {run.folder: naive_scores(run.record, tested=tested) for run in group.runs}
    names = [name for name in CALLED.values() if any(name in each for each in found.values())]
    if not names:
        return None
    rows = []
    for run in _ranked(group):
        own = run.facts.get(f"test_{group.metric}") if tested else run.score
        naive = {name: say_score(found[run.folder].get(name)) for name in names}
        cells = {"run": name_of(run), "model": say_score(own), **naive}
        rows.append(Row(cells, note="; ".join(shortfalls(run.record))))
    what = f"test {group.metric}" if tested else f"CV mean of {group.metric}"
    title = f"{what}, beside that of forecasts without a model"
    return ComparisonTable((title,), rows, "run", right=("model", *names))


def _ranked(group: Group) -> list[StoredRun]:
    """The runs, best first."""
    described = zip(describe_group([run.record for run in group.runs]), group.runs, strict=True)
    return [run for _, run in sorted(described, key=lambda pair: pair[0].rank)]


def _round_sizes(most: int) -> list[int]:
    """10, 20, 50, 100 and so on, none of them above the most."""
    return [size for size in budgets(most + 1) if size <= most]


def settings_of(run: StoredRun, keys: Sequence[str]) -> dict[str, str]:
    """What a run has of the keys that differ; what it does not have is left out."""
    known = {**run.overrides, **run.config, **run.choices}
    return {key: say(known[key]) for key in keys if key in known}


def name_of(run: StoredRun) -> str:
    """The run's folder, from where the command was given if it lies there."""
    here = Path.cwd()
    folder = run.folder.resolve()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
