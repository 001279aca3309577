"""Wire types shared by all schemas: strict input, no silent conversion."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)
from pydantic_core import PydanticCustomError

from core.text import all_storable, is_storable

T = TypeVar("T")


def _storable(value: str) -> str:
    if not is_storable(value):
        raise PydanticCustomError("not_a_text", "contains characters that cannot be kept")
    return value


def _storable_json(value: dict[str, Any]) -> dict[str, Any]:
    if not all_storable(value):
        raise PydanticCustomError("not_a_text", "contains characters that cannot be kept")
    if not _finite(value):
        raise PydanticCustomError("finite_number", "contains a number that is none")
    return value


def _finite(value: Any) -> bool:
    """Whether all numbers are such: Python's parser takes `NaN`, which JSON does not know."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_finite(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return all(_finite(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return True


def _instant_text(value: object) -> object:
    # A number, also one in quotes, would be taken for seconds.
    if not isinstance(value, datetime) and not (isinstance(value, str) and "-" in value[1:]):
        raise PydanticCustomError("datetime_type", "is no RFC 3339 date-time")
    return value


def _in_our_time(value: datetime) -> datetime:
    if not _FIRST <= value <= _LAST:  # beyond, other time zones and the database have no date
        raise PydanticCustomError("datetime_parsing", "is no instant of our time")
    return value


_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Instant = Annotated[AwareDatetime, BeforeValidator(_instant_text), AfterValidator(_in_our_time)]
Text = Annotated[str, AfterValidator(_storable)]
# No blanks and no control characters, by number: each dialect of patterns has another `\s`.
_IN_ADDRESS = r"[^@\s\u0000-\u0020\u007f-\u00a0\ufeff]+"
# A pattern stands before the other checks: behind them it would not show in the description.
Email = Annotated[
    str,
    Field(max_length=200, pattern=rf"^{_IN_ADDRESS}@{_IN_ADDRESS}\.{_IN_ADDRESS}$"),
    AfterValidator(_storable),
]
Json = Annotated[dict[str, Any], AfterValidator(_storable_json)]
Flag = Annotated[bool, Field(strict=True)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]


class Input(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is heard of."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """A response body; made of a use case's answer where the names are the same."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class PageOut(Output, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


class Names(Output):
    """A name in both languages."""

    vi: str
    en: str


class Labelled(Output):
    """A code with its name in the reader's language."""

    code: str
    name: str


class Position(Output):
    """WGS84 degrees."""

    lat: float
    lon: float


def to_position(lat: float | None, lon: float | None) -> Position | None:
    """A position where both parts are known."""
    return None if lat is None or lon is None else Position(lat=lat, lon=lon)


PROBLEM_TYPE = "application/problem+json"


class Problem(Output):
    """An error as RFC 9457 describes it. `ways` stands there when somebody must prove anew who they
    are, the last two tell an app that it is too old.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = []
    ways: list[Literal["passkey", "totp", "password", "sign_in"]] | None = None
    minimum_version: str | None = None
    store_url: str | None = None


class FieldProblem(Output):
    """One field at fault: a JSON pointer into the body, `?name` a query, `#name` a header."""

    pointer: str
    code: str
    detail: str


Problem.model_rebuild()
