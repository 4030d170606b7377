"""Overrides come in and are run, once or as a sweep; an exit status goes out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.arguments import make_parser
from runner.cli.commands import is_word
from runner.cli.printing import print_text
from runner.errors import ConfigError, RunnerError

if TYPE_CHECKING:
    import argparse

    from runner.config import Composed, ExperimentConfig, Plan
    from runner.experiment.sweep import SweepOutcome
    from runner.report import Report
    from runner.report.terminal.screen import Screen
    from runner.store.sweep_directory import Command
    from runner.stream.read import Reading

__all__ = ["main", "make_parser", "run_or_sweep"]
FAILURE = 1
INTERRUPTED = 130


def main(options: argparse.Namespace) -> int:
    """Answer `enet run`; gives the exit status.

    Raises:
        RunnerError: as `run_or_sweep`, and for a word that is no override.
    """
    if options.help:
        from runner.cli.help_pages import run_page

        print(run_page(make_parser(), options.config_dir))
        return 0
    if options.shell_completion is not None:
        from runner.cli.completion import print_installation

        print_installation(options.shell_completion)
        return 0
    _refuse_words(options.overrides)
    if options.cfg is not None or options.info is not None:
        from runner.cli.inspection import print_config, print_info

        print_config(options) if options.cfg is not None else print_info(options)
        return 0
    return run_or_sweep(options)


def _refuse_words(overrides: list[str]) -> None:
    """Raise ConfigError for a word that is no override, such as the name of a file."""
    for word in filter(is_word, overrides):
        from runner.cli.words import explain_word

        raise ConfigError(explain_word(word))


def run_or_sweep(options: argparse.Namespace) -> int:
    """Run what the overrides say; 0 if all went well, 1 if a run failed.

    Raises:
        RunnerError: a single run, or the sweep as a whole, could not be made.
    """
    from runner.config import Plan, composer

    with composer(options.config_dir, options.config_name) as composing:
        jobs, swept = composing.jobs(options.overrides, multirun=options.multirun)
        plan = Plan(composing, jobs, swept=swept, files=not options.going_on)
        if options.dry_run:
            return _print_runs(plan)
        shown = None if options.quiet else plan.first[0].report
        if swept:
            return _sweep(plan, _command(options), shown)
        return _single(*plan.first, shown)


def _print_runs(plan: Plan) -> int:
    """Which runs there would be, and where each is finished already, if any is."""
    from runner.cli.inspection import runs_table

    reused = _reused_from(plan)
    more = {"reused from": reused} if set(reused) != {"-"} else None
    print_text(runs_table([composed for _, composed in plan], swept=plan.swept, more=more))
    return 0


def _command(options: argparse.Namespace) -> Command:
    """What was typed, as a sweep stores it."""
    from runner.store.sweep_directory import Command

    return Command(
        overrides=tuple(options.overrides),
        multirun=options.multirun,
        config_dir=str(options.config_dir) if options.config_dir is not None else None,
        config_name=options.config_name,
        working_directory=str(Path.cwd()),
    )


def _reused_from(plan: Plan) -> list[str]:
    """Of every run where it is finished already, or a dash; the data is read for that."""
    from runner.experiment.job import Job
    from runner.experiment.run import finished_elsewhere
    from runner.experiment.workspace import Workspace

    workspace = Workspace()
    swept = plan.swept
    placed = [(*pair, pair[1].sweep_dir / pair[1].subdir if swept else pair[1].run_dir)
              for pair in plan]  # fmt: skip
    found = [finished_elsewhere(Job(*each, chosen=True, replaces=swept), workspace)
             for each in placed]  # fmt: skip
    return ["-" if folder is None else _from_here(folder) for folder in found]


def _from_here(folder: Path) -> str:
    """A folder relative to the working directory where it is below it."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _single(config: ExperimentConfig, composed: Composed, shown: Report | None) -> int:
    reading = _start_reading(config)
    # the heavy imports come only after the config is known to be right
    from runner.experiment.job import Job
    from runner.experiment.run import run
    from runner.experiment.workspace import Workspace
    from runner.report.terminal.screen import Screen
    from runner.store.ledger import looks_at_test

    screen = Screen(shown)
    chosen = any(key.startswith("hydra.run.dir") for key in composed.hydra_overrides)
    job = Job(config, composed, composed.run_dir, chosen)
    outcome = run(job, Workspace(reading), screen)
    if isinstance(outcome.error, RunnerError):
        raise outcome.error
    if outcome.error is not None:  # nobody's fault that is known: its traceback is in the log
        print_text(f"enet: {outcome.error!r} (see {outcome.folder / 'run.log'})", error=True)
        return FAILURE
    if "reused_from" in outcome.record:
        source = _from_here(Path(outcome.record["reused_from"]))
        screen.say(f"the same run is finished in {source} and is not made again (reuse=false)")
    looks = looks_at_test([outcome.record], job.outputs)
    screen.show_run(outcome.folder, outcome.record, looks)
    return 0


def _start_reading(config: ExperimentConfig) -> Reading | None:
    """Let data that is streamed be read while the rest of the program is imported."""
    if not config.dataset.streams:
        return None
    from runner.stream.read import Asked, Reading

    return Reading(Asked(config.dataset, config.split, config.general.seed))


def _sweep(plan: Plan, command: Command, shown: Report | None) -> int:
    from runner.experiment.sweep import run_sweep
    from runner.report.terminal.screen import Screen

    config, composed = plan.first
    chosen = any(key.startswith("hydra.sweep.dir") for key in composed.hydra_overrides)
    screen = Screen(shown)
    sweep = run_sweep(plan, composed.sweep_dir, command, screen, chosen=chosen)
    if len(sweep.results):
        _show_sweep(sweep, config, screen)
        screen.say_page(sweep.folder)
    if sweep.stopped is not None:
        going_on = f"enet resume {shlex.quote(str(sweep.folder))}"
        print_text(f"{str(sweep.stopped) or 'interrupted'}; to go on: {going_on}", error=True)
        return INTERRUPTED if isinstance(sweep.stopped, KeyboardInterrupt) else FAILURE
    return FAILURE if sweep.failed else 0


def _show_sweep(sweep: SweepOutcome, config: ExperimentConfig, screen: Screen) -> None:
    """The table that ends a sweep."""
    from runner.experiment.sweep_rows import ranked, shown
    from runner.statistics.baseline_comparison import describe, sections

    baseline = config.report.baseline
    paths = [sweep.folder / "results.csv"]
    if sweep.compared is None or baseline is None:
        screen.show_sweep(shown(ranked(sweep.results)), _looks(sweep.folder), paths)
        return
    parts, meaning = sections(sweep.compared, baseline), describe(sweep.compared, baseline)
    paths.append(sweep.folder / "comparison.csv")
    screen.show_comparison(parts, list(baseline), meaning, paths)


def _looks(folder: Path) -> int:
    """How often the test rows of a sweep's runs have been looked at."""
    from runner.store.finding import walk_runs
    from runner.store.ledger import looks_at_test, outputs_of

    records = (found.record for found in walk_runs(folder))
    return looks_at_test(records, outputs_of(folder, swept=False))
