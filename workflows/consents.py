"""Consents: each given, refused or withdrawn by an act of its own, never by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from core.errors import FieldError, InvalidInput, NotFound, NotSignedIn
from workflows.consent_texts import IDENTITY, PUBLISH_PHOTO, ConsentTexts
from workflows.photo_consents import follow_person, follow_report
from workflows.reports import is_reporter_of
from workflows.rights_tables import Consent


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody said to one version of one text."""

    purpose: str
    version: str
    given: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose consent it is: an account's, or that of who filed a report without one."""

    person_id: UUID | None = None
    report_id: UUID | None = None

    def condition(self) -> ColumnElement[bool]:
        if self.person_id is not None:
            return Consent.person_id == self.person_id
        return (Consent.report_id == self.report_id) & Consent.person_id.is_(None)


async def subject_of(session: AsyncSession, actor: Actor, report_id: UUID | None = None) -> Subject:
    """The account of the actor; with `report_id`, who filed that report, as its track token shows.

    NotSignedIn without an account, NotFound for a report that is not the actor's.
    """
    if report_id is None:
        if actor.person_id is None:
            raise NotSignedIn
        return Subject(person_id=actor.person_id)
    if await is_reporter_of(session, report_id, actor) is None:
        raise NotFound("report_not_found")
    return Subject(report_id=report_id)


async def add_consents(
    session: AsyncSession,
    subject: Subject,
    decisions: Sequence[Decision],
    *,
    texts: ConsentTexts,
    actor: Actor,
    channel: str,
    language: str,
    now: datetime,
) -> None:
    """Append what was decided; public photos follow it with the same commit. Raises what
    `check_decisions` raises.
    """
    if not decisions:
        return
    check_decisions(decisions, texts, pointer="/consents")
    await session.execute(
        insert(Consent),
        [
            _row(decision, texts)
            | {
                "person_id": subject.person_id,
                "report_id": subject.report_id,
                "channel": channel,
                "language": language,
                "at": now,
            }
            for decision in decisions
        ],
    )
    if not any(decision.purpose == PUBLISH_PHOTO for decision in decisions):
        return
    if subject.person_id is not None:
        await follow_person(session, subject.person_id, actor=actor, now=now)
    elif subject.report_id is not None:
        await follow_report(session, subject.report_id, actor=actor, now=now)


def check_decisions(decisions: Sequence[Decision], texts: ConsentTexts, *, pointer: str) -> None:
    """Raise InvalidInput unless each names a text that there is and that asks for consent, once."""
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, decision in enumerate(decisions):
        text = texts.find(decision.purpose, decision.version)
        if text is None:
            errors.append(FieldError(f"{pointer}/{index}", "consent_text_unknown"))
        elif text.basis != "consent":
            errors.append(FieldError(f"{pointer}/{index}/purpose", "consent_not_asked"))
        elif decision.purpose in seen:
            errors.append(FieldError(f"{pointer}/{index}/purpose", "consent_repeated"))
        seen.add(decision.purpose)
    if errors:
        raise InvalidInput(fields=errors)


def check_identity(decisions: Sequence[Decision], *, has_contact: bool) -> None:
    """Raise InvalidInput where a client that asks for consent sends a contact without having it.

    A client of before asks for none: whoever types their number into its form asks to be told
    about their own report, and that is all it is used for.
    """
    given = any(decision.purpose == IDENTITY and decision.given for decision in decisions)
    if decisions and has_contact and not given:
        raise InvalidInput.at("/contact", "consent_to_identity_missing")


async def list_consents(session: AsyncSession, subject: Subject) -> list[Consent]:
    """The whole history, oldest first."""
    rows = await session.scalars(select(Consent).where(subject.condition()).order_by(Consent.id))
    return list(rows)


async def list_agreed(session: AsyncSession) -> list[tuple[str, str, bytes]]:
    """Purpose, version and hash of every text that anybody decided on, each once."""
    columns = (Consent.purpose, Consent.version, Consent.text_sha256)
    rows = await session.execute(select(*columns).distinct().order_by(*columns))
    return [(row.purpose, row.version, row.text_sha256) for row in rows]


async def list_refused(
    session: AsyncSession, person_ids: list[UUID], report_ids: list[UUID]
) -> set[tuple[UUID, str]]:
    """(account or report, purpose) of whatever was refused or withdrawn last."""
    rows = await session.execute(
        select(func.coalesce(Consent.person_id, Consent.report_id), Consent.purpose, Consent.given)
        .where(
            Consent.person_id.in_(person_ids)
            | (Consent.report_id.in_(report_ids) & Consent.person_id.is_(None))
        )
        .order_by(Consent.id)
    )
    last = {(subject_id, purpose): given for subject_id, purpose, given in rows}
    return {key for key, given in last.items() if not given}


def _row(decision: Decision, texts: ConsentTexts) -> dict[str, Any]:
    text = texts.find(decision.purpose, decision.version)
    assert text is not None
    return {
        "purpose": decision.purpose,
        "version": decision.version,
        "text_sha256": text.sha256,
        "given": decision.given,
    }
