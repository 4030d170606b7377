"""A compiled model comes in; one SELECT over a table `data` that adds its predictions goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.compiled.linear_model import PLAIN
from runner.compiled.not_linear import ExportError
from runner.compiled.sql_text import (
    TABLE,
    indented,
    level_term,
    literal,
    number,
    numeric_term,
    quoted,
    summed,
    with_breaks,
)
from runner.core.target_scale import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.compiled.sql_text import Dialect

PREDICTOR = "linear predictor"  # what an inner SELECT calls what the model adds up
LARGEST = 700.0  # size of an exponential's argument: beyond it some databases raise an error
HIGHEST, LOWEST = 709.78, -745.0  # between which an exponential is neither infinite nor 0


def to_sql(form: Mapping[str, Any], dialect: Dialect = "duckdb") -> str:
    """One SELECT that keeps all columns of `data`, and adds `prediction`.

    Of a classifier that is the label, beside `probability`, of the positive class if the form has
    one and else of the second, or `probability_CLASS` for each of several; of several targets it is
    `prediction_TARGET`. Where a gap is not filled they are NULL.

    Args:
        form: as `compile_model` gives it.
        dialect: of the database.

    Raises:
        ExportError: a column has the name of one that is added, or a name that SQL cannot spell.
    """
    sums = [_total(form, k, dialect) for k in range(len(form["intercept"]))]
    once = form["link"] in {"identity", "hazard"} and form["transform"] is None
    names = [f"{PREDICTOR} {k}" for k in range(1, len(sums) + 1)]
    added = _Outputs(form, sums if once else [quoted(name) for name in names]).by_name()
    _check_names(form, [*added, *names])
    if once:
        text = _selected(["*", *_named(added)], TABLE)
    else:
        text = _nested(added, dict(zip(names, sums, strict=True)), dialect)
    return with_breaks(text) + "\n"


def _total(form: Mapping[str, Any], response: int, dialect: Dialect) -> str:
    """What the model adds up for a row."""
    terms = [number(form["intercept"][response])]
    for column in form["columns"]:
        term_of = numeric_term if column["kind"] == "numeric" else level_term
        term = term_of(column, response, dialect)
        terms += [] if term is None else [term]
    return summed(terms)


def _selected(columns: list[str], source: str) -> str:
    return "\n".join(["SELECT", indented(",\n".join(columns)), f"FROM {source}"])


def _named(columns: Mapping[str, str]) -> list[str]:
    return [f"{text} AS {quoted(name)}" for name, text in columns.items()]


def _nested(added: Mapping[str, str], inner: Mapping[str, str], dialect: Dialect) -> str:
    """The same of sums that have names, as it is spelt in a dialect, so that none is kept."""
    sums = indented(",\n".join(_named(inner)))
    if dialect == "sqlite":
        source = f"(\nSELECT\n{sums}\n)"
        each = {name: f"({_selected([text], source)})" for name, text in added.items()}
        return _selected(["*", *_named(each)], TABLE)
    if dialect == "postgresql":
        lateral = f"{TABLE} CROSS JOIN LATERAL (\nSELECT\n{sums}\n) AS scored"
        return _selected([f"{TABLE}.*", *_named(added)], lateral)
    source = f"(\n{_selected(['*', *_named(inner)], TABLE)}\n) AS {TABLE}"
    left_out = ", ".join(map(quoted, inner))
    return _selected([f"* EXCLUDE ({left_out})", *_named(added)], source)


def _check_names(form: Mapping[str, Any], added: list[str]) -> None:
    """No column may have the name of another that the SELECT makes; case makes no difference."""
    taken = {name.casefold() for name in added}
    for column in form["columns"]:
        if column["name"].casefold() in taken:
            raise ExportError(
                f"a column is called {column['name']!r}, as one that the SELECT adds: give it "
                "another name in the data, and run again"
            )


@dataclass(frozen=True)
class _Outputs:
    """The columns that are added."""

    form: Mapping[str, Any]
    eta: list[str]  # what the model adds up for each response, (K,)

    def by_name(self) -> dict[str, str]:
        """Expressions by the columns' names, in order."""
        if self.form["link"] == "logit":
            return {"prediction": self._label(), "probability": self._probability(self._shown)}
        if self.form["link"] == "softmax":
            chances = {
                f"probability_{label}": self._share(k) for k, label in enumerate(self._classes)
            }
            return {"prediction": self._likeliest(), **chances}
        values = [self._value(eta) for eta in self.eta]
        if len(values) == 1:
            return {"prediction": values[0]}
        names = (f"prediction_{name}" for name in self.form["responses"])
        return dict(zip(names, values, strict=True))

    @property
    def _classes(self) -> list[Any]:
        classes: list[Any] = self.form["classes"]
        return classes

    @property
    def _shown(self) -> int:
        """The class whose probability is shown."""
        positive = self.form["positive"]
        return 1 if positive is None else self._classes.index(positive)

    def _probability(self, at: int) -> str:
        """Of one of two classes."""
        sign = "-" if at == 1 else ""
        return f"1e0 / (1e0 + exp({sign}{_clamped(self.eta[0], -LARGEST, LARGEST)}))"

    def _label(self) -> str:
        """The class that a row of two is called; NULL where the sum is."""
        threshold = self.form["threshold"]
        if threshold is None or threshold == PLAIN:
            second, first = f"{self.eta[0]} > 0e0", f"{self.eta[0]} <= 0e0"
            at = 1
        else:
            at = self._shown
            chance, least = self._probability(at), number(threshold)
            second, first = f"{chance} >= {least}", f"{chance} < {least}"
        labels = literal(self._classes[at]), literal(self._classes[1 - at])
        return f"CASE WHEN {second} THEN {labels[0]} WHEN {first} THEN {labels[1]} END"

    def _share(self, at: int) -> str:
        """The probability of one of several classes, 1 / sum_j exp(eta_j - eta_k)."""
        others = [eta for k, eta in enumerate(self.eta) if k != at]
        powers = [
            f"exp({_clamped(f'({eta} - {self.eta[at]})', -LARGEST, LARGEST)})" for eta in others
        ]
        return f"1e0 / ({' + '.join(['1e0', *powers])})"

    def _likeliest(self) -> str:
        """The first of the classes that are as likely as any."""
        cases = [f"WHEN {' + '.join(self.eta)} IS NULL THEN NULL"]
        for at, label in enumerate(self._classes[:-1]):
            most = " AND ".join(f"{self.eta[at]} >= {eta}" for eta in self.eta[at + 1 :])
            cases.append(f"WHEN {most} THEN {literal(label)}")
        return f"CASE {' '.join(cases)} ELSE {literal(self._classes[-1])} END"

    def _value(self, eta: str) -> str:
        """A number, in the target's units."""
        transform = self.form["transform"] or {"name": self.form["link"]}
        if transform["name"] == "log":
            return f"exp({_clamped(eta, LOWEST, HIGHEST)})"
        if transform["name"] == "sqrt":
            return f"CASE WHEN {eta} < 0e0 THEN 0e0 ELSE {eta} * {eta} END"
        return _power_undone(eta, transform) if "lambda" in transform else eta


def _clamped(value: str, low: float, high: float) -> str:
    """A value within limits; NULL stays NULL, which `greatest` would not have."""
    least, most = number(low), number(high)
    cases = f"WHEN {value} > {most} THEN {most} WHEN {value} < {least} THEN {least}"
    return f"(CASE {cases} ELSE {value} END)"


def _power_undone(eta: str, transform: Mapping[str, Any]) -> str:
    """The inverse of Yeo and Johnson's power; NULL where no number has it."""
    value = f"({eta} * {number(transform['sd'])} + {number(transform['mean'])})"
    above = _raised(value, transform["lambda"])
    below = _raised(f"(-{value})", 2 - transform["lambda"])
    return f"CASE WHEN {value} >= 0e0 THEN {above} ELSE -({below}) END"


def _raised(value: str, power: float) -> str:
    if abs(power) < ROUNDING:
        return f"exp({_clamped(value, LOWEST, HIGHEST)}) - 1e0"
    base = f"({value} * {number(power)} + 1e0)"
    return f"CASE WHEN {base} >= 0e0 THEN power({base}, {number(1 / power)}) - 1e0 END"
