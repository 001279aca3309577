"""Structured logs: one line per event, JSON where machines read them; nobody's data in them.

Events are ours and say ids, counts and codes. Of exceptions only what `core/failures.py` lets
through is told. Libraries are heard from warnings on, whatever the level: below that they tell
what passes through them.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import structlog

from core.failures import trace


def configure_logging(*, json: bool, level: str = "INFO") -> None:
    """Set up structlog and the standard library's loggers alike. Call once per process."""
    first: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_exception,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*first, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[_forget_record, last],
        )
    )
    handler.addFilter(_first_line)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Where it listens, that it stops: what somebody who starts it by hand waits for.
    logging.getLogger("uvicorn.error").setLevel(max(logging.INFO, _number(level)))


def _tell_exception(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """`exc_info` as the lines of code that it came through."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    given = cast("BaseException | tuple[object, object, object] | bool", given)
    if isinstance(given, tuple):
        _, given, _ = given
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if error is not None:
        event["exception"] = trace(error)
    return event


def _first_line(record: logging.LogRecord) -> bool:
    """Of what a library says no more than one line: below it, asyncio shows the exceptions."""
    record.msg, record.args = record.getMessage().split("\n")[0], ()
    return True


def _forget_record(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["logger"] = event["_record"].name
    del event["_record"], event["_from_structlog"]
    return event


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level]
