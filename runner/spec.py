"""The base of every validated config section: comes in as plain YAML values, goes out frozen."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Spec(BaseModel):
    """A section of the config. Unknown keys and values of another type are errors.

    A subclass names its option in `name`; the values that a user leaves out are filled in from
    the packaged YAML of that name, so no field here has a default.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, protected_namespaces=()
    )
