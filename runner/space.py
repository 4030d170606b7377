"""What a search may vary: lists, ranges and distributions, as the config writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from runner.spec import NotNegative, Spec

if TYPE_CHECKING:
    import numpy as np

MOST = 1_000_000  # values of a dimension, and candidates of a search, each of which has a record
ValueCount = Annotated[int, Field(ge=1, le=MOST)]
Value = bool | int | float | str | None


class Choices(Spec):
    """One of the listed values."""

    values: Annotated[list[Value], Field(min_length=1)]

    def grid(self) -> list[Value]:
        """Every value, in the order given."""
        return list(dict.fromkeys(self.values))

    def draw(self, rng: np.random.Generator) -> Value:
        """One value, each as likely as the others."""
        return self.values[int(rng.integers(len(self.values)))]


class AlphaRange(Spec):
    """Alphas from the data: from alpha_max, where no feature is selected, to alpha_max * eps.

    Its values are fractions of alpha_max, which is known only once imputer, features and l1_ratio
    are chosen.
    """

    eps: Annotated[float, Field(gt=0, lt=1)]
    count: ValueCount

    def grid(self) -> list[Value]:
        """`count` fractions of alpha_max, equally spaced on a log scale, falling from 1."""
        if self.count == 1:
            return [1.0]
        return [self.eps ** (i / (self.count - 1)) for i in range(self.count)]

    def draw(self, rng: np.random.Generator) -> Value:
        """A fraction of alpha_max, log-uniform on [eps, 1]."""
        return float(self.eps ** rng.uniform())


class Range(Spec):
    """Numbers from `low` to `high`, uniform or log-uniform; integers if both ends are."""

    low: int | float
    high: int | float
    log: bool = False
    count: ValueCount | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high <= self.low:
            raise ValueError(f"high is {self.high}, but must be greater than low, {self.low}")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low}, but must be greater than 0 when log is true")
        return self

    @property
    def integral(self) -> bool:
        """Whether the values are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def grid(self) -> list[Value]:
        """`count` values from low to high, equally spaced (on a log scale if `log`).

        Raises:
            ValueError: the range has no `count`.
        """
        if self.count is None:
            raise ValueError("a grid needs a list, or a range with a count")
        steps = [i / max(self.count - 1, 1) for i in range(self.count)]
        if self.log:
            values = [self.low * (self.high / self.low) ** step for step in steps]
        else:
            values = [self.low + (self.high - self.low) * step for step in steps]
        return list(dict.fromkeys(self._as_kind(v) for v in values))

    def draw(self, rng: np.random.Generator) -> Value:
        """One value; both ends of a range of integers can be drawn."""
        if self.integral and not self.log:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        if self.log:
            return self._as_kind(self.low * (self.high / self.low) ** rng.uniform())
        return float(rng.uniform(self.low, self.high))

    def _as_kind(self, value: float) -> int | float:
        return round(value) if self.integral else float(value)


class Distribution(Spec):
    """Any distribution of scipy.stats by its name, with its own parameters beside it.

    For example `{distribution: loguniform, a: 0.001, b: 1}`.
    """

    model_config = ConfigDict(extra="allow")
    distribution: str

    @model_validator(mode="after")
    def _known(self) -> Self:
        self._frozen()
        return self

    def grid(self) -> list[Value]:
        """A distribution has no list of values.

        Raises:
            ValueError: always.
        """
        raise ValueError("a grid needs a list, or a range with a count; search=random draws")

    def draw(self, rng: np.random.Generator) -> Value:
        """One value; a Python int from a discrete distribution, else a float."""
        import numpy as np  # a config is validated before numpy is needed

        # scipy's draw is a number of numpy's or, from some families, of Python's
        value: int | float = np.asarray(self._frozen().rvs(random_state=rng)).item()
        return value

    def least(self) -> float:
        """The lower end of the values."""
        return float(self._frozen().support()[0])

    def _frozen(self) -> Any:  # noqa: ANN401 - scipy's frozen distributions share no public type
        from scipy import stats  # heavy, and only this kind of space needs it

        family = getattr(stats, self.distribution, None)
        if not isinstance(family, stats.rv_continuous | stats.rv_discrete):
            raise ValueError(  # noqa: TRY004 - pydantic reports ValueErrors as its own
                f"{self.distribution!r} is not a distribution of scipy.stats"
            )
        parameters: dict[str, Any] = self.model_extra or {}
        try:
            frozen = family(**parameters)
        except TypeError as error:
            raise ValueError(f"{self.distribution}: {error}") from error
        if not frozen.support()[0] <= frozen.support()[1]:  # NaN where parameters are invalid
            raise ValueError(f"{self.distribution} does not exist with {parameters}")
        return frozen


