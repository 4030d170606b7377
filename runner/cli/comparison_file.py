"""Groups of stored runs come in; the file that `enet compare -o` writes goes out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runner.cli.comparison_tables import Asked, effects_of, settings_of, summaries
from runner.cli.fitted_table import say
from runner.errors import RunDirectoryError
from runner.report.markdown import markdown_table
from runner.statistics.run_comparison import Standing, describe_group, expected_score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.store.comparable import Group
    from runner.store.finding import StoredRun

ENDINGS = (".csv", ".parquet", ".md")
SCORES = ("cv_", "test_", "last_value_", "seasonal_naive_", "best_", "n_", "seconds")


def run_rows(
    groups: Sequence[Group], unscored: Sequence[StoredRun], asked: Asked
) -> list[dict[str, Any]]:
    """A row per run."""
    rows = []
    for number, group in enumerate(groups, start=1):
        described = describe_group([run.record for run in group.runs], asked.rope)
        ranked = zip(described, group.runs, strict=True)
        for standing, run in sorted(ranked, key=lambda pair: pair[0].rank):
            said = {"group": number, **_standing_fields(standing, asked.rope)}
            rows.append(_run_row(run, asked.keys, said))
    return rows + [_run_row(run, asked.keys, {}) for run in unscored]


def option_rows(groups: Sequence[Group], asked: Asked) -> list[dict[str, Any]]:
    """A row per value of the key that was asked for, with its effect where there is one."""
    by, rows = asked.by or "", []
    for number, group in enumerate(groups, start=1):
        effects = effects_of(group, asked)
        for summary in summaries(group, by):
            row = {"group": number, "metric": group.metric, **summary}
            if effects is not None:
                standing = effects.standings[summary[by]]
                row |= {"sets": effects.sets, **_standing_fields(standing, asked.rope)}
            rows.append(row)
    return rows


def write(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the rows in the format that the file's name ends with.

    Raises:
        RunDirectoryError: it cannot be written.
    """
    import pandas as pd  # heavy, and only files need it

    table = pd.DataFrame(rows)
    try:
        if path.suffix == ".parquet":
            table.to_parquet(path, index=False)
        elif path.suffix == ".csv":
            table.to_csv(path, index=False, lineterminator="\n")
        else:
            path.write_text(_markdown(rows), encoding="utf-8")
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error}") from error


def _standing_fields(standing: Standing, rope: float | None) -> dict[str, Any]:
    """How one stands, under the names of columns."""
    found, paired = standing.practical, standing.against_best
    fields = {
        "rank": standing.rank,
        "behind": standing.behind,
        "behind_low": paired and paired.low,
        "behind_high": paired and paired.high,
        "p_best": standing.p_best,
        "ties": standing.ties,
    }
    if rope is None:
        return fields
    shares = asdict(found) if found else {}
    names = {"better": "below", "equal": "within", "worse": "above"}
    return fields | {name: shares.get(part) for name, part in names.items()}


def _run_row(run: StoredRun, keys: Sequence[str], said: dict[str, Any]) -> dict[str, Any]:
    shown = {"status", "metric", *keys}
    scores = {
        key: value
        for key, value in run.facts.items()
        if key.startswith(SCORES) and key not in shown
    }
    scored = bool(run.record.get("cv")) and run.metric is not None
    expected = {f"expected_{run.metric}": expected_score(run.record)} if scored else {}
    return {
        "run": str(run.folder),
        **said,
        **settings_of(run, keys),
        "status": run.status,
        "metric": run.metric,
        **expected,
        **scores,
        "data_hash": run.environment.get("data_hash"),
        "error": run.record.get("error"),
    }


def _markdown(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[row.get(column) for column in columns] for row in rows]
    said = [["" if cell is None else say(cell) for cell in row] for row in cells]
    return markdown_table(columns, said)
