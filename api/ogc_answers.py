"""How `/ogc` answers: in the form and the language that the reader asked for, fit for a proxy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from api.negotiation import wants_html
from api.ogc_pages import render
from core.i18n import preferred_language
from gis.ogc.links import HTML, JSON, Site
from gis.ogc.query import check_names

ROOT = "/ogc"
DESCRIBED = "public, max-age=60"
"""How long a proxy may keep what describes the service."""
CURRENT = "public, max-age=5"
"""The same of features: they change all the time."""
_VARY = "Accept, Accept-Language"
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request for a document says: where it reads the service, in which form, what."""

    site: Site
    html: bool
    given: list[tuple[str, str]]
    seen: str | None  # the ETag that the reader has

    @property
    def query(self) -> dict[str, str]:
        return dict(self.given)


async def read_asked(request: Request) -> Asked:
    """What `request` asks for. InvalidInput at `?f` for a form that there is not."""
    accept = request.headers.get("Accept")
    language = preferred_language(request.headers.get("Accept-Language"))
    return Asked(
        site=Site(str(request.base_url).rstrip("/") + ROOT, language),
        html=wants_html(request.query_params.get("f"), accept),
        given=request.query_params.multi_items(),
        seen=request.headers.get("If-None-Match"),
    )


def answer_document(
    asked: Asked,
    document: dict[str, Any],
    *path: str,
    page: str,
    media_type: str = JSON,
    **shown: Any,
) -> Response:
    """A document that describes the service, as JSON or as the web page `page`.

    Of parameters there is only `f`: InvalidInput for any other.
    """
    check_names(asked.given, ("f",))
    if asked.html:
        return answer_page(asked, page, *path, cache=DESCRIBED, **(document | shown))
    text = json.dumps(document, ensure_ascii=False)
    return answer(asked, text, media_type, etag=etag_of(text), cache=DESCRIBED)


def answer_page(asked: Asked, page: str, *path: str, cache: str, **shown: Any) -> Response:
    """A web page with a link to the same as JSON."""
    as_json = asked.site.url(*path, query=asked.query | {"f": "json"})
    text = render(page, asked.site.language, root=asked.site.root, json=as_json, **shown)
    return answer(asked, text, HTML, etag=etag_of(text), cache=cache)


def answer(
    asked: Asked,
    text: str,
    media_type: str,
    *,
    etag: str,
    cache: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The text, or 304 without it when the reader has it."""
    sent = {
        "ETag": etag,
        "Cache-Control": cache,
        "Vary": _VARY,
        "Content-Language": asked.site.language,
        **(headers or {}),
    }
    if asked.seen == etag:
        return Response(status_code=_NOT_MODIFIED, headers=sent)
    return Response(text, media_type=media_type, headers=sent)


def etag_of(text: str) -> str:
    """A weak ETag: what a proxy compresses is still the same."""
    return f'W/"{hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}"'
