"""The few values that every city shares, whatever its own process calls its states."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What filters, tiles, counts and the citizen see; every state of a process declares one."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"


OPEN_STATUSES = (Status.RECEIVED, Status.ASSIGNED, Status.IN_PROGRESS, Status.WAITING)
