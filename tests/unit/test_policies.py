"""Who may do what: the table as the city agreed to it, and the roles a process grants."""

from __future__ import annotations

from uuid import uuid4

import pytest

from core.actor import ANONYMOUS, STAFF_ROLES, SYSTEM, Actor, Role
from core.errors import Forbidden, NotSignedIn
from workflows.policies import RIGHTS, Right, acting_as, check_right, may
from workflows.process import SYSTEM as NOBODY
from workflows.process import Who

# x: may. A change here is a decision about people's data: have it reviewed.
MATRIX = """
right            anonymous citizen staff supervisor operator leader analyst admin system
file_report      x         x       .     .          x        .      .       .     x
list_cases       .         .       x     x          x        x      x       x     .
export_cases     .         .       .     x          x        x      x       .     .
read_case        .         .       x     x          x        x      x       x     .
read_details     .         .       x     x          x        x      .       .     .
read_reporter    .         .       .     .          x        .      .       .     .
add_note         .         .       x     x          x        x      .       .     .
link_cases       .         .       x     x          x        x      .       .     .
unmerge_case     .         .       .     x          x        .      .       .     .
approve_photos   .         .       x     x          x        .      .       .     .
overrule_photos  .         .       .     x          x        .      .       .     .
take_originals   .         .       .     x          x        .      .       .     .
support_report   .         x       .     .          .        .      .       .     .
own_data         .         x       .     .          .        .      .       .     .
handle_person_requests .         .       x     x          x        .      .       .     .
hold_case        .         .       .     .          x        x      .       .     .
explain_routing  .         .       x     x          x        x      .       x     .
review_routing   .         .       .     .          x        x      x       x     .
read_stats       .         .       .     .          x        x      x       x     .
read_alerts      .         .       .     .          x        x      x       x     .
handle_alerts    .         .       .     .          x        x      .       .     .
write_answers    .         .       .     x          x        .      .       x     .
read_sos         .         .       x     x          x        x      .       .     .
handle_sos       .         .       .     .          x        x      .       .     .
configure        .         .       .     .          .        .      .       x     .
"""


def as_table() -> str:
    """The rights in the code, printed like the table above."""
    roles = list(Role)
    lines = ["right            " + " ".join(role.value for role in roles)]
    lines += [
        f"{right.value:16} "
        + " ".join(("x" if may(Actor(role), right) else ".").ljust(len(role)) for role in roles)
        for right in Right
    ]
    return "\n".join(line.rstrip() for line in lines)


def test_the_table() -> None:
    assert as_table() == MATRIX.strip()


def test_every_right_is_in_it() -> None:
    assert set(RIGHTS) == set(Right)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_checking_is_asking(role: Role, right: Right) -> None:
    actor = Actor(role, person_id=uuid4())
    if may(actor, right):
        check_right(actor, right)
    elif role is Role.ANONYMOUS:
        with pytest.raises(NotSignedIn):
            check_right(actor, right)
    else:
        with pytest.raises(Forbidden) as refused:
            check_right(actor, right)
        assert refused.value.code == "role_not_allowed"
        assert refused.value.facts == {"role": role.value}


@pytest.mark.parametrize(
    ("role", "department", "granted"),
    [
        (Role.STAFF, "sxd", {"staff"}),
        (Role.STAFF, "hepco", set()),  # a co-ordinating department sees, and moves nothing
        (Role.STAFF, None, set()),
        (Role.SUPERVISOR, "sxd", {"supervisor"}),
        (Role.SUPERVISOR, "hepco", set()),
        (Role.OPERATOR, None, {"operator"}),
        (Role.OPERATOR, "hepco", {"operator"}),
        (Role.LEADER, None, {"leader"}),
        (Role.SYSTEM, None, {"system"}),
        (Role.ANALYST, "sxd", set()),
        (Role.ADMIN, "sxd", set()),
        (Role.CITIZEN, None, set()),
        (Role.ANONYMOUS, None, set()),
    ],
)
def test_roles_in_a_process(role: Role, department: str | None, granted: set[str]) -> None:
    person = uuid4()
    actor = Actor(role, person, department)
    assert acting_as(actor, "sxd") == Who(frozenset(granted), str(person), department)
    as_reporter = acting_as(actor, "sxd", is_reporter=True)
    assert as_reporter.roles == granted | {"reporter"}


def test_who_acts_without_an_account() -> None:
    """A process compares ids as text; nobody and the system have none."""
    assert acting_as(ANONYMOUS, "sxd", is_reporter=True) == Who(frozenset({"reporter"}))
    assert acting_as(SYSTEM, "sxd") == NOBODY == Who(frozenset({"system"}))


def test_nobody_and_the_system_are_no_staff() -> None:
    assert not ANONYMOUS.is_staff
    assert not SYSTEM.is_staff
    assert not Actor(Role.CITIZEN).is_staff
    assert {role for role in Role if Actor(role).is_staff} == STAFF_ROLES
