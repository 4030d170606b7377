"""`enet compare DIR...`: stored runs and sweeps come in; one table of what differs goes out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.fitted_table import Row, lay_out, say, say_score
from runner.errors import ConfigError, RunDirectoryError
from runner.statistics.run_comparison import describe_group, summarise_group
from runner.store.comparable import Group, differences, groups_of, is_condition
from runner.store.conditions import Condition, check_key, select, value_of
from runner.store.finding import StoredRun, find_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS = (".csv", ".parquet", ".md")
NUMBERS = ("rank", "runs", "CV", "SE", "test", "selected", "best", "median", "worst")


def make_parser() -> argparse.ArgumentParser:
    """The parser of `enet compare`."""
    parser = argparse.ArgumentParser(
        prog="enet compare",
        description="One table of any number of runs and sweeps: what differs between them, their "
        "scores, and their ranks. Only runs with the same data, split, seed, family and metric are "
        "ranked against each other.",
    )
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="DIR", help="a run, a sweep, or a folder of them"
    )
    parser.add_argument(
        "--by",
        metavar="KEY",
        help="a row for each value of an option or a key (imputer, model.tol)",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only runs with that value; also !=, <, <=, > and >= (status=finished, 'cv_mse<60')",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the table to a file that ends in .csv, .parquet or .md",
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Print the table, and write it where asked to.

    Raises:
        ConfigError: a key is one of no run, or the file has another ending.
        RunDirectoryError: a folder is not there, or holds no run.
    """
    if options.output is not None and options.output.suffix not in FORMATS:
        raise ConfigError(f"-o {options.output} must end in .csv, .parquet or .md")
    runs = _find(options.folders)
    chosen = select(runs, [Condition.of(text) for text in options.where])
    if not chosen:
        print(f"none of the {len(runs)} runs meets {' and '.join(options.where)}")
        return 0
    if options.by is not None:
        check_key(options.by, chosen, "--by")
    groups, unscored = groups_of(chosen)
    keys = differences(chosen)
    parts = [_group_lines(groups, keys, options.by), _unscored_lines(unscored, keys)]
    print("\n\n".join("\n".join(part) for part in parts if part))
    if options.output is not None:
        by = options.by
        rows = _by_rows(groups, by) if by else _run_rows(groups, unscored, keys)
        _write(rows, options.output)
        print(f"wrote {options.output}")
    return 0


def _find(folders: Sequence[Path]) -> list[StoredRun]:
    """The runs under the folders, each once."""
    found: dict[Path, StoredRun] = {}
    for folder in folders:
        runs = find_runs(folder)
        if not runs:
            raise RunDirectoryError(f"{folder} holds no run: no run.json is in or under it")
        for run in runs:
            found.setdefault(run.folder.resolve(), run)
    return list(found.values())


def _group_lines(groups: Sequence[Group], keys: Sequence[str], by: str | None) -> list[str]:
    lines: list[str] = []
    for number, group in enumerate(groups, start=1):
        if number > 1:
            lines.append("")
        if len(groups) > 1:
            lines.append(f"group {number}: {group.describe(keys)}")
        if number > 1:
            reason = ", ".join(group.other_than(groups[0]))
            lines.append(f"not ranked against group 1, as these differ: {reason}")
        own = [key for key in keys if len(groups) == 1 or not is_condition(key)]
        lines += _summary_lines(group, by) if by else _ranked_lines(group, own)
    return lines


def _ranked_lines(group: Group, keys: Sequence[str]) -> list[str]:
    """A table of the group's runs, best first."""
    ranks = [said["rank"] for said in describe_group([run.record for run in group.runs])]
    rows = []
    for rank, run in sorted(zip(ranks, group.runs, strict=True), key=lambda pair: pair[0]):
        metric, test = run.record["cv"][group.metric], run.facts.get(f"test_{group.metric}")
        cells = {
            "rank": str(rank),
            "run": _name(run),
            "CV": say_score(metric["mean"]),
            "SE": say_score(metric["se"]),
            "test": say_score(test),
            "selected": say(run.record.get("n_selected")),
            "status": run.status,
        }
        rows.append(Row(cells, _settings(run, keys)))
    titled = [f"by the CV mean of {group.metric}"]
    return titled + lay_out(rows, names=["run"], right=NUMBERS, optional=("selected",))


