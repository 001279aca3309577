"""Staff signing in: by password with their second factor, or because a provider vouches for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Role
from core.errors import NotSignedIn
from core.limits import Budget
from core.settings import SecuritySettings, StaffSettings
from identity import staff_sessions
from identity.passwords import is_password
from identity.staff_sessions import Opened, find_ways, has_second_factor
from identity.tables import Person

DEMO_PASSWORD = "demo"  # noqa: S105  # printed at start


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed. `otp`: of their authenticator app, or one of their recovery codes."""

    username: str
    password: str = field(repr=False)
    otp: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """What staff sign in with: a browser, which gets a cookie, or a program, which gets none."""

    with_cookie: bool
    user_agent: str


@dataclass(frozen=True, slots=True)
class StaffRules:
    """The settings that signing in goes by."""

    security: SecuritySettings
    staff: StaffSettings


def password_budgets(given: Credentials, address: str) -> list[Budget]:
    """How often a password may be tried, and a code with it. For one account from one place first,
    so that nobody locks another out from elsewhere before they have tried from many places.
    """
    budgets = [
        Budget("staff-sign-in-here", f"{given.username}\n{address}", 20, timedelta(minutes=10)),
        Budget("staff-sign-in", given.username, 100, timedelta(hours=1)),
        Budget("staff-sign-in-from", address, 300, timedelta(minutes=10)),
    ]
    if given.otp is not None:
        budgets.append(Budget("staff-code", given.username, 10, timedelta(hours=1)))
    return budgets


async def sign_in_by_password(
    session: AsyncSession, given: Credentials, *, client: Client, rules: StaffRules, now: datetime
) -> Opened:
    """A session for the right password, and the right code where the account wants one.

    NotSignedIn `wrong_password`, or `second_factor_required`.
    """
    person = await _check_password(session, given, settings=rules.security)
    ways = await find_ways(session, person)
    if has_second_factor(ways):
        raise NotSignedIn("second_factor_required", ways=ways)
    return await _open(
        session,
        person,
        "password",
        strong_at=now,
        limited=rules.staff.needs_second_factor(person.role, demo=rules.security.demo),
        client=client,
        rules=rules,
        now=now,
    )


async def open_vouched(
    session: AsyncSession,
    person: Person,
    *,
    proved_at: datetime | None,
    strong: bool,
    client: Client,
    rules: StaffRules,
    now: datetime,
) -> Opened:
    """A session for somebody whom a provider named, who proved it there at `proved_at`. That counts
    as strong if the provider's sign-in does (`strong`), or if the person has nothing stronger here.
    """
    has_factor = has_second_factor(await find_ways(session, person))
    counts = strong or not has_factor
    needs = rules.staff.needs_second_factor(person.role, demo=rules.security.demo)
    return await _open(
        session,
        person,
        "oidc",
        strong_at=proved_at if counts else None,
        limited=needs and not strong and not has_factor,
        client=client,
        rules=rules,
        now=now,
    )


async def _open(
    session: AsyncSession,
    person: Person,
    method: str,
    *,
    strong_at: datetime | None,
    limited: bool,
    client: Client,
    rules: StaffRules,
    now: datetime,
) -> Opened:
    return await staff_sessions.open_session(
        session,
        person,
        method=method,
        with_cookie=client.with_cookie,
        user_agent=client.user_agent,
        strong_at=strong_at,
        limited=limited,
        settings=rules.staff,
        now=now,
    )


async def _check_password(
    session: AsyncSession, given: Credentials, *, settings: SecuritySettings
) -> Person:
    """The account that a password opens; the same refusal for an unknown name. The demo's password
    opens nothing outside demo mode, should its accounts be in the database.
    """
    person = await session.scalar(
        select(Person).where(
            Person.username == given.username, Person.active, Person.role != Role.CITIZEN
        )
    )
    fits = await is_password(given.password, person.password_hash if person else None)
    if not fits or (given.password == DEMO_PASSWORD and not settings.demo):
        raise NotSignedIn("wrong_password")
    assert person is not None
    return person
