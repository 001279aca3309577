"""Who may do what: the one table of roles and rights. Pure.

Whose cases somebody sees is `visibility.visible_to`; which buttons a case offers is for its
process to say, under the roles that `acting_as` grants.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from core.actor import Actor, Role
from core.errors import Forbidden, NotSignedIn, StepUpRequired
from workflows.process import Who


class Right(StrEnum):
    """What the API asks for before it does anything."""

    FILE_REPORT = "file_report"
    LIST_CASES = "list_cases"
    EXPORT_CASES = "export_cases"  # those that one may see, as a file; with a fresh proof
    READ_CASE = "read_case"
    READ_DETAILS = "read_details"  # description, address, exact place, photos
    READ_REPORTER = "read_reporter"  # who filed it
    ADD_NOTE = "add_note"
    LINK_CASES = "link_cases"  # same cause
    UNMERGE_CASE = "unmerge_case"  # take a duplicate apart again
    APPROVE_PHOTOS = "approve_photos"  # of cases that one is in charge of, for everybody to see
    OVERRULE_PHOTOS = "overrule_photos"  # also where they are never shown by default
    TAKE_ORIGINALS = "take_originals"  # photos as they were sent, as evidence; with a fresh proof
    SUPPORT_REPORT = "support_report"  # "me too", and following
    OWN_DATA = "own_data"  # take along, correct, be forgotten
    HANDLE_PERSON_REQUESTS = "handle_person_requests"
    HOLD_CASE = "hold_case"  # nothing of it is erased
    EXPLAIN_ROUTING = "explain_routing"
    REVIEW_ROUTING = "review_routing"  # which rules are overruled most often
    READ_STATS = "read_stats"  # ratings by department; what is public needs no right
    READ_ALERTS = "read_alerts"
    HANDLE_ALERTS = "handle_alerts"
    WRITE_ANSWERS = "write_answers"  # canned ones, of one's own department
    READ_SOS = "read_sos"  # calls for help that one may see, with the caller's number
    HANDLE_SOS = "handle_sos"  # turn the emergency mode of an area on and off
    CONFIGURE = "configure"


R = Role
RIGHTS: dict[Right, frozenset[Role]] = {
    Right.FILE_REPORT: frozenset({R.ANONYMOUS, R.CITIZEN, R.OPERATOR, R.SYSTEM}),
    Right.LIST_CASES: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER, R.ANALYST, R.ADMIN}),
    Right.EXPORT_CASES: frozenset({R.SUPERVISOR, R.OPERATOR, R.LEADER, R.ANALYST}),
    Right.READ_CASE: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER, R.ANALYST, R.ADMIN}),
    Right.READ_DETAILS: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER}),
    Right.READ_REPORTER: frozenset({R.OPERATOR}),
    Right.ADD_NOTE: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER}),
    Right.LINK_CASES: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER}),
    Right.UNMERGE_CASE: frozenset({R.SUPERVISOR, R.OPERATOR}),
    Right.APPROVE_PHOTOS: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR}),
    Right.OVERRULE_PHOTOS: frozenset({R.SUPERVISOR, R.OPERATOR}),
    Right.TAKE_ORIGINALS: frozenset({R.SUPERVISOR, R.OPERATOR}),
    Right.SUPPORT_REPORT: frozenset({R.CITIZEN}),
    Right.OWN_DATA: frozenset({R.CITIZEN}),
    Right.HANDLE_PERSON_REQUESTS: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR}),
    Right.HOLD_CASE: frozenset({R.OPERATOR, R.LEADER}),
    Right.EXPLAIN_ROUTING: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER, R.ADMIN}),
    Right.REVIEW_ROUTING: frozenset({R.OPERATOR, R.LEADER, R.ANALYST, R.ADMIN}),
    Right.READ_STATS: frozenset({R.OPERATOR, R.LEADER, R.ANALYST, R.ADMIN}),
    Right.READ_ALERTS: frozenset({R.OPERATOR, R.LEADER, R.ANALYST, R.ADMIN}),
    Right.HANDLE_ALERTS: frozenset({R.OPERATOR, R.LEADER}),
    Right.WRITE_ANSWERS: frozenset({R.SUPERVISOR, R.OPERATOR, R.ADMIN}),
    Right.READ_SOS: frozenset({R.STAFF, R.SUPERVISOR, R.OPERATOR, R.LEADER}),
    Right.HANDLE_SOS: frozenset({R.OPERATOR, R.LEADER}),
    Right.CONFIGURE: frozenset({R.ADMIN}),
}
# Roles of a process that stand for a whole city; staff and supervisors only for their department.
_CITY_WIDE = {R.OPERATOR: "operator", R.LEADER: "leader", R.SYSTEM: "system"}
_DEPARTMENTAL = {R.STAFF: "staff", R.SUPERVISOR: "supervisor"}


def may(actor: Actor, right: Right) -> bool:
    """Whether the actor's role has `right`."""
    return actor.role in RIGHTS[right]


def check_right(actor: Actor, right: Right) -> None:
    """Raise NotSignedIn (nobody) or Forbidden (the wrong role) unless the actor has `right`."""
    if may(actor, right):
        return
    if actor.role is Role.ANONYMOUS:
        raise NotSignedIn
    raise Forbidden("role_not_allowed", role=actor.role.value)


def check_proof(actor: Actor, *, now: datetime) -> None:
    """Raise StepUpRequired unless the actor has just proved who they are. Asked beside the right to
    do what a stolen session must not: give roles and ways of signing in, take data out, read who
    read what.
    """
    proof = actor.proof
    if proof is None or proof.strong_until is None or proof.strong_until <= now:
        raise StepUpRequired(ways=proof.ways if proof else ())


def may_read_reporter(actor: Actor, department: str, *, to_department: bool) -> bool:
    """Whether the actor may know who filed the reports of a case that `department` has; the city
    may open that to the department itself.
    """
    if may(actor, Right.READ_REPORTER):
        return True
    return to_department and actor.role in _DEPARTMENTAL and actor.department == department


def may_take_originals(actor: Actor, department: str) -> bool:
    """Whether the actor may have the photos as they were sent of a case that `department` has."""
    return may(actor, Right.TAKE_ORIGINALS) and is_in_charge(actor, department)


def is_in_charge(actor: Actor, department: str) -> bool:
    """Whether a case of `department` is the actor's to work on, and not only to see."""
    return bool(acting_as(actor, department).roles)


def acting_as(actor: Actor, department: str, *, is_reporter: bool = False) -> Who:
    """`actor` as the process of a case meets them that `department` is responsible for.

    Co-ordinating departments see the case; only the responsible one moves it.
    """
    roles: set[str] = set()
    if is_reporter:
        roles.add("reporter")
    if name := _CITY_WIDE.get(actor.role):
        roles.add(name)
    if (name := _DEPARTMENTAL.get(actor.role)) and actor.department == department:
        roles.add(name)
    person = str(actor.person_id) if actor.person_id else None
    return Who(frozenset(roles), person, actor.department)
