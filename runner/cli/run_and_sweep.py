"""The command line: `enet [-m] [GROUP=OPTION] [KEY=VALUE] ...`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runner import __version__
from runner.errors import ConfigError, DataError, RunDirectoryError, RunnerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.config import Composed, ExperimentConfig
    from runner.report.screen import Screen
    from runner.stream.read import Reading

USAGE_ERROR = 2
FAILURE = 1
INTERRUPTED = 130

EPILOG = """\
examples:
  enet                                             run the default experiment
  enet dataset=hitters imputer=knn search=optuna   choose options
  enet dataset=csv dataset.path=my.csv dataset.target=y
  enet model.l1_ratio=0.5 'model.alpha=[0.01,0.1]' set keys
  enet -m imputer=mean,knn model=lasso,ridge       sweep over every combination
  enet experiment=compare_penalties                a preset that sweeps by itself
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 a run failed, 2 the config or the data is at fault."""
    options = _parser().parse_args(arguments)
    try:
        if options.help:
            print(_help(options.config_dir))
            status = 0
        elif options.cfg:
            print(_composed_text(options))
            status = 0
        else:
            status = _run(options)
    except (ConfigError, DataError, RunDirectoryError) as error:
        print(f"enet: {error}", file=sys.stderr)
        status = USAGE_ERROR
    except RunnerError as error:
        print(f"enet: {error}", file=sys.stderr)
        status = FAILURE
    except BrokenPipeError:  # whoever read the output has closed it
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for the interpreter's last flush
        status = 0
    except KeyboardInterrupt:
        print("enet: interrupted", file=sys.stderr)
        status = INTERRUPTED
    sys.exit(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="enet",
        description="Run and sweep elastic-net experiments from YAML.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="GROUP=OPTION or KEY=VALUE",
        help="what to change in the config",
    )
    parser.add_argument(
        "-m",
        "--multirun",
        action="store_true",
        help="run every combination of comma-separated values",
    )
    parser.add_argument(
        "--config-dir",
        type=Path,
        metavar="DIR",
        help="a folder with your own options, such as DIR/dataset/mine.yaml",
    )
    parser.add_argument(
        "--config-name",
        default="config",
        metavar="NAME",
        help="the primary config (default: config)",
    )
    parser.add_argument(
        "-c", "--cfg", action="store_true", help="print the composed config and stop"
    )
    parser.add_argument("-h", "--help", action="store_true", help="print this and stop")
    parser.add_argument("--version", action="version", version=f"enet-runner {__version__}")
    return parser


def _run(options: argparse.Namespace) -> int:
    from runner.config import composer, validate

    with composer(options.config_dir, options.config_name) as composing:
        jobs, swept = composing.jobs(options.overrides, multirun=options.multirun)
        composed = [
            composing.compose(job, number if swept else None) for number, job in enumerate(jobs)
        ]
    validated = [(validate(each.sections), each) for each in composed]
    return _sweep(validated) if swept else _single(*validated[0])


def _single(config: ExperimentConfig, composed: Composed) -> int:
    reading = _start_reading(config)
    # the heavy imports come only after the config is known to be right
    from runner.experiment.job import Job
    from runner.experiment.run import run
    from runner.experiment.workspace import Workspace

    screen = _screen(config)
    chosen = any(key.startswith("hydra.run.dir") for key in composed.hydra_overrides)
    outcome = run(Job(config, composed, composed.run_dir, chosen), Workspace(reading), screen)
    if isinstance(outcome.error, RunnerError):
        raise outcome.error
    if outcome.error is not None:  # nobody's fault that is known: its traceback is in the log
        print(f"enet: {outcome.error!r} (see {outcome.folder / 'run.log'})", file=sys.stderr)
        return FAILURE
    if outcome.coefficients is not None:
        screen.show_run(outcome.folder, outcome.record, outcome.coefficients)
    return 0


def _start_reading(config: ExperimentConfig) -> Reading | None:
    """Let data that is streamed be read while the rest of the program is imported."""
    if not config.dataset.streams:
        return None
    from runner.stream.read import Asked, Reading

    return Reading(Asked(config.dataset, config.split, config.general.seed))


def _sweep(validated: list[tuple[ExperimentConfig, Composed]]) -> int:
    from runner.experiment.job import Job
    from runner.experiment.sweep import ranked, results_table, run_sweep, shown
    from runner.statistics.paired_comparison import describe, sections

    config, composed = validated[0]
    screen = _screen(config)
    jobs = [Job(c, each, Path(str(each.hydra.sweep.subdir)), chosen=True) for c, each in validated]
    chosen = any(key.startswith("hydra.sweep.dir") for key in composed.hydra_overrides)
    sweep = run_sweep(jobs, composed.sweep_dir, screen, chosen=chosen)
    results = ranked(results_table(sweep.outcomes), config.general.metric)
    paths = [sweep.folder / "results.csv"]
    baseline = config.report.baseline
    if sweep.compared is None or baseline is None:
        screen.show_sweep(shown(results, config.general.metric), paths)
    else:
        parts, meaning = sections(sweep.compared, baseline), describe(sweep.compared, baseline)
        paths.append(sweep.folder / "comparison.csv")
        screen.show_comparison(parts, list(baseline), meaning, paths)
    return FAILURE if sweep.failed else 0


def _screen(config: ExperimentConfig) -> Screen:
    from runner.report.screen import Screen

    return Screen(config.report)


def _composed_text(options: argparse.Namespace) -> str:
    from runner.config import composer

    with composer(options.config_dir, options.config_name) as composing:
        jobs, _ = composing.jobs(options.overrides, multirun=options.multirun)
        return "---\n".join(composing.compose(job).yaml["config"] for job in jobs).rstrip()


def _help(config_dir: Path | None) -> str:
    from runner.config import describe_options

    lines = [_parser().format_help().rstrip(), "", "groups and their options:"]
    for group, options in describe_options(config_dir).items():
        lines.append(f"  {group}")
        lines += [f"    {option:<18} {text}" for option, text in options.items()]
    return "\n".join(lines)
