"""Time in a filter: every temporal value is a span, and every relation compares ends of spans.

An instant begins and ends at itself. A day beside an instant is the span from its first to its
last microsecond, so that `opened_at <= DATE('2026-11-23')` holds all that day; beside another day
it is that day. Relations of intervals are Allen's, as CQL2 (OGC 21-065r2) defines them; the
ends are closed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.errors import InvalidInput
from gis.cql2_scan import FILTER
from gis.cql2_values import ZONE, first_instant, is_day, last_instant, read_day, read_instant

Edge = str | datetime | date
"""An end of a span: SQL (of a column, or infinity), or a value that is still to be bound."""

# `a`, `b` are the spans, each with `low` and `high`.
RELATIONS = {
    "t_after": "{a.low} > {b.high}",
    "t_before": "{a.high} < {b.low}",
    "t_contains": "{a.low} < {b.low} AND {a.high} > {b.high}",
    "t_disjoint": "({a.low} > {b.high} OR {a.high} < {b.low})",
    "t_during": "{a.low} > {b.low} AND {a.high} < {b.high}",
    "t_equals": "{a.low} = {b.low} AND {a.high} = {b.high}",
    "t_finishedby": "{a.low} < {b.low} AND {a.high} = {b.high}",
    "t_finishes": "{a.low} > {b.low} AND {a.high} = {b.high}",
    "t_intersects": "{a.low} <= {b.high} AND {a.high} >= {b.low}",
    "t_meets": "{a.high} = {b.low}",
    "t_metby": "{a.low} = {b.high}",
    "t_overlappedby": "{a.low} > {b.low} AND {a.low} < {b.high} AND {a.high} > {b.high}",
    "t_overlaps": "{a.low} < {b.low} AND {a.high} > {b.low} AND {a.high} < {b.high}",
    "t_startedby": "{a.low} = {b.low} AND {a.high} > {b.high}",
    "t_starts": "{a.low} = {b.low} AND {a.high} < {b.high}",
}
# A value with an end within the other: the same instant, the same day, an instant of that day.
_SAME = RELATIONS["t_intersects"]
COMPARISONS = {
    "=": _SAME,
    "<>": f"NOT ({_SAME})",
    "<": RELATIONS["t_before"],
    "<=": "{a.low} <= {b.high}",
    ">": RELATIONS["t_after"],
    ">=": "{a.high} >= {b.low}",
}


class Grain(StrEnum):
    """How fine a temporal value is."""

    INSTANT = "instant"
    DAY = "date"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Span:
    """A temporal value. `day` is the date itself where the grain is a day."""

    grain: Grain
    low: Edge
    high: Edge
    day: Edge | None = None


def instant_column(column: str) -> Span:
    """An instant that a column holds."""
    return Span(Grain.INSTANT, column, column)


def day_column(column: str) -> Span:
    """A day that a column holds."""
    midnight = f"CAST({column} AS timestamp)"
    last = f"{midnight} + interval '1 day' - interval '1 microsecond'"
    zone = f"AT TIME ZONE '{ZONE.key}'"
    return Span(Grain.DAY, f"({midnight} {zone})", f"(({last}) {zone})", column)


def instant_literal(value: object) -> Span:
    """`TIMESTAMP('…')`."""
    moment = read_instant(value)
    return Span(Grain.INSTANT, moment, moment)


def day_literal(value: object) -> Span:
    """`DATE('…')`."""
    day = read_day(value)
    return Span(Grain.DAY, first_instant(day), last_instant(day), day)


def interval_of(low: Edge, high: Edge) -> Span:
    """`INTERVAL(low, high)`; two literals must be in order."""
    if isinstance(low, datetime) and isinstance(high, datetime) and low > high:
        raise InvalidInput.at(FILTER, "filter_interval_backwards")
    return Span(Grain.INTERVAL, low, high)


def low_edge(value: str) -> Edge:
    """The beginning of an interval: `..`, a day or an instant."""
    if value == "..":
        return "CAST('-infinity' AS timestamptz)"
    return first_instant(read_day(value)) if is_day(value) else read_instant(value)


def high_edge(value: str) -> Edge:
    """The end of an interval: `..`, a day (all of it) or an instant."""
    if value == "..":
        return "CAST('infinity' AS timestamptz)"
    return last_instant(read_day(value)) if is_day(value) else read_instant(value)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A span whose ends are bound when a relation names them, and not otherwise: PostgreSQL
    refuses a parameter that stands nowhere.
    """

    span: Span
    bind: Callable[[Edge], str]

    @property
    def low(self) -> str:
        return self.bind(self.span.low)

    @property
    def high(self) -> str:
        return self.bind(self.span.high)


def relate(operator: str, one: Span, other: Span, bind: Callable[[Edge], str]) -> str:
    """SQL of a comparison or temporal function between two spans.

    `bind` makes SQL of an end. Raises InvalidInput where an interval is compared by a sign.
    """
    intervals = Grain.INTERVAL in (one.grain, other.grain)
    if operator in COMPARISONS and intervals:
        raise InvalidInput.at(FILTER, "filter_interval_compared", operator=operator)
    if operator == "t_equals" and not intervals:
        operator = "="  # an instant equals a day that holds it
    if one.day is not None and other.day is not None:
        one, other = _as_days(one, one.day), _as_days(other, other.day)
    plain = not intervals and _is_point(one) and _is_point(other)
    if plain and operator in COMPARISONS:
        return f"{bind(one.low)} {operator} {bind(other.low)}"
    template = COMPARISONS.get(operator) or RELATIONS[operator]
    return f"({template.format(a=_Bound(one, bind), b=_Bound(other, bind))})"


def _as_days(span: Span, day: Edge) -> Span:
    return Span(span.grain, day, day, day)


def _is_point(span: Span) -> bool:
    return span.low == span.high
