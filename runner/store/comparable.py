"""Stored runs come in; groups of those that can be ranked against each other go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.store.finding import StoredRun

NOTHING = object()
UNRANKED_SECTIONS = ("report", "cache")  # they change no result


@dataclass(frozen=True)
class Group:
    """Runs with the same data, split, seed, family and metric."""

    runs: tuple[StoredRun, ...]

    @property
    def metric(self) -> str:
        """The one that all of them optimised."""
        return self.runs[0].metric or ""

    def describe(self, differing: Sequence[str]) -> str:
        """What its runs have in common, of that which differs between groups."""
        first = self.runs[0]
        data = str(first.environment.get("data_hash", ""))[:8]
        conditions = [key for key in differing if is_condition(key) and key != "dataset"]
        values = [f"{key}={first.choices.get(key, first.config.get(key))}" for key in conditions]
        return ", ".join([f"{first.dataset} (data {data})", *values, self.metric])

    def other_than(self, other: Group) -> list[str]:
        """What forbids to rank its runs against those of another group."""
        mine, theirs = _conditions(self.runs[0]), _conditions(other.runs[0])
        differing = [
            key for key in {**mine, **theirs} if mine.get(key, NOTHING) != theirs.get(key, NOTHING)
        ]
        return ["other data" if key == "data" else key for key in differing]


def groups_of(runs: Sequence[StoredRun]) -> tuple[list[Group], list[StoredRun]]:
    """The groups, the largest first, and the runs without a score, which are in none of them."""
    grouped: dict[str, list[StoredRun]] = {}
    unscored = []
    for run in runs:
        name = group_name(run)
        if name is None:
            unscored.append(run)
        else:
            grouped.setdefault(name, []).append(run)
    groups = [Group(tuple(group)) for group in grouped.values()]
    return sorted(groups, key=lambda group: -len(group.runs)), unscored


def group_name(run: StoredRun) -> str | None:
    """What the runs of one group have alike, and no others; None of a run without a score."""
    if run.score is None or "data_hash" not in run.environment:
        return None
    return repr(sorted(_conditions(run).items()))


def differences(runs: Sequence[StoredRun]) -> list[str]:
    """The keys that runs differ in: options of groups, then dotted keys of the config.

    Where options differ, so do most keys of theirs: of these only what was set by hand counts.
    """
    options = {key for run in runs for key in run.choices if key not in UNRANKED_SECTIONS}
    options = {key for key in options if len({run.choices.get(key) for run in runs}) > 1}
    set_by_hand = {key for run in runs for key in run.overrides}
    found = [
        key for key in dict.fromkeys(key for run in runs for key in run.choices) if key in options
    ]
    stored = [run for run in runs if run.config]
    for key in dict.fromkeys(key for run in stored for key in run.config):
        section = key.partition(".")[0]
        if section in UNRANKED_SECTIONS or (section in options and key not in set_by_hand):
            continue
        if key == "dataset.path" and _told_by_name(stored):
            continue
        if any(
            run.config.get(key, NOTHING) != stored[0].config.get(key, NOTHING) for run in stored
        ):
            found.append(key)
    return found


def is_condition(key: str) -> bool:
    """Whether runs that differ in a key are never ranked against each other."""
    return key in {"dataset", "split", "seed", "family", "metric"} or key.startswith("split.")


def _conditions(run: StoredRun) -> dict[str, Any]:
    """What must be the same for scores to be compared."""
    split = {key: value for key, value in run.config.items() if key.startswith("split.")}
    data = run.environment.get("data_hash")
    # a stored run of before there were families has none
    family = run.config.get("family.name", "gaussian")
    seed = run.config.get("seed")
    return {"data": data, **split, "seed": seed, "family": family, "metric": run.metric}


def _told_by_name(runs: Sequence[StoredRun]) -> bool:
    """Whether the name of a file, which stands for its dataset, tells it from the others."""
    paths = {(run.dataset, run.config.get("dataset.path")) for run in runs}
    return len({name for name, _ in paths}) == len(paths)
