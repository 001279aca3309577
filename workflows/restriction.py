"""Restriction: what is held about somebody is kept and worked on, and shown to nobody else.

A granted request of the kind `restriction` is what says so; it stands until it is lifted, by whoever
asked or by staff. It is about what there was when it was granted: whoever files again afterwards does
so of their own will. `restricting.py` makes cases and photos follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists

from workflows.rights_tables import PersonRequest
from workflows.tables import Report, Reporter

KIND, GRANTED, LIFTED = "restriction", "done", "lifted"  # states of the request's process
HIDDEN = "hidden"


def is_restricted() -> ColumnElement[bool]:
    """Whether a report is, as a condition on `reports` joined with `reporters`."""
    return exists().where(
        PersonRequest.person_id == Reporter.person_id,
        PersonRequest.kind == KIND,
        PersonRequest.state == GRANTED,
        PersonRequest.closed_at >= Report.filed_at,
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """What the history of a case says last: which of its reports are restricted, and how the public
    saw the case before it was hidden for that (None: it was not hidden for that).
    """

    reports: tuple[str, ...] = ()
    was: str | None = None


def mark_after(
    mark: Mark, *, visibility: str, restricted: Sequence[str], others: int
) -> tuple[Mark, str]:
    """The mark that a case should have, and its visibility, as its `visibility`, its `restricted`
    reports and the number of the `others` are now. Pure.

    A case of somebody else's reports as well stays where the public sees it.
    """
    hides = bool(restricted) and not others
    if hides and mark.was is None and visibility != HIDDEN:
        return Mark(tuple(restricted), visibility), HIDDEN
    if not hides and mark.was is not None:
        return Mark(tuple(restricted)), mark.was
    return Mark(tuple(restricted), mark.was), visibility
