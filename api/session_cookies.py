"""The cookies of whoever signs in with a browser, and which pages may act under them.

They are `__Host-` cookies: of this host alone, over TLS alone, out of reach of scripts. Only a demo
without TLS uses plain names, because browsers keep no such cookie from `http://127.0.0.1`.

A cookie comes along whoever made the browser send the request. So under one, whatever changes
something must come from one of our own pages, and say so: `SameSite` is not trusted alone.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from core.errors import Forbidden
from core.origins import own_origins

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION = "hientruong"
LOGIN = "hientruong-login"


class SessionCookies:
    """Cookies of the pages at `public_url`."""

    def __init__(self, public_url: str, *, demo: bool) -> None:
        self.origins = own_origins(public_url)
        self._demo = demo
        self._secure = not (demo and urlsplit(public_url).scheme == "http")

    def find_session(self, request: Request) -> str | None:
        """The secret of a staff session."""
        return request.cookies.get(self._name(SESSION))

    def find_login(self, request: Request) -> str | None:
        """The secret of a sign-in that this browser began at a provider."""
        return request.cookies.get(self._name(LOGIN))

    def set_session(self, response: Response, secret: str) -> None:
        """Ends with the browser; the server ends it earlier."""
        self._set(response, SESSION, secret, None)

    def set_login(self, response: Response, secret: str, *, seconds: int) -> None:
        self._set(response, LOGIN, secret, seconds)

    def clear_session(self, response: Response) -> None:
        self._set(response, SESSION, "", 0)

    def clear_login(self, response: Response) -> None:
        self._set(response, LOGIN, "", 0)

    def check_origin(self, request: Request) -> None:
        """Forbidden `foreign_origin` for a change that does not come from one of our pages."""
        if request.method in SAFE_METHODS:
            return
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site not in (None, "same-origin"):
            raise Forbidden("foreign_origin")
        if origin is None:
            if site is None:  # no browser that is still safe to use leaves both out
                raise Forbidden("foreign_origin")
        elif not self._is_own(origin, request):
            raise Forbidden("foreign_origin")

    def _is_own(self, origin: str, request: Request) -> bool:
        if origin in self.origins:
            return True
        # A demo is looked at under whatever name its machine has.
        return self._demo and urlsplit(origin).netloc == request.headers.get("Host")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self._secure else name

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            self._name(name),
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
