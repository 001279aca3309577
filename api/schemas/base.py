"""Wire types shared by all schemas: strict input, no silent conversion."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
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
    return value


Text = Annotated[str, AfterValidator(_storable)]
Json = Annotated[dict[str, Any], AfterValidator(_storable_json)]
Flag = Annotated[bool, Field(strict=True)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]


class Input(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is heard of."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """A response body."""

    model_config = ConfigDict(frozen=True)


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


class Problem(Output):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = []


class FieldProblem(Output):
    """One field at fault: a JSON pointer into the body, `?name` a query, `#name` a header."""

    pointer: str
    code: str
    detail: str


Problem.model_rebuild()
