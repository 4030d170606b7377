"""A sweep in words: what was run, which run is best, and what cannot be told from it."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from runner.core.metrics import IDEAL, loss
from runner.report.numbers import interval, number, place_of, score
from runner.report.page.labels import begun, counted, listed
from runner.report.page.run_words import Fact
from runner.report.terminal.ledger_line import sweep_ledger_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.core.metrics import MetricName
    from runner.report.page.sweep_material import Sweep, SweptGroup, SweptRun

NAMED = 3  # groups in sentences, and in the facts; more are in a table
VALUES = 5  # of an option in a sentence


def title(sweep: Sweep) -> str:
    """Of a page: how many runs of what."""
    keys = list(sweep.varied)
    over = f" over {listed(keys)}" if keys else ""
    return counted(len(sweep.runs) + sweep.left, "run") + over


def summary(sweep: Sweep, looks: int) -> list[str]:
    """Some sentences that stand for the whole page."""
    groups = sweep.groups
    best = [_best(sweep, group) for group in groups] if len(groups) <= NAMED else [_many(groups)]
    ledger = sweep_ledger_line(looks)
    return [_what_was_run(sweep), *best, *([begun(f"{ledger}.")] if ledger else [])]


def _what_was_run(sweep: Sweep) -> str:
    said = [_what_varied(sweep), _how_they_ended(sweep), _spent(sweep)]
    return " ".join(sentence for sentence in said if sentence)


def _what_varied(sweep: Sweep) -> str:
    models, data = (
        [] if key in sweep.varied else _choices(sweep, key) for key in ("model", "dataset")
    )
    of = f" of {listed(models)}" if models else ""
    on = f" on {listed(data)}" if data else ""
    began = f"{counted(len(sweep.runs) + sweep.left, 'run')}{of}{on}."
    parts = [f"{key} ({_values(sweep, key)})" for key in sweep.varied]
    return f"{began} They differ in {listed(parts)}." if parts else began


def _choices(sweep: Sweep, group: str) -> list[str]:
    """The options of a group that its runs have; none where they are too many to name."""
    chosen = [str((run.record.get("choices") or {}).get(group, "")) for run in sweep.runs]
    found = list(dict.fromkeys(filter(None, chosen)))
    return found if len(found) <= VALUES else []


def _values(sweep: Sweep, key: str) -> str:
    labels = list(sweep.labels[key].values())
    if len(labels) <= VALUES:
        return ", ".join(labels)
    return f"{labels[0]}, {labels[1]}, …, {labels[-1]}"


def _how_they_ended(sweep: Sweep) -> str:
    counts = Counter(run.row["status"] for run in sweep.runs)
    if set(counts) <= {"finished"} and not sweep.left:
        return "All have finished." if len(sweep.runs) > 1 else "It has finished."
    parts = [f"{count:,} {status}" for status, count in counts.items()]
    parts += [f"{sweep.left:,} not ended"] if sweep.left else []
    why = " The sweep was interrupted." if sweep.about.get("status") == "interrupted" else ""
    return f"{begun(listed(parts))}.{why}"


def _spent(sweep: Sweep) -> str:
    seconds = [run.seconds or 0.0 for run in sweep.runs]
    return f"Together they took {number(sum(seconds), 3)} seconds." if sum(seconds) else ""


def _best(sweep: Sweep, group: SweptGroup) -> str:
    """Which run of a group is best, and what ties with it."""
    best = group.best
    own = sweep.label(best, sweep.options)
    named = f"run {best.label} ({own})" if own else f"run {best.label}"
    if len(group.runs) == 1:
        return f"{begun(named)} is the only one with a score{group.of}."
    if best.score("expected") is None:
        return (
            f"{begun(named)} has the best CV {group.metric}{group.of}. It chose its own winner by "
            "that score, which flatters it, so that runs are not told apart by it."
        )
    return f"{begun(named)} has the best expected {group.metric}{group.of}.{_ties(group)}"


def expected(run: SweptRun) -> tuple[str, str]:
    """The expected score in the digits that its interval leaves, and the interval."""
    found, value = run.expected, run.score("expected")
    low, high = found.get("low"), found.get("high")
    if low is None or high is None:
        return number(value), ""
    about = f"{found['level']:.0%} interval {interval(low, high)}"
    return score(value, place_of((high - low) / 2)), about


def _ties(group: SweptGroup) -> str:
    tested = [run for run in group.runs if run.ties is not None and run is not group.best]
    tied = sum(run.ties is True for run in tested)
    if not tested:
        return ""
    if tied == len(tested):
        others = "the other one" if tied == 1 else f"the {tied:,} others"
        return f" It cannot be told from {others}{_that_were_tested(group, tied)}."
    rest = len(tested) - tied
    worse = f"{counted(rest, 'run')} {'is' if rest == 1 else 'are'} worse"
    cannot = f"{tied:,} cannot be told from it" if tied else "none ties with it"
    return f" Of {len(tested):,} others that were tested against it {cannot}; {worse}."


def _that_were_tested(group: SweptGroup, tied: int) -> str:
    return "" if tied == len(group.runs) - 1 else " that could be tested"


def _many(groups: Sequence[SweptGroup]) -> str:
    """What is said where the best of each group are a table."""
    return (
        f"The runs make {len(groups):,} groups with data, folds or metric of their own, and only "
        "runs of one group are compared; the best of each is below."
    )


def facts(sweep: Sweep) -> list[Fact]:
    """What a reader wants first: the best scores; of many groups nothing, as they have a table."""
    if len(sweep.groups) > NAMED:
        return []
    return [_fact(group) for group in sweep.groups]


def _fact(group: SweptGroup) -> Fact:
    best = group.best
    of = f", {group.label}" if group.label else ""
    if best.score("expected") is None:
        value = score(best.score("cv"), place_of(best.score("se")))
        return Fact(
            f"best CV {group.metric}{of}",
            value,
            f"run {best.label}; flattering, as it was chosen by it",
        )
    value, about = expected(best)
    return Fact(
        f"best expected {group.metric}{of}", value, f"run {best.label}; {about}".rstrip("; ")
    )


def order(sweep: Sweep) -> str:
    """By what the leaderboard is in order."""
    if not sweep.groups:
        return ""
    metrics: list[MetricName] = list(dict.fromkeys(group.metric for group in sweep.groups))
    each = " in each group" if len(sweep.groups) > 1 else ""
    by = {group.by for group in sweep.groups}
    kind = "expected" if by == {"expected"} else "CV" if by == {"cv"} else "expected or CV"
    lacking = "" if by == {"expected"} else ", as not every run has an expected score"
    return f"Best first{each} by the {kind} {listed([*metrics])}{lacking}; {_direction(metrics)}."


def _direction(metrics: Sequence[MetricName]) -> str:
    if len({_better(metric) for metric in metrics}) == 1:
        return _better(metrics[0])
    return listed([f"of {metric} {_better(metric)}" for metric in metrics])


def _better(metric: MetricName) -> str:
    if metric in IDEAL:
        return f"the nearer to {IDEAL[metric]:g} the better"
    return f"the {'more' if loss(metric, 1.0) < 0 else 'less'} the better"


def command(sweep: Sweep) -> str:
    """What was typed; empty where it was not stored."""
    said = sweep.about.get("command") or {}
    words = [str(word) for word in said.get("overrides", [])]
    before = ["-m"] if said.get("multirun") else []
    if said.get("config_dir"):
        before += ["--config-dir", str(said["config_dir"])]
    if said.get("config_name", "config") != "config":
        before += ["--config-name", str(said["config_name"])]
    return " ".join(["enet", *(shlex.quote(word) for word in _all(before, words))]) if words else ""


def _all(*parts: Iterable[str]) -> list[str]:
    return [word for part in parts for word in part]
