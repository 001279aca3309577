"""The app that sends a request, and the oldest that is still served.

`X-App-Version: android/1.4.0`. A too old app is told so (426, with where to get a newer one), but
may always hand in what it has queued: sign in, upload, file. Whatever sends no such header (the
pages, other systems) is not judged by it.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import answer_error
from core.errors import Error, InvalidInput, UpgradeRequired
from core.settings import AppSettings
from identity.apps import App, is_older, read_app

HEADER = "X-App-Version"
JUDGED = re.compile(r"/v1/")
# What was written on the phone days ago must arrive, whichever app wrote it.
HANDING_IN = re.compile(
    r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /v1/(auth/.*|uploads(/.*)?|media)"
    r"|PUT /v1/reports/[^/]+"
    r"|POST /v1/reports(/batch)?"
)


async def get_app(request: Request) -> App | None:
    """The app, as far as it says so; only told to its user, so an unreadable header is no fault."""
    return read_app(request.headers.get(HEADER, ""))


AppDep = Annotated[App | None, Depends(get_app)]


class AppVersionMiddleware:
    """Turns too old apps away; see the module."""

    def __init__(self, app: ASGIApp, settings: AppSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self._find_fault(scope) if scope["type"] == "http" else None
        if error is None:
            await self._app(scope, receive, send)
        else:
            response = await answer_error(Request(scope), error)
            await response(scope, receive, send)

    def _find_fault(self, scope: Scope) -> Error | None:
        header = Headers(scope=scope).get(HEADER)
        if header is None or not JUDGED.match(scope["path"]):
            return None
        if HANDING_IN.fullmatch(f"{scope['method']} {scope['path']}"):
            return None
        app = read_app(header)
        if app is None:
            return InvalidInput.at(f"#{HEADER.lower()}", "app_version_malformed")
        minimum = self._settings.minimum(app.platform)
        if minimum is None or not is_older(app.version, minimum):
            return None
        return UpgradeRequired(
            minimum_version=".".join(map(str, minimum)),
            store_url=self._settings.store_url(app.platform),
        )
