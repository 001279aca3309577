"""What staff prove themselves with: passkeys, an authenticator app, and proving it anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.client_address import ClientAddressDep
from api.deps import Services, ServicesDep, SignedInDep
from api.schemas.staff_sessions import (
    CodeIn,
    CredentialIn,
    FactorsOut,
    NewPasskeyIn,
    OwnSessionOut,
    PasskeyOut,
    RecoveryCodesOut,
    StepUpIn,
    TotpOut,
)
from api.staff_answers import (
    client_of,
    find_own_session,
    ids_of,
    own_session,
    replace_session,
    sign_in_tools,
    site_of,
)
from core.actor import Actor
from core.clock import utc_now
from core.errors import InvalidInput, NotSignedIn
from core.fence import Errand
from identity import passkeys, totp
from identity.session_lookup import SignedIn
from identity.sign_in import get_person
from identity.staff_factors import check_left, list_factors, note_factor
from identity.staff_sessions import lift_limits
from identity.staff_sign_in import (
    Proving,
    open_by_passkey,
    passkey_budget,
    proof_budget,
    prove,
)
from workflows.policies import check_proof

router = APIRouter(prefix="/v1/auth/staff", tags=["auth"])


@router.post("/passkey/options")
async def begin_passkey_sign_in(services: ServicesDep, address: ClientAddressDep) -> dict[str, Any]:
    """What `navigator.credentials.get()` wants, to sign in without a name or a password."""
    now = utc_now()
    await services.limits.take(passkey_budget(address), now=now, code="too_many_sign_ins")
    async with services.begin(Errand.SIGN_IN) as session:
        return await passkeys.begin_use(session, site_of(services), person_id=None, now=now)


@router.post("/passkey")
async def sign_in_with_passkey(
    body: CredentialIn,
    services: ServicesDep,
    request: Request,
    response: Response,
    address: ClientAddressDep,
) -> OwnSessionOut:
    """A session in a cookie for a passkey's signature."""
    now = utc_now()
    services.cookies.check_origin(request)
    await services.limits.take(passkey_budget(address), now=now, code="too_many_sign_ins")
    async with services.begin(Errand.SIGN_IN) as session:
        person_id = await passkeys.finish_use(
            session, body.credential, site_of(services), person_id=None, now=now
        )
    if person_id is None:
        raise NotSignedIn("passkey_wrong")
    async with services.begin(Errand.SIGN_IN) as session:
        opened = await open_by_passkey(
            session,
            person_id,
            client=client_of(request, with_cookie=True),
            tools=sign_in_tools(services),
            now=now,
        )
        await replace_session(session, opened, services, request, response, now=now)
        return await own_session(session, opened.person, opened.session, services, request)


@router.post("/step-up/options")
async def begin_step_up(signed: SignedInDep, services: ServicesDep) -> dict[str, Any]:
    """What `navigator.credentials.get()` wants, to prove anew who I am."""
    person_id, _ = ids_of(signed.actor)
    now = utc_now()
    await services.limits.take(proof_budget(signed.actor), now=now, code="too_many_sign_ins")
    async with services.begin(Errand.SIGN_IN) as session:
        return await passkeys.begin_use(session, site_of(services), person_id=person_id, now=now)


@router.post("/step-up")
async def step_up(
    body: StepUpIn, signed: SignedInDep, services: ServicesDep, request: Request
) -> OwnSessionOut:
    """Prove anew who I am; for the next minutes I may do what wants that."""
    now = utc_now()
    await services.limits.take(proof_budget(signed.actor), now=now, code="too_many_sign_ins")
    given = Proving(body.password, body.otp, body.credential)
    async with services.begin(Errand.SIGN_IN) as session:
        right = await prove(
            session, signed.actor, given, site_of(services), tools=sign_in_tools(services), now=now
        )
    if not right:
        raise _wrong(body)
    async with services.begin(Errand.SIGN_IN) as session:
        return await find_own_session(session, signed.actor, services, request)


