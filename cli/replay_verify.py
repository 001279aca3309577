"""Is everything there that was acknowledged? Asked of the database after a replay."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

_BATCH = 5000
_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_PRESENT = text("select id from reports where id = any(:ids)").bindparams(_IDS)
# A report is whole with its case, the first event of its history and a ward.
_WHOLE = text(
    """
    select reports.id
    from reports
    join cases on cases.id = reports.case_id
    join case_events on case_events.case_id = cases.id
        and case_events.rev = 1 and case_events.seq = 0
    join areas on areas.id = reports.area_id and areas.kind = 'ward'
    where reports.id = any(:ids)
    """
).bindparams(_IDS)


async def list_present(
    sessions: async_sessionmaker[AsyncSession], report_ids: list[UUID]
) -> list[UUID]:
    """Those of the ids that have a report."""
    if not report_ids:
        return []
    async with sessions() as session:
        return list(await session.scalars(_PRESENT, {"ids": report_ids}))


async def verify(sessions: async_sessionmaker[AsyncSession], report_ids: list[UUID]) -> list[UUID]:
    """Those of the ids whose report is not whole; none, if all is well."""
    broken: list[UUID] = []
    for start in range(0, len(report_ids), _BATCH):
        ids = report_ids[start : start + _BATCH]
        async with sessions() as session:
            whole = set(await session.scalars(_WHOLE, {"ids": ids}))
        broken += [report_id for report_id in ids if report_id not in whole]
    return broken
