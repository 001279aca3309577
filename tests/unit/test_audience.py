"""By which ways somebody hears of something."""

from __future__ import annotations

from uuid import UUID

from notifications.addresses import address_name
from notifications.audience import Recipient, Route, routes

PERSON = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f11")
REPORT = UUID("6f0ff8a5-5a0e-4cbb-a8f5-8ad4ac8a1f12")


def test_an_account_has_its_inbox_and_every_device() -> None:
    found = routes(Recipient(PERSON, "vi", ("one", "two"), phone="+84999000001", report_id=REPORT))
    assert found == [
        Route("inbox", str(PERSON), f"{PERSON}:inbox"),
        Route("push", "one", address_name("one")),
        Route("push", "two", address_name("two")),
    ]
    assert len({route.name for route in found}) == len(found)  # they tell the ways apart


def test_an_account_without_devices_still_has_its_inbox() -> None:
    assert [route.channel for route in routes(Recipient(PERSON, "en"))] == ["inbox"]


def test_a_phone_number_alone_gets_a_text_message() -> None:
    (route,) = routes(Recipient(None, "vi", phone="sealed:…", phone_name="a", report_id=REPORT))
    assert route == Route("sms", "sealed:…", "a")


def test_nobody_is_told_nothing() -> None:
    assert routes(Recipient(None, "vi", phone=None)) == []
    assert routes(Recipient(None, "vi", device_tokens=("stray",))) == []
