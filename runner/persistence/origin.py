"""The sections of a run come in; what a prediction from its saved model needs of them goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.dataset import Dataset
    from runner.family import Family
    from runner.imputer import Imputer

USUAL: dict[str, Any] = {
    "separator": ",",
    "decimal": ".",
    "thousands": None,
    "encoding": None,
    "na_values": [],
}
NOT_READ = {"name", "path", "mask", "transform", "smearing"}  # of a sparse dataset


def describe_origin(dataset: Dataset, family: Family, imputer: Imputer) -> dict[str, Any]:
    """What model.json says of the config: what is predicted, and how rows are read.

    `reading` has the keys of the dataset by which a file of other rows is read as that of the
    training rows was, but those that have their usual value; how dates are written is said of each
    column. `rows` is there where the imputer leaves rows out, `times` where survival is predicted.
    """
    times = list(getattr(family, "times", ()))
    rule = imputer.rows
    return {
        "family": family.name,
        "targets": list(getattr(dataset, "targets", [dataset.target_name])),
        **({"times": times} if times else {}),
        **({} if rule.drop is None else {"rows": rule.model_dump()}),
        "reading": describe_reading(dataset),
    }


def describe_reading(dataset: Dataset) -> dict[str, Any]:
    """The keys that say how the dataset's file is written; see `describe_origin`."""
    if dataset.is_sparse:
        own = dataset.model_dump(exclude=NOT_READ)
        return {"format": dataset.name, **own}
    given = {key: getattr(dataset, key, usual) for key, usual in USUAL.items()}
    return {key: value for key, value in given.items() if value != USUAL[key]}
