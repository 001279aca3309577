"""What may stand beside an operator in a filter, as SQL with its kind; and its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.errors import InvalidInput
from gis.cql2_scan import FILTER
from gis.cql2_time import Span
from gis.queryables import Kind

_NUMBERS = (Kind.INTEGER, Kind.NUMBER)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, a number or a truth value. `computed`: an exact decimal, made by arithmetic."""

    kind: Kind
    sql: str
    computed: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in _NUMBERS

    @property
    def exact(self) -> str:
        """The number as an exact decimal."""
        return self.sql if self.computed else f"CAST({self.sql} AS numeric)"


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry in EPSG:4326. `mixed`: points, lines and areas side by side."""

    sql: str
    mixed: bool = False


Operand = Scalar | Span | Shape


def kind_of(operand: Operand) -> str:
    """What an operand is, in the words of queryables."""
    match operand:
        case Scalar(kind=kind):
            return kind
        case Span(grain=grain):
            return grain
        case Shape():
            return Kind.GEOMETRY


def wrong_type(expected: str, found: str) -> InvalidInput:
    """The error for a value of another kind than the operator needs."""
    return InvalidInput.at(FILTER, "filter_wrong_type", expected=str(expected), found=str(found))


def align(scalars: Sequence[Scalar]) -> list[str]:
    """SQL of scalars that may be compared with each other.

    Beside an exact decimal all are: as a float, it could be too large. Raises InvalidInput when
    their kinds differ.
    """
    first = scalars[0]
    for other in scalars[1:]:
        if other.kind is not first.kind and not (first.is_number and other.is_number):
            raise wrong_type(first.kind, other.kind)
    if any(scalar.computed for scalar in scalars):
        return [scalar.exact for scalar in scalars]
    return [scalar.sql for scalar in scalars]


class Parameters:
    """The values of a statement, each CAST to its type where it stands."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._values: list[object] = []

    @property
    def values(self) -> tuple[object, ...]:
        return tuple(self._values)

    def bind(self, value: object, sql_type: str) -> str:
        """SQL of one more parameter; `sql_type` is one of ours."""
        self._values.append(value)
        return f"CAST(${self._first + len(self._values) - 1} AS {sql_type})"

    def bind_time(self, moment: datetime | date) -> str:
        """SQL of one more parameter that is an instant or a day."""
        return self.bind(moment, "timestamptz" if isinstance(moment, datetime) else "date")
