"""Finding cases by what somebody types: a code, or words of what was reported.

Row-level security keeps from PostgreSQL how common a word is (`like` is not leakproof): it takes
every word for a rare one and reads all cases that have it, which for "duong" are half of them. So
here is decided where to look. Open cases are few: they are looked through. Of all cases the latest
are, first; words too rare to fill a page from those are looked up in their index.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Uuid, and_, false, func, literal, select, union
from sqlalchemy.orm import aliased

from core.db import Instant
from workflows.codes import normalise
from workflows.repository import CASE_OUTLINES
from workflows.rules import plain
from workflows.tables import Case, Report

MAX_WORDS = 8
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
LATEST = 10_000  # cases: looked through in the time that the index takes for a rare word


def looks_for_words(q: str) -> bool:
    """Whether this is anything but a code."""
    return bool(q.strip()) and normalise(q.strip()) is None


def matches(q: str, *, details: bool, by_index: bool) -> ColumnElement[bool]:
    """Condition on `cases`: the code, or every word in description, address or code, with or
    without diacritics. Without `details` there are no words: a search would tell them.
    """
    if code := normalise(q):
        return _is_called(code)
    if not details:
        return false()
    words = plain(q).split()[:MAX_WORDS]
    if by_index:
        return and_(*(Case.search.like(f"%{_escape(word)}%") for word in words))
    return and_(*(func.strpos(Case.search, word) > 0 for word in words))


def is_among_the_latest(before: datetime | None) -> ColumnElement[bool]:
    """Condition on `cases`: one of the LATEST that were opened, up to `before` on a later page."""
    opened_at = CASE_OUTLINES.c.opened_at
    latest = select(opened_at).order_by(opened_at.desc()).offset(LATEST).limit(1)
    if before is not None:
        latest = latest.where(opened_at <= literal(before))
    # All of it below a select: behind the fence an index serves what cannot leak, and PostgreSQL
    # takes `coalesce` for something that can.
    since = func.coalesce(latest.scalar_subquery(), literal(_BEFORE_ALL, Instant))
    return Case.opened_at >= select(since).scalar_subquery()


def _is_called(code: str) -> ColumnElement[bool]:
    """A child case has no report, and a duplicate's reports are another case's now."""
    case = aliased(Case)
    found = union(
        select(case.id).where(case.code == code), select(Report.case_id).where(Report.code == code)
    )
    return Case.id.in_(select(found.subquery().c[0].cast(Uuid)))


def _escape(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
