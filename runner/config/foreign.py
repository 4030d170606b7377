"""An override of Hydra's that this program has another word for comes in; that word goes out."""

from __future__ import annotations

from runner.errors import ConfigError

PARALLEL = "launcher=processes"
LAUNCHERS = {"basic": "launcher=serial"}


def refuse_foreign(overrides: list[str]) -> None:
    """Raise ConfigError for a launcher or sweeper of Hydra's, with what does the same here."""
    for override in overrides:
        key, _, value = override.lstrip("+~").partition("=")
        if key.partition(".")[0] == "sweep":
            raise ConfigError(
                f"{override}: sweep stands in the YAML of an experiment; here write -m "
                "KEY=VALUE,VALUE"
            )
        if key == "hydra/launcher":
            instead = LAUNCHERS.get(value, PARALLEL)
            raise ConfigError(
                f"{override}: this program starts its runs itself, and not through Hydra's "
                f"launchers: write {instead}"
            )
        if key.startswith("hydra.launcher"):
            raise ConfigError(f"{override}: Hydra's launchers are not used: write {PARALLEL}")
        if key == "hydra/sweeper":
            raise ConfigError(f"{override}: Hydra's sweepers are not used: write {_search(value)}")
        if key.startswith("hydra.sweeper"):
            raise ConfigError(
                f"{override}: a sweep is asked for by -m KEY=VALUE,VALUE, or stands in the YAML of "
                "an experiment"
            )


def _search(sweeper: str) -> str:
    if sweeper == "basic":
        return "-m KEY=VALUE,VALUE"
    known = "optuna" if sweeper == "optuna" else "random"
    return f"search={known}, which searches within every run, or -m KEY=VALUE,VALUE"
