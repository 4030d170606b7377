"""The runs of a sweep come in; the leaderboard of its page goes out, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner.report.numbers import NONE, interval, number, place_of, score
from runner.report.page.figure import Cells
from runner.report.page.labels import listed
from runner.report.page.sweep_words import NAMED, expected

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.report.page.sweep_material import Sweep, SweptGroup, SweptRun

PAGE = "report.html"
REASON = 36  # characters of a reason in the table
SAID = 8  # runs that are named beside a reason


@dataclass(frozen=True)
class BoardCell:
    """A cell: its text, and what its column is sorted by."""

    text: str
    value: str | None = None  # None sorts by the text, "" comes last
    kind: str = ""  # "label" of what is no number, "label reason" of what may fill lines
    strong: bool = False


@dataclass(frozen=True)
class BoardRow:
    """A run's line."""

    name: str
    label: str  # the same, shorter
    link: str | None  # its page, relative to the sweep's
    cells: tuple[BoardCell, ...]
    is_best: bool = False


@dataclass(frozen=True)
class Board:
    """The table; its numbers are those of results.csv."""

    labels: tuple[str, ...]  # headers of what varied, and of the standing
    headers: tuple[str, ...]  # of numbers
    rows: tuple[BoardRow, ...]


def board(sweep: Sweep) -> Board:
    """All runs that have ended: group by group, best first, those without a score last."""
    columns = _columns(sweep)
    placed = [(run, group) for group in sweep.groups for run in group.runs]
    runs: list[tuple[SweptRun, SweptGroup | None]] = [*placed]
    runs += [(run, None) for run in sweep.unscored]
    rows = (_row(sweep, columns, run, group, at) for at, (run, group) in enumerate(runs))
    return Board((*sweep.varied, "standing"), tuple(columns), tuple(rows))


def _columns(sweep: Sweep) -> dict[str, Callable[[SweptRun], BoardCell]]:
    """What a column shows of a run, by header; columns that no run fills are left out."""
    found: dict[str, Callable[[SweptRun], BoardCell]] = {
        "metric": lambda run: BoardCell(run.metric),
        "p_best": lambda run: _number(run.value("p_best"), 2),
        "expected": lambda run: _score(run, "expected"),
        "its interval": _interval,
        "CV": lambda run: _score(run, "cv"),
        "SE": lambda run: _number(run.score("se"), 2),
        "test": lambda run: _score(run, "test"),
        "last value": lambda run: _score(run, "last_value"),
        "seasonal naive": lambda run: _score(run, "seasonal_naive"),
        "features": lambda run: _number(run.value("n_selected")),
        "seconds": lambda run: _number(run.value("seconds"), 2),
    }
    metrics = {group.metric for group in sweep.groups}
    if len(metrics) < 2 or "metric" in sweep.varied:  # noqa: PLR2004 - it is said elsewhere
        del found["metric"]
    return {name: cell for name, cell in found.items() if _is_filled(sweep, cell)}


def _is_filled(sweep: Sweep, cell: Callable[[SweptRun], BoardCell]) -> bool:
    return any(cell(run).text != NONE for run in sweep.runs)


def _score(run: SweptRun, which: str) -> BoardCell:
    """With one digit more than the standard error leaves, so that runs can be told apart."""
    value, place = run.score(which), place_of(run.score("se"))
    if value is None or place is None:
        return _number(value)
    return BoardCell(score(value, place - 1), f"{value!r}")


def _number(value: float | None, digits: int = 4) -> BoardCell:
    if value is None:
        return BoardCell(NONE, "")
    whole = value == int(value) and digits > 2  # noqa: PLR2004 - a count, which a table has as a float
    return BoardCell(number(int(value) if whole else value, digits), f"{value!r}")


def _interval(run: SweptRun) -> BoardCell:
    """Sorted by its width."""
    low, high = run.expected.get("low"), run.expected.get("high")
    if low is None or high is None:
        return BoardCell(NONE, "")
    return BoardCell(interval(low, high), f"{high - low!r}")


def _row(
    sweep: Sweep,
    columns: dict[str, Callable[[SweptRun], BoardCell]],
    run: SweptRun,
    group: SweptGroup | None,
    at: int,
) -> BoardRow:
    is_best = group is not None and len(group.runs) > 1 and run is group.best
    own = tuple(
        BoardCell(sweep.labels[key][run.settings[key]], kind="label") for key in sweep.varied
    )
    cells = tuple(cell(run) for cell in columns.values())
    shown = (*own, _standing(run, group, at), *cells)
    return BoardRow(run.name, run.label, _link(sweep, run), shown, is_best)


def _link(sweep: Sweep, run: SweptRun) -> str | None:
    """Its own page, of a run that was taken over too, where it has one."""
    return quote(f"{run.name}/{PAGE}") if (sweep.folder / run.name / PAGE).is_file() else None


def _standing(run: SweptRun, group: SweptGroup | None, at: int) -> BoardCell:
    """How a run stands within its group, in words; sorted by the place in the table."""
    if group is None:
        said = shorten_end(f"{run.row['status']}: {_reason(run)}")
        return BoardCell(said, f"{at}", kind="label reason")
    said, is_strong = _word(run, group)
    return BoardCell(said, f"{at}", "label", is_strong)


def _reason(run: SweptRun) -> str:
    if run.row["status"] == "interrupted":
        return "it was stopped before its end"
    return run.row.get("error") or ("it has no score" if run.record else "its folder is gone")


def shorten_end(text: str) -> str:
    """Its beginning, to the end of a word."""
    if len(text) <= REASON:
        return text
    return f"{text[:REASON].rpartition(' ')[0].rstrip(',;:')}…"


def reasons(sweep: Sweep) -> list[tuple[str, str]]:
    """Why runs have no score: each reason once, after the runs that it holds for."""
    found: dict[str, list[str]] = {}
    for run in sweep.unscored:
        found.setdefault(f"{run.row['status']}: {_reason(run)}", []).append(run.label)
    return [(_runs(names), reason) for reason, names in found.items()]


def _runs(names: list[str]) -> str:
    if len(names) == 1:
        return f"run {names[0]}"
    said = names if len(names) <= SAID else [*names[: SAID - 1], f"{len(names) - SAID + 1:,} more"]
    return f"runs {listed(said)}"


def _word(run: SweptRun, group: SweptGroup) -> tuple[str, bool]:
    if len(group.runs) == 1:
        return "alone", False
    if run.ties is None:
        is_first = run is group.best
        return ("best CV" if is_first else "not tested"), is_first
    if run.is_best:
        return "best", True
    return ("ties", True) if run.ties else ("worse", False)


def best_of_each(sweep: Sweep) -> Cells | None:
    """The best run of each group, where there are too many for sentences."""
    if len(sweep.groups) <= NAMED:
        return None
    rows = tuple(_best_row(sweep, group) for group in sweep.groups)
    headers = ("group", "best run", *sweep.options, "score", "value", "ties with it")
    return Cells(headers, rows, labels=2 + len(sweep.options))


def _best_row(sweep: Sweep, group: SweptGroup) -> tuple[str, ...]:
    best = group.best
    own = [sweep.labels[key][best.settings[key]] for key in sweep.options]
    is_known = best.score("expected") is not None
    kind = f"{'expected' if is_known else 'CV'} {group.metric}"
    value = expected(best)[0] if is_known else number(best.score("cv"))
    tied = sum(run.ties is True for run in group.runs) - 1
    return (group.label, best.label, *own, kind, value, f"{tied:,}" if tied >= 0 else NONE)
