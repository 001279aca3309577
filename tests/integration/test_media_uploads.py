"""Receiving photos, claiming them for a case, and clearing away the unclaimed."""

from __future__ import annotations

import asyncio
import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PIL import ExifTags, Image
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import ANONYMOUS, Actor, Role
from core.db import create_engine, create_session_factory, transaction
from core.errors import InvalidInput, NotFound, Unavailable, UnsupportedType
from core.settings import MediaSettings
from media.attachments import get_derivative, list_attachments, list_pending
from media.stores.local import LocalStore
from media.tables import Attachment, Upload
from media.uploads import (
    ReceivedPhoto,
    claim_uploads,
    collect_unclaimed,
    find_claimable,
    receive_photo,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SETTINGS = MediaSettings()
# The least that a case must point at.
GROUND = text("""
with area as (
    insert into areas (kind, code, name, name_en, geom, approximate, source, valid_from)
    values ('ward', '1', 'P', 'W', st_multi(st_makeenvelope(0, 0, 1, 1, 4326)), false, 't',
            date '2025-07-01')
), department as (
    insert into departments (code, name, name_en) values ('d', 'D', 'D')
), category as (
    insert into categories (code, name, name_en) values ('c', 'C', 'C')
)
insert into process_versions (key, version, document, state)
values ('p', 1, '{}', 'published')
""")
CASE = text("""
insert into cases (
    id, code, category, geom, area_id, summary, search, visibility, department, process_id, state,
    status, priority, case_class, routing, data, clocks, rev, source, due_at, opened_at,
    updated_at
)
select :id, :code, 'c', st_setsrid(st_makepoint(0.5, 0.5), 4326), a.id, 's', 's', 'exact', 'd',
       p.id, 'received', 'received', 2, 'normal', '{}', '{}', '{}', 1, 'app', :now, :now,
       :now
from areas a, process_versions p
""")


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path)


async def add_case(session: AsyncSession) -> UUID:
    """A case to hang photos on."""
    if not await session.scalar(text("select count(*) from process_versions")):
        await session.execute(GROUND)
    case_id = uuid4()
    await session.execute(CASE, {"id": case_id, "code": str(case_id), "now": NOW})
    return case_id


async def add_citizen(session: AsyncSession) -> Actor:
    row_id = await session.scalar(
        text("insert into people (role, name, language) values ('citizen', '', 'vi') returning id")
    )
    return Actor(Role.CITIZEN, row_id)


def photo(size: tuple[int, int] = (60, 40)) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:20 14:30:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (10.0, 46.0, 30.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (106.0, 42.0, 0.0),
        }
    )
    target = io.BytesIO()
    Image.new("RGB", size).save(target, "JPEG", exif=exif)
    return target.getvalue()


async def receive(
    session: AsyncSession,
    store: LocalStore,
    data: bytes | None = None,
    *,
    actor: Actor = ANONYMOUS,
) -> ReceivedPhoto:
    return await receive_photo(
        session,
        store,
        photo() if data is None else data,
        settings=SETTINGS,
        actor=actor,
        now=NOW,
    )


async def claim(
    session: AsyncSession,
    upload_ids: list[UUID],
    case_id: UUID,
    *,
    actor: Actor = ANONYMOUS,
    now: datetime = NOW,
) -> list[UUID]:
    return await claim_uploads(
        session,
        upload_ids,
        case_id=case_id,
        report_id=None,
        purpose="report",
        pointer="/uploads",
        actor=actor,
        now=now,
    )


def refusals(error: InvalidInput) -> list[tuple[str, str]]:
    return [(field.pointer, field.code) for field in error.fields]


async def test_a_received_photo_is_kept_with_what_it_claims(
    session: AsyncSession, store: LocalStore
) -> None:
    data = photo()
    received = await receive(session, store, data)
    assert (received.content_type, received.size) == ("image/jpeg", len(data))
    assert (received.width, received.height) == (60, 40)
    assert received.taken_at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    assert (received.taken_lat, received.taken_lon) == pytest.approx((10.775, 106.7))
    assert received.expires_at == NOW + timedelta(hours=72)
    row = (
        await session.execute(
            select(Upload.store_key, Upload.sha256, func.st_astext(Upload.taken_place)).where(
                Upload.id == received.upload_id
            )
        )
    ).one()
    assert row.store_key == f"originals/2026/11/{received.upload_id}"
    assert row.sha256 == hashlib.sha256(data).digest()
    assert row[2] == "POINT(106.7 10.775)"
    assert await store.get(row.store_key) == data


