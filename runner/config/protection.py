"""A validated config comes in; what cannot be encrypted or kept private as asked is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import ConfigError

if TYPE_CHECKING:
    from runner.config.schema import ExperimentConfig


def check_protection(config: ExperimentConfig) -> None:
    """Whether a run can be encrypted, and leave no row, as `persistence` asks.

    Raises:
        ConfigError: names the key that stands against it, and what to choose instead.
    """
    if config.persistence.encrypt_to:
        _check_recipients(config.persistence.encrypt_to)
    if config.persistence.encrypt_tables:
        _check_tables(config)
    if config.persistence.private:
        _check_private(config)


def _check_recipients(recipients: list[str]) -> None:
    from runner.store.encryption import parse_recipients

    parse_recipients(tuple(recipients))


def _check_tables(config: ExperimentConfig) -> None:
    from runner.report import Page

    if not config.persistence.encrypt_to:
        raise ConfigError(
            "persistence.encrypt_tables is true, but there is nobody to encrypt for: set "
            "persistence.encrypt_to=[age1...]"
        )
    if isinstance(config.report, Page):
        raise ConfigError(
            f"persistence.encrypt_tables is true, but report={config.report.name} writes what is "
            "in the tables into report.html: choose report=summary or report=none"
        )


def _check_private(config: ExperimentConfig) -> None:
    """Refuse what keeps training rows, or values of single ones, in the saved model."""
    imputer, family, dataset = config.imputer, config.family, config.dataset
    roles = [key for key in ("time", "group") if getattr(dataset, key, None) is not None]
    for keeps, what, instead in (
        (imputer.keeps_rows, f"imputer={imputer.name}", "imputer=mean, linear or iterative, say"),
        (family.keeps_rows, f"family={family.name}", "another family"),
        (dataset.smearing, "dataset.smearing=true", "dataset.smearing=false"),
        *(
            (step.keeps_rows, f"features.steps.{name} of kind {step.kind}", "to be left out")
            for name, step in config.features.steps.items()
        ),
        (
            bool(config.features.row_steps and roles),
            f"a step of dates beside dataset.{' and dataset.'.join(roles)}",
            f"dataset.{roles[0]}=null" if roles else "",
        ),
    ):
        if keeps:
            raise ConfigError(
                f"{what} puts values of single training rows into the saved model, and "
                f"persistence.private is true: choose {instead}, or persistence.private=false"
            )
