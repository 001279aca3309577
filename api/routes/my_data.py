"""My own data: what I agreed to, all of it to take along, corrected, or forgotten."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from api.client_address import ClientAddressDep
from api.deps import ActorDep, CityDep, ReportActorDep, ServicesDep, SessionDep
from api.people import person_out
from api.routes.auth import phone_account
from api.schemas.identity import PersonOut
from api.schemas.my_data import (
    ConsentOut,
    ConsentsIn,
    ConsentsOut,
    ConsentTextOut,
    ConsentTextsOut,
    ErasureOut,
    PhoneCodeIn,
    PreferencesIn,
    PreferencesOut,
    ProfileIn,
)
from core.actor import Actor
from core.clock import utc_now
from core.errors import InvalidInput, NotSignedIn
from core.fence import Errand
from identity import otp, profile, sign_in
from identity.otp_limits import trying_budgets
from identity.phones import normalise_phone
from identity.preferences import read_preferences
from workflows import consents, erasure, personal_data
from workflows.configuration import Configuration
from workflows.consent_texts import ConsentText
from workflows.person_requests import erase_citizen
from workflows.policies import Right, check_right

router = APIRouter(prefix="/v1", tags=["my data"])
ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}


@router.get("/consents")
async def list_texts(city: CityDep, actor: ActorDep) -> ConsentTextsOut:
    """The texts that are to be decided on, as they are today. Nothing is ticked in advance."""
    texts = city.consent_texts.newest()
    return ConsentTextsOut(items=[_text(text, actor, city.city_name) for text in texts])


@router.get("/me/consents")
async def list_my_consents(session: SessionDep, actor: ActorDep, city: CityDep) -> ConsentsOut:
    """What I decided, with the texts of today."""
    subject = await consents.subject_of(session, actor)
    return _consents(await consents.list_consents(session, subject), actor, city)


@router.post("/me/consents")
async def add_my_consents(
    body: ConsentsIn, session: SessionDep, actor: ActorDep, city: CityDep
) -> ConsentsOut:
    """Agree, refuse or take back: all three are the same act, and count from now on."""
    subject = await consents.subject_of(session, actor)
    return await _decide(body, session, actor, city, subject)


@router.get("/reports/{report_id}/consents")
async def list_consents_of_report(
    report_id: UUID, session: SessionDep, actor: ReportActorDep, city: CityDep
) -> ConsentsOut:
    """The same for who filed a report without an account and has its track token."""
    subject = await consents.subject_of(session, actor, report_id)
    return _consents(await consents.list_consents(session, subject), actor, city)


@router.post("/reports/{report_id}/consents")
async def add_consents_of_report(
    report_id: UUID, body: ConsentsIn, session: SessionDep, actor: ReportActorDep, city: CityDep
) -> ConsentsOut:
    """The same for who filed a report without an account and has its track token."""
    subject = await consents.subject_of(session, actor, report_id)
    return await _decide(body, session, actor, city, subject)


@router.patch("/me")
async def correct_me(
    body: ProfileIn, session: SessionDep, actor: ActorDep, city: CityDep, services: ServicesDep
) -> PersonOut:
    """Correct my name, e-mail address or language."""
    changes = body.model_dump(exclude_unset=True)
    if changes.get("language", "") is None:
        raise InvalidInput.at("/language", "value_missing")
    if "name" in changes:
        changes["name"] = changes["name"] or ""
    person = await profile.change_profile(session, _citizen(actor), changes)
    return person_out(person, city, actor.language, services.sealer)


@router.put("/me/phone")
async def change_my_phone(
    body: PhoneCodeIn,
    services: ServicesDep,
    actor: ActorDep,
    city: CityDep,
    address: ClientAddressDep,
) -> PersonOut:
    """Sign in with another number from now on: the code that was sent there proves it. A wrong
    try is counted, so it commits before it is refused.
    """
    person_id = _citizen(actor)
    phone, now = normalise_phone(body.phone, pointer="/phone"), utc_now()
    tried_by = phone_account(actor)
    await services.limits.take(*trying_budgets(phone, tried_by=tried_by, address=address), now=now)
    async with services.begin(Errand.SIGN_IN) as session:
        right = await otp.check_code(
            session,
            phone,
            body.code,
            tried_by=tried_by,
            sealer=services.sealer,
            keys=services.keys,
            now=now,
            demo=services.security.demo,
        )
    if not right:
        raise InvalidInput.at("/code", "otp_wrong")
    async with services.begin(Errand.SIGN_IN) as session:  # whose it is may be somebody else's
        person = await profile.change_phone(session, person_id, phone, sealer=services.sealer)
        return person_out(person, city, actor.language, services.sealer)


@router.get("/me/preferences")
async def get_my_preferences(session: SessionDep, actor: ActorDep) -> PreferencesOut:
    """By which channels I am told, and when not."""
    person = await sign_in.get_person(session, _account(actor))
    return PreferencesOut(**read_preferences(person.preferences).document())


@router.put("/me/preferences")
async def put_my_preferences(
    body: PreferencesIn, session: SessionDep, actor: ActorDep
) -> PreferencesOut:
    """Change that. Quiet hours need both ends or none."""
    if (body.quiet_from is None) != (body.quiet_to is None):
        pointer = "/quiet_from" if body.quiet_from is None else "/quiet_to"
        raise InvalidInput.at(pointer, "value_missing")
    await profile.change_preferences(session, _account(actor), body.preferences())
    return PreferencesOut(**body.preferences().document())


@router.get("/me/export", response_class=StreamingResponse, responses={200: {"content": ZIP}})
async def export_me(
    session: SessionDep, actor: ActorDep, services: ServicesDep, city: CityDep
) -> Response:
    """Everything that is held about me: `data.json` and my photos as a ZIP, made while it is sent."""
    subject = await personal_data.begin_export(session, actor=actor)
    return zip_of(
        personal_data.export(
            lambda: services.begin(actor),
            services.store,
            services.sealer,
            subject,
            texts=city.consent_texts,
            now=utc_now(),
        ),
        "hien-truong-du-lieu-cua-toi.zip",
    )


@router.delete("/me", status_code=202)
async def erase_me(
    session: SessionDep, actor: ActorDep, city: CityDep, services: ServicesDep
) -> ErasureOut:
    """Close my account and forget me. My reports stay, without anybody in them."""
    ordered = await erase_citizen(
        session,
        _citizen(actor),
        actor=actor,
        city=city,
        sealer=services.sealer,
        department=services.security.data_department,
        now=utc_now(),
    )
    return ErasureOut(id=ordered.id, asked_at=ordered.asked_at)


@router.delete("/reports/{report_id}/reporter", status_code=204)
async def withdraw_reporter(report_id: UUID, session: SessionDep, actor: ReportActorDep) -> None:
    """Take me out of this report: it stays, and nobody filed it."""
    await erasure.withdraw_reporter(session, report_id, actor=actor, now=utc_now())


def zip_of(pieces: AsyncGenerator[bytes], name: str) -> StreamingResponse:
    """A ZIP to be kept by whom it is about, and by nobody on the way."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


