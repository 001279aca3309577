"""Filters of the map service: CQL2 (OGC 21-065r2) as text or JSON, made into a condition in SQL.

    the text  → checked before parsing        gis/cql2_scan.py
              → parsed by the library `cql2`, of which only parser and JSON are used
              → walked by an allow-list        gis/cql2_sql.py, with literals from cql2_values,
                                               cql2_time and cql2_geometry

A filter reaches the properties that the layer offers, the operators listed there, and nothing else:
every name in the SQL is ours, every value of the filter is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import cql2

from core.errors import InvalidInput
from gis.cql2_scan import FILTER, check_before_parsing
from gis.cql2_sql import Compiler, Condition
from gis.crs import CRS84, Crs
from gis.queryables import Queryable

__all__ = ["Condition", "Lang", "parse_filter"]

Lang = Literal["cql2-text", "cql2-json"]

_PLACE = re.compile(r"--> (\d+):(\d+)|line (\d+) column (\d+)")


def parse_filter(
    text: str,
    *,
    lang: Lang,
    queryables: Mapping[str, Queryable],
    first_parameter: int,
    crs: Crs | None = None,
) -> Condition:
    """The condition that a filter means, over the columns of `queryables`.

    Its parameters are numbered from `first_parameter`. Geometry literals are in `crs`, CRS84 if
    None. Raises InvalidInput at `?filter` for whatever cannot be taken, and nothing else.
    """
    check_before_parsing(text, is_json=lang == "cql2-json")
    compiler = Compiler(queryables, first_parameter=first_parameter, crs=crs or CRS84)
    return compiler.condition(_parse(text, lang))


def _parse(text: str, lang: Lang) -> Any:
    parse = cql2.parse_json if lang == "cql2-json" else cql2.parse_text
    try:
        return parse(text).to_json()
    except (cql2.ParseError, cql2.ValidationError) as error:
        raise _not_understood(str(error)) from None
    except BaseException as error:
        # A panic in the parser's Rust is no Exception, and has no name that could be imported.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise _not_understood("") from None


def _not_understood(message: str) -> InvalidInput:
    place = _PLACE.search(message)
    if place is None:
        return InvalidInput.at(FILTER, "filter_not_understood")
    line, column = (number for number in place.groups() if number is not None)
    return InvalidInput.at(FILTER, "filter_syntax", position=f"{line}:{column}")
