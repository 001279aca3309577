"""Suggesting duplicates: cases that may be the same problem, for staff and for who is filing.

A suggestion is only shown, with its reasons; `workflows/merging.py` merges, when somebody says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.db import hold
from core.errors import NotFound
from core.statements import fetch, load_statement
from gis.locate import Place
from media.attachments import AttachmentView, list_attachments
from workflows.configuration import Configuration
from workflows.duplicate_score import (
    ALIKE_SIMILARITY,
    MAX_PHOTO_BITS,
    MIN_TEXT_LETTERS,
    WINDOW_HOURS,
    Pair,
    Verdict,
    judge,
    kinship,
)
from workflows.policies import Right, check_right, may
from workflows.public_photos import PublicPhoto, list_public_photos
from workflows.rules import plain
from workflows.visibility import visibility_of

RADIUS_M, MAX_RADIUS_M = 150.0, 500.0
MAX_NEARBY_RADIUS_M = 2000.0
MAX_SUGGESTIONS = 20
# What scores less is as good as never right: of 1,000 marked duplicates among the candidates 987
# score more, and a new report is left with 0.9 suggestions (benchmarks/duplicates.py, first half).
SHOWN_FROM = 0.02
# Of a text this much is compared; of the cases around, this many are judged.
TEXT_LETTERS = 400
MAX_JUDGED = 200

Parents = Mapping[str, str | None]
_SQL = Path(__file__).parent / "sql"
DUPLICATES = load_statement(_SQL / "duplicates.sql")
NEARBY = load_statement(_SQL / "nearby.sql")
_WINDOW = timedelta(hours=WINDOW_HOURS)
_DIGITS = re.compile(r"[0-9]")
# Told to everybody is only that texts are alike, not how much: see sql/nearby.sql.
_MIN_PUBLIC_LETTERS = 20
_PUBLIC_ALIKE = 0.4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An open case that may be the same, and why; `photos` only where the reader may see them."""

    id: UUID
    code: str
    category: str
    department: str
    process_id: int
    state: str
    status: str
    summary: str
    opened_at: datetime
    distance_m: float
    verdict: Verdict
    photos: list[AttachmentView]


@dataclass(frozen=True, slots=True)
class NearbyCase:
    """An open case that everybody may see at its place, and why it may be the same."""

    id: UUID
    code: str
    category: str
    status: str
    opened_at: datetime
    distance_m: float
    supports: int
    verdict: Verdict
    photo: PublicPhoto | None = None


async def list_duplicates(
    session: AsyncSession,
    case_id: UUID,
    *,
    actor: Actor,
    city: Configuration,
    radius_m: float = RADIUS_M,
) -> list[Suggestion]:
    """Open cases that `actor` may see and that may be the same as `case_id`, the likeliest first.

    Within `radius_m` metres and thirty days, MAX_SUGGESTIONS at most. None for a child case or one
    that is merged already, and none that somebody took apart again or linked as having the same
    cause. Who may not read details is suggested only what the public sees at its place, by
    place, time and category. NotFound for a case that is not theirs to see.
    """
    check_right(actor, Right.READ_CASE)
    details = may(actor, Right.READ_DETAILS)
    rows = await _find_candidates(session, case_id, actor, details=details, radius_m=radius_m)
    parents = _parents(city)
    judged = [(row, _judge(row, parents)) for row in rows]
    likely = [pair for pair in judged if pair[1].score >= SHOWN_FROM]
    likely.sort(key=lambda pair: (-pair[1].score, pair[0]["distance_m"], pair[0]["id"]))
    best = likely[:MAX_SUGGESTIONS]
    ids: list[UUID] = [row["id"] for row, _ in best] if details else []
    photos = await list_attachments(session, ids)
    return [_suggestion(row, verdict, photos.get(row["id"], [])) for row, verdict in best]


