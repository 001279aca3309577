"""Clocks of a running case: starting, pausing, resuming, stopping, and what is due next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workflows.calendars import WorkingCalendar
from workflows.process_document import Clock, Mark


@dataclass(frozen=True, slots=True)
class ClockState:
    """One clock of one case.

    `left` seconds of its calendar were left at `since`, when it last began to run: `due_at` follows
    from these and the calendar, so that a calendar may change. `seconds` is its whole length, by
    which marks are placed. `remaining` is set while it is paused; `due_at` then stays what was
    last promised. `marks_done` counts the marks that were told.
    """

    started_at: datetime
    due_at: datetime
    seconds: float
    since: datetime
    left: float
    remaining: float | None = None
    marks_done: int = 0

    def is_past(self, now: datetime) -> bool:
        """Whether it has run out; one that stands still has not."""
        return self.remaining is None and self.due_at <= now

    def to_json(self) -> dict[str, Any]:
        return {
            "started_at": self.started_at.isoformat(),
            "due_at": self.due_at.isoformat(),
            "seconds": self.seconds,
            "since": self.since.isoformat(),
            "left": self.left,
            "remaining": self.remaining,
            "marks_done": self.marks_done,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ClockState:
        # Written before clocks knew `since` and `left`: nothing is left from the due date on, so
        # that an extension counts from there and a changed calendar moves nothing.
        return cls(
            started_at=datetime.fromisoformat(value["started_at"]),
            due_at=datetime.fromisoformat(value["due_at"]),
            seconds=value["seconds"],
            since=datetime.fromisoformat(value.get("since", value["due_at"])),
            left=value.get("left", 0),
            remaining=value["remaining"],
            marks_done=value["marks_done"],
        )


@dataclass(frozen=True, slots=True)
class Due:
    """What a clock has next: one of its marks, or (with no mark) the clock itself running out."""

    at: datetime
    clock: str
    mark: Mark | None


def start_clock(seconds: float, calendar: WorkingCalendar, now: datetime) -> ClockState:
    """A clock that begins `now` and is due after `seconds` of `calendar`."""
    return ClockState(
        started_at=now,
        due_at=calendar.add(now, seconds),
        seconds=seconds,
        since=now,
        left=seconds,
    )


def pause_clock(clock: ClockState, calendar: WorkingCalendar, now: datetime) -> ClockState:
    """Stand still. A clock that is past due keeps its date: a pause does not forgive lateness."""
    if clock.remaining is not None or clock.is_past(now):
        return clock
    return replace(clock, remaining=calendar.between(now, clock.due_at))


def resume_clock(clock: ClockState, calendar: WorkingCalendar, now: datetime) -> ClockState:
    """Go on with the time that was left when it was paused."""
    if clock.remaining is None:
        return clock
    due_at = calendar.add(now, clock.remaining)
    return replace(clock, due_at=due_at, since=now, left=clock.remaining, remaining=None)


def extend_clock(
    spec: Clock, clock: ClockState, seconds: float, calendar: WorkingCalendar, now: datetime
) -> ClockState:
    """Give it `seconds` more. Marks that thereby lie ahead again are told again."""
    longer = clock.seconds + seconds
    if clock.remaining is not None:
        clock = replace(clock, seconds=longer, remaining=clock.remaining + seconds)
        going_on = _tell_again(spec, resume_clock(clock, calendar, now), calendar, now)
        return replace(clock, marks_done=going_on.marks_done)
    left = clock.left + seconds
    clock = replace(clock, seconds=longer, left=left, due_at=calendar.add(clock.since, left))
    return _tell_again(spec, clock, calendar, now)


def recount_clock(clock: ClockState, calendar: WorkingCalendar) -> ClockState:
    """The same clock after its calendar was changed. Doing it twice changes nothing more.

    One that began to run before the days that `calendar` was built for keeps its date.
    """
    if clock.remaining is not None or not calendar.covers(clock.since):
        return clock
    due_at = calendar.add(clock.since, clock.left)
    return clock if due_at == clock.due_at else replace(clock, due_at=due_at)


def move_clock(
    spec: Clock, clock: ClockState, calendar: WorkingCalendar, now: datetime
) -> ClockState:
    """`recount_clock`; marks of a clock whose date moved, and that lie ahead again, are told again."""
    moved = recount_clock(clock, calendar)
    return clock if moved is clock else _tell_again(spec, moved, calendar, now)


def hand_over_clock(
    clock: ClockState, before: WorkingCalendar, after: WorkingCalendar, now: datetime
) -> ClockState:
    """Go on in the calendar `after` with the working time that is left; lateness stays."""
    if clock.remaining is not None:
        return clock
    if clock.is_past(now):  # what follows from its date follows in `after`
        return replace(clock, since=clock.due_at, left=0.0)
    left = before.between(now, clock.due_at)
    return replace(clock, since=now, left=left, due_at=after.add(now, left))


def _tell_again(
    spec: Clock, clock: ClockState, calendar: WorkingCalendar, now: datetime
) -> ClockState:
    """The clock with those of its marks as not told that lie ahead of `now`."""
    done = sum(
        1
        for index in range(clock.marks_done)
        if (due := next_due("", spec, replace(clock, marks_done=index), calendar)) and due.at <= now
    )
    return replace(clock, marks_done=done)


def next_due(name: str, spec: Clock, clock: ClockState, calendar: WorkingCalendar) -> Due | None:
    """The next mark of a running clock in the order of its document, then its running out.

    None for a paused clock and for one that has nothing left to say.
    """
    if clock.remaining is not None:
        return None
    steps = due_steps(spec)
    if clock.marks_done >= len(steps):
        return None
    step = steps[clock.marks_done]
    share = step.at if step else 1.0
    at = calendar.add(clock.due_at, (share - 1.0) * clock.seconds)
    return Due(max(at, clock.started_at), name, step)


def due_steps(spec: Clock) -> list[Mark | None]:
    """Everything a clock does, in time order; None stands for its running out at share 1."""
    steps: list[tuple[float, int, Mark | None]] = [
        (mark.at, 0, mark) for mark in sorted(spec.marks, key=lambda mark: mark.at)
    ]
    if spec.timeout or spec.promise:
        steps.append((1.0, 1, None))
    return [step for _, _, step in sorted(steps, key=lambda item: item[:2])]
