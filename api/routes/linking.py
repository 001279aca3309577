"""Linking accounts that are one person's, and reports that were filed without one."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.app_versions import AppDep
from api.client_address import ClientAddressDep
from api.deps import ActorDep, ServicesDep, as_reporter
from api.routes.auth import citizen_out, phone_account, verify_firebase
from api.schemas.identity import CitizenSessionOut, ClaimIn, CodeIn, FirebaseIn
from core.actor import Actor, Role
from core.clock import utc_now
from core.errors import Forbidden, InvalidInput, NotSignedIn
from core.fence import Errand
from identity import citizen_sessions, otp
from identity.citizen_sessions import Phone
from identity.otp_limits import trying_budgets
from identity.phones import normalise_phone
from workflows import linking
from workflows.claiming import claim_report

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.post("/identities/phone")
async def link_phone(
    body: CodeIn, services: ServicesDep, actor: ActorDep, app: AppDep, address: ClientAddressDep
) -> CitizenSessionOut:
    """Link a number that this phone has just proved by a code. If it has an account already, all
    that is mine moves there. The answer signs in to the account that goes on.
    """
    mine, now = _citizen(actor), utc_now()
    phone = normalise_phone(body.phone, pointer="/phone")
    await services.limits.take(*trying_budgets(phone, tried_by=mine, address=address), now=now)
    async with services.begin(Errand.MERGE) as session:
        right = await otp.check_code(
            session,
            phone,
            body.code,
            tried_by=mine,
            sealer=services.sealer,
            keys=services.keys,
            now=now,
            demo=services.security.demo,
        )
        if right:
            person = await linking.link_phone(session, mine, phone, sealer=services.sealer, now=now)
            signed = await citizen_sessions.reopen_session(
                session,
                person,
                actor.session_id,
                method="otp",
                phone=Phone(body.device_name, app),
                settings=services.security,
                now=now,
            )
            return citizen_out(signed)
    raise InvalidInput.at("/code", "otp_wrong")


@router.post("/identities/firebase")
async def link_firebase(
    body: FirebaseIn, services: ServicesDep, actor: ActorDep, app: AppDep, address: ClientAddressDep
) -> CitizenSessionOut:
    """The same for an account at Firebase."""
    mine, now = _citizen(actor), utc_now()
    user = await verify_firebase(body.id_token, address, services)
    async with services.begin(Errand.MERGE) as session:
        person = await linking.link_firebase(session, mine, user, now=now)
        signed = await citizen_sessions.reopen_session(
            session,
            person,
            actor.session_id,
            method="firebase",
            phone=Phone(body.device_name, app),
            settings=services.security,
            now=now,
        )
    return citizen_out(signed)


@router.post("/reports", status_code=204)
async def claim(body: ClaimIn, services: ServicesDep, actor: ActorDep) -> None:
    """Make a report that was filed without an account mine, by its track token."""
    mine = as_reporter(actor, body.report_id, body.track_token, services.keys)
    async with services.begin(mine) as session:
        await claim_report(
            session,
            body.report_id,
            body.track_token,
            actor=mine,
            keys=services.keys,
            now=utc_now(),
        )


def _citizen(actor: Actor) -> UUID:
    """Whose account is linked. NotSignedIn for nobody, Forbidden for staff."""
    mine = phone_account(actor)
    if mine is None:
        raise NotSignedIn if actor.role is Role.ANONYMOUS else Forbidden
    return mine
