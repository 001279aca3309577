"""Examining photos and making their public pictures: once, whatever is repeated, killed or missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import create_engine, create_session_factory, transaction
from core.settings import MediaSettings, PrivacySettings
from media.derivatives import make_derivatives
from media.privacy.boxes import Box
from media.publications import (
    MAX_ATTEMPTS,
    Decision,
    decide,
    examine_next,
    list_unfinished,
    lock_publication,
    make_public_pictures,
)
from media.stores.local import LocalStore
from media.tables import Attachment, Publication
from tests.integration.test_media_uploads import add_case, claim, photo, receive
from tests.support.photos import as_jpeg, street_with_face
from workflows.photo_approval import withdraw_publications

Sessions = async_sessionmaker[AsyncSession]
PRIVACY = PrivacySettings()
NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=1)
APPROVED = Decision(approved=True, boxes=(Box("face", 0.4, 0.35, 0.2, 0.25),))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "media")


@pytest_asyncio.fixture(loop_scope="session")
async def sessions(committed_database: str) -> AsyncIterator[Sessions]:
    engine = create_engine(committed_database)
    yield create_session_factory(engine)
    await engine.dispose()


async def attach(sessions: Sessions, store: LocalStore, *photos: bytes) -> list[UUID]:
    async with transaction(sessions) as session:
        case_id = await add_case(session)
        ids = [(await receive(session, store, each)).upload_id for each in photos]
        return await claim(session, ids, case_id)


async def ready(sessions: Sessions, store: LocalStore, *photos: bytes) -> list[UUID]:
    ids = await attach(sessions, store, *(photos or (as_jpeg(street_with_face()),)))
    assert await make_derivatives(sessions, store, ids, settings=MediaSettings()) == []
    return ids


async def row(sessions: Sessions, photo_id: UUID) -> Any:
    async with sessions() as session:
        return await session.get(Publication, photo_id)


async def decided(sessions: Sessions, photo_id: UUID, decision: Decision = APPROVED) -> None:
    async with transaction(sessions) as session:
        found = await lock_publication(session, photo_id)
        assert found is not None
        decide(found, decision, by=None, now=NOW)


async def unfinished(sessions: Sessions) -> list[UUID]:
    async with sessions() as session:
        return await list_unfinished(session, LATER)


def public_files(tmp_path: Path, photo_id: UUID) -> set[str]:
    folder = tmp_path / "media" / "public" / str(photo_id)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_a_photo_waits_from_when_it_is_ready(sessions: Sessions, store: LocalStore) -> None:
    [photo_id] = await attach(sessions, store, photo())
    assert await row(sessions, photo_id) is None
    await make_derivatives(sessions, store, [photo_id], settings=MediaSettings())
    waiting = await row(sessions, photo_id)
    assert (waiting.state, waiting.rev, waiting.examination) == ("waiting", 0, "pending")


async def test_notes_between_colleagues_never_wait(sessions: Sessions, store: LocalStore) -> None:
    [photo_id] = await attach(sessions, store, photo())
    async with transaction(sessions) as session:
        await session.execute(
            update(Attachment).where(Attachment.id == photo_id).values(purpose="note")
        )
    await make_derivatives(sessions, store, [photo_id], settings=MediaSettings())
    assert await row(sessions, photo_id) is None


async def test_a_photo_is_examined_once_and_after_all_derivatives(
    sessions: Sessions, store: LocalStore
) -> None:
    [photo_id] = await ready(sessions, store)
    [pending] = await attach(sessions, store, photo())
    assert not await examine_next(sessions, store, settings=PRIVACY, now=LATER)
    await make_derivatives(sessions, store, [pending], settings=MediaSettings())
    assert await examine_next(sessions, store, settings=PRIVACY, now=LATER)
    assert await examine_next(sessions, store, settings=PRIVACY, now=LATER)
    assert not await examine_next(sessions, store, settings=PRIVACY, now=LATER)
    examined = await row(sessions, photo_id)
    assert examined.examination == "done"
    assert [box["kind"] for box in examined.found] == ["face"]
    assert (await row(sessions, pending)).found == []


async def test_what_detectors_cannot_cope_with_is_left_to_people(
    sessions: Sessions, store: LocalStore
) -> None:
    [photo_id] = await ready(sessions, store)
    overrun = PrivacySettings(wall_s=0.01)
    for attempt in range(MAX_ATTEMPTS):
        assert (await row(sessions, photo_id)).examination == "pending"
        at = LATER + attempt * timedelta(hours=1)
        assert await examine_next(sessions, store, settings=overrun, now=at)
        # Whoever else looks meanwhile, or after a kill, waits for a while.
        assert not await examine_next(sessions, store, settings=overrun, now=at)
    assert (await row(sessions, photo_id)).examination == "failed"


async def test_an_outage_of_the_store_costs_nothing(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    [photo_id] = await ready(sessions, store)
    await decided(sessions, photo_id)
    (tmp_path / "file").touch()
    broken = LocalStore(tmp_path / "file")
    await make_public_pictures(sessions, broken, [photo_id])
    assert not await examine_next(sessions, broken, settings=PRIVACY, now=LATER)
    waiting = await row(sessions, photo_id)
    assert (waiting.picture, waiting.attempts, waiting.examination) == ("pending", 0, "pending")
    assert await unfinished(sessions) == [photo_id]
    await make_public_pictures(sessions, store, [photo_id])
    assert (await row(sessions, photo_id)).picture == "ready"
    assert await unfinished(sessions) == []


async def test_public_pictures_are_made_once(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    [photo_id] = await ready(sessions, store)
    await decided(sessions, photo_id)
    for _ in range(2):
        await make_public_pictures(sessions, store, [photo_id])
    made = await row(sessions, photo_id)
    assert (made.picture, made.rev) == ("ready", 1)
    assert public_files(tmp_path, photo_id) == {"1/large.webp", "1/small.webp"}
    assert made.blurhash


async def test_a_missing_derivative_fails_at_the_third_attempt(
    sessions: Sessions, store: LocalStore
) -> None:
    [photo_id] = await ready(sessions, store)
    async with sessions() as session:
        key = await session.scalar(select(Attachment.large_key).where(Attachment.id == photo_id))
    assert key is not None
    await store.delete(key)
    await decided(sessions, photo_id)
    for attempt in (1, 2, 3):
        await make_public_pictures(sessions, store, [photo_id])
        failed = await row(sessions, photo_id)
        assert (failed.picture, failed.attempts) == (
            "failed" if attempt == MAX_ATTEMPTS else "pending",
            attempt,
        )
    assert await unfinished(sessions) == []


class Interrupted(LocalStore):
    """A store at which somebody decides anew while the first public picture is being kept."""

    def __init__(self, root: Path, sessions: Sessions, photo_id: UUID) -> None:
        super().__init__(root)
        self._sessions, self._photo_id = sessions, photo_id

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await super().put(key, data, content_type)
        if key.endswith("/1/large.webp"):
            await decided(self._sessions, self._photo_id, Decision(approved=False))


async def test_a_decision_that_is_taken_meanwhile_wins(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    [photo_id] = await ready(sessions, store)
    await decided(sessions, photo_id)
    interrupted = Interrupted(tmp_path / "media", sessions, photo_id)
    await make_public_pictures(sessions, interrupted, [photo_id])
    after = await row(sessions, photo_id)
    assert (after.state, after.picture, after.rev) == ("withheld", "none", 2)
    assert public_files(tmp_path, photo_id) == set()
    await make_public_pictures(sessions, store, [photo_id])
    assert await unfinished(sessions) == []


async def test_withdrawing_takes_what_is_public_down_and_may_be_repeated(
    sessions: Sessions, store: LocalStore, tmp_path: Path
) -> None:
    public, waiting = await ready(sessions, store, as_jpeg(street_with_face()), photo())
    [pending] = await attach(sessions, store, photo())
    await decided(sessions, public)
    await make_public_pictures(sessions, store, [public])
    for _ in range(2):
        async with transaction(sessions) as session:
            await withdraw_publications(
                session, [public, waiting, pending], reason="Người gửi rút lại", now=NOW
            )
    for photo_id in (public, waiting):
        withheld = await row(sessions, photo_id)
        assert (withheld.state, withheld.picture, withheld.large_key) == ("withheld", "none", None)
        assert withheld.reason == "Người gửi rút lại"
    assert await row(sessions, pending) is None
    await make_public_pictures(sessions, store, [public, waiting])
    assert public_files(tmp_path, public) == set()
    assert (await row(sessions, public)).stale_keys == []
