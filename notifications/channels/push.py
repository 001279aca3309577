"""Push messages through Firebase Cloud Messaging.

Retries are ours: the library would retry 500 and 503 five times within seconds, ignore
Retry-After and give up on 429, so a short time-out and the delivery's own back-off take its place.
FCM has no idempotency key; the collapse key and `message_key` let the phone drop a second copy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import firebase_admin
from firebase_admin import credentials, exceptions, messaging

from notifications.channels.base import Outgoing, TryLater, Undeliverable

_GONE = (messaging.UnregisteredError, messaging.SenderIdMismatchError)
_TRY_LATER = (
    messaging.QuotaExceededError,
    exceptions.UnavailableError,
    exceptions.InternalError,
    exceptions.DeadlineExceededError,
    exceptions.UnknownError,
)


class PushChannel:
    """Sends with the service account in `path`. The token of a device is its address."""

    def __init__(self, path: Path, timeout_s: float = 10.0) -> None:
        self._app = firebase_admin.initialize_app(
            credentials.Certificate(str(path)),
            {"httpTimeout": timeout_s},
            name=f"hientruong-{id(self)}",
        )

    async def send(self, message: Outgoing) -> None:
        try:
            batch = await messaging.send_each_async([_fcm_message(message)], app=self._app)
        except exceptions.FirebaseError as error:
            raise TryLater(str(error), _retry_after(error)) from error
        error = cast("Exception | None", batch.responses[0].exception)
        if error is None:
            return
        if isinstance(error, _GONE):
            raise Undeliverable(str(error), gone=True) from error
        if isinstance(error, _TRY_LATER):
            raise TryLater(str(error), _retry_after(error)) from error
        raise Undeliverable(str(error)) from error

    async def close(self) -> None:
        firebase_admin.delete_app(self._app)


def _fcm_message(message: Outgoing) -> messaging.Message:
    data = {name: _as_text(value) for name, value in message.data.items() if value is not None}
    # Registration tokens contain a colon, installation ids do not.
    target = {"token": message.address} if ":" in message.address else {"fid": message.address}
    return messaging.Message(
        **target,
        notification=messaging.Notification(
            title=message.title, body=message.body, image=message.data.get("photo_url")
        ),
        data={**data, "message_key": message.key},
        android=messaging.AndroidConfig(priority="high", collapse_key=message.key[:64]),
        apns=messaging.APNSConfig(headers={"apns-collapse-id": message.key[-64:]}),
    )


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _retry_after(error: Any) -> float | None:
    response = cast("Any", getattr(error, "http_response", None))
    value = str(response.headers.get("Retry-After", "")) if response is not None else ""
    return float(value) if value.isdigit() else None
