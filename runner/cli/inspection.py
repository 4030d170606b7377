"""Overrides come in; what would be run, and where its config comes from, is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.store.plain_text import reveal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from runner.config import Composed


def runs_table(
    composed: Sequence[Composed],
    *,
    swept: bool,
    more: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The runs that would be made, a line each: number and overrides.

    What all of them have is said once, above.

    Args:
        composed: their configs.
        swept: whether they make a sweep, which has a folder.
        more: further columns, a text for every run, such as what it would be reused from.
    """
    first = composed[0]
    shared = {
        key: value
        for key, value in first.overrides.items()
        if swept and all(each.overrides.get(key) == value for each in composed)
    }
    own = [
        _spelt({k: v for k, v in each.overrides.items() if k not in shared}) for each in composed
    ]
    columns = {
        "run": [str(each.subdir) if swept else "0" for each in composed],
        **(more or {}),
        "overrides": [line or "(none)" for line in own],
    }
    counted = f"{len(composed)} run{'s' * (len(composed) != 1)}"
    head = f"{counted}, to be written to {first.sweep_dir if swept else first.run_dir}/"
    lines = [head, *([f"all of them: {_spelt(shared)}"] if shared else []), *_aligned(columns)]
    return "\n".join(lines)


def print_config(options: argparse.Namespace) -> None:
    """Print the composed config, or that of every run; `options.cfg` says which part."""
    from runner.config import composer

    with composer(options.config_dir, options.config_name) as composing:
        jobs, _ = composing.jobs(options.overrides, multirun=options.multirun)
        texts = [composing.text(job, options.cfg, resolve=options.resolve) for job in jobs]
    print("---\n".join(texts).rstrip())


def print_info(options: argparse.Namespace) -> None:
    """Print the places that configs are looked for in, and the files that this one is made of."""
    from runner.config import composer
    from runner.config.kinds import installed_kinds

    with composer(options.config_dir, options.config_name) as composing:
        jobs, _ = composing.jobs(options.overrides, multirun=options.multirun)
        sources = composing.compose(jobs[0]).hydra["runtime"]["config_sources"]
        merged = composing.defaults(jobs[0])
    places = [f"{source['schema']}://{source['path']}" for source in sources if source["path"]]
    files, sections = zip(*merged, strict=True)
    kinds = installed_kinds()
    pages = {
        "searchpath": ["configs are looked for in", *_indented(places)],
        "defaults": [
            "this config is merged from, the later over the earlier",
            *_indented(_aligned({"file": files, "section": sections})),
        ],
        "plugins": ["kinds that other packages bring", *_indented([" of ".join(k) for k in kinds])],
    }
    shown = pages if options.info == "all" else {options.info: pages[options.info]}
    print("\n\n".join("\n".join(page) for page in shown.values()))


def _spelt(overrides: Mapping[str, str]) -> str:
    return reveal(" ".join(f"{key}={value}" for key, value in overrides.items()))


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines] or ["  none"]


def _aligned(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """A line of headings and a line for each row, the columns wide enough for what they hold."""
    widths = {name: max(map(len, [name, *cells])) for name, cells in columns.items()}
    rows = [columns.keys(), *zip(*columns.values(), strict=True)]
    return [
        "  ".join(
            f"{cell:<{widths[name]}}" for name, cell in zip(columns, row, strict=True)
        ).rstrip()
        for row in rows
    ]
