"""Keeping the trust score of cases: at filing by what is known, again when their photos were read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.statements import fetch, load_statement
from gis.locate import Place
from media.screens import looks_like_screen
from media.tables import Attachment
from media.uploads import UploadClaims
from workflows.evidence import distance_m
from workflows.tables import Case, Report, Reporter
from workflows.trust_score import Known, Photo, Trust, judge

# Photos alike by so many different bits of 64 are copies of one, not two of the same thing
# (`workflows/duplicate_score.py` has what was measured). The index finds no more than seven.
COPY_BITS = 7
_PHOTOS = load_statement(Path(__file__).parent / "sql" / "known_photos.sql")


def photo_of(claims: UploadClaims, place: Place) -> Photo:
    """What a photo that was just uploaded says, of a report at `place`."""
    there = claims.lat is not None and claims.lon is not None
    return Photo(
        taken_at=claims.taken_at,
        distance_m=distance_m(place.lat, place.lon, claims.lat, claims.lon)  # pyright: ignore[reportArgumentType]
        if there
        else None,
        screen=looks_like_screen(claims.content_type, claims.width, claims.height, claims.taken_at),
    )


def reasons_json(trust: Trust) -> list[dict[str, Any]]:
    """The reasons as a case keeps them."""
    return [{"code": reason.code, "facts": reason.facts} for reason in trust.reasons]


async def judge_again(
    sessions: async_sessionmaker[AsyncSession], attachment_ids: Sequence[UUID]
) -> None:
    """Judge the reports of these photos anew, now that the photos were read. Safe to run twice."""
    async with transaction(sessions) as session:
        found = await session.scalars(
            select(Attachment.case_id)
            .where(Attachment.id.in_(attachment_ids), Attachment.purpose == "report")
            .distinct()
        )
        for case_id in sorted(found):  # two workers take their rows in the same order
            await _judge_case(session, case_id)


async def _judge_case(session: AsyncSession, case_id: UUID) -> None:
    report = (
        await session.execute(
            select(
                Report.captured_at, Report.filed_at, Report.accuracy_m, Reporter.person_id,
                Reporter.report_id.label("reporter"),
            )
            .outerjoin(Reporter, Reporter.report_id == Report.id)
            .where(Report.id == case_id)
        )
    ).one_or_none()  # fmt: skip
    if report is None:  # a child case, which has no report
        return
    photos = await fetch(session, _PHOTOS, {"case_ids": [case_id], "bits": COPY_BITS})
    trust = judge(
        Known(
            written_at=report.captured_at or report.filed_at,
            account=report.person_id is not None,
            contact=report.reporter is not None,
            accuracy_m=report.accuracy_m,
            photos=tuple(_photo(row) for row in photos),
        )
    )
    reasons = reasons_json(trust)
    await session.execute(
        update(Case)
        .where(Case.id == case_id, Case.trust_reasons.is_distinct_from(reasons))
        .values(trust=trust.score, trust_reasons=reasons)
    )


def _photo(row: asyncpg.Record) -> Photo:
    taken_at: datetime | None = row["taken_at"]
    return Photo(
        taken_at=taken_at,
        distance_m=row["distance_m"],
        screen=looks_like_screen(row["content_type"], row["width"], row["height"], taken_at),
        known_m=row["known_m"],
    )
