"""Shaping the city: the other systems that actions of its process call."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import ActorDep, ServicesDep, SessionDep
from api.openapi import made
from api.schemas.catalogue import Code
from api.schemas.webhooks import WebhookIn, WebhookOut, WebhookPutOut, WebhooksOut
from workflows import webhooks

router = APIRouter(prefix="/v1/admin/webhooks", tags=["admin"])
CREATED, OK = 201, 200


@router.get("")
async def list_webhooks(session: SessionDep, actor: ActorDep) -> WebhooksOut:
    """All webhooks, the retired ones too; never their secrets."""
    rows = await webhooks.list_webhooks(session, actor=actor)
    return WebhooksOut(items=[WebhookOut.model_validate(row) for row in rows])


@router.put("/{name}", responses=made(WebhookPutOut))
async def put_webhook(
    name: Code,
    body: WebhookIn,
    session: SessionDep,
    actor: ActorDep,
    services: ServicesDep,
    response: Response,
) -> WebhookPutOut:
    """Add a webhook (201) or change it. Its secret is told when it is new, and never again."""
    row, created, secret = await webhooks.put_webhook(
        session, name, body.draft(), actor=actor, inside=services.security.demo
    )
    response.status_code = CREATED if created else OK
    return WebhookPutOut(name=row.name, url=row.url, active=row.active, secret=secret)


@router.delete("/{name}", status_code=204)
async def retire_webhook(name: Code, session: SessionDep, actor: ActorDep) -> None:
    """Call it no more; its row stays, and may be made active again."""
    await webhooks.retire_webhook(session, name, actor=actor)
