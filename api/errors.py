"""How errors look on the wire: RFC 9457 problems, in the reader's language.

The domain raises classes of `core/errors.py`; the table below gives each its status. Nothing else
in the project knows status codes of errors.
"""

from __future__ import annotations

from typing import Any, cast

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.methods import methods_of
from api.middleware import add_headers, request_id_of, route_of
from api.schemas.base import PROBLEM_TYPE, FieldProblem, Problem
from api.validation import field_errors
from core import errors
from core.errors import FieldError
from core.failures import describe
from core.i18n import preferred_language, translate

log = structlog.get_logger()
TOO_LARGE = 413
METHOD_NOT_ALLOWED = 405
RETRY_S = 10
BAD_REQUEST = 400
INTERNAL = 500
OGC_PATH = "/ogc"  # the standard wants 400 where we say 422

STATUS: dict[type[errors.Error], int] = {
    errors.InvalidInput: 422,
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionMissing: 428,
    errors.Malformed: BAD_REQUEST,
    errors.WrongProtocol: 412,
    errors.Gone: 410,
    errors.ChecksumMismatch: 460,  # of tus
    errors.TooLarge: TOO_LARGE,
    errors.UnsupportedType: 415,
    errors.TooManyRequests: 429,
    errors.UpgradeRequired: 426,
    errors.Unavailable: 503,
}
_BY_STATUS = {404: "not_found", 413: "too_large", 400: "invalid_input"}


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error with a problem, the framework's own ones too."""
    app.add_exception_handler(errors.Error, answer_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(asyncpg.QueryCanceledError, _on_query_canceled)
    app.add_exception_handler(PoolTimeout, _on_no_connection)
    app.add_exception_handler(Exception, _on_bug)


def problem(
    request: Request,
    status: int,
    code: str,
    *,
    title_code: str | None = None,
    fields: list[FieldError] | None = None,
    facts: dict[str, object] | None = None,
) -> Response:
    """The response for an error. `detail` is the sentence of `code`; so is that of each field."""
    language = preferred_language(request.headers.get("Accept-Language"))
    facts = facts or {}
    body = _problem(language, status, code, title_code or code, fields or [], facts)
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    if "retry_after_s" in facts:
        headers["Retry-After"] = str(facts["retry_after_s"])
    if status == STATUS[errors.NotSignedIn]:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        body.model_dump(exclude_none=True), status, headers, media_type=PROBLEM_TYPE
    )


def problem_of(error: Exception, language: str) -> Problem:
    """The body alone, for what is answered as a part of something else. What nobody foresaw says
    as little as it does alone: log it.
    """
    if isinstance(error, errors.Error):
        kind = _kind_of(error)
        return _problem(
            language, STATUS[kind], error.code, kind.default_code, error.fields, error.facts
        )
    return _problem(language, INTERNAL, "internal_error", "internal_error", [], {})


def _problem(  # its parts
    language: str,
    status: int,
    code: str,
    title_code: str,
    fields: list[FieldError],
    facts: dict[str, object],
) -> Problem:
    return Problem(
        type=f"urn:hientruong:error:{code}",
        title=translate(title_code, language, facts),
        status=status,
        code=code,
        detail=translate(code, language, facts),
        errors=[
            FieldProblem(
                pointer=item.pointer,
                code=item.code,
                detail=translate(item.code, language, item.facts),
            )
            for item in fields
        ],
        ways=cast("Any", facts.get("ways")),
        minimum_version=cast("Any", facts.get("minimum_version")),
        store_url=cast("Any", facts.get("store_url")),
    )


def _kind_of(error: errors.Error) -> type[errors.Error]:
    return next(base for base in STATUS if isinstance(error, base))


async def answer_error(request: Request, error: Exception) -> Response:
    """The problem that one of our own errors is."""
    assert isinstance(error, errors.Error)
    kind = _kind_of(error)
    return problem(
        request,
        _status_of(kind, request),
        error.code,
        title_code=kind.default_code,
        fields=error.fields,
        facts=error.facts,
    )


def _status_of(kind: type[errors.Error], request: Request) -> int:
    if kind is errors.InvalidInput and request.url.path.startswith(OGC_PATH):
        return BAD_REQUEST
    return STATUS[kind]


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if request.method not in (methods := methods_of(request)):  # a longer path took it for its own
        return _no_such_method(request, methods)
    fields = field_errors(cast("list[Any]", error.errors()))
    return problem(request, STATUS[errors.InvalidInput], "invalid_input", fields=fields)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: an unknown path, a method, a broken multipart body."""
    assert isinstance(error, HTTPException)
    cause = error.__cause__  # FastAPI makes one "400" of all that goes wrong while it reads a body
    if isinstance(cause, errors.Error):
        return await answer_error(request, cause)
    if isinstance(cause, ValueError | RecursionError):  # JSON that is not UTF-8, or far too deep
        fields = [FieldError("", "json_invalid")]
        return problem(request, STATUS[errors.InvalidInput], "invalid_input", fields=fields)
    if error.status_code == METHOD_NOT_ALLOWED:
        return _no_such_method(request, methods_of(request))
    code = _BY_STATUS.get(error.status_code, "error")
    response = problem(request, error.status_code, code)
    response.headers.update(error.headers or {})
    return response


def _no_such_method(request: Request, methods: frozenset[str]) -> Response:
    response = problem(request, METHOD_NOT_ALLOWED, "method_not_allowed")
    response.headers["Allow"] = ", ".join(sorted(methods))
    return response


async def _on_query_canceled(request: Request, error: Exception) -> Response:
    """The database's time limit for readers: it has ended the statement, nothing goes on."""
    log.warning("query_too_slow", route=route_of(request.scope), error=describe(error))
    return await answer_error(request, errors.Unavailable("query_too_slow", retry_after_s=RETRY_S))


async def _on_no_connection(request: Request, error: Exception) -> Response:
    """More asks at once than there are connections for: whoever comes again later is served."""
    log.warning("no_connection", path=request.url.path, error=str(error))
    return await answer_error(request, errors.Unavailable(retry_after_s=RETRY_S))


async def _on_bug(request: Request, error: Exception) -> Response:
    """Anything unforeseen: logged in full, answered without a word of it."""
    log.error("unhandled_error", route=route_of(request.scope), exc_info=error)
    request_id = request_id_of(request)
    response = problem(request, INTERNAL, "internal_error", facts={"request_id": request_id})
    # Starlette answers this one outside of all middleware.
    add_headers(response.headers, request_id)
    return response