def _summary_lines(group: Group, by: str) -> list[str]:
    """A table of the values of one key, that with the best run first."""
    rows = []
    for found in _summaries(group, by):
        numbers = {key: say_score(found[key]) for key in ("best", "median", "worst")}
        cells = {by: say(found[by]), "runs": str(found["runs"]), **numbers}
        rows.append(Row({**cells, "best run": found["best run"]}))
    titled = [f"by the CV mean of {group.metric}, of the runs of each {by}"]
    return titled + lay_out(rows, names=["best run"], right=NUMBERS)


def _summaries(group: Group, by: str) -> list[dict[str, Any]]:
    """What the runs with each value of a key are worth, the value with the best run first."""
    parted: dict[str, list[StoredRun]] = {}
    for run in group.runs:
        parted.setdefault(say(value_of(run, by)), []).append(run)
    found, best = [], []
    for value, runs in parted.items():
        summary = summarise_group([run.record for run in runs])
        best.append(runs[summary.pop("best_at")])
        found.append({by: value, **summary, "best run": _name(best[-1])})
    ranks = [said["rank"] for said in describe_group([run.record for run in best])]
    return [found[at] for at in sorted(range(len(found)), key=lambda at: int(ranks[at]))]


def _unscored_lines(runs: Sequence[StoredRun], keys: Sequence[str]) -> list[str]:
    """What has no score, and so no rank, with the reason."""
    if not runs:
        return []
    rows = [
        Row(
            {"run": _name(run), "status": run.status},
            _settings(run, keys),
            note=str(run.record.get("error") or ""),
        )
        for run in runs
    ]
    return ["without a score, so not ranked:", *lay_out(rows, names=["run"])]


def _run_rows(
    groups: Sequence[Group], unscored: Sequence[StoredRun], keys: Sequence[str]
) -> list[dict[str, Any]]:
    """A row per run, as it is written to a file."""
    rows = []
    for number, group in enumerate(groups, start=1):
        described = describe_group([run.record for run in group.runs])
        ranked = zip(described, group.runs, strict=True)
        for said, run in sorted(ranked, key=lambda pair: int(pair[0]["rank"])):
            rows.append(_run_row(run, keys, {"group": number, **said}))
    return rows + [_run_row(run, keys, {}) for run in unscored]


def _run_row(run: StoredRun, keys: Sequence[str], said: dict[str, Any]) -> dict[str, Any]:
    shown = {"status", "metric", *keys}
    scores = {
        key: value
        for key, value in run.facts.items()
        if key.startswith(("cv_", "test_", "best_", "n_", "seconds")) and key not in shown
    }
    return {
        "run": str(run.folder),
        "group": said.get("group"),
        "rank": said.get("rank"),
        "behind": said.get("behind"),
        **_settings(run, keys),
        "status": run.status,
        "metric": run.metric,
        **scores,
        "data_hash": run.environment.get("data_hash"),
        "error": run.record.get("error"),
    }


def _by_rows(groups: Sequence[Group], by: str) -> list[dict[str, Any]]:
    return [
        {"group": number, "metric": group.metric, **summary}
        for number, group in enumerate(groups, start=1)
        for summary in _summaries(group, by)
    ]


def _settings(run: StoredRun, keys: Sequence[str]) -> dict[str, str]:
    """What a run has of the keys that differ; what it does not have is left out."""
    known = {**run.overrides, **run.config, **run.choices}
    return {key: say(known[key]) for key in keys if key in known}


def _name(run: StoredRun) -> str:
    """The run's folder, from where the command was given if it lies there."""
    here = Path.cwd()
    folder = run.folder.resolve()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _write(rows: list[dict[str, Any]], path: Path) -> None:
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


def _markdown(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, ["---"] * len(columns)]
    for row in rows:
        cells = [row.get(column) for column in columns]
        lines.append(["" if cell is None else say(cell).replace("|", "\\|") for cell in cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
