"""The base of every validated config section: comes in as plain YAML values, goes out frozen."""

from __future__ import annotations

from typing import Annotated, Any, Self

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

    @classmethod
    def dotted_keys(cls) -> set[str]:
        """The section's keys, those of a section within it dotted."""
        keys = set()
        for name, field in cls.model_fields.items():
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, Spec):
                keys |= {f"{name}.{key}" for key in inner.dotted_keys()}
            else:
                keys.add(name)
        return keys

    def having(self, values: dict[str, Any]) -> Self:
        """The same section with other values of some keys, validated."""
        changed = self.model_dump()
        for key, value in values.items():
            section, _, name = key.rpartition(".")
            (changed[section] if section else changed)[name] = value
        return self.model_validate(changed)
