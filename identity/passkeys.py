"""Passkeys (WebAuthn): a way to sign in that no other site can be shown, and a second factor.

The person is always verified by their device (fingerprint, face, PIN), so a passkey is two factors
at once. It is bound to our domain, signs a challenge that is ours and used once, and its counter
never goes back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.errors import Conflict, InvalidInput, NotFound
from identity.staff_tables import Passkey, PasskeyChallenge
from identity.tables import Person

LIFE = timedelta(minutes=5)
NAME = "Hiện Trường"
MOST = 20  # of one person
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
Purpose = Literal["register", "sign_in", "step_up"]
Credential = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Whom passkeys are for: our domain, and the origins of our pages."""

    domain: str
    origins: tuple[str, ...]


async def begin_registration(
    session: AsyncSession, person: Person, site: Site, *, now: datetime
) -> dict[str, Any]:
    """What the browser needs to make a passkey. Conflict `too_many_passkeys`."""
    known = await list_passkeys(session, person.id)
    if len(known) >= MOST:
        raise Conflict("too_many_passkeys")
    options = generate_registration_options(
        rp_id=site.domain,
        rp_name=NAME,
        user_id=person.id.bytes,
        user_name=person.username or "",
        user_display_name=person.name,
        challenge=await _new_challenge(session, "register", person.id, now),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return json.loads(options_to_json(options))


async def finish_registration(
    session: AsyncSession,
    person_id: UUID,
    name: str,
    credential: Credential,
    site: Site,
    *,
    now: datetime,
) -> Passkey:
    """Keep the passkey that was made. InvalidInput `passkey_refused`."""
    challenge = await _take_challenge(session, credential, "register", person_id, now)
    if challenge is None:
        raise InvalidInput.at("/credential", "passkey_refused")
    try:
        made = verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=list(site.origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except _BROKEN as error:
        raise InvalidInput.at("/credential", "passkey_refused") from error
    taken = await session.scalar(
        select(Passkey.id).where(Passkey.credential_id == made.credential_id)
    )
    if taken is not None:
        raise Conflict("passkey_exists")
    row = Passkey(
        person_id=person_id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=_transports(credential),
        name=name,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def begin_use(
    session: AsyncSession, site: Site, *, person_id: UUID | None, now: datetime
) -> dict[str, Any]:
    """What the browser needs to use a passkey: to sign in, when nobody is known yet and any of our
    passkeys may answer; or for `person_id` to prove anew who they are.
    """
    purpose: Purpose = "sign_in" if person_id is None else "step_up"
    known = [] if person_id is None else await list_passkeys(session, person_id)
    options = generate_authentication_options(
        rp_id=site.domain,
        challenge=await _new_challenge(session, purpose, person_id, now),
        allow_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(options_to_json(options))


async def finish_use(
    session: AsyncSession,
    credential: Credential,
    site: Site,
    *,
    person_id: UUID | None,
    now: datetime,
) -> UUID | None:
    """Whose passkey has signed; only one of `person_id` when it is given. None when it is not right.
    The challenge is used up in any case, so the caller commits before it refuses.
    """
    purpose: Purpose = "sign_in" if person_id is None else "step_up"
    challenge = await _take_challenge(session, credential, purpose, person_id, now)
    row = await _lock_passkey(session, credential)
    if challenge is None or row is None or person_id not in (None, row.person_id):
        return None
    try:
        used = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=list(site.origins),
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except _BROKEN:
        return None
    if not _names(credential, row.person_id):
        return None
    row.sign_count, row.used_at = used.new_sign_count, now
    await session.flush()
    return row.person_id


async def list_passkeys(session: AsyncSession, person_id: UUID) -> list[Passkey]:
    """Somebody's passkeys, the oldest first."""
    rows = await session.scalars(
        select(Passkey)
        .where(Passkey.person_id == person_id)
        .order_by(Passkey.created_at, Passkey.id)
    )
    return list(rows)


async def remove_passkey(session: AsyncSession, passkey_id: UUID, person_id: UUID) -> None:
    """Forget one of somebody's passkeys. NotFound for anybody else's."""
    removed = await session.scalar(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.person_id == person_id)
        .returning(Passkey.id)
    )
    if removed is None:
        raise NotFound("passkey_not_found")


async def remove_all(session: AsyncSession, person_id: UUID) -> None:
    """Forget all of somebody's passkeys."""
    await session.execute(delete(Passkey).where(Passkey.person_id == person_id))


async def forget_challenges(session: AsyncSession, *, now: datetime) -> None:
    """Remove challenges that nobody answered."""
    await session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))


# What the library raises for an answer that is not right, or none at all: it reads what browsers
# send it without checking its shape.
_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


async def _new_challenge(
    session: AsyncSession, purpose: Purpose, person_id: UUID | None, now: datetime
) -> bytes:
    challenge = secrets.token_bytes(32)
    session.add(
        PasskeyChallenge(
            challenge=challenge, purpose=purpose, person_id=person_id, expires_at=now + LIFE
        )
    )
    await session.flush()
    return challenge


async def _take_challenge(
    session: AsyncSession,
    credential: Credential,
    purpose: Purpose,
    person_id: UUID | None,
    now: datetime,
) -> bytes | None:
    """The challenge that an answer says it answers, if we gave it for this; nobody gets it again."""
    try:
        said = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    except _BROKEN:
        return None
    return await session.scalar(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge == said.challenge,
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.person_id.is_not_distinct_from(person_id),
            PasskeyChallenge.expires_at > now,
        )
        .returning(PasskeyChallenge.challenge)
    )


async def _lock_passkey(session: AsyncSession, credential: Credential) -> Passkey | None:
    """Locked: of two answers with the same count, one is right."""
    try:
        credential_id = base64url_to_bytes(credential["rawId"])
    except _BROKEN:
        return None
    return await session.scalar(
        select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    )


def _names(credential: Credential, person_id: UUID) -> bool:
    """Whether the device, if it says whom it signs for, means this person."""
    handle = credential["response"].get("userHandle")
    return handle is None or base64url_to_bytes(handle) == person_id.bytes


def _transports(credential: Credential) -> list[str]:
    given: object = credential["response"].get("transports")
    items = cast("list[object]", given) if isinstance(given, list) else []
    return [item for item in items if isinstance(item, str)][:8]
