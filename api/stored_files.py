"""Serving files of the store: whole or in part, and only if the reader does not have them yet."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.conditional import has_etag
from api.ranges import Span, UnsatisfiableError, find_span
from media.stores.base import Store

_PARTIAL, _NOT_MODIFIED, _UNSATISFIABLE = 206, 304, 416


async def serve_file(
    request: Request,
    store: Store,
    key: str,
    *,
    content_type: str,
    cache_control: str,
    download_as: str | None = None,
) -> Response:
    """The answer with a file of the store. `download_as` names a file that no browser may show.

    NotFound if it is not there. One request to the store; a second only for a reader that has
    some of the file already.
    """
    disposition = f'attachment; filename="{download_as}"' if download_as else "inline"
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        "Content-Disposition": disposition,
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    asked, known = request.headers.get("Range"), request.headers.get("If-None-Match")
    span: Span | None = None
    if asked is not None or known is not None:
        info = await store.stat(key)
        headers["ETag"] = etag = f'"{info.tag}"'
        if has_etag(known, etag):
            return Response(status_code=_NOT_MODIFIED, headers=headers)
        try:
            condition = request.headers.get("If-Range")
            span = find_span(asked, condition, etag=etag, total=info.size)
        except UnsatisfiableError:
            headers["Content-Range"] = f"bytes */{info.size}"
            return Response(status_code=_UNSATISFIABLE, headers=headers)
        if span is not None:
            headers["Content-Range"] = span.content_range(info.size)
    stored = await store.open(key, *((span.start, span.size) if span else ()))
    headers |= {"ETag": f'"{stored.tag}"', "Content-Length": str(stored.size)}
    return StreamingResponse(
        stored,
        _PARTIAL if span else 200,
        headers,
        media_type=content_type,
        background=BackgroundTask(stored.aclose),
    )
