"""Photos before the public: the waiting ones, a person's decision on each, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core import audit
from core.actor import SYSTEM, Actor
from core.db import AnyRow, AnySelect
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, PreconditionMissing
from core.jobs import enqueue
from core.paging import Page, decode_instant_cursor, encode_cursor
from core.statements import compile_select, fetch_rows
from identity.tables import COLLEAGUES
from media.attachments import AttachmentView, list_attachments
from media.publications import Decision, decide, lock_publication, lock_publications
from media.tables import Attachment, Publication
from workflows.photo_rules import (
    FINAL,
    PhotoFacts,
    Standing,
    check_approval,
    check_video,
    consent_known_from,
    reasons_against,
)
from workflows.policies import Right, check_right, is_in_charge, may
from workflows.tables import Case, Category, Report
from workflows.tasks import MAKE_PUBLIC
from workflows.visibility import visible_to


@dataclass(frozen=True, slots=True)
class PublicationView:
    """A photo's publication as staff see it; see `media.tables.Publication`.

    `against` are the reasons why it is not shown even when it is approved (codes, see
    `photo_rules`); `may_decide` whether this reader may, `may_overrule` also against those.
    """

    attachment_id: UUID
    state: Literal["waiting", "approved", "withheld"]
    rev: int
    examination: Literal["pending", "done", "failed"]
    found: list[dict[str, Any]]
    boxes: list[dict[str, Any]]
    shows_children: bool
    overruled: bool
    video: bool
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    picture: Literal["none", "pending", "ready", "failed"]
    against: list[str]
    may_decide: bool
    may_overrule: bool


@dataclass(frozen=True, slots=True)
class WaitingPhoto:
    """A photo that waits for a person, with its case (a row of id, code, category, summary)."""

    photo: AttachmentView
    case: AnyRow
    publication: PublicationView


async def page_waiting(
    session: AsyncSession, *, actor: Actor, limit: int, cursor: str | None
) -> Page[WaitingPhoto]:
    """Photos that the actor may decide on and nobody has, the oldest first.

    Not those that are never shown by default, nor those whose reporter has not agreed to it: for an
    exception one goes to the case.
    """
    check_right(actor, Right.APPROVE_PHOTOS)
    photo = Publication
    if actor.department is not None:  # the planner would begin with all of its cases
        waiting = select(Publication).where(Publication.state == "waiting").cte("waiting")
        photo = aliased(Publication, waiting.prefix_with("materialized"))
    query = _query(photo).where(
        photo.state == "waiting",
        visible_to(actor),
        _in_charge(actor),
        Case.visibility != "hidden",
        Category.photos_public != "never",
        ~photo.shows_children,
        ~func.coalesce(Report.shows_children, False),
    )
    if cursor is not None:
        at, photo_id = decode_instant_cursor(cursor)
        last = tuple_(literal(at), literal(photo_id))
        query = query.where(tuple_(photo.created_at, photo.attachment_id) > last)
    query = query.order_by(photo.created_at, photo.attachment_id).limit(limit + 1)
    rows = list(await session.execute(query))
    shown = rows[:limit]
    photos = await _photos_of(session, [row.case_id for row in shown])
    items = [
        WaitingPhoto(photos[row.attachment_id], row, _view(row, actor))
        for row in shown
        if row.attachment_id in photos
    ]
    if len(rows) <= limit:
        return Page(items, None)
    last_row = shown[-1]
    return Page(items, encode_cursor([last_row.created_at.isoformat(), last_row.attachment_id]))


async def list_publications(
    session: AsyncSession, case_id: UUID, *, actor: Actor
) -> dict[UUID, PublicationView]:
    """The publications of a case's photos, by photo. Who may see the case is the caller's
    question.
    """
    rows = await fetch_rows(session, _OF_CASE, {"case_id": case_id})
    return {row.attachment_id: _view(row, actor) for row in rows}


async def decide_publication(
    session: AsyncSession,
    attachment_id: UUID,
    decision: Decision,
    *,
    actor: Actor,
    expected_rev: int | None,
    now: datetime,
) -> PublicationView:
    """Approve a photo for everybody, with what is to be covered, or withhold it; again and again,
    as the last decision counts. Its public pictures follow the commit.

    NotFound for a photo of a case that is not theirs to see, Forbidden for one of a department
    that is not theirs, Conflict if somebody decided meanwhile or the photo is not ready,
    PreconditionMissing without `expected_rev`, InvalidInput for what `photo_rules` does not allow.
    """
    check_right(actor, Right.APPROVE_PHOTOS)
    facts = await _get_facts(session, attachment_id, actor)
    if not is_in_charge(actor, facts.department):
        raise Forbidden("photo_of_other_department")
    row = await lock_publication(session, attachment_id)
    if row is None and facts.purpose != "note":
        raise Conflict("photo_failed" if facts.state == "failed" else "photo_not_ready")
    if row is None:
        raise InvalidInput.at("/decision", "photo_of_note")
    if expected_rev is None:
        raise PreconditionMissing("if_match_required")
    if expected_rev != row.rev:
        raise Conflict("publication_changed", rev=row.rev)
    if decision.approved:
        _check_approval(facts, row, decision, actor)
    decide(row, decision, by=actor.person_id, now=now)
    await session.flush()
    await _note(session, row, decision, actor)
    await enqueue(session, MAKE_PUBLIC, [attachment_id])
    return await _get_view(session, attachment_id, actor)


async def withdraw_publications(
    session: AsyncSession,
    attachment_ids: Sequence[UUID],
    *,
    reason: str,
    now: datetime,
    actor: Actor = SYSTEM,
) -> None:
    """Take photos out of the public's sight with this commit; their files go after it.

    For whoever erases, restricts or no longer agrees to what a person gave: nobody's right is asked
    here, and a photo that was never public is withheld as well. Safe to run again. `actor` is in
    whose name the transaction acts, and stands in the audit log.
    """
    for row in await lock_publications(session, Publication.attachment_id.in_(attachment_ids)):
        withheld = Decision(approved=False, shows_children=row.shows_children, reason=reason)
        decide(row, withheld, by=None, now=now)
        await _note(session, row, withheld, actor)
    await session.flush()
    await enqueue(session, MAKE_PUBLIC, list(attachment_ids))


async def _note(session: AsyncSession, row: Publication, decision: Decision, actor: Actor) -> None:
    """Each decision stays in the audit log, also when the next one takes its place in the row."""
    facts: dict[str, Any] = {
        "rev": row.rev,
        "decision": row.state,
        "boxes": len(decision.boxes),
        "video": row.video,
        "shows_children": decision.shows_children,
        "overruled": decision.overruled,
    }
    if decision.overruled or Standing(row.state, reason=row.reason).mark is not None:
        facts["reason"] = decision.reason
    await audit.note(session, actor, "publication.decide", f"photo:{row.attachment_id}", facts)


def _check_approval(facts: AnyRow, row: Publication, decision: Decision, actor: Actor) -> None:
    photo = _with_consent(
        PhotoFacts(
            purpose=facts.purpose,
            visibility=facts.visibility,
            photos_public=facts.photos_public,
            shows_children=facts.filed_with_children or decision.shows_children,
        ),
        Standing(row.state, row.overruled, row.reason),
    )
    errors = check_video(
        is_video=facts.kind == "video", whole=decision.video, boxes=len(decision.boxes)
    ) or check_approval(
        photo,
        overrule=decision.overruled,
        may_overrule=may(actor, Right.OVERRULE_PHOTOS),
        reason=decision.reason,
    )
    if errors:
        raise InvalidInput(fields=errors)


def _with_consent(photo: PhotoFacts, standing: Standing) -> PhotoFacts:
    against = bool(reasons_against(photo))
    return replace(photo, consent=consent_known_from(standing, otherwise_against=against))


async def _get_facts(session: AsyncSession, attachment_id: UUID, actor: Actor) -> AnyRow:
    query = (
        select(
            Attachment.purpose, Attachment.kind, Attachment.state, Case.department, Case.visibility,
            Category.photos_public,
            func.coalesce(Report.shows_children, False).label("filed_with_children"),
        )
        .join(Case, Case.id == Attachment.case_id)
        .join(Category, Category.code == Case.category)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .where(Attachment.id == attachment_id, visible_to(actor))
    )  # fmt: skip
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("photo_not_found")
    return row


async def _get_view(session: AsyncSession, attachment_id: UUID, actor: Actor) -> PublicationView:
    query = _query().where(Publication.attachment_id == attachment_id)
    return _view((await session.execute(query)).one(), actor)


def _query(photo: type[Publication] = Publication) -> AnySelect:
    return (
        select(
            photo.attachment_id, photo.state, photo.rev, photo.examination,
            photo.found, photo.boxes, photo.overruled, photo.video,
            photo.reason,
            photo.picture, photo.created_at, photo.changed_at,
            (photo.shows_children | func.coalesce(Report.shows_children, False)).label(
                "shows_children"
            ),
            COLLEAGUES.c.name.label("decided_by"),
            Attachment.purpose, Attachment.case_id, Case.code, Case.category, Case.summary,
            Case.department, Case.visibility, Category.photos_public,
        )
        .select_from(photo)
        .join(Attachment, Attachment.id == photo.attachment_id)
        .join(Case, Case.id == Attachment.case_id)
        .join(Category, Category.code == Case.category)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .outerjoin(COLLEAGUES, COLLEAGUES.c.id == photo.decided_by)
    )  # fmt: skip


_OF_CASE = compile_select(_query().where(Attachment.case_id == bindparam("case_id", type_=Uuid)))


def _in_charge(actor: Actor) -> ColumnElement[bool]:
    """Condition on `cases`, for those who approve: theirs to decide on, not only to see."""
    if actor.department is None:
        return true()
    return Case.department == actor.department


def _view(row: AnyRow, actor: Actor) -> PublicationView:
    standing = Standing(row.state, row.overruled, row.reason)
    facts = _with_consent(
        PhotoFacts(row.purpose, row.visibility, row.photos_public, row.shows_children), standing
    )
    in_charge = may(actor, Right.APPROVE_PHOTOS) and is_in_charge(actor, row.department)
    return PublicationView(
        attachment_id=row.attachment_id,
        state=row.state,
        rev=row.rev,
        examination=row.examination,
        found=row.found,
        boxes=row.boxes,
        shows_children=row.shows_children,
        overruled=row.overruled,
        video=row.video,
        reason=None if standing.mark else row.reason,
        decided_by=row.decided_by,
        decided_at=row.changed_at if row.state != "waiting" else None,
        picture=row.picture,
        against=["photo_of_hidden_case"] if row.visibility == "hidden" else reasons_against(facts),
        may_decide=in_charge and row.visibility != "hidden",
        may_overrule=in_charge and may(actor, Right.OVERRULE_PHOTOS) and facts.consent not in FINAL,
    )


async def _photos_of(session: AsyncSession, case_ids: list[UUID]) -> dict[UUID, AttachmentView]:
    photos = await list_attachments(session, list(set(case_ids)))
    return {photo.id: photo for each in photos.values() for photo in each}
