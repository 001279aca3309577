"""What a layer offers to filters: the properties that may be named, and what each of them holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_COLUMN = re.compile(r"[a-z_][a-z0-9_]*")


class Kind(StrEnum):
    """What a property holds, which decides what it may be compared with."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"  # a moment in time: timestamptz
    DATE = "date"
    GEOMETRY = "geometry"  # in EPSG:4326, as everything that is stored


@dataclass(frozen=True, slots=True)
class Queryable:
    """One property of a layer. `name` is what a filter says, `column` the SQL column that it means.

    The column goes into SQL as it is, so it is a bare identifier written in our own code, never
    anything that came from outside. `enum` lists the values for those who build filters; others
    are allowed, and match nothing.
    """

    name: str
    kind: Kind
    column: str | None = None
    title: str = ""
    enum: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _COLUMN.fullmatch(self.column or self.name):
            raise ValueError(f"not a bare column name: {self.column or self.name!r}")

    @property
    def sql(self) -> str:
        """The column, quoted: a name such as `order` is fine."""
        return f'"{self.column or self.name}"'
