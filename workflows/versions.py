"""Versions of the two documents that shape a city: its process and its routing rules.

A version begins as a draft and is published at most once; what is published never changes (a
trigger sees to it). The city points at one published version of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.audit import note as note_in_log
from core.errors import Conflict, InvalidInput, NotFound
from core.validation import invalid_document
from workflows.catalogue import VERSION_KEY
from workflows.policies import Right, check_right
from workflows.process_document import Process
from workflows.rules import Ruleset
from workflows.tables import City, ProcessVersion, RulesetVersion

D = TypeVar("D", bound=BaseModel)
MAX_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Kind(Generic[D]):
    """One of the two kinds of documents: its table, its shape, and the city's pointer to it."""

    name: str
    table: type[ProcessVersion | RulesetVersion]
    shape: type[D]
    pointer: str

    def parse(self, document: dict[str, Any]) -> D:
        """The document as rules want it. InvalidInput naming each place below `/document`."""
        try:
            return self.shape.model_validate(document)
        except ValidationError as error:
            raise invalid_document(error, "/document") from error


PROCESS = Kind("process", ProcessVersion, Process, "process_id")
ROUTING = Kind("routing", RulesetVersion, Ruleset, "ruleset_id")


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version without its document. `current`: new cases run on it."""

    version: int
    state: str
    note: str
    created_at: datetime
    published_at: datetime | None
    current: bool


@dataclass(frozen=True, slots=True)
class FoundVersion(Generic[D]):
    """A version with its document, as stored and as rules want it."""

    id: int
    view: VersionView
    document: dict[str, Any]
    parsed: D


async def list_versions(
    session: AsyncSession, kind: Kind[Any], *, actor: Actor
) -> list[VersionView]:
    """All versions, the newest first."""
    check_right(actor, Right.CONFIGURE)
    table = kind.table
    rows = await session.execute(_views(kind).order_by(table.version.desc()).limit(MAX_ROWS))
    return [VersionView(*row) for row in rows]


async def get_version(
    session: AsyncSession, kind: Kind[D], version: int, *, actor: Actor
) -> FoundVersion[D]:
    """One version. NotFound if there is none of this number."""
    check_right(actor, Right.CONFIGURE)
    table = kind.table
    row = (
        await session.execute(
            _views(kind).add_columns(table.id, table.document).where(table.version == version)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("version_not_found", version=version)
    *view, row_id, document = tuple[Any, ...](row)
    return FoundVersion(row_id, VersionView(*view), document, kind.parse(document))


async def add_draft(
    session: AsyncSession,
    kind: Kind[Any],
    document: dict[str, Any],
    *,
    note: str,
    actor: Actor,
    now: datetime,
) -> VersionView:
    """Keep `document` as a draft with the next number. InvalidInput unless it has the shape."""
    check_right(actor, Right.CONFIGURE)
    kind.parse(document)
    await lock_city(session)  # two drafts at once get two numbers
    latest = await session.scalar(
        select(func.max(kind.table.version)).where(kind.table.key == VERSION_KEY)
    )
    row = kind.table(
        key=VERSION_KEY,
        version=(latest or 0) + 1,
        document=document,
        state="draft",
        note=note,
        created_at=now,
        created_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    await note_in_log(session, actor, f"{kind.name}.draft", f"{kind.name}:{row.version}", {})
    return VersionView(row.version, "draft", note, now, None, current=False)


async def delete_draft(
    session: AsyncSession, kind: Kind[Any], version: int, *, actor: Actor
) -> None:
    """Throw a draft away. Conflict `version_is_published` for what is none any more."""
    found = await get_version(session, kind, version, actor=actor)
    if found.view.state != "draft":
        raise Conflict("version_is_published", version=version)
    await session.execute(delete(kind.table).where(kind.table.id == found.id))
    await note_in_log(session, actor, f"{kind.name}.discard", f"{kind.name}:{version}", {})


async def lock_city(session: AsyncSession) -> City:
    """The city's row, locked until the transaction ends: changes of configuration queue here."""
    city = await session.scalar(
        select(City).with_for_update().execution_options(populate_existing=True)
    )
    if city is None:
        raise InvalidInput("city_not_configured")
    return city


def _views(kind: Kind[Any]) -> Any:
    table = kind.table
    return (
        select(
            table.version, table.state, table.note, table.created_at, table.published_at,
            (table.id == getattr(City, kind.pointer)).label("current"),
        )
        .join(City, City.id == 1)
        .where(table.key == VERSION_KEY)
    )  # fmt: skip
