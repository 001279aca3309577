"""Sign-ins at a provider that are under way: begun, taken up once, handed over once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import InvalidInput, NotSignedIn
from identity.oidc.client import Login
from identity.oidc.providers import Provider
from identity.oidc.tables import OidcHandover, OidcTransaction

LIFE = timedelta(minutes=10)
HANDOVER_LIFE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun. `browser` is for a cookie of the browser that began it."""

    login: Login
    browser: str


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A sign-in whose browser has come back."""

    login: Login
    return_to: str
    app_challenge: str | None


def s256(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_return(provider: Provider, return_to: str) -> None:
    """Send people back to our own pages and to apps that the settings name, nowhere else."""
    if return_to not in provider.pages:
        raise InvalidInput.at("?return_to", "return_not_allowed")


async def begin(
    session: AsyncSession,
    provider: Provider,
    *,
    return_to: str,
    app_challenge: str | None,
    max_age: timedelta | None,
    now: datetime,
) -> Begun:
    """Remember a new sign-in."""
    state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
    verifier = secrets.token_urlsafe(48)
    session.add(
        OidcTransaction(
            state_hash=_hash(state),
            browser_hash=_hash(browser),
            provider=provider.name,
            nonce=nonce,
            verifier=verifier,
            max_age_s=None if max_age is None else int(max_age.total_seconds()),
            return_to=return_to,
            app_challenge=app_challenge,
            expires_at=now + LIFE,
        )
    )
    await session.flush()
    return Begun(Login(state, nonce, verifier, s256(verifier), max_age), browser)


async def take_up(
    session: AsyncSession, provider: Provider, state: str, browser: str | None, *, now: datetime
) -> TakenUp:
    """The sign-in that this browser began under `state`, which is used up by it. The caller commits
    before it asks the provider. NotSignedIn `oidc_state_invalid`.
    """
    row = await session.scalar(
        delete(OidcTransaction)
        .where(
            OidcTransaction.state_hash == _hash(state),
            OidcTransaction.browser_hash == _hash(browser or ""),
            OidcTransaction.provider == provider.name,
            OidcTransaction.expires_at > now,
        )
        .returning(OidcTransaction)
    )
    if row is None:
        raise NotSignedIn("oidc_state_invalid")
    max_age = None if row.max_age_s is None else timedelta(seconds=row.max_age_s)
    login = Login(state, row.nonce, row.verifier, s256(row.verifier), max_age)
    return TakenUp(login, row.return_to, row.app_challenge)


async def hand_over(
    session: AsyncSession, person_id: UUID, app_challenge: str, *, now: datetime
) -> str:
    """A code that an app may exchange for its tokens, once."""
    code = secrets.token_urlsafe(32)
    session.add(
        OidcHandover(
            code_hash=_hash(code),
            person_id=person_id,
            app_challenge=app_challenge,
            expires_at=now + HANDOVER_LIFE,
        )
    )
    await session.flush()
    return code


async def redeem(session: AsyncSession, code: str, verifier: str, *, now: datetime) -> UUID | None:
    """The person that a code stands for, if the app that began the sign-in shows it; the code is
    used up in any case, so the caller commits before it refuses.
    """
    row = await session.scalar(
        delete(OidcHandover).where(OidcHandover.code_hash == _hash(code)).returning(OidcHandover)
    )
    if row is None or row.expires_at <= now:
        return None
    return row.person_id if hmac.compare_digest(row.app_challenge, s256(verifier)) else None


async def forget_expired(session: AsyncSession, *, now: datetime) -> None:
    """Remove sign-ins that nobody finished."""
    for table in (OidcTransaction, OidcHandover):
        await session.execute(delete(table).where(table.expires_at <= now))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
