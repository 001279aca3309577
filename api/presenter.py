"""From rows to wire shapes: labels in the reader's language, links to photos, buttons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.schemas.base import Labelled, to_position
from api.schemas.cases import (
    ActionOut,
    ActorOut,
    AssetOut,
    BoxOut,
    CaseEventOut,
    CaseItem,
    CaseOut,
    CaseReportOut,
    ChoiceOut,
    ClockOut,
    Explanation,
    FieldOut,
    FindingOut,
    NearOut,
    PhotoOut,
    PresentOut,
    PublicationOut,
    ReasonAgainstOut,
    RelativeOut,
    TrustReasonOut,
)
from api.schemas.duplicates import DuplicateOut, ReasonOut
from api.schemas.photos import PhotoCaseOut, WaitingPhotoOut
from api.schemas.reports import MyReportOut, NearbyOut, ReportOut, TimelineOut, UploadOut
from core.actor import Actor, Role
from core.db import AnyRow
from core.i18n import translate
from core.keys import Keyring
from core.sealing import Sealer
from media.attachments import AttachmentView
from media.links import Size, sign, sign_public
from media.uploads import ReceivedPhoto
from workflows import process, repository
from workflows.assets import AssetView
from workflows.cases import CaseDetail, EventView, ReportInCase
from workflows.clocks import ClockState
from workflows.configuration import Configuration
from workflows.duplicate_score import Verdict
from workflows.duplicates import NearbyCase, Suggestion
from workflows.evidence import Claims, find_doubts
from workflows.intake import surroundings
from workflows.photo_approval import PublicationView, WaitingPhoto
from workflows.policies import Right, acting_as, may, may_read_reporter, may_take_originals
from workflows.process import Who
from workflows.process_document import FormField, Process
from workflows.public_photos import PublicPhoto
from workflows.reports import ReportDetail
from workflows.trust_score import WEIGHTS

LINK_LIFE = timedelta(hours=2)
# Fields of a form that carry the words of a step, in the order in which they are looked for.
TEXT_FIELDS = ("answer", "question", "text", "reason", "comment", "directive", "note")


@dataclass(frozen=True, slots=True)
class Presenter:
    """Presents to one reader, at one moment, under one configuration of the city."""

    city: Configuration
    actor: Actor
    keys: Keyring
    now: datetime
    sealer: Sealer
    media_url: str = ""  # before the paths of photos

    @property
    def language(self) -> str:
        return self.actor.language

    def case_item(self, row: AnyRow, photos: list[AttachmentView]) -> CaseItem:
        return CaseItem(**self._case_fields(row, photos))

    def case(self, detail: CaseDetail) -> CaseOut:
        row = detail.case
        details = may(self.actor, Right.READ_DETAILS)
        document = self.city.processes[row.process_id]
        photos = detail.attachments if details else []
        who = acting_as(self.actor, row.department)
        return CaseOut(
            **self._case_fields(row, photos),
            answer=row.answer,
            rating=row.rating,
            resolved_at=row.resolved_at,
            closed_at=row.closed_at,
            reports=[self._report_in_case(report, photos) for report in detail.reports],
            photos=[self._proof(photo, row, detail.publications) for photo in photos],
            timeline=[self._event(event, document, details=details) for event in detail.events],
            clocks=self._clocks(row, document),
            actions=self.actions(row, who),
            relatives=[self._relative(relative) for relative in row.relatives],
            present=self._present(row.present or []),
            supports=row.supports,
            trust_reasons=[
                TrustReasonOut(
                    code=reason["code"],
                    weight=WEIGHTS[reason["code"]],
                    detail=translate(f"trust_{reason['code']}", self.language, reason["facts"]),
                )
                for reason in row.trust_reasons or ()
            ],
            may_read_reporters=may_read_reporter(
                self.actor, row.department, to_department=self.city.shows_reporters
            ),
            may_take_originals=may_take_originals(self.actor, row.department),
        )

    def report(self, detail: ReportDetail) -> ReportOut:
        """A report as its reporter sees it, or as anybody does who only knows the code."""
        row = detail.case
        document = self.city.processes[row.process_id]
        state = document.states[row.state]
        who = Who(frozenset({"reporter"}) if detail.is_reporter else frozenset())
        known = bool(detail.description)
        resolved = row.status not in ("received", "assigned", "in_progress", "waiting")
        return ReportOut(
            id=detail.id,
            code=detail.code,
            status=row.status,
            status_label=state.public_label.in_language(self.language),
            category=self.category(row.category),
            location=to_position(detail.lat, detail.lon),
            address=detail.address,
            asset=self._asset(detail.asset),
            description=detail.description or None,
            area=self._area(row),
            department=self._department(row.department),
            filed_at=detail.filed_at,
            due_at=row.due_at,
            overdue=row.overdue,
            answer=row.answer if resolved and known else None,
            rating=row.rating,
            photos=[
                self.photo(photo, claims=False)
                for photo in detail.attachments
                if photo.purpose == "report" or resolved
            ]
            + [
                self.public_photo(photo)
                for photo in detail.public_photos
                if photo.purpose == "report" or resolved
            ],
            timeline=[self._public_event(event, document, known=known) for event in detail.events],
            actions=self.actions(row, who),
            supports=row.supports,
            supported=detail.supported,
            followed=detail.followed,
        )

    def my_report(self, row: AnyRow) -> MyReportOut:
        document = self.city.processes[row.process_id]
        return MyReportOut(
            id=row.report_id,
            code=row.report_code,
            status=row.status,
            status_label=document.states[row.state].public_label.in_language(self.language),
            category=self.category(row.category),
            area=self._area(row),
            filed_at=row.filed_at,
            due_at=row.due_at,
            updated_at=row.updated_at,
        )

    def nearby(self, case: NearbyCase) -> NearbyOut:
        return NearbyOut(
            id=case.id,
            code=case.code,
            category=self.category(case.category),
            status=case.status,
            distance_m=round(case.distance_m, 1),
            opened_at=case.opened_at,
            supports=case.supports,
            score=round(case.verdict.score, 2),
            reasons=self._reasons(case.verdict),
            photo_url=self._public_url(case.photo.id, case.photo.rev, "small")
            if case.photo
            else None,
        )

    def duplicate(self, case: Suggestion) -> DuplicateOut:
        category = self.category(case.category)
        ready = [photo for photo in case.photos if photo.state == "ready"]
        return DuplicateOut(
            id=case.id,
            code=case.code,
            category=category,
            department=self._department(case.department),
            status=case.status,
            state_label=self.city.processes[case.process_id]
            .states[case.state]
            .label.in_language(self.language),
            summary=case.summary if may(self.actor, Right.READ_DETAILS) else category.name,
            distance_m=round(case.distance_m, 1),
            opened_at=case.opened_at,
            score=round(case.verdict.score, 2),
            reasons=self._reasons(case.verdict),
            photo_url=self.photo(ready[0]).small_url if ready else None,
        )

    def explanation(self, row: AnyRow) -> Explanation:
        routing = row.routing
        facts = routing.get("facts", {})
        return Explanation(
            department=self._department(routing["department"]),
            overruled_by=self._department(row.department)
            if row.department != routing["department"]
            else None,
            near=[NearOut(**feature) for feature in facts.get("nearby", [])]
            if routing.get("near")
            else [],
            at=facts.get("at"),
            source=row.source,
            verified_first=not routing["certain"],
            rule=routing["row"],
            reason=routing["reason"]["en" if self.language == "en" else "vi"],
            words=routing["words"],
            priority=routing["priority"],
            case_class=routing["class"],
            hours=routing["hours"],
            category=self.category(row.category),
            area=self._area(row),
            ruleset_version=routing["ruleset_version"],
            process_version=self.city.process_versions[row.process_id],
        )

    def actions(self, row: AnyRow, who: Who) -> list[ActionOut]:
        """The buttons that `who` may press now, as the process says."""
        document = self.city.processes[row.process_id]
        case = repository.case_state(row)
        around = surroundings(self.city, row.category, row.routing, row.source)
        offered = process.offered_actions(document, case, around, who=who)
        return [
            ActionOut(
                action=name,
                label=action.label.in_language(self.language),
                style=action.style,
                undo=action.undo,
                form=[
                    self._field(item, required=process.required_now(item, case, around))
                    for item in action.form
                ],
            )
            for name, action in offered.items()
        ]

    def photo(self, photo: AttachmentView, *, claims: bool = True) -> PhotoOut:
        """`claims`: also what the file said of itself, which only staff see."""
        ready = photo.state == "ready"
        expires_at = self.now + LINK_LIFE

        def link(size: Size) -> str:
            return self.media_url + sign(photo.id, size, keys=self.keys, expires_at=expires_at)

        return PhotoOut(
            id=photo.id,
            purpose=photo.purpose,
            kind=photo.kind,
            state=photo.state,
            small_url=link("small") if ready else None,
            large_url=link("large") if ready else None,
            video_url=link("video") if ready and photo.kind == "video" else None,
            width=photo.width,
            height=photo.height,
            duration_ms=photo.duration_ms,
            blurhash=photo.blurhash if ready else None,
            taken_at=photo.taken_at if claims else None,
            taken_location=to_position(photo.taken_lat, photo.taken_lon) if claims else None,
        )

    def public_photo(self, photo: PublicPhoto) -> PhotoOut:
        """An approved photo, as everybody sees it: covered, with nothing that the file claimed."""
        return PhotoOut(
            id=photo.id,
            purpose=photo.purpose,
            kind=photo.kind,
            state="ready",
            small_url=self._public_url(photo.id, photo.rev, "small"),
            large_url=self._public_url(photo.id, photo.rev, "large"),
            video_url=self._public_url(photo.id, photo.rev, "video") if photo.video else None,
            width=photo.width,
            height=photo.height,
            duration_ms=photo.duration_ms if photo.video else None,
            blurhash=photo.blurhash,
        )

    def publication(self, view: PublicationView) -> PublicationOut:
        return PublicationOut(
            state=view.state,
            rev=view.rev,
            examination=view.examination,
            found=[BoxOut(**box) for box in view.found],
            boxes=[BoxOut(**box) for box in view.boxes],
            shows_children=view.shows_children,
            overruled=view.overruled,
            video=view.video,
            reason=view.reason,
            decided_by=view.decided_by,
            decided_at=view.decided_at,
            picture=view.picture,
            public_url=self._public_url(view.attachment_id, view.rev, "large")
            if view.picture == "ready"
            else None,
            against=[
                ReasonAgainstOut(code=code, detail=translate(code, self.language))
                for code in view.against
            ],
            may_decide=view.may_decide,
            may_overrule=view.may_overrule,
        )

    def waiting_photo(self, waiting: WaitingPhoto) -> WaitingPhotoOut:
        case = waiting.case
        photo = self.photo(waiting.photo, claims=False)
        return WaitingPhotoOut(
            photo=photo.model_copy(update={"publication": self.publication(waiting.publication)}),
            case=PhotoCaseOut(
                id=case.case_id,
                code=case.code,
                category=self.category(case.category),
                department=self._department(case.department),
                summary=case.summary,
            ),
        )

    def _public_url(self, photo_id: UUID, rev: int, size: Size) -> str:
        expires_at = self.now + LINK_LIFE
        return self.media_url + sign_public(
            photo_id, rev, size, keys=self.keys, expires_at=expires_at
        )

    def _proof(
        self,
        photo: AttachmentView,
        case: AnyRow,
        publications: dict[UUID, PublicationView],
    ) -> PhotoOut:
        """A photo for staff, with who else may see it; of one that shows the finished work, what
        does not fit the case.
        """
        shown = self.photo(photo)
        if (publication := publications.get(photo.id)) is not None:
            shown = shown.model_copy(update={"publication": self.publication(publication)})
        if photo.purpose != "after":
            return shown
        claims = Claims(photo.taken_at, photo.taken_lat, photo.taken_lon)
        doubts = find_doubts(
            claims, lat=case.lat, lon=case.lon, opened_at=case.opened_at, now=self.now
        )
        findings = [
            FindingOut(code=doubt.code, detail=translate(doubt.code, self.language, doubt.facts))
            for doubt in doubts
        ]
        return shown.model_copy(update={"findings": findings})

    def _case_fields(self, row: AnyRow, photos: list[AttachmentView]) -> dict[str, Any]:
        state = self.city.processes[row.process_id].states[row.state]
        details = may(self.actor, Right.READ_DETAILS)
        ready = [photo for photo in photos if photo.state == "ready"] if details else []
        return {
            "id": row.id,
            "code": row.code,
            "category": self.category(row.category),
            "root": self.city.root_of(row.category),
            "summary": row.summary if details else self.category(row.category).name,
            "address": row.address if details else None,
            "location": to_position(row.lat, row.lon)
            if details
            else to_position(row.public_lat, row.public_lon),
            "area": self._area(row),
            "department": self._department(row.department),
            "co_departments": [self._department(code) for code in row.co_departments],
            "assignee": row.assignee,
            "state": row.state,
            "state_label": state.label.in_language(self.language),
            "status": row.status,
            "status_label": translate(f"status_{row.status}", self.language),
            "priority": row.priority,
            "case_class": row.case_class,
            "due_at": row.due_at,
            "overdue": row.overdue,
            "opened_at": row.opened_at,
            "updated_at": row.updated_at,
            "rev": row.rev,
            "is_child": row.parent_id is not None,
            "is_duplicate": row.merged_into is not None,
            "photo_url": self.photo(ready[0]).small_url if ready else None,
            "review": [
                FindingOut(code=reason, detail=translate(f"review_{reason}", self.language))
                for reason in row.review
            ],
            "trust": row.trust,
        }

    def _reasons(self, verdict: Verdict) -> list[ReasonOut]:
        return [
            ReasonOut(
                code=reason.code,
                detail=translate(f"duplicate_{reason.code}", self.language, reason.facts),
            )
            for reason in verdict.reasons
        ]

    def _present(self, people: list[dict[str, Any]]) -> list[PresentOut]:
        """Who else has the case open."""
        others = [person for person in people if person["id"] != str(self.actor.person_id)]
        return [PresentOut(id=person["id"], name=person["name"]) for person in others]

    def _relative(self, relative: dict[str, Any]) -> RelativeOut:
        state = self.city.processes[relative["process_id"]].states[relative["state"]]
        return RelativeOut(
            relation=relative["relation"],
            id=relative["id"],
            code=relative["code"],
            department=self._department(relative["department"]),
            status=relative["status"],
            state_label=state.label.in_language(self.language),
        )

    def _report_in_case(self, report: ReportInCase, photos: list[AttachmentView]) -> CaseReportOut:
        details = may(self.actor, Right.READ_DETAILS)
        return CaseReportOut(
            id=report.id,
            code=report.code,
            description=report.description if details else "",
            asset=self._asset(report.asset) if details else None,
            answers=report.answers if details else {},
            source=report.source,
            filed_at=report.filed_at,
            captured_at=report.captured_at,
            photos=[self.photo(photo) for photo in photos if photo.report_id == report.id],
        )

    def _asset(self, asset: AssetView | None) -> AssetOut | None:
        if asset is None:
            return None
        layer_name = asset.layer_name_en if self.language == "en" else asset.layer_name
        return AssetOut(
            layer=Labelled(code=asset.layer, name=layer_name or asset.layer),
            code=asset.code,
            name=asset.name or "",
            kind=asset.kind,
        )

    def _event(self, event: EventView, document: Process, *, details: bool) -> CaseEventOut:
        named = details and event.actor_role != Role.CITIZEN  # who reported is told apart, to few
        return CaseEventOut(
            rev=event.rev,
            seq=event.seq,
            kind=event.kind,
            at=event.at,
            action=event.action,
            label=self._event_label(event, document),
            actor=ActorOut(role=event.actor_role, name=event.actor_name if named else None),
            from_state=event.from_state,
            to_state=event.to_state,
            department=event.department,
            text=_text(event.form) if details else None,
            form=event.form if details else {},
        )

    def _public_event(self, event: EventView, document: Process, *, known: bool) -> TimelineOut:
        state = document.states[event.to_state or document.initial]
        action = document.actions.get(event.action)
        shown = {item.name for item in action.form if item.public} if action else set[str]()
        text = _text({name: value for name, value in event.form.items() if name in shown})
        return TimelineOut(
            at=event.at,
            label=state.public_label.in_language(self.language),
            text=text if known else None,
            status=state.status,
        )

    def _event_label(self, event: EventView, document: Process) -> str:
        action = document.actions.get(event.action)
        if event.kind == "step" and action is not None:
            return action.label.in_language(self.language)
        return translate(f"event_{event.action}", self.language, default="event_" + event.kind)

    def _clocks(self, row: AnyRow, document: Process) -> list[ClockOut]:
        clocks: list[ClockOut] = []
        for name, value in row.clocks.items():
            spec, clock = document.clocks.get(name), ClockState.from_json(value)
            if spec is None:
                continue
            clocks.append(
                ClockOut(
                    name=name,
                    label=spec.label.in_language(self.language),
                    started_at=clock.started_at,
                    due_at=clock.due_at,
                    paused=clock.remaining is not None,
                    overdue=clock.remaining is None and clock.due_at <= self.now,
                    promise=spec.promise,
                )
            )
        return clocks

    def _field(self, item: FormField, *, required: bool) -> FieldOut:
        choices = [
            ChoiceOut(value=choice.value, label=choice.label.in_language(self.language))
            for choice in item.choices
        ]
        if item.type == "department":
            choices = [
                ChoiceOut(value=code, label=self._department(code).name)
                for code, view in self.city.departments.items()
                if view.active
            ]
        return FieldOut(
            name=item.name,
            type=item.type,
            label=item.label.in_language(self.language),
            required=required,
            max_length=item.max_length if item.type == "text" else None,
            min=1 if item.type == "rating" else item.min,
            max=5 if item.type == "rating" else item.max,
            whole=item.whole or item.type == "rating"
            if item.type in ("number", "rating")
            else None,
            choices=choices or None,
            multiple=True if item.type == "photo" else None,
        )

    def category(self, code: str) -> Labelled:
        """A category under its name in the reader's language."""
        view = self.city.categories[code]
        return Labelled(code=code, name=view.name_en if self.language == "en" else view.name)

    def _department(self, code: str) -> Labelled:
        view = self.city.departments[code]
        return Labelled(code=code, name=view.name_en if self.language == "en" else view.name)

    def _area(self, row: AnyRow) -> Labelled:
        name = row.area_name_en if self.language == "en" else row.area_name
        return Labelled(code=row.area_code, name=name)


def _text(form: dict[str, Any]) -> str | None:
    return next((str(form[name]) for name in TEXT_FIELDS if form.get(name)), None)


def present_upload(file: ReceivedPhoto) -> UploadOut:
    """A received file, as its sender may see it."""
    return UploadOut(
        upload_id=file.upload_id,
        content_type=file.content_type,
        width=file.width,
        height=file.height,
        size=file.size,
        taken_at=file.taken_at,
        location=to_position(file.taken_lat, file.taken_lon),
        expires_at=file.expires_at,
    )