async def list_nearby(
    session: AsyncSession,
    place: Place,
    *,
    category: str | None,
    radius_m: float,
    city: Configuration,
    now: datetime,
    description: str = "",
    limit: int = 10,
) -> list[NearbyCase]:
    """Open, publicly shown cases within `radius_m` metres of `place`, where somebody is filing.

    The nearest first; the likeliest first once `category` (which also filters) or `description`
    say what it is about. Judged are the MAX_JUDGED nearest.
    """
    by_score = category is not None or bool(description.strip())
    rows = await fetch(
        session,
        NEARBY,
        {
            "lat": place.lat,
            "lon": place.lon,
            "category": category,
            "radius_m": radius_m,
            "words": _DIGITS.sub("", plain(description))[:TEXT_LETTERS],
            "letters": TEXT_LETTERS,
            "least_letters": _MIN_PUBLIC_LETTERS,
            "alike": _PUBLIC_ALIKE,
            "nearest": MAX_JUDGED if by_score else limit,
        },
    )
    parents = _parents(city)
    found = [_nearby_case(row, category, parents, now) for row in rows]
    if by_score:
        found.sort(key=lambda case: (-case.verdict.score, case.distance_m, case.id))
    return await _with_photos(session, found[:limit])


async def _with_photos(session: AsyncSession, cases: list[NearbyCase]) -> list[NearbyCase]:
    """The cases, each with the first photo of the problem that a person approved."""
    ids = [case.id for case in cases]
    await hold(
        session, ids
    )  # whoever looks around has them in sight, and no more than their photos
    photos = await list_public_photos(session, ids)
    return [
        replace(case, photo=next((p for p in photos[case.id] if p.purpose == "report"), None))
        for case in cases
    ]


async def _find_candidates(
    session: AsyncSession, case_id: UUID, actor: Actor, *, details: bool, radius_m: float
) -> list[asyncpg.Record]:
    rows = await fetch(
        session,
        DUPLICATES,
        {
            "case_id": case_id,
            "radius_m": radius_m,
            "apart": _WINDOW,
            "details": details,
            "letters": TEXT_LETTERS,
            "least_letters": MIN_TEXT_LETTERS,
            "photo_bits": MAX_PHOTO_BITS,
            "nearest": MAX_JUDGED,
            **visibility_of(actor),
        },
    )
    if not rows:
        raise NotFound("case_not_found")
    return [row for row in rows if row["id"] is not None]


def _judge(row: asyncpg.Record, parents: Parents) -> Verdict:
    return judge(
        Pair(
            distance_m=row["distance_m"],
            hours_apart=float(row["hours_apart"]),
            kinship=kinship(row["this_category"], row["category"], parents),
            similarity=row["similarity"],
            photo_pairs=row["photo_pairs"],
            same_asset=row["same_asset"],
        )
    )


def _suggestion(row: asyncpg.Record, verdict: Verdict, photos: list[AttachmentView]) -> Suggestion:
    return Suggestion(
        id=row["id"],
        code=row["code"],
        category=row["category"],
        department=row["department"],
        process_id=row["process_id"],
        state=row["state"],
        status=row["status"],
        summary=row["summary"],
        opened_at=row["opened_at"],
        distance_m=row["distance_m"],
        verdict=verdict,
        photos=photos,
    )


def _nearby_case(
    row: asyncpg.Record, category: str | None, parents: Parents, now: datetime
) -> NearbyCase:
    verdict = judge(
        Pair(
            distance_m=row["distance_m"],
            hours_apart=(now - row["opened_at"]).total_seconds() / 3600,
            kinship=kinship(category, row["category"], parents),
            similarity=ALIKE_SIMILARITY if row["alike"] else None,
        )
    )
    return NearbyCase(
        id=row["id"],
        code=row["code"],
        category=row["category"],
        status=row["status"],
        opened_at=row["opened_at"],
        distance_m=row["distance_m"],
        supports=row["supports"],
        verdict=verdict,
    )


def _parents(city: Configuration) -> Parents:
    return {code: view.parent for code, view in city.categories.items()}
