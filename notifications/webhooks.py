"""Webhooks: other systems that actions of the process call. Each has a secret, by which it knows
us (Standard Webhooks).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.db import transaction
from core.errors import FieldError, InvalidInput, NotFound
from notifications.hosts import is_outside, to_address
from notifications.tables import Notification, Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105  # what a secret of Standard Webhooks begins with
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class WebhookDraft:
    """A webhook as administrators want it; with `new_secret` the one it has counts no more."""

    url: str
    active: bool
    new_secret: bool = False


async def list_webhooks(session: AsyncSession) -> list[Webhook]:
    """All of them by name, the retired ones too."""
    return list(await session.scalars(select(Webhook).order_by(Webhook.name)))


async def find_webhook(session: AsyncSession, name: str) -> Webhook | None:
    """The webhook that actions call `name`, unless it is retired."""
    return await session.scalar(select(Webhook).where(Webhook.name == name, Webhook.active))


def finder_of_secrets(
    sessions: async_sessionmaker[AsyncSession],
) -> Callable[[str], Awaitable[str | None]]:
    """Answers the secret of a webhook by its name as it is then, None if it is retired."""

    async def find_secret(name: str) -> str | None:
        async with transaction(sessions) as session:
            webhook = await find_webhook(session, name)
            return webhook.secret if webhook else None

    return find_secret


async def put_webhook(
    session: AsyncSession, name: str, draft: WebhookDraft, *, inside: bool
) -> tuple[Webhook, bool, str | None]:
    """Add a webhook or change it; answers it, whether it is new, and its secret where that is.

    Calls that still wait go to the new address. InvalidInput at `/url`: only with `inside` may it
    be unencrypted or lead into our own network.
    """
    errors = _url_errors(draft.url, inside=inside)
    if errors:
        raise InvalidInput(fields=errors)
    row = await session.get(Webhook, name, with_for_update=True)
    created = row is None
    if row is None:
        row = Webhook(name=name, url=draft.url, secret="", active=draft.active)
        session.add(row)
    secret = None
    if created or draft.new_secret:
        row.secret = secret = _make_secret()
    row.url, row.active = draft.url, draft.active
    await session.flush()
    await _redirect(session, name, draft.url)
    return row, created, secret


async def retire_webhook(session: AsyncSession, name: str) -> None:
    """Call it no more. NotFound if there is none."""
    found = await session.scalar(
        update(Webhook).where(Webhook.name == name).values(active=False).returning(Webhook.name)
    )
    if found is None:
        raise NotFound("webhook_not_found", name=name)


async def retire_address(session: AsyncSession, url: str) -> None:
    """Call no more what answers that it is gone."""
    await session.execute(update(Webhook).where(Webhook.url == url).values(active=False))


async def _redirect(session: AsyncSession, name: str, url: str) -> None:
    await session.execute(
        update(Notification)
        .where(
            Notification.status == "pending",
            Notification.channel == "webhook",
            Notification.data["webhook"].astext == name,
            Notification.address != url,
        )
        .values(address=url)
    )


def _make_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _url_errors(url: str, *, inside: bool) -> list[FieldError]:
    """A name behind which an inside address hides is found when it is called."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return [FieldError("/url", "url_malformed")]
    schemes = ("https", "http") if inside else ("https",)
    if parts.scheme not in schemes:
        return [FieldError("/url", "url_not_encrypted")]
    if not host or parts.username is not None or parts.fragment or not _is_plain(url):
        return [FieldError("/url", "url_malformed")]
    address = to_address(host)
    local = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    if not inside and (local or (address is not None and not is_outside(address))):
        return [FieldError("/url", "url_leads_inside")]
    return []
