"""What a log may say of an exception: its kind and where it came from, not what it was about.

The words of an exception are made of what citizens wrote: a database names the row that failed,
a parser the text that it could not read, an HTTP client the address with the query in it. So a log
has the classes, the lines of code and, of errors made for it, the facts that are known to be ours.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from typing import cast

from sqlalchemy.exc import DBAPIError

from core.errors import ConfigurationError, Error
from core.sealing import SealBroken

MAX_FRAMES = 60
_WHERE = ("sqlstate", "table_name", "column_name", "constraint_name")


def describe(error: BaseException) -> str:
    """One line: the class, and of it what cannot be anybody's."""
    return f"{type(error).__module__}.{type(error).__qualname__}{_facts(error)}"


def trace(error: BaseException) -> str:
    """Like the interpreter's traceback without the words: each cause before what it caused."""
    return "\n".join(_lines(error, "", set()))


def _lines(error: BaseException, indent: str, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, indent, seen)
        yield f"{indent}which led to"
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    for frame in frames:
        yield f"{indent}  {frame.filename}:{frame.lineno} {frame.name}"
    yield indent + describe(error)
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            if id(each) not in seen:
                yield from _lines(each, indent + "  | ", seen)


def _facts(error: BaseException) -> str:
    match error:
        case Error():
            return f" {error.code}"
        case ConfigurationError() | SealBroken():
            return f": {error}"
        case DBAPIError():
            return f" of {describe(error.orig)}" if error.orig is not None else ""
        case OSError():
            return _joined(os.strerror(error.errno)) if error.errno is not None else ""
        case _:
            # Both drivers say where, beside what: asyncpg itself, psycopg in its `diag`.
            told = getattr(error, "diag", error)
            return _joined(*(getattr(told, name, None) for name in _WHERE))


def _joined(*facts: str | None) -> str:
    told = [fact for fact in facts if fact]
    return f" ({', '.join(told)})" if told else ""
