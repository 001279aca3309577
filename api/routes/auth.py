"""Signing in and out."""

from __future__ import annotations

from uuid import uuid4

from fastapi import APIRouter

from api.deps import ActorDep, ServicesDep, SignInSessionDep
from api.schemas.identity import (
    CitizenSessionOut,
    CodeIn,
    PhoneIn,
    RefreshIn,
)
from core.clock import utc_now
from core.errors import InvalidInput, NotSignedIn
from core.fence import Errand
from core.jobs import enqueue
from identity import otp, sign_in
from identity.phones import normalise_phone
from identity.sign_in import Session
from notifications.addresses import seal_address
from notifications.fanout import add_message
from workflows.tasks import DELIVER

router = APIRouter(prefix="/v1", tags=["auth"])


@router.post("/auth/otp", status_code=202)
async def request_code(
    body: PhoneIn, session: SignInSessionDep, services: ServicesDep, actor: ActorDep
) -> dict[str, str]:
    """Send a one-time code to a phone number; the same answer whether or not it has an account."""
    phone = normalise_phone(body.phone, pointer="/phone")
    code = await otp.create_code(
        session, phone, sealer=services.sealer, keys=services.keys, now=utc_now()
    )
    ids = await add_message(
        session,
        key=f"otp:{uuid4()}",
        channel="sms",
        address=seal_address(phone, services.sealer),
        language=actor.language,
        template="otp",
        facts={"otp": code},
        now=utc_now(),
        secret=True,
    )
    await enqueue(session, DELIVER, ids)
    return {"status": "sent"}


@router.post("/auth/otp/verify")
async def verify_code(body: CodeIn, services: ServicesDep, actor: ActorDep) -> CitizenSessionOut:
    """Sign in with the code. A wrong try is counted, so it commits before it is refused."""
    phone = normalise_phone(body.phone, pointer="/phone")
    async with services.begin(Errand.SIGN_IN) as session:
        right = await otp.check_code(
            session,
            phone,
            body.code,
            sealer=services.sealer,
            keys=services.keys,
            now=utc_now(),
            demo=services.security.demo,
        )
        signed = (
            await sign_in.sign_in_citizen(
                session,
                phone,
                sealer=services.sealer,
                language=actor.language,
                settings=services.security,
                now=utc_now(),
            )
            if right
            else None
        )
    if signed is None:
        raise InvalidInput.at("/code", "otp_wrong")
    return citizen_out(signed)


@router.post("/auth/refresh")
async def refresh(body: RefreshIn, services: ServicesDep) -> CitizenSessionOut:
    """A new pair of tokens; the old refresh token is used up."""
    async with services.begin(Errand.SIGN_IN) as session:
        signed = await sign_in.refresh(
            session, body.refresh_token, settings=services.security, now=utc_now()
        )
    if signed is None:
        raise NotSignedIn("refresh_token_reused")
    return citizen_out(signed)


@router.post("/auth/logout", status_code=204)
async def sign_out(body: RefreshIn, session: SignInSessionDep) -> None:
    """Revoke a refresh token and all that came from the same sign-in."""
    await sign_in.sign_out(session, body.refresh_token, now=utc_now())


def citizen_out(signed: Session) -> CitizenSessionOut:
    """What a citizen's app is given."""
    return CitizenSessionOut(
        access_token=signed.access_token,
        refresh_token=signed.refresh_token,
        expires_in=signed.expires_in,
    )
