"""pydantic's errors in our words, made by pydantic itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from api.schemas.base import Flag, Input, Json, Latitude, Text
from api.validation import field_errors
from core.errors import FieldError
from core.i18n import LANGUAGES, translate
from core.validation import CODES, LIMITS


class Colour(StrEnum):
    RED = "red"


class Inner(Input):
    number: int = 0


def errors_of(kind: Any, value: object, *, where: tuple[Any, ...] = ("body",)) -> list[FieldError]:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return field_errors([e | {"loc": (*where, *e["loc"])} for e in refused.value.errors()])


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (Text, 5, "not_a_text"),
        (Text, "a\x00", "not_a_text"),
        (Text, "\ud800", "not_a_text"),
        (Json, {"a": ["\x00"]}, "not_a_text"),
        (Json, 5, "not_an_object"),
        (Inner, 5, "not_an_object"),
        (Annotated[str, Field(pattern="^a$")], "b", "text_malformed"),
        (Latitude, "16", "not_a_number"),
        (Latitude, float("nan"), "not_a_number"),
        (float, "x", "not_a_number"),
        (int, None, "not_a_number"),
        (int, "x", "not_a_number"),
        (int, 1.5, "not_a_number"),
        (Flag, "yes", "not_a_flag"),
        (bool, "perhaps", "not_a_flag"),
        (UUID, 5, "not_a_uuid"),
        (UUID, "5", "not_a_uuid"),
        (AwareDatetime, "soon", "not_an_instant"),
        (AwareDatetime, [], "not_an_instant"),
        (AwareDatetime, "2026-08-03T08:00:00", "not_an_instant"),
        (datetime, "2026-13-01", "not_an_instant"),
        (Literal["a", "b"], "c", "not_a_choice"),
        (Colour, "blue", "not_a_choice"),
        (list[int], 5, "not_a_list"),
    ],
)
def test_kinds(kind: Any, value: object, code: str) -> None:
    (error,) = errors_of(kind, value)
    assert error.code == code


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Annotated[str, Field(max_length=3)], "four", "Longer than 3 characters"),
        (Annotated[str, Field(min_length=3)], "no", "Needs at least 3 characters"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "More than 1 items"),
        (Annotated[float, Field(gt=0)], 0, "Not valid: > 0.0"),
        (Annotated[int, Field(ge=1)], 0, "Not valid: ≥ 1"),
        (Annotated[int, Field(lt=9)], 9, "Not valid: < 9"),
        (Annotated[int, Field(le=200)], 201, "Not valid: ≤ 200"),
        (Latitude, 91.0, "Not valid: ≤ 90.0"),
        (Annotated[int, Field(multiple_of=2)], 3, "Not valid: Input should be a multiple of 2"),
    ],
)
def test_limits_are_told(kind: Any, value: object, sentence: str) -> None:
    (error,) = errors_of(kind, value)
    assert translate(error.code, "en", error.facts) == sentence
    assert "{" not in translate(error.code, "vi", error.facts)


class Body(Input):
    name: Text
    inner: Inner | None = None
    more: dict[str, int] = Field(default_factory=dict)
    items: list[Inner] = Field(default_factory=list)


def test_every_field_at_once_each_with_its_pointer() -> None:
    body = {
        "extra": 1,
        "inner": {"number": "x", "other": 1},
        "more": {"a/b~c": "x"},
        "items": [{}, {"number": []}],
    }
    assert {(e.pointer, e.code) for e in errors_of(Body, body)} == {
        ("/name", "field_required"),
        ("/extra", "field_unknown"),
        ("/inner/number", "not_a_number"),
        ("/inner/other", "field_unknown"),
        ("/more/a~1b~0c", "not_a_number"),
        ("/items/1/number", "not_a_number"),
    }


@pytest.mark.parametrize(
    ("location", "pointer"),
    [
        (("query", "limit"), "?limit"),
        (("path", "case_id"), "?case_id"),
        (("query", "ids", 0), "?ids.0"),
        (("header", "if-match"), "#if-match"),
        (("body",), ""),
        (("body", 17), ""),  # broken JSON: a position in its text
        (("body", 0, "number"), "/0/number"),
        (("body", "location", "lat"), "/location/lat"),
        (("cookie", "session"), "/session"),
    ],
)
def test_pointers(location: tuple[Any, ...], pointer: str) -> None:
    error = {"type": "missing", "loc": location, "msg": "Field required"}
    assert field_errors([error]) == [FieldError(pointer, "field_required")]


def test_broken_json() -> None:
    error = {"type": "json_invalid", "loc": ("body", 17), "msg": "…", "ctx": {"error": "…"}}
    assert field_errors([error]) == [FieldError("", "json_invalid")]


def test_every_type_in_the_table_is_one_of_pydantics() -> None:
    """A type that pydantic renames would silently fall through."""
    ours = {"not_a_text"}  # raised by api/schemas/base.py
    assert (CODES.keys() - ours) | LIMITS.keys() <= set(get_args(ErrorType))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_have_no_words_for_is_told_in_pydantics(language: str) -> None:
    (error,) = errors_of(Annotated[int, Field(multiple_of=2)], 3)
    assert error.code == "field_invalid"
    assert translate(error.code, language, error.facts).endswith("a multiple of 2")
