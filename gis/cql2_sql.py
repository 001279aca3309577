"""From a parsed filter to SQL: a walk over its JSON with an allow-list.

A node is a predicate (true or false) or an operand (a value, see cql2_operands). Only like is
compared with like, and what is on no list here is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from core.errors import InvalidInput
from gis.cql2_operands import COMPUTED, OperandReader, call_of, expect, unknown_operator
from gis.cql2_scan import FILTER
from gis.cql2_terms import Operand, Parameters, Scalar, Shape, align, kind_of, wrong_type
from gis.cql2_time import COMPARISONS, RELATIONS, Span, relate
from gis.crs import Crs
from gis.queryables import Kind, Queryable

MAX_LIST = 500

# The function of PostGIS that each relation is. Only ST_Intersects takes a collection of points,
# lines and areas.
_MIXED = {"s_intersects": "ST_Intersects", "s_disjoint": "NOT ST_Intersects"}
_SPATIAL = _MIXED | {
    "s_contains": "ST_Contains",
    "s_crosses": "ST_Crosses",
    "s_equals": "ST_Equals",
    "s_overlaps": "ST_Overlaps",
    "s_touches": "ST_Touches",
    "s_within": "ST_Within",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in SQL with `$n` parameters, and their values in order, typed for asyncpg."""

    sql: str
    parameters: tuple[object, ...]


class Compiler:
    """Makes one filter into SQL; use one for each."""

    def __init__(
        self, queryables: Mapping[str, Queryable], *, first_parameter: int, crs: Crs
    ) -> None:
        self._parameters = Parameters(first_parameter)
        self._operands = OperandReader(queryables, self._parameters, crs)

    def condition(self, node: Any) -> Condition:
        """The condition of a whole filter. Raises InvalidInput at `?filter`."""
        return Condition(self._predicate(node, 1), self._parameters.values)

    def _predicate(self, node: Any, depth: int) -> str:
        if isinstance(node, bool):
            return "TRUE" if node else "FALSE"
        if call := call_of(node):
            self._operands.enter(depth)
            return f"({self._operation(*call, depth + 1)})"
        match node:
            case {"property": str(name)}:
                return self._flag(name)
            case _:
                raise InvalidInput.at(FILTER, "filter_no_condition")

    def _flag(self, name: str) -> str:
        operand = self._operands.property(name)
        if isinstance(operand, Scalar) and operand.kind is Kind.BOOLEAN:
            return operand.sql
        raise wrong_type("condition", kind_of(operand))

    def _operation(self, operator: str, args: list[Any], depth: int) -> str:
        if operator in ("and", "or"):
            return self._junction(operator, args, depth)
        if operator == "not":
            (arg,) = expect(operator, args, 1)
            return f"NOT {self._predicate(arg, depth)}"
        if operator == "in":
            item, values = expect(operator, args, 2)
            return self._in_list(item, values, depth)
        if operator == "like":
            item, pattern = expect(operator, args, 2)
            return self._like(item, pattern, depth)
        return self._relation(operator, args, depth)

    def _relation(self, operator: str, args: list[Any], depth: int) -> str:
        """Operators whose arguments are all operands."""
        count = {"isnull": 1, "between": 3}.get(operator, 2)
        if operator in COMPUTED:
            raise InvalidInput.at(FILTER, "filter_no_condition")
        if not {operator} & {"isnull", "between", *COMPARISONS, *RELATIONS, *_SPATIAL}:
            raise unknown_operator(operator)
        operands = [self._operands.read(arg, depth) for arg in expect(operator, args, count)]
        match operator:
            case "isnull":
                return _is_null(operands[0])
            case "between":
                item, low, high = operands
                return f"{self._compare('>=', item, low)} AND {self._compare('<=', item, high)}"
            case _ if operator in COMPARISONS:
                return self._compare(operator, *operands)
            case _ if operator in RELATIONS:
                return self._temporal(operator, *operands)
            case _:
                return _spatial(operator, *operands)

    def _junction(self, operator: str, args: list[Any], depth: int) -> str:
        if not args:
            raise InvalidInput.at(FILTER, "filter_arguments", operator=operator, expected=2)
        return f" {operator.upper()} ".join(self._predicate(arg, depth) for arg in args)

    def _compare(self, operator: str, one: Operand, other: Operand) -> str:
        if isinstance(one, Span) and isinstance(other, Span):
            return relate(operator, one, other, self._operands.edge)
        if isinstance(one, Scalar) and isinstance(other, Scalar):
            left, right = align([one, other])
            return f"{left} {operator} {right}"
        raise wrong_type(kind_of(one), kind_of(other))

    def _in_list(self, item: Any, values: Any, depth: int) -> str:
        if not isinstance(values, list) or not values:
            raise InvalidInput.at(FILTER, "filter_arguments", operator="in", expected=2)
        listed = cast("list[Any]", values)
        if len(listed) > MAX_LIST:
            raise InvalidInput.at(FILTER, "filter_list_too_long", limit=MAX_LIST)
        one = self._operands.read(item, depth)
        others = [self._operands.read(value, depth) for value in listed]
        if isinstance(one, Scalar) and all(isinstance(other, Scalar) for other in others):
            wanted, *allowed = align([one, *cast("list[Scalar]", others)])
            return f"{wanted} IN ({', '.join(allowed)})"
        return " OR ".join(self._compare("=", one, other) for other in others)

    def _like(self, item: Any, pattern: Any, depth: int) -> str:
        one = self._operands.read(item, depth)
        if not isinstance(one, Scalar) or one.kind is not Kind.TEXT:
            raise wrong_type(Kind.TEXT, kind_of(one))
        return f"{one.sql} LIKE {self._operands.pattern(pattern)}"

    def _temporal(self, operator: str, one: Operand, other: Operand) -> str:
        if isinstance(one, Span) and isinstance(other, Span):
            return relate(operator, one, other, self._operands.edge)
        raise wrong_type("time", kind_of(other if isinstance(one, Span) else one))


def _spatial(operator: str, one: Operand, other: Operand) -> str:
    if not isinstance(one, Shape) or not isinstance(other, Shape):
        raise wrong_type(Kind.GEOMETRY, kind_of(other if isinstance(one, Shape) else one))
    if operator not in _MIXED and (one.mixed or other.mixed):
        raise InvalidInput.at(FILTER, "filter_geometry_mixed", operator=operator)
    return f"{_SPATIAL[operator]}({one.sql}, {other.sql})"


def _is_null(operand: Operand) -> str:
    match operand:
        case Scalar(sql=sql) | Span(low=str(sql)) | Shape(sql=sql):
            return f"{sql} IS NULL"
        case Span():
            return "FALSE"  # a literal in time is never missing
