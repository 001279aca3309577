"""Which cases and reports somebody may see: every read of them starts from these conditions."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    false,
    literal_column,
    or_,
    select,
    true,
)

from core.actor import Actor, Role
from gis.case_filter import PUBLIC, MapScope
from workflows.tables import Case, Report, Reporter

_WHOLE_CITY = frozenset({Role.OPERATOR, Role.LEADER, Role.ANALYST, Role.ADMIN, Role.SYSTEM})

# As the index of `co_departments` says it, which is used for nothing else.
HELPED = Case.co_departments != literal_column("'{}'::text[]")


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Condition on `cases`: staff see their department's and those it co-ordinates."""
    if actor.role in _WHOLE_CITY:
        return true()
    if actor.role in (Role.STAFF, Role.SUPERVISOR) and actor.department is not None:
        helped = and_(HELPED, Case.co_departments.contains([actor.department]))
        return or_(Case.department == actor.department, helped)
    return false()


# The same with parameters, for statements that are compiled once; see `visibility_of`.
VISIBLE = or_(
    bindparam("sees_all", type_=Boolean),
    Case.department == bindparam("own_department", type_=Text),
    bindparam("own_department", type_=Text) == any_(Case.co_departments),
)


def visibility_of(actor: Actor) -> dict[str, object]:
    """The parameters of VISIBLE."""
    departmental = actor.role in (Role.STAFF, Role.SUPERVISOR)
    return {
        "sees_all": actor.role in _WHOLE_CITY,
        "own_department": actor.department if departmental else None,
    }


def filed_by(actor: Actor) -> ColumnElement[bool]:
    """Condition on `reports`: filed under the actor's account, or its track token was shown."""
    by_token = Report.id.in_(actor.reports) if actor.reports else false()
    if actor.person_id is None or actor.role is not Role.CITIZEN:
        return by_token
    own = select(Reporter.report_id).where(Reporter.person_id == actor.person_id)
    return or_(by_token, Report.id.in_(own))


def map_scope_of(actor: Actor) -> MapScope:
    """What the actor sees on the map beyond the public layer: hidden cases, exactly where they
    are; of the whole city, or those that their own department is responsible for.
    """
    if actor.role in _WHOLE_CITY:
        return MapScope(hidden=True)
    if actor.role in (Role.STAFF, Role.SUPERVISOR):
        return MapScope(hidden_of=actor.department)
    return PUBLIC
