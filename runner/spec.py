"""The base of every validated config section: comes in as plain YAML values, goes out frozen."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Spec(BaseModel):
    """A section of the config. Unknown keys and values of another type are errors.

    A subclass names its option in `name`; the values that a user leaves out are filled in from
    the packaged YAML of that name, so no field here has a default. A scalar where a list is wanted
    is a list of one.
    """

    # names MODULE.NAME of the types that a saved model of this kind has, where another package
    # brings the kind: only what is named can be loaded
    saved_types: ClassVar[tuple[str, ...]] = ()
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, protected_namespaces=()
    )

    @model_validator(mode="before")
    @classmethod
    def _lists_of_one(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the YAML says
        if not isinstance(values, dict):
            return values
        listed, by_name = _list_keys(cls), _list_keys(cls, by_name=True)
        return {
            key: {name: _listed(one) for name, one in value.items()}
            if key in by_name and isinstance(value, dict)
            else _listed(value)
            if key in listed
            else value
            for key, value in values.items()
        }

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages of extras that the section needs wherever a run with it is made."""
        return ()

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

    def searchable_keys(self) -> set[str]:
        """The keys that a search may vary, dotted."""
        return self.dotted_keys()

    def having(self, values: dict[str, Any]) -> Self:
        """The same section with other values of some keys, validated."""
        changed = self.model_dump()
        for key, value in values.items():
            section, _, name = key.rpartition(".")
            (changed[section] if section else changed)[name] = value
        return self.model_validate(changed)


@cache
def _list_keys(kind: type[Spec], *, by_name: bool = False) -> frozenset[str]:
    """The keys of a section that take a list and no scalar, or that take lists by name."""
    found = set()
    for name, field in kind.model_fields.items():
        forms = _forms(field.annotation)
        inner = {
            form for mapping in forms if get_origin(mapping) is dict for form in _values(mapping)
        }
        if by_name and any(get_origin(form) is list for form in inner):
            found.add(name)
        plain = {get_origin(form) or form for form in forms}
        if not by_name and list in plain and plain <= {list, dict, NoneType}:
            found.add(name)
    return frozenset(found)


def _values(mapping: Any) -> set[Any]:  # noqa: ANN401 - an annotation such as dict[str, list[str]]
    return _forms(get_args(mapping)[1])


def _forms(annotation: Any) -> set[Any]:  # noqa: ANN401 - any annotation
    """The types of which a value may be one."""
    if get_origin(annotation) is Annotated:
        return _forms(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return set().union(*map(_forms, get_args(annotation)))
    return {annotation}


def _listed(value: Any) -> Any:  # noqa: ANN401 - whatever the YAML says
    return [value] if isinstance(value, str | int | float) else value
