"""Everything that is held about a person, as a ZIP that is made while it is sent.

`data.json` has it all in the shape that `docs/how-to/protect-personal-data.md` describes (its `schema`
grows by one whenever a reader would break); `files/` holds the originals of their photos. Secrets
that only prove something to us (hashes of codes and tokens) are of no use to anybody and left out.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any, cast
from uuid import UUID

from sqlalchemy import LargeBinary, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note
from core.db import Base
from core.errors import NotFound, NotSignedIn
from core.sealing import Sealer
from gis.tables import Area
from identity.numbers import phone_of
from identity.sign_in import get_person
from identity.tables import Person
from media.formats import ENDINGS
from media.stores.base import Store
from media.tables import Attachment, Upload
from workflows.consent_texts import ConsentTexts
from workflows.contacts import CONTACT_COLUMNS, contact_of
from workflows.policies import Right, check_right
from workflows.rights_tables import Consent, PersonRequest
from workflows.tables import Case, CaseEvent, Report, Reporter

SCHEMA = 1
BATCH = 100
OpenSession = Callable[[], AbstractAsyncContextManager[AsyncSession]]
# Written out by hand below, or without any meaning outside of this system.
_TOLD_APART = frozenset({"reporters", "consents", "person_requests", "uploads", "transfers"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data: an account, or whoever filed these reports without one."""

    person_id: UUID | None
    report_ids: tuple[UUID, ...] = ()


@dataclass(slots=True)
class _File:
    """A stored file that goes into the ZIP, and its name there."""

    key: str
    name: str


@dataclass(slots=True)
class _Sink:
    """What the ZIP is written to: hands on what has come together. It cannot seek, so sizes and
    checksums follow each file, which every program reads.
    """

    parts: list[bytes] = field(default_factory=list[bytes])

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        return None

    def take(self) -> bytes:
        taken = b"".join(self.parts)
        self.parts.clear()
        return taken


async def begin_export(session: AsyncSession, *, actor: Actor) -> Subject:
    """Note that somebody takes their own data along; committed before the first of it is sent.
    Forbidden for staff: their accounts belong to the city.
    """
    check_right(actor, Right.OWN_DATA)
    if actor.person_id is None:
        raise NotSignedIn
    await get_person(session, actor.person_id)  # a token outlives its account
    await note(session, actor, "data.export", f"person:{actor.person_id}", {})
    return Subject(actor.person_id)


async def export(
    open_session: OpenSession,
    store: Store,
    sealer: Sealer,
    subject: Subject,
    *,
    texts: ConsentTexts,
    now: datetime,
) -> AsyncGenerator[bytes]:
    """The ZIP in pieces; no more than one piece of one file is in memory.

    A photo whose file is missing is named in `data.json` all the same.
    """
    sink, files = _Sink(), list[_File]()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w") as archive:
        with archive.open(_entry("data.json", now), "w") as entry:
            async for piece in _document(open_session, sealer, subject, files, texts, now):
                entry.write(piece.encode())
                if data := sink.take():
                    yield data
        for file in files:
            try:
                stored = await store.open(file.key)
            except NotFound:
                continue
            info = _entry(file.name, now, zipfile.ZIP_STORED)
            with archive.open(info, "w", force_zip64=True) as entry:
                async for chunk in stored:
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


async def _document(
    open_session: OpenSession,
    sealer: Sealer,
    subject: Subject,
    files: list[_File],
    texts: ConsentTexts,
    now: datetime,
) -> AsyncIterator[str]:
    """`data.json`, section by section."""
    yield f'{{"schema": {SCHEMA}, "made_at": {_json(now)}'
    async with open_session() as session:
        if subject.person_id is not None:
            yield f', "account": {_json(await _account(session, subject.person_id, sealer))}'
            for table in _tables_of_people():
                rows = await _rows(session, table, subject.person_id)
                yield f', "{table.name}": {_json(rows)}'
        yield f', "consents": {_json(await _consents(session, subject, texts))}'
        yield f', "requests": {_json(await _requests(session, subject))}'
        yield ', "reports": ['
        after, first = None, True
        while batch := await _reports(session, subject, sealer, files, after):
            for report in batch:
                yield ("" if first else ", ") + _json(report)
                first = False
            after = UUID(batch[-1]["id"])
        yield "]"
    yield "}\n"


async def _account(session: AsyncSession, person_id: UUID, sealer: Sealer) -> dict[str, Any]:
    person = await session.get_one(Person, person_id)
    return {
        "id": person.id,
        "name": person.name,
        "phone": phone_of(person, sealer),
        "email": person.email,
        "language": person.language,
        "preferences": person.preferences,
        "created_at": person.created_at,
    }


def _tables_of_people() -> list[Table]:
    """Whatever tables say whose row it is: found, so that none is missed that comes later."""
    people = Person.__table__
    found = {
        key.parent.table
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is people and key.parent.name == "person_id"
    }
    supports = Base.metadata.tables["supports"]  # of nobody, once who it was is forgotten
    wanted = {table for table in found if table.name not in _TOLD_APART} | {supports}
    return sorted(wanted, key=lambda table: table.name)


async def _rows(session: AsyncSession, table: Table, person_id: UUID) -> list[dict[str, Any]]:
    shown = [column for column in table.columns if not isinstance(column.type, LargeBinary)]
    rows = await session.execute(
        select(*shown).where(table.c.person_id == person_id).order_by(*table.primary_key.columns)
    )
    return [dict(row) for row in rows.mappings()]


