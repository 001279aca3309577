"""The city's webhooks: added, changed and retired by its administrators."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor
from notifications import webhooks
from notifications.tables import Webhook
from notifications.webhooks import WebhookDraft
from workflows.administration import begin_change, note_change
from workflows.policies import Right, check_right


async def list_webhooks(session: AsyncSession, *, actor: Actor) -> list[Webhook]:
    """All of them by name, the retired ones too."""
    check_right(actor, Right.CONFIGURE)
    return await webhooks.list_webhooks(session)


async def put_webhook(
    session: AsyncSession, name: str, draft: WebhookDraft, *, actor: Actor, inside: bool
) -> tuple[Webhook, bool, str | None]:
    """See `notifications.webhooks.put_webhook`."""
    city = await begin_change(session, actor)
    put = await webhooks.put_webhook(session, name, draft, inside=inside)
    _, created, _ = put
    await note_change(session, actor, "webhook", name, created=created)
    city.revision += 1
    await session.flush()
    return put


async def retire_webhook(session: AsyncSession, name: str, *, actor: Actor) -> None:
    """Call it no more. NotFound if there is none."""
    city = await begin_change(session, actor)
    await webhooks.retire_webhook(session, name)
    await note_change(session, actor, "webhook", name)
    city.revision += 1
    await session.flush()
