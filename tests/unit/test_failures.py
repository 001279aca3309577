"""What logs say of exceptions: where and of which kind, and nobody's words."""

from __future__ import annotations

import asyncio
import json
import logging

import asyncpg
import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from core.errors import ConfigurationError, InvalidInput
from core.failures import describe, trace
from core.logging import configure_logging

CANARY = "+84905987654"


def fail(error: BaseException) -> BaseException:
    try:
        raise error  # noqa: TRY301  # to have a traceback
    except BaseException as caught:  # noqa: BLE001  # with its traceback
        return caught


def from_database() -> asyncpg.PostgresError:
    error = asyncpg.UniqueViolationError(f"Key (phone)=({CANARY}) already exists.")
    error.detail = f"Failing row contains ({CANARY})"  # type: ignore[attr-defined]
    error.constraint_name = "uq_people_phone_index"  # type: ignore[attr-defined]
    error.table_name = "people"  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError(CANARY), "builtins.ValueError"),
        (KeyError(CANARY), "builtins.KeyError"),
        (InvalidInput.at("/phone", "phone_invalid", value=CANARY), "InvalidInput invalid_input"),
        (ConfigurationError("HIENTRUONG_X is not set"), "HIENTRUONG_X is not set"),
        (FileNotFoundError(2, "x", CANARY), "No such file or directory"),
        (from_database(), "(23505, people, uq_people_phone_index)"),
        (
            IntegrityError("insert into people values ($1)", (CANARY,), from_database()),
            "IntegrityError of asyncpg.exceptions.UniqueViolationError (23505, people",
        ),
        (ExceptionGroup(CANARY, [ValueError(CANARY)]), "ExceptionGroup"),
    ],
)
def test_an_exception_is_told_without_its_words(error: Exception, told: str) -> None:
    caught = fail(error)
    assert told in describe(caught)
    for text in (describe(caught), trace(caught)):
        assert CANARY not in text
    assert "test_failures.py:" in trace(caught)
    assert trace(caught).endswith("ValueError") or not isinstance(error, ExceptionGroup)


def test_a_cause_is_told_before_what_it_caused() -> None:
    caught = ValueError("none")
    try:
        try:
            raise KeyError(CANARY)  # noqa: TRY301
        except KeyError as cause:
            raise ValueError(CANARY) from cause
    except ValueError as error:
        caught = error
    told = trace(caught)
    assert told.index("KeyError") < told.index("which led to") < told.index("ValueError")
    assert CANARY not in told


@pytest.mark.parametrize("as_json", [True, False])
def test_no_logger_tells_an_exceptions_words(
    capfd: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure_logging(json=as_json, level="DEBUG")
    try:
        structlog.get_logger().error("ours", exc_info=fail(ValueError(CANARY)))
        logging.getLogger("a.library").error("theirs", exc_info=fail(ValueError(CANARY)))
        logging.getLogger("a.library").info("told %s", CANARY)
        logging.getLogger("a.library").debug("told %s", CANARY)

        async def forgotten() -> None:
            task = asyncio.ensure_future(broken())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            del task

        async def broken() -> None:
            raise ValueError(CANARY)

        asyncio.run(forgotten())
    finally:
        structlog.reset_defaults()
    out, err = capfd.readouterr()
    lines = (out + err).splitlines()
    assert CANARY not in out + err
    assert any("ours" in line for line in lines)
    assert any("theirs" in line for line in lines)
    assert any("never retrieved" in line for line in lines)
    assert "builtins.ValueError" in out + err
    if as_json:
        events = [json.loads(line) for line in lines]
        assert {"ours", "theirs"} <= {event["event"] for event in events}
