"""Firebase Auth: the app signs people in at Google's service and shows us the ID token it got.

The library verifies a token (RS256 under Google's certificates, which it fetches and caches as long
as they say) and asks Google whether the user was disabled or signed out everywhere since. Both
block, so they run in threads of their own.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import firebase_admin
from firebase_admin import auth, credentials, exceptions

from core.errors import NotSignedIn, Unavailable
from core.settings import FirebaseSettings

PROVIDER = "firebase"
CLOCK_SKEW_S = 10
RETRY_S = 10
_THREADS = 4
# A token that is not genuine, not of our project, too old, taken back, or of nobody any more.
_REFUSED = (auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError)
# The library's parser trips over claims of the wrong type before it has checked any signature.
_MALFORMED = (ValueError, TypeError, AttributeError, KeyError)


@dataclass(frozen=True, slots=True)
class FirebaseUser:
    """Whom a token names. `phone` (E.164) is one that Google has verified."""

    uid: str
    phone: str | None


class Firebase:
    """Verifies the ID tokens of one Firebase project."""

    def __init__(self, settings: FirebaseSettings) -> None:
        credential = (
            credentials.Certificate(str(settings.service_account))
            if settings.service_account is not None
            else credentials.ApplicationDefault()  # never asked: the emulator wants none
        )
        options: dict[str, Any] = {"httpTimeout": settings.timeout_s}
        if settings.project:
            options["projectId"] = settings.project
        self._app = firebase_admin.initialize_app(
            credential, options, name=f"hientruong-sign-in-{id(self)}"
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="firebase")

    async def verify(self, id_token: str) -> FirebaseUser:
        """The user of a token. NotSignedIn `firebase_token_invalid` for one that opens nothing,
        Unavailable where Google does not answer.
        """
        loop = asyncio.get_running_loop()
        try:
            claims = await loop.run_in_executor(self._threads, self._verify, id_token)
        except _REFUSED as error:
            raise NotSignedIn("firebase_token_invalid") from error
        except exceptions.FirebaseError as error:
            raise Unavailable("firebase_unavailable", retry_after_s=RETRY_S) from error
        except _MALFORMED as error:
            raise NotSignedIn("firebase_token_invalid") from error
        return FirebaseUser(str(claims["uid"]), claims.get("phone_number"))

    def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        firebase_admin.delete_app(self._app)

    def _verify(self, id_token: str) -> dict[str, Any]:
        return cast(
            "dict[str, Any]",
            auth.verify_id_token(
                id_token, self._app, check_revoked=True, clock_skew_seconds=CLOCK_SKEW_S
            ),
        )


def open_firebase(settings: FirebaseSettings) -> Firebase | None:
    """The project of the settings, if they name one."""
    return Firebase(settings) if settings.is_set else None
