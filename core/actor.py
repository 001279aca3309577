"""Who acts: a value, made from a token and passed down to every use case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """The roles that rights are given to. What each may do stands in `workflows/policies.py`."""

    ANONYMOUS = "anonymous"
    CITIZEN = "citizen"
    STAFF = "staff"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    LEADER = "leader"
    ANALYST = "analyst"
    ADMIN = "admin"
    SYSTEM = "system"


STAFF_ROLES = frozenset(
    {Role.STAFF, Role.SUPERVISOR, Role.OPERATOR, Role.LEADER, Role.ANALYST, Role.ADMIN}
)


@dataclass(frozen=True, slots=True)
class Proof:
    """How surely staff are who they say: their session, until when their last proof counts that was
    by the strongest way they have, and by which ways they can prove it again (`passkey`, `totp`,
    `password`, or `sign_in` when it can only be done where they came from).
    """

    session_id: UUID
    strong_until: datetime | None
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the system) with the rights it acts under.

    `reports` holds the ids of reports whose track token the request carried: for those, somebody
    without an account is the reporter. Staff who sent a request have a `proof`.
    """

    role: Role
    person_id: UUID | None = None
    department: str | None = None
    language: str = "vi"
    reports: frozenset[UUID] = frozenset()
    proof: Proof | None = None
    session_id: UUID | None = None  # of a citizen's phone

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES


ANONYMOUS = Actor(Role.ANONYMOUS)
SYSTEM = Actor(Role.SYSTEM)
