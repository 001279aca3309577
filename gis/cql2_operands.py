"""The values of a filter: properties, literals and what is computed from them, each with its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidInput
from gis.cql2_geometry import is_mixed, read_bbox, read_geometry
from gis.cql2_scan import FILTER
from gis.cql2_terms import Operand, Parameters, Scalar, Shape, kind_of, wrong_type
from gis.cql2_time import (
    Edge,
    Span,
    day_column,
    day_literal,
    high_edge,
    instant_column,
    instant_literal,
    interval_of,
    low_edge,
)
from gis.cql2_values import check_number, check_text, like_pattern
from gis.crs import Crs
from gis.queryables import Kind, Queryable

MAX_DEPTH = 20
MAX_NODES = 500  # operators and properties

# In exact decimals, where nothing overflows; what divides by nothing is unknown, not an error.
_ARITHMETIC = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "({} / NULLIF({}, 0))",
    "%": "mod({}, NULLIF({}, 0))",
    "div": "div({}, NULLIF({}, 0))",
}
_FOLDS = {
    frozenset[str](): "{}",
    frozenset({"casei"}): "lower({})",
    frozenset({"accenti"}): "public.unaccent('public.unaccent'::regdictionary, {})",
    frozenset({"casei", "accenti"}): "plain_text({})",
}
COMPUTED = frozenset({*_ARITHMETIC, "casei", "accenti"})


def call_of(node: Any) -> tuple[str, list[Any]] | None:
    """Operator, in small letters, and arguments of a node; None if it is no operation."""
    match node:
        case {"op": str(operator), "args": list()}:
            return operator.lower(), cast("list[Any]", node["args"])
        case _:
            return None


def expect(operator: str, args: Sequence[Any], count: int) -> Sequence[Any]:
    """The arguments, if there are `count` of them."""
    if len(args) != count:
        raise InvalidInput.at(FILTER, "filter_arguments", operator=operator, expected=count)
    return args


def unknown_operator(operator: str) -> InvalidInput:
    """The error for an operator or function that is on no list."""
    return InvalidInput.at(FILTER, "filter_operator_unknown", operator=operator[:60])


class OperandReader:
    """Reads the operands of one filter, binds their literals and counts what it has seen."""

    def __init__(
        self, queryables: Mapping[str, Queryable], parameters: Parameters, crs: Crs
    ) -> None:
        self._queryables = queryables
        self._parameters = parameters
        self._crs = crs
        self._nodes = 0

    def read(self, node: Any, depth: int) -> Operand:
        """The operand that a node is. Raises InvalidInput, also for a predicate."""
        if isinstance(node, (bool, int, float, str)):
            return self._literal(node)
        if call := call_of(node):
            return self._computed(*call, depth)
        match node:
            case {"property": str(name)}:
                return self.property(name)
            case {"bbox": list()} | {"type": str()}:
                return self._shape(node)
            case _:
                return self._time(node)

    def property(self, name: str) -> Operand:
        """A property that the layer offers; any other is refused."""
        self._count()
        queryable = self._queryables.get(name)
        if queryable is None:
            offered = ", ".join(sorted(self._queryables))
            raise InvalidInput.at(
                FILTER, "filter_property_unknown", property=name[:60], offered=offered
            )
        match queryable.kind:
            case Kind.INSTANT:
                return instant_column(queryable.sql)
            case Kind.DATE:
                return day_column(queryable.sql)
            case Kind.GEOMETRY:
                return Shape(queryable.sql)
            case kind:
                return Scalar(kind, queryable.sql)

    def pattern(self, node: Any) -> str:
        """The pattern of LIKE: text, perhaps inside CASEI and ACCENTI."""
        folds, literal = _unfold(node)
        if not isinstance(literal, str):
            raise InvalidInput.at(FILTER, "filter_pattern")
        made = like_pattern(literal, without_accents="accenti" in folds)
        return _FOLDS[folds].format(self._parameters.bind(made, "text"))

    def edge(self, edge: Edge) -> str:
        """SQL of an end of a span."""
        return edge if isinstance(edge, str) else self._parameters.bind_time(edge)

    def enter(self, depth: int) -> None:
        """Count an operation at `depth`."""
        if depth > MAX_DEPTH:
            raise InvalidInput.at(FILTER, "filter_too_deep", limit=MAX_DEPTH)
        self._count()

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise InvalidInput.at(FILTER, "filter_too_large", limit=MAX_NODES)

    def _literal(self, value: float | str) -> Scalar:
        if isinstance(value, bool):
            return Scalar(Kind.BOOLEAN, "TRUE" if value else "FALSE")
        if isinstance(value, str):
            return Scalar(Kind.TEXT, self._parameters.bind(check_text(value), "text"))
        number = self._parameters.bind(check_number(value), "double precision")
        return Scalar(Kind.NUMBER, number)

    def _computed(self, operator: str, args: list[Any], depth: int) -> Scalar:
        self.enter(depth)
        if operator not in COMPUTED:
            raise unknown_operator(operator)
        if operator in _ARITHMETIC:
            terms = [self.read(arg, depth + 1) for arg in expect(operator, args, 2)]
            exact = [_number(term).exact for term in terms]
            return Scalar(Kind.NUMBER, _ARITHMETIC[operator].format(*exact), computed=True)
        folds, inner = _unfold({"op": operator, "args": args})
        text = self.read(inner, depth + 1)
        if isinstance(text, Scalar) and text.kind is Kind.TEXT:
            return Scalar(Kind.TEXT, _FOLDS[folds].format(text.sql))
        raise wrong_type(Kind.TEXT, kind_of(text))

    def _interval_end(self, end: Any, side: int) -> Edge:
        match end:
            case str():
                return high_edge(end) if side else low_edge(end)
            case {"property": str(name)}:
                span = self.property(name)
                if isinstance(span, Span):
                    return span.high if side else span.low
                raise wrong_type("time", kind_of(span))
            case _:
                raise InvalidInput.at(FILTER, "filter_value_unknown")

    def _time(self, node: Any) -> Span:
        match node:
            case {"timestamp": value}:
                return instant_literal(value)
            case {"date": value}:
                return day_literal(value)
            case {"interval": [low, high]}:
                return interval_of(self._interval_end(low, 0), self._interval_end(high, 1))
            case _:
                raise InvalidInput.at(FILTER, "filter_value_unknown")

    def _shape(self, node: Any) -> Shape:
        if "bbox" in node and "type" not in node:
            geometry = read_bbox(node["bbox"], self._crs)
        else:
            geometry = read_geometry(node, self._crs)
        return Shape(self._wkb(geometry), mixed=is_mixed(geometry))

    def _wkb(self, geometry: BaseGeometry) -> str:
        return f"ST_GeomFromWKB({self._parameters.bind(shapely.to_wkb(geometry), 'bytea')}, 4326)"


def _unfold(node: Any) -> tuple[frozenset[str], Any]:
    """Which of CASEI and ACCENTI are around `node`, and what is inside them."""
    folds: set[str] = set()
    while (call := call_of(node)) and call[0] in ("casei", "accenti"):
        folds.add(call[0])
        (node,) = expect(*call, 1)
    return frozenset(folds), node


def _number(term: Operand) -> Scalar:
    if isinstance(term, Scalar) and term.is_number:
        return term
    raise wrong_type(Kind.NUMBER, kind_of(term))
