"""Whether the rows and the store agree: every row has its file, every file its row.

Both are read in the order of the keys and held against each other, so it takes no more memory for
a million files than for ten. The city goes on meanwhile: what differs is looked at once more before
it is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.audit import HEADS
from core.db import load_sql, transaction
from core.errors import NotFound
from media.stores.base import FileInfo, Store

Problem = Literal["missing", "wrong_size", "wrong_hash", "unknown"]
# A file comes before its row: until then it is nobody's.
GRACE = timedelta(hours=1)

_EXPECTED = load_sql(Path(__file__).parent / "sql" / "expected_files.sql")
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One file that is not as it should be; `unknown` is one that no row knows."""

    problem: Problem
    key: str


@dataclass(slots=True)
class Tally:
    """How much was looked at."""

    files: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Expected:
    key: str
    size: int | None
    sha256: bytes | None
    optional: bool


async def verify(
    sessions: async_sessionmaker[AsyncSession],
    store: Store,
    *,
    now: datetime,
    tally: Tally,
    hashes: bool = True,
) -> AsyncIterator[Finding]:
    """All that differs, in the order of the keys. With `hashes` every file is read to its end."""
    expected, stored = _expect(sessions), _list_media(store)
    row, file = await anext(expected, None), await anext(stored, None)
    while row is not None or file is not None:
        if file is None or (row is not None and _bytes(row.key) < _bytes(file.key)):
            assert row is not None
            if found := await _check_row(sessions, store, row, hashes=hashes):
                yield found
            row = await anext(expected, None)
        elif row is None or _bytes(file.key) < _bytes(row.key):
            if now - file.modified_at > GRACE and not await _rows_of(sessions, file.key):
                yield Finding("unknown", file.key)
            file = await anext(stored, None)
        else:
            tally.files += 1
            tally.size += file.size
            if await _differs(store, row, file, hashes=hashes) and (
                found := await _check_row(sessions, store, row, hashes=hashes)
            ):
                yield found
            row, file = await anext(expected, None), await anext(stored, None)


def _bytes(key: str) -> bytes:
    return key.encode()


async def _list_media(store: Store) -> AsyncIterator[FileInfo]:
    """What is ours to judge. Signed ends of the audit log are not: they are kept in the store just
    for the day on which the database has lost its row.
    """
    async for file in store.list():
        if not file.key.startswith(HEADS):
            yield file


async def _expect(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[_Expected]:
    async with transaction(sessions) as session:
        result = await session.stream(_EXPECTED, {"key": None})
        async for row in result.yield_per(_AT_ONCE):
            yield _Expected(*row)


async def _rows_of(sessions: async_sessionmaker[AsyncSession], key: str) -> list[_Expected]:
    """What the rows say of a file now."""
    async with transaction(sessions) as session:
        return [_Expected(*row) for row in await session.execute(_EXPECTED, {"key": key})]


async def _check_row(
    sessions: async_sessionmaker[AsyncSession], store: Store, row: _Expected, *, hashes: bool
) -> Finding | None:
    """What is wrong with the file of a row that is still there."""
    rows = await _rows_of(sessions, row.key)
    if not any(each == row and not each.optional for each in rows):
        return None
    try:
        problem = await _differs(store, row, await store.stat(row.key), hashes=hashes)
    except NotFound:
        problem = "missing"
    return Finding(problem, row.key) if problem else None


async def _differs(store: Store, row: _Expected, file: FileInfo, *, hashes: bool) -> Problem | None:
    if row.size not in (None, file.size):
        return "wrong_size"
    if hashes and row.sha256 not in (None, await _hash(store, file.key)):
        return "wrong_hash"
    return None


async def _hash(store: Store, key: str) -> bytes:
    digest = hashlib.sha256()
    async with await store.open(key) as file:
        async for chunk in file:
            digest.update(chunk)
    return digest.digest()
