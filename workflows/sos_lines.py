"""One line for those who have to be fetched together: calls from one spot, or from one phone. Pure.

Neighbours call from the same roof, and whoever is afraid calls again. A rescuer needs one line with
how many people there are. A call joins the line of the oldest call within REACH_M metres, or that of
its own phone; so a line never grows along a street, and stays the same while calls come in. Of one
phone the latest number of people counts, those of different phones add up: two calls of one household
from two phones are counted twice, which is the side to err on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from workflows.evidence import distance_m
from workflows.sos_text import Kind

Order = Literal["urgent", "oldest"]
REACH_M = 75.0
_CELL = 0.001  # degrees; more than REACH_M up to 47 degrees of latitude
# What cannot wait for what can: the first kind of these that a line has.
_RANKS: dict[Kind, int] = {"medical": 0, "trapped": 1, "boat": 2, "other": 3, "food": 4}


@dataclass(frozen=True, slots=True)
class Call:
    """A call for help with its case; `caller` is alike for calls from one phone, None if unknown.
    `place_known` is False where the place is only that of the city.
    """

    report_id: UUID
    case_id: UUID
    code: str
    kind: Kind
    people: int
    children: int
    elderly: int
    pregnant: int
    injured: int
    note: str
    channel: str
    lat: float
    lon: float
    accuracy_m: float | None
    place_known: bool
    called_at: datetime
    updated_at: datetime
    caller: bytes | None
    phone: str | None
    area_code: str
    area_name: str
    area_name_en: str
    process_id: int
    state: str
    status: str
    rev: int

    @property
    def open(self) -> bool:
        return self.status in ("received", "assigned", "in_progress", "waiting")


@dataclass(frozen=True, slots=True)
class Line:
    """Calls that belong together, the oldest first."""

    calls: tuple[Call, ...]

    @property
    def first(self) -> Call:
        """The oldest call, whose place is the line's; one whose place is known before others."""
        return next((call for call in self.calls if call.place_known), self.calls[0])

    @property
    def counted(self) -> list[Call]:
        """The calls whose people add up: of each phone the one that was changed last."""
        latest: dict[bytes, Call] = {}
        alone: list[Call] = []
        for call in self.calls:
            if call.caller is None:
                alone.append(call)
            elif call.caller not in latest or latest[call.caller].updated_at <= call.updated_at:
                latest[call.caller] = call
        return [*alone, *latest.values()]

    @property
    def kind(self) -> Kind:
        """The most urgent kind of its calls; somebody who is hurt is urgent whatever was called."""
        kinds: list[Kind] = [call.kind for call in self.calls]
        if any(call.injured or call.pregnant for call in self.counted):
            kinds.append("medical")
        return min(kinds, key=lambda kind: _RANKS[kind])

    def total(self, name: Literal["people", "children", "elderly", "pregnant", "injured"]) -> int:
        return sum(int(getattr(call, name)) for call in self.counted)

    @property
    def open(self) -> bool:
        return any(call.open for call in self.calls)


def merge_calls(calls: Iterable[Call], order: Order = "urgent") -> list[Line]:
    """The lines of these calls: open ones first; of those the most urgent kind, or the oldest."""
    lines: list[list[Call]] = []
    of_caller: dict[bytes, int] = {}
    of_cell: dict[tuple[int, int], list[int]] = {}
    for call in sorted(calls, key=lambda call: (call.called_at, call.report_id)):
        index = of_caller.get(call.caller) if call.caller else None
        if index is None:
            index = _line_near(call, lines, of_cell)
        if index is None:
            index = len(lines)
            lines.append([])
            if call.place_known:
                of_cell.setdefault(_cell(call), []).append(index)
        lines[index].append(call)
        if call.caller:
            of_caller.setdefault(call.caller, index)
    made = [Line(tuple(line)) for line in lines]
    return sorted(made, key=lambda line: _rank(line, order))


def _line_near(
    call: Call, lines: Sequence[Sequence[Call]], of_cell: dict[tuple[int, int], list[int]]
) -> int | None:
    """The nearest line whose oldest call is within reach."""
    if not call.place_known:
        return None
    x, y = _cell(call)
    near = [
        (distance_m(call.lat, call.lon, lines[index][0].lat, lines[index][0].lon), index)
        for cell in ((x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
        for index in of_cell.get(cell, ())
    ]
    distance, index = min(near, default=(REACH_M + 1, None))
    return index if distance <= REACH_M else None


def _cell(call: Call) -> tuple[int, int]:
    return int(call.lon // _CELL), int(call.lat // _CELL)


def _rank(line: Line, order: Order) -> tuple[bool, int, datetime, UUID]:
    urgency = _RANKS[line.kind] if order == "urgent" else 0
    return not line.open, urgency, line.calls[0].called_at, line.calls[0].report_id
