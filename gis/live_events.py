"""What a change of a case means on one reader's map. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gis.case_filter import CaseFilter, MapScope

OPENED, CHANGED, CLOSED = "case.opened", "case.changed", "case.closed"


@dataclass(frozen=True, slots=True)
class Picture:
    """How the map shows a case; `lat` and `lon` are the public place (WGS84), of a hidden case
    the true one.
    """

    category: str
    department: str
    status: str
    overdue: bool
    visibility: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class MapChange:
    """A numbered change: the picture before, and since; None where the case was not open."""

    seq: int
    at: datetime
    case_id: str
    code: str
    before: Picture | None
    after: Picture | None
    status: str
    priority: int
    due_at: datetime
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class View:
    """One reader's map: what they asked for of what they may see. Ages do not count here."""

    wanted: CaseFilter
    scope: MapScope

    def shows(self, picture: Picture | None) -> bool:
        """Whether a case that looks like `picture` is on this map."""
        if picture is None or not self.scope.shows(
            visibility=picture.visibility, department=picture.department
        ):
            return False
        wanted = self.wanted
        return (
            (wanted.bbox is None or _is_within(picture, wanted.bbox))
            and (wanted.categories is None or picture.category in wanted.categories)
            and (wanted.departments is None or picture.department in wanted.departments)
            and (wanted.statuses is None or picture.status in wanted.statuses)
            and (wanted.overdue is None or picture.overdue == wanted.overdue)
        )


def event_of(change: MapChange, view: View) -> tuple[str, dict[str, Any]] | None:
    """The event's name and data for a reader, None if nothing changes on their map.

    `case.closed` says that the case has left this map: it is done, or no longer what was asked
    for, or no longer for this reader, who then learns no more than its id.
    """
    was, after = view.shows(change.before), change.after
    if after is not None and view.shows(after):
        return (CHANGED if was else OPENED), _data(change, after)
    if not was:
        return None
    told = {"id": change.case_id}
    if after is None or _is_for(view.scope, after):
        told["status"] = change.status
    return CLOSED, told


def encode(change: MapChange, view: View) -> bytes:
    """The change as a server-sent event; empty if it is none for this view."""
    event = event_of(change, view)
    if event is None:
        return b""
    name, data = event
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {change.seq}\nevent: {name}\ndata: {body}\n\n".encode()


def _data(change: MapChange, picture: Picture) -> dict[str, Any]:
    return {
        "id": change.case_id,
        "code": change.code,
        "category": picture.category,
        "department": picture.department,
        "status": picture.status,
        "priority": change.priority,
        "overdue": picture.overdue,
        "due_at": _text(change.due_at),
        "opened_at": _text(change.opened_at),
        "at": _text(change.at),
        "location": {"lat": round(picture.lat, 6), "lon": round(picture.lon, 6)},
    }


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _is_within(picture: Picture, bbox: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bbox
    return west <= picture.lon <= east and south <= picture.lat <= north


def _is_for(scope: MapScope, picture: Picture) -> bool:
    return scope.shows(visibility=picture.visibility, department=picture.department)