async def _consents(
    session: AsyncSession, subject: Subject, texts: ConsentTexts
) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(Consent)
        .where(
            Consent.person_id == subject.person_id
            if subject.person_id is not None
            else Consent.report_id.in_(subject.report_ids)
        )
        .order_by(Consent.id)
    )
    return [
        {
            "purpose": row.purpose,
            "version": row.version,
            "given": row.given,
            "at": row.at,
            "channel": row.channel,
            "report_id": row.report_id,
            "text": text.vi if (text := texts.find(row.purpose, row.version)) else None,
            "text_sha256": row.text_sha256.hex(),
        }
        for row in rows
    ]


async def _requests(session: AsyncSession, subject: Subject) -> list[dict[str, Any]]:
    if subject.person_id is None:
        return []
    columns = (
        PersonRequest.code, PersonRequest.kind, PersonRequest.text, PersonRequest.status,
        PersonRequest.answer, PersonRequest.opened_at, PersonRequest.due_at,
        PersonRequest.closed_at,
    )  # fmt: skip
    rows = await session.execute(
        select(*columns)
        .where(PersonRequest.person_id == subject.person_id)
        .order_by(PersonRequest.opened_at)
    )
    return [dict(row) for row in rows.mappings()]


async def _reports(
    session: AsyncSession,
    subject: Subject,
    sealer: Sealer,
    files: list[_File],
    after: UUID | None,
) -> list[dict[str, Any]]:
    """Some reports in the order of their ids, with what their contact and their steps were."""
    query = (
        select(
            Report.id, Report.code, Report.case_id, Report.category, Report.description,
            Report.address, Report.answers, Report.anonymous, Report.source, Report.captured_at,
            Report.filed_at, func.ST_Y(Report.geom).label("lat"), func.ST_X(Report.geom).label("lon"),
            Report.accuracy_m, Area.code.label("area"), Case.status, Case.answer, Case.rating,
            Reporter.report_id, *CONTACT_COLUMNS,
        )
        .join(Case, Case.id == Report.case_id)
        .join(Area, Area.id == Report.area_id)
        .outerjoin(Reporter, Reporter.report_id == Report.id)
        .where(
            Reporter.person_id == subject.person_id
            if subject.person_id is not None
            else Report.id.in_(subject.report_ids)
        )
        .order_by(Report.id)
        .limit(BATCH)
    )  # fmt: skip
    if after is not None:
        query = query.where(Report.id > after)
    rows = (await session.execute(query)).all()
    photos = await _photos(session, [row.id for row in rows])
    steps = await _steps(session, subject, [row.case_id for row in rows])
    made: list[dict[str, Any]] = []
    for row in rows:
        contact = contact_of(row).open(sealer)
        mine = photos.get(row.id, [])
        files += [_File(photo["key"], _name_of(row.code, photo)) for photo in mine]
        made.append(
            {
                "id": str(row.id),
                "code": row.code,
                "category": row.category,
                "filed_at": row.filed_at,
                "captured_at": row.captured_at,
                "source": row.source,
                "place": {"lat": row.lat, "lon": row.lon, "accuracy_m": row.accuracy_m},
                "area": row.area,
                "address": row.address,
                "description": row.description,
                "answers": row.answers,
                "anonymous": row.anonymous,
                "contact": {"name": contact.name, "phone": contact.phone, "email": contact.email},
                "status": row.status,
                "answer": row.answer,
                "rating": row.rating,
                "photos": [
                    {name: value for name, value in photo.items() if name != "key"}
                    | {"file": _name_of(row.code, photo)}
                    for photo in mine
                ],
                "steps": steps.get(row.case_id, []),
            }
        )
    return made


async def _photos(
    session: AsyncSession, report_ids: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    rows = await session.execute(
        select(
            Attachment.report_id, Attachment.position, Attachment.original_key,
            Upload.content_type, Attachment.taken_at, Attachment.created_at,
            func.ST_Y(Attachment.taken_place).label("lat"),
            func.ST_X(Attachment.taken_place).label("lon"),
        )
        .join(Upload, Upload.id == Attachment.upload_id)
        .where(Attachment.report_id.in_(report_ids))
        .order_by(Attachment.report_id, Attachment.position)
    )  # fmt: skip
    photos: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        photos.setdefault(row.report_id, []).append(
            {
                "key": row.original_key,
                "position": row.position,
                "content_type": row.content_type,
                "taken_at": row.taken_at,
                "taken_place": {"lat": row.lat, "lon": row.lon} if row.lat is not None else None,
                "received_at": row.created_at,
            }
        )
    return photos


async def _steps(
    session: AsyncSession, subject: Subject, case_ids: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """The public history, with the words of the person's own steps."""
    rows = await session.execute(
        select(
            CaseEvent.case_id, CaseEvent.at, CaseEvent.action, CaseEvent.actor_role,
            CaseEvent.actor_id, CaseEvent.to_state, CaseEvent.form, CaseEvent.public,
        )
        .where(CaseEvent.case_id.in_(case_ids))
        .order_by(CaseEvent.case_id, CaseEvent.rev, CaseEvent.seq)
    )  # fmt: skip
    steps: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        own = subject.person_id is not None and row.actor_id == subject.person_id
        if own or row.public:
            steps.setdefault(row.case_id, []).append(
                {
                    "at": row.at,
                    "action": row.action,
                    "by": "me" if own else row.actor_role,
                    "state": row.to_state,
                    "form": row.form if own else {},
                }
            )
    return steps


def _name_of(code: str, photo: dict[str, Any]) -> str:
    ending = ENDINGS.get(photo["content_type"], "bin")
    return str(PurePosixPath("files", code, f"{photo['position'] + 1}.{ending}"))


def _entry(name: str, now: datetime, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, now.timetuple()[:6])
    entry.compress_type = compression
    return entry


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
