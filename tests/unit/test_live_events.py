"""What a change means on a reader's map."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gis.case_filter import PUBLIC, CaseFilter, MapScope
from gis.live_events import CHANGED, CLOSED, OPENED, MapChange, Picture, View, encode, event_of

AT = datetime(2026, 8, 3, 9, tzinfo=UTC)
LAMP = Picture(
    "energy.street_light",
    "hepco",
    "assigned",
    overdue=False,
    visibility="exact",
    lat=16.46,
    lon=107.585,
)
HIDDEN = replace(LAMP, visibility="hidden")
OVERDUE = replace(LAMP, overdue=True)
ALL = View(CaseFilter(), PUBLIC)
WHOLE_CITY = View(CaseFilter(), MapScope(hidden=True))


def change(before: Picture | None, after: Picture | None, status: str = "assigned") -> MapChange:
    return MapChange(7, AT, "id", "AAA-1", before, after, status, 2, AT, AT)


def view(**wanted: object) -> View:
    return View(CaseFilter(**wanted), PUBLIC)


@pytest.mark.parametrize(
    ("before", "after", "reader", "name"),
    [
        (None, LAMP, ALL, OPENED),
        (LAMP, OVERDUE, ALL, CHANGED),
        (LAMP, None, ALL, CLOSED),
        (None, HIDDEN, ALL, None),
        (HIDDEN, None, ALL, None),
        (None, HIDDEN, WHOLE_CITY, OPENED),
        (None, HIDDEN, View(CaseFilter(), MapScope(hidden_of="hepco")), OPENED),
        (None, HIDDEN, View(CaseFilter(), MapScope(hidden_of="sxd")), None),
        (LAMP, HIDDEN, ALL, CLOSED),
        (HIDDEN, LAMP, ALL, OPENED),
        (LAMP, replace(LAMP, department="sxd"), view(departments=("hepco",)), CLOSED),
        (LAMP, replace(LAMP, department="sxd"), view(departments=("sxd",)), OPENED),
        (LAMP, OVERDUE, view(overdue=True), OPENED),
        (LAMP, OVERDUE, view(overdue=False), CLOSED),
        (LAMP, OVERDUE, view(categories=("traffic.sign",)), None),
        (LAMP, OVERDUE, view(categories=("energy.street_light",)), CHANGED),
        (LAMP, OVERDUE, view(statuses=("assigned",)), CHANGED),
        (LAMP, OVERDUE, view(statuses=("waiting",)), None),
        (None, LAMP, view(bbox=(107.5, 16.4, 107.6, 16.5)), OPENED),
        (None, LAMP, view(bbox=(107.6, 16.4, 107.7, 16.5)), None),
        (LAMP, replace(LAMP, lon=107.65), view(bbox=(107.5, 16.4, 107.6, 16.5)), CLOSED),
    ],
)
def test_the_event_says_what_happens_on_this_map(
    before: Picture | None, after: Picture | None, reader: View, name: str | None
) -> None:
    event = event_of(change(before, after), reader)
    assert (event[0] if event else None) == name


def test_an_event_carries_what_the_map_draws() -> None:
    text = encode(change(None, LAMP), ALL).decode()
    number, name, data, *rest = text.split("\n")
    assert (number, name, rest) == ("id: 7", "event: case.opened", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {
        "id": "id", "code": "AAA-1", "category": "energy.street_light", "department": "hepco",
        "status": "assigned", "priority": 2, "overdue": False, "due_at": "2026-08-03T09:00:00Z",
        "opened_at": "2026-08-03T09:00:00Z", "at": "2026-08-03T09:00:00Z",
        "location": {"lat": 16.46, "lon": 107.585},
    }  # fmt: skip


def test_a_case_that_becomes_hidden_tells_no_more_than_its_id() -> None:
    assert event_of(change(LAMP, HIDDEN, "in_progress"), ALL) == (CLOSED, {"id": "id"})


def test_a_case_that_is_done_tells_how() -> None:
    assert event_of(change(LAMP, None, "resolved"), ALL) == (
        CLOSED, {"id": "id", "status": "resolved"}
    )  # fmt: skip


def test_nothing_is_written_of_what_is_no_event() -> None:
    assert encode(change(None, HIDDEN), ALL) == b""
