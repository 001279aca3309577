"""Sealing the audit log in one chain, and finding where somebody broke it.

Entries are committed in another order than they were numbered by the database, and whoever chains
them while writing forks the chain. So one sealer at a time takes what is committed and not sealed,
whatever its id: what commits late gets a later place, and none is left out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.audit import HEADS, AuditEntry, AuditHead
from core.chain import START, Entry, find_fault, hash_entry, sign_head
from core.db import transaction
from core.keys import Keyring
from media.stores.base import Store

BATCH = 1000
_TAKE_TURN = text("select pg_try_advisory_xact_lock(hashtext('audit_log'))")
_SEAL = text(
    """
    update audit_log set seq = sealed.seq, hash = sealed.hash
    from unnest(CAST(:ids AS bigint[]), CAST(:seqs AS bigint[]), CAST(:hashes AS bytea[]))
        as sealed (id, seq, hash)
    where audit_log.id = sealed.id and audit_log.seq is null
    """
)
Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of the chain: `entry_changed`, `entry_missing`, `end_missing`,
    `head_differs`, `head_missing`, `unknown_key`, `bad_signature`.
    """

    seq: int
    code: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries are sealed and how many wait for it, and all that is wrong."""

    sealed: int
    waiting: int
    faults: list[Fault]


async def seal_entries(sessions: Sessions, store: Store, keyring: Keyring, now: datetime) -> int:
    """Seal all committed entries, batch after batch, and put the signed ends into the store; how
    many were sealed. 0 also while somebody else does it.
    """
    total = 0
    while count := await _seal_some(sessions, keyring, now):
        total += count
        if count < BATCH:
            break
    await _store_heads(sessions, store)
    return total


async def _seal_some(sessions: Sessions, keyring: Keyring, now: datetime) -> int:
    async with transaction(sessions) as session:
        if not await session.scalar(_TAKE_TURN):
            return 0
        rows = list(
            await session.scalars(
                select(AuditEntry)
                .where(AuditEntry.seq.is_(None))
                .order_by(AuditEntry.id)
                .limit(BATCH)
            )
        )
        if not rows:
            return 0
        # The signed end, not the last row: a chain whose end was cut off is not taken up again.
        last = await session.scalar(select(AuditHead).order_by(AuditHead.seq.desc()).limit(1))
        seq, digest = (last.seq, last.hash) if last else (0, START)
        seqs: list[int] = []
        hashes: list[bytes] = []
        for row in rows:
            seq += 1
            digest = hash_entry(digest, seq, _entry(row))
            seqs.append(seq)
            hashes.append(digest)
        await session.execute(
            _SEAL, {"ids": [row.id for row in rows], "seqs": seqs, "hashes": hashes}
        )
        key_id, signature = sign_head(keyring, seq, digest)
        await session.execute(
            insert(AuditHead).values(
                seq=seq, at=now, hash=digest, key_id=key_id, signature=signature
            )
        )
    return len(rows)


async def _store_heads(sessions: Sessions, store: Store) -> None:
    """Outside the database the end cannot be cut off by whoever holds the database. A store that
    fails holds up no sealing: the next round tries again.
    """
    async with transaction(sessions) as session:
        heads = list(
            await session.scalars(
                select(AuditHead).where(AuditHead.stored.is_(False)).order_by(AuditHead.seq)
            )
        )
    for head in heads:
        await store.put(_key(head.seq), _head_json(head), "application/json")
        async with transaction(sessions) as session:
            await session.execute(
                update(AuditHead).where(AuditHead.seq == head.seq).values(stored=True)
            )


async def verify_chain(sessions: Sessions, store: Store, keyring: Keyring) -> Verdict:
    """Work the chain out anew from its entries, and compare it with every signed end, in the
    database and in the store. Raises Unavailable when the store does not answer.
    """
    async with transaction(sessions) as session:
        await session.execute(text("set transaction isolation level repeatable read"))
        heads = {
            head.seq: head
            for head in await session.scalars(select(AuditHead).order_by(AuditHead.seq))
        }
        faults = [
            Fault(head.seq, code)
            for head in heads.values()
            if (code := find_fault(keyring, head.seq, head.hash, head.key_id, head.signature))
        ]
        seq, digest = 0, START
        async for row in _sealed(session):
            assert row.seq is not None
            if row.seq != seq + 1:
                faults.append(Fault(seq + 1, "entry_missing"))
            seq = row.seq
            digest = hash_entry(digest, seq, _entry(row))
            if digest != row.hash:
                faults.append(Fault(seq, "entry_changed"))
                digest = row.hash or START  # so that one change is one fault
            if seq in heads and heads[seq].hash != row.hash:
                faults.append(Fault(seq, "head_differs"))
        waiting = len(
            list(await session.scalars(select(AuditEntry.id).where(AuditEntry.seq.is_(None))))
        )
    end = max(heads, default=0)
    if end > seq:
        faults.append(Fault(seq + 1, "end_missing"))
    if seq > end:
        faults.append(Fault(seq, "head_missing"))
    faults += await _compare_store(store, keyring, heads, end)
    return Verdict(seq, waiting, sorted(faults, key=lambda fault: (fault.seq, fault.code)))


async def _sealed(session: AsyncSession) -> AsyncIterator[AuditEntry]:
    """The sealed entries in their order, a page at a time."""
    after = 0
    while True:
        query = select(AuditEntry).where(AuditEntry.seq > after).order_by(AuditEntry.seq)
        rows = list(await session.scalars(query.limit(BATCH)))
        for row in rows:
            yield row
            session.expunge(row)
            after = row.seq or after
        if len(rows) < BATCH:
            return


async def _compare_store(
    store: Store, keyring: Keyring, heads: dict[int, AuditHead], end: int
) -> list[Fault]:
    """The store keeps every end that was ever signed: the database must have the same."""
    faults: list[Fault] = []
    kept: set[int] = set()
    async for info in store.list(HEADS):
        head = _read_head(await store.get(info.key))
        if head is None or find_fault(keyring, *head):
            continue  # not ours: whoever can write there can make none
        seq, digest, _, _ = head
        kept.add(seq)
        if seq > end:
            faults.append(Fault(seq, "end_missing"))
        elif seq not in heads:
            faults.append(Fault(seq, "head_missing"))
        elif heads[seq].hash != digest:
            faults.append(Fault(seq, "head_differs"))
    faults += [
        Fault(seq, "head_missing") for seq, head in heads.items() if head.stored and seq not in kept
    ]
    return faults


def _entry(row: AuditEntry) -> Entry:
    return Entry(row.id, row.at, row.actor_id, row.actor_role, row.action, row.subject, row.facts)


def _key(seq: int) -> str:
    return f"{HEADS}{seq:012d}.json"


def _head_json(head: AuditHead) -> bytes:
    content: dict[str, Any] = {
        "seq": head.seq,
        "hash": head.hash.hex(),
        "key_id": head.key_id,
        "signature": base64.b64encode(head.signature).decode(),
    }
    return json.dumps(content, sort_keys=True).encode()


def _read_head(data: bytes) -> tuple[int, bytes, str, bytes] | None:
    try:
        content = json.loads(data)
        return (
            int(content["seq"]),
            bytes.fromhex(content["hash"]),
            str(content["key_id"]),
            base64.b64decode(content["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