def _kind(raw: object) -> str:
    if isinstance(raw, Spec):
        return type(raw).__name__
    if not isinstance(raw, dict):
        return "number"
    if "values" in raw:
        return "Choices"
    if "distribution" in raw:
        return "Distribution"
    return "AlphaRange" if "eps" in raw else "Range"


def _normalise(raw: object) -> object:
    """A list becomes Choices; what is laid over an AlphaRange sheds its `eps`.

    Hydra merges mappings, so that `model.alpha={low: 0.1, high: 1}` still has the default's eps.
    """
    if isinstance(raw, list):
        return {"values": raw}
    others = {"values", "low", "high", "distribution"}
    if isinstance(raw, dict) and "eps" in raw and raw.keys() & others:
        shed = {"eps"} if raw.keys() & {"low", "high"} else {"eps", "count"}
        return {key: value for key, value in raw.items() if key not in shed}
    return raw


def _choices_of_one(raw: object) -> object:
    return [raw] if isinstance(raw, str | int | float) else raw


Dimension = Choices | AlphaRange | Range | Distribution


def _check_alphas(alpha: float | Dimension) -> float | Dimension:
    """A number is checked by its type; so are the values and ends of dimensions here."""
    match alpha:
        case Choices(values=values):
            ends: list[Any] = values
        case Range(low=low):
            ends = [low]
        case Distribution():
            ends = [alpha.least()]
        case _:
            ends = []
    for end in ends:
        if isinstance(end, bool) or not isinstance(end, int | float) or not end >= 0:
            raise ValueError(f"{end!r} is not a number of at least 0")
    return alpha


def _check_shares(share: float | Dimension) -> float | Dimension:
    """A number is checked by its type; so are the values and ends of dimensions here."""
    ends: list[Any] = []
    match share:
        case Choices(values=values):
            ends = values
        case Range(low=low, high=high):
            ends = [low, high]
    for end in ends:
        if isinstance(end, bool) or not isinstance(end, int | float) or not 0 <= end <= 1:
            raise ValueError(f"{end!r} is not a number from 0 to 1")
    return share


AlphaField = Annotated[
    Annotated[NotNegative, Tag("number")]
    | Annotated[Choices, Tag("Choices")]
    | Annotated[AlphaRange, Tag("AlphaRange")]
    | Annotated[Range, Tag("Range")]
    | Annotated[Distribution, Tag("Distribution")],
    Discriminator(_kind),
    BeforeValidator(_normalise),
    AfterValidator(_check_alphas),
]
RatioField = Annotated[
    Annotated[float, Field(ge=0, le=1), Tag("number")]
    | Annotated[Choices, Tag("Choices")]
    | Annotated[Range, Tag("Range")]
    | Annotated[Distribution, Tag("Distribution")],
    Discriminator(_kind),
    BeforeValidator(_normalise),
    AfterValidator(_check_shares),
]
DimensionField = Annotated[
    Annotated[Choices, Tag("Choices")]
    | Annotated[AlphaRange, Tag("AlphaRange")]
    | Annotated[Range, Tag("Range")]
    | Annotated[Distribution, Tag("Distribution")],
    Discriminator(_kind),
    BeforeValidator(_normalise),
    BeforeValidator(_choices_of_one),
]
