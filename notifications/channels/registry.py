"""Which channel carries what: a new channel is a file beside this one and a line below."""

from __future__ import annotations

from core.settings import PushSettings, SmsSettings
from notifications.channels.base import Channel
from notifications.channels.console import ConsoleChannel
from notifications.channels.webhook import FindSecret, WebhookChannel


def open_channels(
    push: PushSettings, sms: SmsSettings, find_secret: FindSecret, *, demo: bool
) -> dict[str, Channel]:
    """The channels of this installation by name; the console stands in for what is not set up.

    In the demo, webhooks may lead to this machine.
    """
    return {
        "push": _push(push, demo=demo),
        "sms": _sms(sms, demo=demo),
        "webhook": WebhookChannel(find_secret, inside=demo),
    }


def _push(settings: PushSettings, *, demo: bool) -> Channel:
    if settings.service_account is None:
        return ConsoleChannel("push", demo=demo)
    from notifications.channels.push import PushChannel  # 0.5 s to import

    return PushChannel(settings.service_account, settings.timeout_s)


def _sms(settings: SmsSettings, *, demo: bool) -> Channel:
    if not settings.gateway_url:
        return ConsoleChannel("sms", demo=demo)
    from notifications.channels.sms import HttpSmsChannel  # only where it is used

    return HttpSmsChannel(settings.gateway_url, settings.token.get_secret_value())
