"""Access tokens: short-lived, signed, carrying the actor. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import jwt

from core.actor import Actor, Role
from core.errors import NotSignedIn

ISSUER = "hientruong"
AUDIENCE = "hientruong-api"
ALGORITHM = "HS256"


def create_access_token(actor: Actor, *, secret: str, now: datetime, life: timedelta) -> str:
    """A token that makes its bearer `actor` until `now + life`."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(actor.person_id),
        "role": actor.role.value,
        "dep": actor.department,
        "iat": now,
        "exp": now + life,
        "jti": uuid4().hex,
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_access_token(token: str, *, secret: str, language: str) -> Actor:
    """The actor of a token. NotSignedIn: `token_expired`, or `token_invalid` for any other fault."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        return Actor(
            role=Role(claims["role"]),
            person_id=UUID(claims["sub"]),
            department=claims["dep"],
            language=language,
        )
    except jwt.ExpiredSignatureError as error:
        raise NotSignedIn("token_expired") from error
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise NotSignedIn("token_invalid") from error
