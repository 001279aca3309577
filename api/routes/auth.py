"""Signing in and out."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.app_versions import AppDep
from api.client_address import ClientAddressDep
from api.deps import ActorDep, Services, ServicesDep, SignInSessionDep
from api.schemas.identity import (
    ChallengeOut,
    CitizenSessionOut,
    CodeIn,
    DeviceProofIn,
    FirebaseIn,
    LogoutIn,
    PhoneIn,
    PublicKeyIn,
    RefreshIn,
    SentOut,
)
from core.actor import Actor, Role
from core.clock import utc_now
from core.errors import InvalidInput, NotFound, NotSignedIn
from core.fence import Errand
from identity import (
    citizen_sessions,
    device_keys,
    device_proofs,
    firebase_accounts,
    otp,
    sign_in,
)
from identity.citizen_sessions import Phone, Tokens
from identity.device_limits import device_budgets, firebase_budgets
from identity.firebase import FirebaseUser
from identity.otp_limits import pause_budget, sending_budgets, trying_budgets
from identity.phones import check_reachable, normalise_phone
from workflows.one_time_codes import send_code

router = APIRouter(prefix="/v1", tags=["auth"])


@router.post("/auth/device/challenge")
async def make_challenge(body: PublicKeyIn, services: ServicesDep) -> ChallengeOut:
    """What a phone is to sign with its own key: two minutes, once. Nothing is stored."""
    key = device_proofs.read_public_key(body.public_key)
    challenge = device_proofs.make_challenge(key, keys=services.keys, now=utc_now())
    return ChallengeOut(
        challenge=challenge,
        sign=device_proofs.SIGNED_TEXT + challenge,
        expires_in=int(device_proofs.CHALLENGE_LIFE.total_seconds()),
    )


@router.post("/auth/device")
async def sign_in_phone(
    body: DeviceProofIn,
    services: ServicesDep,
    actor: ActorDep,
    app: AppDep,
    address: ClientAddressDep,
) -> CitizenSessionOut:
    """Sign in with a phone's own key (ECDSA P-256), without any personal data. The first time makes
    an account; the same key finds it, and its reports, again.
    """
    now = utc_now()
    key = device_proofs.read_public_key(body.public_key)
    challenge = device_proofs.check_proof(
        key, body.challenge, body.signature, keys=services.keys, now=now
    )
    await services.limits.take(*device_budgets(key.thumbprint, address), now=now)
    async with services.begin(Errand.SIGN_IN) as session:
        await device_keys.spend_challenge(session, challenge)
        person = await device_keys.get_owner(session, key, language=actor.language, now=now)
        signed = await citizen_sessions.open_session(
            session,
            person,
            method="device",
            phone=Phone(body.device_name, app),
            settings=services.security,
            now=now,
        )
    return citizen_out(signed)


@router.post("/auth/otp", status_code=202)
async def request_code(
    body: PhoneIn, services: ServicesDep, actor: ActorDep, address: ClientAddressDep
) -> SentOut:
    """Send a one-time code to a phone number; the same answer whether or not it has an account."""
    phone, now = normalise_phone(body.phone, pointer="/phone"), utc_now()
    check_reachable(phone, services.otp.countries, pointer="/phone")
    await services.limits.take(pause_budget(phone), now=now, code="otp_too_soon")
    asked_by = phone_account(actor)
    budgets = sending_budgets(phone, asked_by=asked_by, address=address, settings=services.otp)
    await services.limits.take(*budgets, now=now)
    async with services.begin(Errand.SIGN_IN) as session:
        await send_code(
            session,
            phone,
            asked_by=asked_by,
            language=actor.language,
            sealer=services.sealer,
            keys=services.keys,
            now=now,
        )
    return SentOut()


@router.post("/auth/otp/verify")
async def verify_code(
    body: CodeIn, services: ServicesDep, actor: ActorDep, app: AppDep, address: ClientAddressDep
) -> CitizenSessionOut:
    """Sign in with the code. A wrong try is counted, so it commits before it is refused."""
    phone, now = normalise_phone(body.phone, pointer="/phone"), utc_now()
    tried_by = phone_account(actor)
    budgets = trying_budgets(phone, tried_by=tried_by, address=address)
    await services.limits.take(*budgets, now=now)
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
        if right:
            person = await sign_in.person_of_phone(
                session, phone, sealer=services.sealer, language=actor.language
            )
            signed = await citizen_sessions.open_session(
                session,
                person,
                method="otp",
                phone=Phone(body.device_name, app),
                settings=services.security,
                now=now,
            )
            return citizen_out(signed)
    raise InvalidInput.at("/code", "otp_wrong")


@router.post("/auth/firebase")
async def sign_in_at_firebase(
    body: FirebaseIn, services: ServicesDep, actor: ActorDep, app: AppDep, address: ClientAddressDep
) -> CitizenSessionOut:
    """Sign in with an ID token of Firebase. The first time makes an account, or opens that of the
    number which Firebase has verified.
    """
    now = utc_now()
    user = await verify_firebase(body.id_token, address, services)
    async with services.begin(Errand.SIGN_IN) as session:
        person = await firebase_accounts.get_owner(
            session, user, sealer=services.sealer, language=actor.language, now=now
        )
        signed = await citizen_sessions.open_session(
            session,
            person,
            method="firebase",
            phone=Phone(body.device_name, app),
            settings=services.security,
            now=now,
        )
    return citizen_out(signed)


@router.post("/auth/refresh")
async def refresh(body: RefreshIn, services: ServicesDep, app: AppDep) -> CitizenSessionOut:
    """A new pair of tokens; the old refresh token is used up. Asked again within 30 seconds, because
    the answer was lost, it answers the same pair; later, it ends the session.
    """
    async with services.begin(Errand.SIGN_IN) as session:
        signed = await citizen_sessions.refresh(
            session,
            body.refresh_token,
            phone=Phone(app=app),
            settings=services.security,
            now=utc_now(),
        )
    if signed is None:
        raise NotSignedIn("refresh_token_reused")
    return citizen_out(signed)


@router.post("/auth/logout", status_code=204)
async def sign_out(body: LogoutIn, session: SignInSessionDep) -> None:
    """End the session of a refresh token; with `everywhere` also those on one's other phones."""
    await citizen_sessions.sign_out(
        session, body.refresh_token, everywhere=body.everywhere, now=utc_now()
    )


async def verify_firebase(id_token: str, address: str, services: Services) -> FirebaseUser:
    """Whom a token names. NotFound `firebase_not_offered` where no project is set up.

    What comes from one address is limited before Google is asked: a wrong token costs a thread.
    """
    if services.firebase is None:
        raise NotFound("firebase_not_offered")
    await services.limits.take(*firebase_budgets(address), now=utc_now())
    return await services.firebase.verify(id_token)


def phone_account(actor: Actor) -> UUID | None:
    """The account of the phone that asks, where a citizen is signed in on it."""
    return actor.person_id if actor.role is Role.CITIZEN else None


def citizen_out(signed: Tokens) -> CitizenSessionOut:
    """What a phone is given when it signs in."""
    return CitizenSessionOut(
        access_token=signed.access_token,
        refresh_token=signed.refresh_token,
        expires_in=signed.expires_in,
    )