@router.get("/factors")
async def list_own_factors(signed: SignedInDep, services: ServicesDep) -> FactorsOut:
    """What I can prove myself with beside a password."""
    person_id, _ = ids_of(signed.actor)
    async with services.begin(Errand.SIGN_IN) as session:
        factors = await list_factors(session, person_id)
    return FactorsOut.model_validate(factors)


@router.post("/totp", status_code=201)
async def begin_totp(signed: SignedInDep, services: ServicesDep) -> TotpOut:
    """A secret for an authenticator app, which counts once a code has confirmed it."""
    person_id = _proven(signed)
    async with services.begin(Errand.SIGN_IN) as session:
        person = await get_person(session, person_id)
        enrolment = await totp.begin_enrolment(
            session, person_id, person.username or "", sealer=services.sealer
        )
    return TotpOut(secret=enrolment.secret, url=enrolment.url)


@router.post("/totp/confirm")
async def confirm_totp(
    body: CodeIn, signed: SignedInDep, services: ServicesDep
) -> RecoveryCodesOut:
    """Let the authenticator app count; gives the recovery codes."""
    person_id = _proven(signed)
    now = utc_now()
    await services.limits.take(proof_budget(signed.actor), now=now, code="too_many_sign_ins")
    async with services.begin(Errand.SIGN_IN) as session:
        codes = await totp.confirm_enrolment(
            session, person_id, body.code, sealer=services.sealer, keys=services.keys, now=now
        )
        await lift_limits(session, person_id)
        await note_factor(session, signed.actor, "add", "totp")
    return RecoveryCodesOut(recovery_codes=codes)


@router.delete("/totp", status_code=204)
async def remove_totp(signed: SignedInDep, services: ServicesDep) -> None:
    """Forget the authenticator app."""
    person_id = _proven(signed)
    async with services.begin(Errand.SIGN_IN) as session:
        if await totp.remove_totp(session, person_id):
            await note_factor(session, signed.actor, "remove", "totp")
        await check_left(session, person_id, needed=_needs_factor(signed.actor, services))


@router.post("/passkeys/options")
async def begin_passkey(signed: SignedInDep, services: ServicesDep) -> dict[str, Any]:
    """What `navigator.credentials.create()` wants."""
    person_id = _proven(signed)
    async with services.begin(Errand.SIGN_IN) as session:
        person = await get_person(session, person_id)
        return await passkeys.begin_registration(session, person, site_of(services), now=utc_now())


@router.post("/passkeys", status_code=201)
async def add_passkey(body: NewPasskeyIn, signed: SignedInDep, services: ServicesDep) -> PasskeyOut:
    """Keep a passkey that this browser or its phone has made."""
    person_id = _proven(signed)
    async with services.begin(Errand.SIGN_IN) as session:
        made = await passkeys.finish_registration(
            session, person_id, body.name, body.credential, site_of(services), now=utc_now()
        )
        await lift_limits(session, person_id)
        await note_factor(session, signed.actor, "add", "passkey")
    return PasskeyOut.model_validate(made)


@router.delete("/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: UUID, signed: SignedInDep, services: ServicesDep) -> None:
    """Forget a passkey."""
    person_id = _proven(signed)
    async with services.begin(Errand.SIGN_IN) as session:
        await passkeys.remove_passkey(session, passkey_id, person_id)
        await note_factor(session, signed.actor, "remove", "passkey")
        await check_left(session, person_id, needed=_needs_factor(signed.actor, services))


def _proven(signed: SignedIn) -> UUID:
    """The person, who must have proved just now who they are: what they set up lets them in."""
    check_proof(signed.actor, now=utc_now())
    person_id, _ = ids_of(signed.actor)
    return person_id


def _needs_factor(actor: Actor, services: Services) -> bool:
    return services.staff.needs_second_factor(actor.role.value, demo=services.security.demo)


def _wrong(body: StepUpIn) -> InvalidInput:
    """Not "signed out": the session holds."""
    if body.password is not None:
        return InvalidInput.at("/password", "wrong_password")
    if body.otp is not None:
        return InvalidInput.at("/otp", "otp_wrong")
    return InvalidInput.at("/credential", "passkey_wrong")
