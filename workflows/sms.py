"""Text messages that come in: a call for help becomes a report, or news of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import ANONYMOUS, SYSTEM
from core.db import AnyRow, transaction
from core.errors import InvalidInput
from core.jobs import enqueue
from core.sealing import Sealer
from identity.numbers import index_of
from notifications.addresses import seal_address
from notifications.fanout import add_message
from workflows.configuration import ConfigurationCache
from workflows.intake import FiledReport, IntakeRules
from workflows.sos import Counts, SosChange, SosDraft, file_call, update_call
from workflows.sos_text import SosText, read_sos
from workflows.tables import Case, Report, Reporter, SmsMessage, SosCall
from workflows.tasks import DELIVER, HANDLE_SMS

CALLS = UUID("5a0b6f0e-3a54-4f55-9f1b-2f0a4c1d9e77")  # namespace of calls by text message
SAME_CALL = timedelta(hours=1)  # a phone that writes again so soon writes of the same call
_SENDER, _BODY = "sms_messages.sender", "sms_messages.body"


@dataclass(frozen=True, slots=True)
class SmsDesk:
    """What handling a message needs besides the message."""

    cache: ConfigurationCache
    rules: IntakeRules
    sealer: Sealer


async def receive_sms(
    session: AsyncSession,
    message_id: str,
    *,
    sender: str,
    text: str,
    sealer: Sealer,
    now: datetime,
) -> None:
    """Keep a message until a worker has handled it, which is at once. A gateway that sends one
    again, under the same id, changes nothing.
    """
    added = await session.scalar(
        insert(SmsMessage)
        .values(
            id=message_id,
            sender=sealer.seal(sender, _SENDER),
            body=sealer.seal(text, _BODY),
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=[SmsMessage.id])
        .returning(SmsMessage.id)
    )
    await enqueue(session, HANDLE_SMS, [added] if added is not None else [])


async def list_unhandled(session: AsyncSession, *, before: datetime) -> list[str]:
    """Messages that came before `before` and still wait, for the reconciler."""
    query = select(SmsMessage.id).where(
        SmsMessage.handled_at.is_(None), SmsMessage.received_at < before
    )
    return list(await session.scalars(query.order_by(SmsMessage.received_at).limit(1000)))


async def handle_sms(
    sessions: async_sessionmaker[AsyncSession], ids: list[str], *, desk: SmsDesk, now: datetime
) -> None:
    """File what each message calls for and answer its sender. Safe to run twice; each message in a
    transaction of its own.
    """
    for message_id in ids:
        async with transaction(sessions) as session:
            await _handle(session, message_id, desk, now)


async def _handle(session: AsyncSession, message_id: str, desk: SmsDesk, now: datetime) -> None:
    message = await session.scalar(
        select(SmsMessage)
        .where(SmsMessage.id == message_id, SmsMessage.handled_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    if message is None:
        return
    sender = desk.sealer.open(message.sender, _SENDER)
    call = read_sos(desk.sealer.open(message.body, _BODY))
    if call is None:
        template, facts, report_id = "sms_not_understood", dict[str, str](), None
    else:
        template, facts, report_id = await _take(session, call, message_id, sender, desk, now)
    ids = await add_message(
        session,
        key=f"sms:{message_id}",
        channel="sms",
        address=seal_address(sender, desk.sealer),
        language="vi",
        template=template,
        facts=facts,
        now=now,
    )
    await enqueue(session, DELIVER, ids)
    # What was written stands in the report now; of the message nothing else is kept.
    await session.execute(
        update(SmsMessage)
        .where(SmsMessage.id == message_id)
        .values(handled_at=now, report_id=report_id, sender=b"", body=b"")
    )


async def _take(  # the message, and what handling it needs
    session: AsyncSession,
    call: SosText,
    message_id: str,
    sender: str,
    desk: SmsDesk,
    now: datetime,
) -> tuple[str, dict[str, str], UUID]:
    """File the call, or update the one that this phone made within the hour."""
    counts = Counts(call.people, call.children, call.elderly, call.pregnant, call.injured)
    earlier = await _find_call(session, sender, desk.sealer, since=now - SAME_CALL)
    if earlier is not None:
        change = SosChange(counts, call.note, call.place)
        await update_call(session, earlier.id, change, actor=SYSTEM, now=now)
        facts = {"code": earlier.code, "people": str(call.people)}
        return "sms_sos_updated", facts, earlier.id
    draft = SosDraft(call.kind, counts, call.place, phone=sender, note=call.note, channel="sms")
    report_id = uuid5(CALLS, message_id)
    try:
        filed = await _file(session, draft, report_id, desk, now)
    except InvalidInput:  # a position outside of the city: who calls is heard all the same
        draft = SosDraft(call.kind, counts, None, phone=sender, note=call.note, channel="sms")
        filed = await _file(session, draft, report_id, desk, now)
    known = draft.place is not None
    template = "sms_sos_filed" if known else "sms_sos_where"
    return template, {"code": filed.code, "people": str(call.people)}, report_id


async def _file(
    session: AsyncSession, draft: SosDraft, report_id: UUID, desk: SmsDesk, now: datetime
) -> FiledReport:
    return await file_call(
        session,
        draft,
        report_id=report_id,
        actor=ANONYMOUS,
        now=now,
        cache=desk.cache,
        rules=desk.rules,
        sealer=desk.sealer,
    )


async def _find_call(
    session: AsyncSession, sender: str, sealer: Sealer, *, since: datetime
) -> AnyRow | None:
    query = (
        select(Report.id, Report.code)
        .join(SosCall, SosCall.report_id == Report.id)
        .join(Case, Case.id == Report.case_id)
        .join(Reporter, Reporter.report_id == Report.id)
        .where(
            Reporter.phone_index == index_of(sender, sealer),
            SosCall.called_at >= since,
            Case.open,
        )
        .order_by(SosCall.called_at.desc())
        .limit(1)
    )
    return (await session.execute(query)).first()