async def test_a_photo_without_claims_has_none(session: AsyncSession, store: LocalStore) -> None:
    target = io.BytesIO()
    Image.new("RGB", (3, 2)).save(target, "PNG")
    received = await receive(session, store, target.getvalue())
    found = await session.scalar(select(Upload.taken_place).where(Upload.id == received.upload_id))
    assert found is None
    assert (received.taken_at, received.taken_lat, received.taken_lon) == (None, None, None)


async def test_a_refused_file_is_not_kept(
    session: AsyncSession, store: LocalStore, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedType):
        await receive(session, store, b"<svg/>")
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240  # a handful of files
    assert await session.scalar(select(func.count()).select_from(Upload)) == 0


async def test_a_store_that_is_down_leaves_no_row(session: AsyncSession, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        await receive(session, LocalStore(tmp_path / "file"))
    assert await session.scalar(select(func.count()).select_from(Upload)) == 0


async def test_claims_keep_the_order_given(session: AsyncSession, store: LocalStore) -> None:
    case_id = await add_case(session)
    received = [await receive(session, store, photo((10 + n, 10))) for n in range(5)]
    wanted = [received[n] for n in (3, 0, 4, 1, 2)]
    attached = await claim(session, [each.upload_id for each in wanted], case_id)
    found = (await list_attachments(session, [case_id]))[case_id]
    assert [view.id for view in found] == attached
    assert [view.position for view in found] == [0, 1, 2, 3, 4]
    assert [view.width for view in found] == [13, 10, 14, 11, 12]
    assert {view.state for view in found} == {"pending"}
    assert (found[0].taken_lat, found[0].taken_lon) == pytest.approx((10.775, 106.7))
    assert found[0].taken_at == received[0].taken_at


async def test_nothing_to_claim_is_no_question(session: AsyncSession) -> None:
    assert await claim(session, [], uuid4()) == []


async def test_an_upload_is_claimed_once(session: AsyncSession, store: LocalStore) -> None:
    case_id = await add_case(session)
    one, two = [(await receive(session, store)).upload_id for _ in range(2)]
    await claim(session, [one], case_id)
    with pytest.raises(InvalidInput) as caught:
        await claim(session, [two, one], case_id)
    assert refusals(caught.value) == [("/uploads/1", "upload_unknown")]


async def test_unknown_and_expired_uploads_are_named(
    session: AsyncSession, store: LocalStore
) -> None:
    case_id = await add_case(session)
    received = await receive(session, store)
    with pytest.raises(InvalidInput) as caught:
        await claim(session, [uuid4(), received.upload_id, uuid4()], case_id)
    assert refusals(caught.value) == [
        ("/uploads/0", "upload_unknown"),
        ("/uploads/2", "upload_unknown"),
    ]
    late = await receive(session, store)
    with pytest.raises(InvalidInput) as caught:
        await claim(session, [late.upload_id], case_id, now=late.expires_at)
    assert refusals(caught.value) == [("/uploads/0", "upload_unknown")]


async def test_an_upload_of_an_account_is_claimed_by_that_account_only(
    session: AsyncSession, store: LocalStore
) -> None:
    case_id = await add_case(session)
    mine, other, joined = [await add_citizen(session) for _ in range(3)]
    await session.execute(
        text("update people set merged_into = :into, active = false where id = :id"),
        {"into": mine.person_id, "id": joined.person_id},
    )
    upload = (await receive(session, store, actor=mine)).upload_id
    for stranger in (ANONYMOUS, other):
        with pytest.raises(InvalidInput) as refused:
            async with session.begin_nested():
                await claim(session, [upload], case_id, actor=stranger)
        assert refusals(refused.value) == [("/uploads/0", "upload_unknown")]
        assert await find_claimable(session, [upload], actor=stranger, now=NOW) == {}
    for owner in (mine, joined):  # a phone that has not heard yet that its account was joined
        assert set(await find_claimable(session, [upload], actor=owner, now=NOW)) == {upload}
        async with session.begin_nested() as undone:
            assert len(await claim(session, [upload], case_id, actor=owner)) == 1
            await undone.rollback()
    nobodys = (await receive(session, store)).upload_id
    assert set(await find_claimable(session, [nobodys], actor=other, now=NOW)) == {nobodys}
    assert len(await claim(session, [nobodys], case_id, actor=other)) == 1


async def test_the_same_upload_twice_is_an_error(session: AsyncSession, store: LocalStore) -> None:
    case_id = await add_case(session)
    one, two = [(await receive(session, store)).upload_id for _ in range(2)]
    with pytest.raises(InvalidInput) as caught:
        await claim(session, [one, two, one], case_id)
    assert refusals(caught.value) == [("/uploads/2", "upload_repeated")]
    assert len(await claim(session, [one, two], case_id)) == 2


async def test_two_cases_race_for_the_same_uploads(
    committed_database: str, store: LocalStore
) -> None:
    """In opposite orders, twenty times: one gets all, the other is refused, nobody deadlocks."""
    engine = create_engine(committed_database)
    factory = create_session_factory(engine)

    async def attempt(upload_ids: list[UUID], case_id: UUID) -> bool:
        try:
            async with transaction(factory) as session:
                await claim(session, upload_ids, case_id)
        except InvalidInput:
            return False
        return True

    try:
        async with transaction(factory) as session:
            case_id = await add_case(session)
        for _ in range(20):
            async with transaction(factory) as session:
                ids = [(await receive(session, store)).upload_id for _ in range(4)]
            won = await asyncio.gather(attempt(ids, case_id), attempt(ids[::-1], case_id))
            assert sorted(won) == [False, True]
        async with transaction(factory) as session:
            assert await session.scalar(select(func.count()).select_from(Attachment)) == 80
    finally:
        await engine.dispose()


async def test_unclaimed_uploads_are_collected(session: AsyncSession, store: LocalStore) -> None:
    case_id = await add_case(session)
    kept, lost = await receive(session, store), await receive(session, store)
    await claim(session, [kept.upload_id], case_id)
    assert await collect_unclaimed(session, store, NOW) == 0
    assert await store.exists(f"originals/2026/11/{lost.upload_id}")
    assert await collect_unclaimed(session, store, lost.expires_at) == 1
    assert not await store.exists(f"originals/2026/11/{lost.upload_id}")
    assert await store.exists(f"originals/2026/11/{kept.upload_id}")
    assert await collect_unclaimed(session, store, lost.expires_at) == 0
    assert list(await session.scalars(select(Upload.id))) == [kept.upload_id]


async def test_a_file_already_gone_does_not_stop_the_collector(
    session: AsyncSession, store: LocalStore
) -> None:
    received = await receive(session, store)
    await store.delete(f"originals/2026/11/{received.upload_id}")
    assert await collect_unclaimed(session, store, received.expires_at) == 1


async def test_reading_photos_of_several_cases(session: AsyncSession, store: LocalStore) -> None:
    first, second, bare = [await add_case(session) for _ in range(3)]
    one, two = [(await receive(session, store)).upload_id for _ in range(2)]
    [mine] = await claim(session, [one], first)
    [other] = await claim(session, [two], second, now=NOW + timedelta(seconds=1))
    found = await list_attachments(session, [second, bare, first])
    assert {case: [view.id for view in views] for case, views in found.items()} == {
        first: [mine],
        second: [other],
        bare: [],
    }
    assert await list_attachments(session, []) == {}
    assert await list_pending(session, NOW) == []
    assert await list_pending(session, NOW + timedelta(minutes=1)) == [mine, other]
    assert await list_pending(session, NOW + timedelta(minutes=1), limit=1) == [mine]


async def test_a_picture_is_served_only_when_it_is_ready(
    session: AsyncSession, store: LocalStore
) -> None:
    case_id = await add_case(session)
    [attachment] = await claim(session, [(await receive(session, store)).upload_id], case_id)

    async def refusal(attachment_id: UUID) -> str:
        with pytest.raises(NotFound) as caught:
            await get_derivative(session, attachment_id, "small")
        return caught.value.code

    assert await refusal(uuid4()) == "photo_not_found"
    assert await refusal(attachment) == "photo_not_ready"
    await session.execute(
        text("update attachments set state = 'ready', small_key = 's.jpg', large_key = 'l.webp'")
    )
    # By the type it was stored in, which was JPEG once.
    assert await get_derivative(session, attachment, "small") == ("s.jpg", "image/jpeg")
    assert await get_derivative(session, attachment, "large") == ("l.webp", "image/webp")
    await session.execute(text("update attachments set state = 'failed'"))
    assert await refusal(attachment) == "photo_failed"