async def _decide(
    body: ConsentsIn,
    session: SessionDep,
    actor: Actor,
    city: Configuration,
    subject: consents.Subject,
) -> ConsentsOut:
    await consents.add_consents(
        session,
        subject,
        [item.decision() for item in body.consents],
        texts=city.consent_texts,
        actor=actor,
        channel="app",
        language=actor.language,
        now=utc_now(),
    )
    return _consents(await consents.list_consents(session, subject), actor, city)


def _consents(history: list[consents.Consent], actor: Actor, city: Configuration) -> ConsentsOut:
    texts = city.consent_texts.newest()
    decided = {row.purpose: row.given for row in history}
    return ConsentsOut(
        texts=[_text(text, actor, city.city_name) for text in texts],
        current={
            text.purpose: decided.get(text.purpose) for text in texts if text.basis == "consent"
        },
        history=[
            ConsentOut(
                purpose=row.purpose,
                version=row.version,
                given=row.given,
                at=row.at,
                channel=row.channel,
                report_id=row.report_id,
                sha256=row.text_sha256.hex(),
            )
            for row in history
        ],
    )


def _text(text: ConsentText, actor: Actor, city: str) -> ConsentTextOut:
    return ConsentTextOut(
        purpose=text.purpose,
        basis=text.basis,
        version=text.version,
        text=text.in_language(actor.language, city),
        sha256=text.sha256.hex(),
    )


def _account(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise NotSignedIn
    return actor.person_id


def _citizen(actor: Actor) -> UUID:
    """Accounts of staff belong to the city: administrators change and close them."""
    check_right(actor, Right.OWN_DATA)
    return _account(actor)
