"""Staff signing in: by password with their second factor, or because a provider vouches for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.errors import NotSignedIn, StepUpRequired
from core.keys import Keyring
from core.limits import Budget
from core.sealing import Sealer
from core.settings import SecuritySettings, StaffSettings
from identity import staff_sessions
from identity.passkeys import Credential, Site, finish_use
from identity.passwords import is_password
from identity.sign_in import get_person
from identity.staff_sessions import (
    PASSKEY,
    PASSWORD,
    TOTP,
    Opened,
    find_ways,
    has_second_factor,
)
from identity.tables import Person
from identity.totp import use_code

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
class SignInTools:
    """The settings that signing in goes by, and the keys to what is kept for it."""

    security: SecuritySettings
    staff: StaffSettings
    sealer: Sealer
    keys: Keyring


@dataclass(frozen=True, slots=True)
class Proving:
    """What somebody who is signed in shows to prove anew who they are: one of these."""

    password: str | None = field(default=None, repr=False)
    otp: str | None = field(default=None, repr=False)
    credential: Credential | None = None


def proof_budget(actor: Actor) -> Budget:
    """How often somebody who is signed in may try to prove who they are."""
    return Budget("staff-proof", str(actor.person_id), 10, timedelta(minutes=10))


def passkey_budget(address: str) -> Budget:
    """How often passkeys may be asked for from one place."""
    return Budget("staff-passkey-from", address, 300, timedelta(minutes=10))


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
    session: AsyncSession, given: Credentials, *, client: Client, tools: SignInTools, now: datetime
) -> Opened:
    """A session for the right password, and the right code where the account wants one.

    NotSignedIn: `wrong_password`, `second_factor_required` or `second_factor_wrong`.
    """
    person = await _check_password(session, given, settings=tools.security)
    ways = await find_ways(session, person)
    wants_more = has_second_factor(ways)
    if wants_more and given.otp is None:
        raise NotSignedIn("second_factor_required", ways=ways)
    if wants_more and not await use_code(
        session, person.id, given.otp or "", sealer=tools.sealer, keys=tools.keys, now=now
    ):
        raise NotSignedIn("second_factor_wrong", ways=ways)
    needs = tools.staff.needs_second_factor(person.role, demo=tools.security.demo)
    return await _open(
        session,
        person,
        TOTP if wants_more else PASSWORD,
        strong_at=now,
        limited=needs and not wants_more,
        client=client,
        tools=tools,
        now=now,
    )


async def open_by_passkey(
    session: AsyncSession, person_id: UUID, *, client: Client, tools: SignInTools, now: datetime
) -> Opened:
    """A session for somebody whose passkey has signed. NotSignedIn `account_closed`."""
    person = await get_person(session, person_id)
    return await _open(
        session, person, PASSKEY, strong_at=now, limited=False,
        client=client, tools=tools, now=now,
    )  # fmt: skip


async def prove(
    session: AsyncSession,
    actor: Actor,
    given: Proving,
    site: Site,
    *,
    tools: SignInTools,
    now: datetime,
) -> bool:
    """Whether somebody who is signed in has proved anew who they are; noted in their session. What
    they showed is used up, so the caller commits before it refuses. A password counts only where
    nothing stronger is set up: StepUpRequired.
    """
    assert actor.proof is not None
    assert actor.person_id is not None
    proof, person_id = actor.proof, actor.person_id
    if given.credential is not None and PASSKEY in proof.ways:
        found = await finish_use(session, given.credential, site, person_id=person_id, now=now)
        right = found == person_id
    elif given.otp is not None and TOTP in proof.ways:
        right = await use_code(
            session, person_id, given.otp, sealer=tools.sealer, keys=tools.keys, now=now
        )
    elif given.password is not None and PASSWORD in proof.ways:
        person = await get_person(session, person_id)
        right = await is_password(given.password, person.password_hash)
    else:
        raise StepUpRequired(ways=proof.ways)
    if right:
        await staff_sessions.note_proof(session, proof.session_id, now=now)
    return right


async def open_vouched(
    session: AsyncSession,
    person: Person,
    *,
    proved_at: datetime | None,
    strong: bool,
    client: Client,
    tools: SignInTools,
    now: datetime,
) -> Opened:
    """A session for somebody whom a provider named, who proved it there at `proved_at`. That counts
    as strong if the provider's sign-in does (`strong`), or if the person has nothing stronger here.
    """
    has_factor = has_second_factor(await find_ways(session, person))
    counts = strong or not has_factor
    needs = tools.staff.needs_second_factor(person.role, demo=tools.security.demo)
    return await _open(
        session,
        person,
        "oidc",
        strong_at=proved_at if counts else None,
        limited=needs and not strong and not has_factor,
        client=client,
        tools=tools,
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
    tools: SignInTools,
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
        settings=tools.staff,
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
