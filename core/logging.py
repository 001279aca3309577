"""Structured logs: one line per event, JSON where machines read them."""

from __future__ import annotations

import logging

import structlog


def configure_logging(*, json: bool, level: str = "INFO") -> None:
    """Set up structlog and the standard library's loggers alike. Call once per process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        # Its own tracebacks would show the values of variables: what citizens wrote.
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer]
        if json
        else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", force=True)
    for noisy in ("procrastinate", "httpx", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
