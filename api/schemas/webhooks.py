"""Webhooks as administrators see and change them."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Flag, Input, Output, Text
from notifications.webhooks import WebhookDraft


class WebhookIn(Input):
    """With `new_secret` the secret that it has counts no more."""

    url: Text = Field(max_length=2000, examples=["https://example.vn/hooks/hientruong"])
    active: Flag
    new_secret: Flag = False

    def draft(self) -> WebhookDraft:
        return WebhookDraft(self.url, self.active, self.new_secret)


class WebhookOut(Output):
    name: str
    url: str
    active: bool


class WebhooksOut(Output):
    items: list[WebhookOut]


class WebhookPutOut(WebhookOut):
    """`secret` is told once, when it is new: `whsec_…`, as Standard Webhooks has it."""

    secret: str | None
