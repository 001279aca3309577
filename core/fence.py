"""The second fence: whose rows the database shows in a transaction.

The first one are the conditions of our own statements (`workflows/visibility.py`). Should one of
them forget, row-level security still holds: a transaction of the API reaches no row before it says
in whose name it acts, and then only theirs. The policies stand in the migrations, the
reasons in docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from core.actor import Actor, Role


class Errand(StrEnum):
    """What the API does for nobody in particular; each reaches the few tables that it is about."""

    SIGN_IN = "sign_in"  # before anybody is somebody: accounts and what they sign in with
    CLAIMS = "claims"  # the same for staff whose provider says what they may: it changes accounts
    MERGE = "merge"  # joining two accounts of one person, with all that is theirs
    FEED = "feed"  # numbering and reading the changes of the map
    LINK = "link"  # showing a photo to whoever holds a signed link
    TRANSFER = "transfer"  # receiving a file piece by piece, for whoever knows its id
    SMS = "sms"  # taking a text message from the gateway
    LIMITS = "limits"  # taking budgets
    UPKEEP = "upkeep"  # configuration, heartbeats, what geocoders answered


Acting = Actor | Errand

_GROUPS = {
    Role.ANONYMOUS: "hientruong_citizens",
    Role.CITIZEN: "hientruong_citizens",
    Role.STAFF: "hientruong_departments",
    Role.SUPERVISOR: "hientruong_departments",
    Role.OPERATOR: "hientruong_city",
    Role.LEADER: "hientruong_city",
    Role.ANALYST: "hientruong_city",
    Role.ADMIN: "hientruong_city",
    Role.SYSTEM: "hientruong_citizens",  # nobody's token says so; one that did would reach nothing
}
BEGIN = "begin"
ERRANDS_ROLE = "hientruong_errands"
_ERRANDS = {
    errand: f"begin; set local role {ERRANDS_ROLE}; set local app.role = '{errand}'"
    for errand in Errand
}


def begin_statement(acting: Acting | None, reports: Iterable[UUID] = ()) -> str:
    """The SQL that begins a transaction in somebody's name, sent to the database as one message.

    `reports` are those that it files or is about, beside the ones whose track token was shown. With
    nobody it only begins: enough for roles that reach every row, as the worker's does, and for the
    API's own role no row at all.
    """
    if acting is None:
        return BEGIN
    if isinstance(acting, Errand):
        return _ERRANDS[acting]
    parts = [
        f"begin; set local role {_GROUPS[acting.role]}; set local app.role = '{acting.role.value}'"
    ]
    if acting.person_id is not None:
        parts.append(f"set local app.person = '{acting.person_id}'")
    if acting.department is not None:
        parts.append(f"set local app.department = {quote(acting.department)}")
    if held := ",".join(map(str, {*acting.reports, *reports})):
        parts.append(f"set local app.reports = '{held}'")
    return "; ".join(parts)


def quote(value: str) -> str:
    """`value` as an SQL literal; our databases have `standard_conforming_strings` on."""
    return "'" + value.replace("'", "''") + "'"
