"""Filing a report: from what a citizen sent to a running case, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import jsonschema_rs
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import Conflict, FieldError, InvalidInput, Unavailable
from core.jobs import enqueue
from core.sealing import Sealer
from gis.assets import AssetRef
from gis.layers import list_nearby_features
from gis.locate import LocatedArea, Place, find_ward
from media.uploads import UploadClaims, claim_uploads, find_claimable
from workflows import process, repository, review
from workflows.assets import check_asset
from workflows.assignment import pick_assignee
from workflows.codes import encode
from workflows.configuration import Configuration, ConfigurationCache
from workflows.consents import (
    Decision,
    Subject,
    add_consents,
    check_decisions,
    check_identity,
)
from workflows.contacts import Contact, seal_contact
from workflows.policies import Right, check_right
from workflows.process import CaseState, Change, Surroundings
from workflows.review import Reason
from workflows.rights_tables import CHANNELS
from workflows.rules import Facts, Routing, plain
from workflows.tasks import MAKE_DERIVATIVES
from workflows.trust import photo_of, reasons_json
from workflows.trust_score import START, Known, Trust, judge

CITIZEN_SOURCES = frozenset({"app", "web"})
SUMMARY_LENGTH = 160
# Of cases that were routed before these were looked at.
_UNKNOWN: dict[str, Any] = {"review": [], "trust": START}


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """What is filed, its shape already checked: see `api/schemas/reports.py`."""

    category: str
    place: Place
    description: str
    accuracy_m: float | None = None
    address: str | None = None
    uploads: tuple[UUID, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    anonymous: bool = False
    contact: Contact | None = None
    captured_at: datetime | None = None
    asset: AssetRef | None = None
    shows_children: bool = False
    catalogue_version: str | None = None
    waited: bool = False
    consents: tuple[Decision, ...] = ()

    def fingerprint(self) -> bytes:
        """SHA-256 of the content: the same draft sent again has the same one. What came later to
        a draft counts only where it is given, so that reports of before keep theirs; which
        catalogue the phone has at the moment, and by which way it comes, is no content.
        """
        contact = self.contact
        content = [
            self.category,
            [self.place.lat, self.place.lon, self.accuracy_m],
            self.description,
            self.address,
            self.uploads,
            self.answers,
            self.anonymous,
            [contact.name, contact.phone, contact.email] if contact else None,
            self.captured_at,
            *([[self.asset.layer, self.asset.code]] if self.asset else []),
            *(["shows_children"] if self.shows_children else []),
            *([[[c.purpose, c.version, c.given] for c in self.consents]] if self.consents else []),
        ]
        canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).digest()


@dataclass(frozen=True, slots=True)
class FiledReport:
    """What the citizen is answered. `created` is False when this was a retry."""

    id: UUID
    code: str
    status: str
    area_code: str
    area_name: str
    department_code: str
    department_name: str
    due_at: datetime
    created: bool


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """Limits of intake that the installation sets."""

    tolerance_m: float = 2000.0


async def file_report(
    session: AsyncSession,
    draft: ReportDraft,
    *,
    report_id: UUID,
    actor: Actor,
    now: datetime,
    cache: ConfigurationCache,
    rules: IntakeRules,
    sealer: Sealer,
    source: str = "app",
    filed_at: datetime | None = None,
    notify: bool = True,
) -> FiledReport:
    """File `draft` under the id that its sender made.

    A retry with the same id and content answers the first result and writes that it did: its
    acknowledgement is then as durable as the first one. Clocks count from `filed_at` (default
    `now`); with `notify=False` nobody is told. The caller commits. A report that waited without a
    network (it comes in a batch, or says so by its `captured_at` or its catalogue) is not refused
    for what changed meanwhile: its case is marked for review.

    Raises Conflict `report_id_taken` for the same id with other content, InvalidInput naming the
    fields at fault, Forbidden for roles that do not file.
    """
    check_right(actor, Right.FILE_REPORT)
    opening = await repository.open_intake(session, report_id)
    if opening is None:
        raise Unavailable("city_not_configured")
    if opening.body_hash is not None:
        return await _answer_again(session, draft, report_id, opening.body_hash)
    city = await cache.at(session, opening.revision)
    waited = draft.waited or review.has_waited(draft.captured_at, now=now)
    reasons = check_draft(draft, city, source, waited=waited)
    reasons += review.reasons_of_time(draft.captured_at, now=now)
    ward = await _locate(session, draft.place, city, rules)
    reasons += await _check_asset(session, draft, waited=waited)
    photos = (
        await find_claimable(session, list(draft.uploads), actor=actor, now=now)
        if draft.uploads
        else {}
    )
    uploads, missing = _uploads_of(draft, photos, waited=waited)
    reasons += missing
    started = filed_at or now
    trust = _trust_in(draft, actor, photos, started)
    facts = await _facts(session, draft, city, ward, source, started, reasons, trust)
    routing = city.router.route(facts)
    assignee = await pick_assignee(session, routing.outcome, now=now)
    kept = routing_json(city, routing, facts)
    change = start_case(city, draft.category, kept, source, started, assignee=assignee)
    code = encode(opening.number)
    saved = await repository.save_report(
        session,
        columns_of(draft, city, ward, kept, code, source)
        | repository.change_columns(change, actor, notify=notify)
        | reporter_columns(draft, actor, sealer)
        | {"report_id": report_id, "filed_at": started, "now": now, "review": reasons}
        | {"trust": trust.score, "trust_reasons": repository.to_json(reasons_json(trust))},
    )
    if not saved:  # somebody filed the same id between our two statements
        opening = await repository.open_intake(session, report_id)
        assert opening is not None
        assert opening.body_hash is not None
        return await _answer_again(session, draft, report_id, opening.body_hash)
    await _attach_photos(session, uploads, report_id, actor, now)
    await add_consents(
        session,
        Subject(actor.person_id if not actor.is_staff else None, report_id),
        draft.consents,
        texts=city.consent_texts,
        actor=actor,
        channel=source if source in CHANNELS else "app",
        language=actor.language,
        now=now,
    )
    department = city.departments[change.case.department]
    assert change.case.due_at is not None  # a process promises a date from its start
    return FiledReport(
        id=report_id,
        code=code,
        status=change.status.value,
        area_code=ward.code,
        area_name=ward.name if actor.language == "vi" else ward.name_en,
        department_code=department.code,
        department_name=department.name if actor.language == "vi" else department.name_en,
        due_at=change.case.due_at,
        created=True,
    )


def check_draft(
    draft: ReportDraft, city: Configuration, source: str, *, waited: bool = False
) -> list[Reason]:
    """Raise InvalidInput for a category that cannot be used, missing photos or wrong answers. Of a
    report that waited, and whose phone had another catalogue, they are reasons for a review.
    """
    check_decisions(draft.consents, city.consent_texts, pointer="/consents")
    check_identity(draft.consents, has_contact=draft.contact is not None)
    category = city.categories.get(draft.category)
    if category is None:
        raise InvalidInput.at("/category", "category_unknown", value=draft.category)
    faults = (
        [] if category.active else [(Reason.CATEGORY_RETIRED, _category_fault(draft, known=False))]
    )
    if not city.is_leaf(draft.category):
        faults.append((Reason.CATEGORY_DIVIDED, _category_fault(draft, known=True)))
    old = review.is_old_catalogue(draft.catalogue_version, city.revision, waited=waited)
    if faults and not old:
        raise InvalidInput(fields=[faults[0][1]])
    if category.photo_required and source in CITIZEN_SOURCES and not draft.uploads:
        faults.append((Reason.PHOTO_MISSING, FieldError("/uploads", "photo_required")))
    if source in CITIZEN_SOURCES:
        errors = _answer_errors(category.questions, draft.answers)
        faults += [(Reason.ANSWERS_OUTDATED, error) for error in errors]
    if faults and not old:
        raise InvalidInput(fields=[error for _, error in faults])
    return list(dict.fromkeys(reason for reason, _ in faults))


def _category_fault(draft: ReportDraft, *, known: bool) -> FieldError:
    code = "category_not_a_leaf" if known else "category_unknown"
    return FieldError("/category", code, {"value": draft.category})


def surroundings(
    city: Configuration, category: str, routing: dict[str, Any], source: str
) -> Surroundings:
    """What the process of a case of `category` may look at, besides the case."""
    view = city.categories[category]
    return Surroundings(
        category={
            "code": category,
            "photo_required": view.photo_required,
            "after_photo_required": view.after_photo_required,
            "publish_check": view.publish_check,
            "visibility": view.visibility,
        },
        routing=_UNKNOWN | routing,
        source=source,
        departments=city.working_departments,
        working=city.working,
        always=city.always,
        department_calendars=city.department_calendars,
    )


def _answer_errors(questions: dict[str, Any], answers: dict[str, Any]) -> list[FieldError]:
    schema = questions or {"type": "object", "additionalProperties": False}
    validator = jsonschema_rs.Draft202012Validator(schema)
    return [
        FieldError(
            "/answers" + "".join(f"/{part}" for part in error.instance_path),
            "answer_invalid",
            {"reason": error.message},
        )
        for error in validator.iter_errors(answers)
    ]


async def _check_asset(session: AsyncSession, draft: ReportDraft, *, waited: bool) -> list[Reason]:
    if draft.asset is None:
        return []
    try:
        await check_asset(session, draft.asset, draft.place)
    except InvalidInput:
        if not waited:
            raise
        return [Reason.ASSET_GONE]
    return []


def _uploads_of(
    draft: ReportDraft, photos: Mapping[UUID, UploadClaims], *, waited: bool
) -> tuple[list[UUID], list[Reason]]:
    """The uploads to be claimed: all, or of a report that waited those that are there; the others
    may follow (`workflows/late_photos.py`).
    """
    there = [each for each in draft.uploads if each in photos]
    if not waited or len(there) == len(draft.uploads):
        return list(draft.uploads), []
    return there, [Reason.PHOTOS_PENDING]


def _trust_in(
    draft: ReportDraft, actor: Actor, photos: Mapping[UUID, UploadClaims], started: datetime
) -> Trust:
    return judge(
        Known(
            written_at=draft.captured_at or started,
            account=actor.person_id is not None and not actor.is_staff,
            contact=draft.contact is not None,
            accuracy_m=draft.accuracy_m,
            photos=tuple(photo_of(claims, draft.place) for claims in photos.values()),
        )
    )


async def _locate(
    session: AsyncSession, place: Place, city: Configuration, rules: IntakeRules
) -> LocatedArea:
    ward = await find_ward(session, place)
    if ward is None:
        raise Unavailable("areas_not_loaded")
    if ward.distance_m > rules.tolerance_m:
        raise InvalidInput.at(
            "/location",
            "outside_city",
            city=city.city_name,
            distance_km=round(ward.distance_m / 1000, 1),
        )
    return ward


async def _facts(
    session: AsyncSession,
    draft: ReportDraft,
    city: Configuration,
    ward: LocatedArea,
    source: str,
    at: datetime,
    reasons: list[Reason],
    trust: Trust,
) -> Facts:
    layers = city.router.layers
    return Facts(
        category=review.standing_category(draft.category, city.categories),
        review=tuple(reasons),
        trust=trust.score,
        areas=(ward.code, *([ward.parent_code] if ward.parent_code else [])),
        text=f"{draft.description} {draft.address or ''}",
        source=source,
        at=at.astimezone(city.zone),
        answers=draft.answers,
        nearby=tuple(await list_nearby_features(session, draft.place, layers) if layers else ()),
    )


def start_case(
    city: Configuration,
    category: str,
    routing: dict[str, Any],
    source: str,
    now: datetime,
    *,
    assignee: UUID | None = None,
    is_child: bool = False,
) -> Change:
    """The first steps of a new case: what its process makes of the routing (`routing_json`)."""
    case = CaseState(
        state="",
        rev=0,
        department=routing["department"],
        priority=routing["priority"],
        case_class=routing["class"],
        assignee=str(assignee) if assignee else None,
        is_child=is_child,
    )
    around = surroundings(city, category, routing, source)
    return process.start(city.process, case, around, form={}, now=now)


def routing_json(city: Configuration, routing: Routing, facts: Facts) -> dict[str, Any]:
    """What is kept of the routing: the answer to "why us?", and what guards look at.

    The text itself stays with the report: of what routing saw there, `words` is enough.
    """
    return {
        "row": routing.row,
        "reason": routing.reason.model_dump(),
        "words": list(routing.words),
        "near": list(routing.near),
        "department": routing.outcome.department,
        "co_departments": list(routing.outcome.co_departments),
        "priority": routing.outcome.priority,
        "class": routing.outcome.case_class,
        "hours": routing.outcome.hours,
        "certain": routing.row is not None
        and not routing.outcome.verify
        and not review.is_uncertain(facts.review),
        "ruleset_version": city.ruleset_version,
        "review": list(facts.review),
        "trust": facts.trust,
        "facts": {
            "areas": list(facts.areas),
            "source": facts.source,
            "at": facts.at.isoformat(),
            "nearby": [
                {"layer": f.layer, "kind": f.kind, "name": f.name, "distance_m": f.distance_m}
                for f in facts.nearby[:5]
            ],
        },
    }


def columns_of(
    draft: ReportDraft,
    city: Configuration,
    ward: LocatedArea,
    routing: dict[str, Any],
    code: str,
    source: str,
) -> dict[str, Any]:
    """What a new report and its case are made of, for `repository.save_report`."""
    category = city.categories[draft.category]
    summary = " ".join(draft.description.split())[:SUMMARY_LENGTH] or category.name
    return {
        "code": code,
        "category": draft.category,
        "lat": draft.place.lat,
        "lon": draft.place.lon,
        "accuracy_m": draft.accuracy_m,
        "area_id": ward.id,
        "area_distance_m": ward.distance_m,
        "address": draft.address,
        "description": draft.description,
        "summary": summary,
        "search": plain(f"{code} {draft.description} {draft.address or ''}"),
        "visibility": category.visibility,
        "co_departments": routing["co_departments"],
        "process_id": city.process_id,
        "routing": repository.to_json(routing),
        "answers": repository.to_json(draft.answers),
        "anonymous": draft.anonymous,
        "source": source,
        "captured_at": draft.captured_at,
        "asset_layer": draft.asset.layer if draft.asset else None,
        "asset_code": draft.asset.code if draft.asset else None,
        "shows_children": draft.shows_children,
        "body_hash": draft.fingerprint(),
    }


def reporter_columns(draft: ReportDraft, actor: Actor, sealer: Sealer) -> dict[str, Any]:
    """Who filed it, for `repository.save_report`: an account, a contact, or nobody."""
    contact = draft.contact or Contact()
    person_id = actor.person_id if not actor.is_staff else None
    return {
        "has_reporter": person_id is not None or draft.contact is not None,
        "person_id": person_id,
        "language": actor.language,
    } | seal_contact(contact, sealer)


async def _attach_photos(
    session: AsyncSession, uploads: list[UUID], report_id: UUID, actor: Actor, now: datetime
) -> None:
    if not uploads:
        return
    attachments = await claim_uploads(
        session,
        uploads,
        case_id=report_id,
        report_id=report_id,
        purpose="report",
        pointer="/uploads",
        actor=actor,
        now=now,
    )
    await enqueue(session, MAKE_DERIVATIVES, list(attachments))


async def _answer_again(
    session: AsyncSession, draft: ReportDraft, report_id: UUID, body_hash: bytes
) -> FiledReport:
    if body_hash != draft.fingerprint():
        raise Conflict("report_id_taken", fields=[FieldError("/id", "report_id_taken")])
    row = await repository.note_replay(session, report_id)
    return FiledReport(**row, created=False)
