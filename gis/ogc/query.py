"""What a request for items asks for: its parameters, checked, and turned into conditions. Pure.

Parameters have been decoded already. Every error names the parameter: InvalidInput at `?name`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from core.errors import FieldError, InvalidInput
from core.text import is_storable
from core.validation import to_field_error
from gis.cql2 import Condition, Lang, parse_filter
from gis.crs import CRS84, Crs, get_crs, to_bbox
from gis.ogc.collections import (
    AFTER,
    DEFAULT_LIMIT,
    GEOMETRY,
    MAX_LIMIT,
    Collection,
    IdType,
    Property,
)
from gis.queryables import Kind

PARAMETERS = (
    "f", "limit", AFTER, "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang",
    "filter-crs",
)  # fmt: skip
LANGS: tuple[Lang, ...] = ("cql2-text", "cql2-json")
_BIGINT = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_READERS: dict[Kind, TypeAdapter[Any]] = {
    Kind.TEXT: TypeAdapter(str),
    Kind.INTEGER: TypeAdapter(_BIGINT),
    Kind.NUMBER: TypeAdapter(Annotated[float, Field(allow_inf_nan=False)]),
    Kind.BOOLEAN: TypeAdapter(bool),
    Kind.DATE: TypeAdapter(date),
    Kind.INSTANT: TypeAdapter(AwareDatetime),
}
_SQL_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "float8",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.INSTANT: "timestamptz",
}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_IDS: dict[IdType, TypeAdapter[Any]] = {
    IdType.UUID: TypeAdapter(UUID),
    IdType.BIGINT: TypeAdapter(_BIGINT),
}
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """A page: at most `limit` features that meet all `conditions` and come `after` an id.

    The parameters of the conditions are numbered through from $1.
    """

    limit: int
    after: UUID | int | None
    crs: Crs
    conditions: tuple[Condition, ...]


def read_items_query(collection: Collection, given: list[tuple[str, str]]) -> ItemsQuery:
    """The query that the parameters `given` ask for."""
    properties = [each.name for each in collection.properties]
    values = check_names(given, (*PARAMETERS, *properties))
    makers: list[Callable[[int], Condition]] = []
    if "bbox" in values:
        makers.append(partial(_in_bbox, values))
    if "datetime" in values:
        makers.append(partial(_during, collection, values["datetime"]))
    makers += [
        partial(_equal, each, values[each.name])
        for each in collection.properties
        if each.name in values
    ]
    if "filter" in values:
        makers.append(partial(_meeting, collection, values))
    return ItemsQuery(
        limit=min(_limit(values.get("limit")), collection.page_limit),
        after=_after(collection, values.get(AFTER)),
        crs=crs_of(values),
        conditions=_numbered(makers),
    )


def _numbered(makers: list[Callable[[int], Condition]]) -> tuple[Condition, ...]:
    """The conditions, each made with the number of its first parameter."""
    made: list[Condition] = []
    first = 1
    for make in makers:
        condition = make(first)
        first += len(condition.parameters)
        made.append(condition)
    return tuple(each for each in made if each.sql)


def check_names(given: list[tuple[str, str]], known: tuple[str, ...]) -> dict[str, str]:
    """The values by name. InvalidInput for each name that is unknown or given twice."""
    errors = [
        FieldError(f"?{name}", "parameter_unknown" if name not in known else "parameter_repeated")
        for name, times in Counter(name for name, _ in given).items()
        if name not in known or times > 1
    ]
    if errors:
        raise InvalidInput(fields=errors)
    return dict(given)


def crs_of(values: dict[str, str]) -> Crs:
    """The system of the answer's coordinates."""
    return get_crs(values["crs"], "?crs") if "crs" in values else CRS84


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not _WHOLE.fullmatch(text):
        raise InvalidInput.at("?limit", "not_a_whole_number")
    if int(text) < 1:
        raise InvalidInput.at("?limit", "number_out_of_range", min=1, max=MAX_LIMIT)
    return int(text)


def to_id(collection: Collection, text: str) -> UUID | int | None:
    """The id that `text` writes; None if no feature can have it."""
    try:
        return _IDS[collection.id_type].validate_python(text)
    except ValidationError:
        return None


def _after(collection: Collection, text: str | None) -> UUID | int | None:
    if text is None:
        return None
    after = to_id(collection, text)
    if after is None:
        raise InvalidInput.at(f"?{AFTER}", "bad_cursor")
    return after


def _in_bbox(values: dict[str, str], first: int) -> Condition:
    given = values.get("bbox-crs")
    crs = get_crs(given, "?bbox-crs") if given is not None else CRS84
    boxes = to_bbox(values["bbox"], crs, "?bbox")
    parts = [_meets_box(first + 4 * number) for number in range(len(boxes))]
    return Condition(f"({' or '.join(parts)})", tuple(edge for box in boxes for edge in box))


def _meets_box(first: int) -> str:
    """An index compares boxes in single precision: ST_Intersects looks again.

    A box without width or height is a line or a point, which ST_MakeEnvelope would not make.
    """
    west, south, east, north = (f"${first + edge}::float8" for edge in range(4))
    corners = f"ST_MakePoint({west}, {south}), ST_MakePoint({east}, {north})"
    return f"ST_Intersects({GEOMETRY}, ST_Envelope(ST_SetSRID(ST_MakeLine({corners}), 4326)))"


def _during(collection: Collection, text: str, first: int) -> Condition:
    since, until = _interval(text)
    parts: list[str] = []
    parameters: list[datetime] = []
    if until:
        parts.append(f"{collection.period.since} <= ${first}::timestamptz")
        parameters.append(until)
    if since and collection.period.until:
        parts.append(f"{collection.period.until} >= ${first + len(parameters)}::timestamptz")
        parameters.append(since)
    return Condition(" and ".join(parts), tuple(parameters))


def _interval(text: str) -> tuple[datetime | None, datetime | None]:
    """Both ends of an instant or an interval; None where it is open."""
    since, slash, until = text.partition("/")
    if not slash:
        at = _instant(since)
        return at, at
    ends = [None if end in ("", "..") else _instant(end) for end in (since, until)]
    if ends[0] and ends[1] and ends[0] > ends[1]:
        raise InvalidInput.at("?datetime", "bad_datetime")
    return ends[0], ends[1]


def _instant(text: str) -> datetime:
    try:
        if not _RFC3339.fullmatch(text):
            raise InvalidInput.at("?datetime", "bad_datetime")
        return _READERS[Kind.INSTANT].validate_python(text)
    except ValidationError as error:
        raise InvalidInput.at("?datetime", "bad_datetime") from error


def _equal(queried: Property, text: str, number: int) -> Condition:
    pointer = f"?{queried.name}"
    if not is_storable(text):
        raise InvalidInput.at(pointer, "text_malformed")
    try:
        value = _READERS[queried.kind].validate_python(text)
    except ValidationError as error:
        fault: Any = error.errors()[0]
        raise InvalidInput(fields=[to_field_error(fault, pointer)]) from error
    return Condition(f"{queried.name} = ${number}::{_SQL_TYPES[queried.kind]}", (value,))


def _meeting(collection: Collection, values: dict[str, str], first: int) -> Condition:
    given = values.get("filter-crs")
    lang = values.get("filter-lang", LANGS[0])
    if lang not in LANGS:
        raise InvalidInput.at("?filter-lang", "not_a_choice", value=lang)
    return parse_filter(
        values["filter"],
        lang=lang,
        queryables=collection.queryables,
        first_parameter=first,
        crs=get_crs(given, "?filter-crs") if given is not None else CRS84,
    )
