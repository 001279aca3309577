"""Access tokens: short-lived, signed, carrying the actor. Pure.

A token names its key (`kid`); one that names none of ours, or another algorithm, issuer or
audience, is none of ours.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid4

import jwt

from core.actor import STAFF_ROLES, Actor, Proof, Role
from core.errors import NotSignedIn
from core.keys import Keyring

ISSUER = "hientruong"
AUDIENCE = "hientruong-api"
ALGORITHM = "HS256"
PURPOSE = "access-token"


def create_access_token(actor: Actor, *, keys: Keyring, now: datetime, life: timedelta) -> str:
    """A token that makes its bearer `actor` until `now + life`."""
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(actor.person_id),
        "role": actor.role.value,
        "dep": actor.department,
        "iat": now,
        "exp": now + life,
        "jti": uuid4().hex,
    }
    session_id = actor.proof.session_id if actor.proof is not None else actor.session_id
    if session_id is not None:
        claims["sid"] = str(session_id)
    header = {"kid": keys.key_id(PURPOSE)}
    return jwt.encode(claims, keys.key(PURPOSE), algorithm=ALGORITHM, headers=header)


def read_access_token(token: str, *, keys: Keyring, language: str, now: datetime) -> Actor:
    """The actor of a token. NotSignedIn: `token_expired`, or `token_invalid` for any other fault."""
    try:
        actor, expires = _verified(token, keys)
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
        raise NotSignedIn("token_invalid") from error
    if now.timestamp() >= expires:
        raise NotSignedIn("token_expired")
    return replace(actor, language=language)


@lru_cache(maxsize=4096)
def _verified(token: str, keys: Keyring) -> tuple[Actor, float]:
    """Who a genuine token is for, and until when (seconds since the epoch).

    Remembered: the same phone or desk shows the same token again and again, and checking a
    signature costs more than the rest of reading a request. Whether it has expired is asked
    every time.
    """
    key = keys.find_key(PURPOSE, str(jwt.get_unverified_header(token).get("kid")))
    if key is None:
        raise jwt.InvalidTokenError
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": ["exp", "sub", "iss", "aud"], "verify_exp": False},
    )
    role, session_id = Role(claims["role"]), UUID(claims["sid"]) if "sid" in claims else None
    actor = Actor(
        role=role,
        person_id=UUID(claims["sub"]),
        department=claims["dep"],
        # Whether the session holds, and what it proves, is for whoever looks it up.
        proof=Proof(session_id, None, ()) if session_id and role in STAFF_ROLES else None,
        session_id=session_id if role is Role.CITIZEN else None,
    )
    return actor, float(claims["exp"])
