"""Numbers of the release before are sealed while both run; keys are changed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from core.db import create_engine, create_session_factory
from core.sealing import SealBroken, create_sealer
from core.settings import SecuritySettings
from identity.numbers import PHONE, index_of
from notifications.addresses import open_address
from tests.support.casework import press, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.sealing import SEALER, SECRET
from tests.support.worker import RecordingChannel, open_workshop
from workflows.contacts import Contact, SealedContact
from workflows.sealing import Sealed, reseal

OLD_ACCOUNT = """
    insert into people (role, phone, name) values ('citizen', %(phone)s, 'Cũ') returning id
"""
NUMBER, OTHER = "+84905111222", "+84905111333"


async def everything(api: Api) -> str:
    """All rows that may know a number, as text."""
    tables = ("people", "reporters", "notifications", "one_time_codes", "announcements")
    return "\n".join([str(await fetch(api, f"select * from {name}")) for name in tables])


async def old_contact(api: Api, **contact: str) -> str:
    """A report whose contact stands as the release before wrote it; its id."""
    case = await stage(api, contact={"phone": "0905999000"})
    emptied = "name_sealed = null, phone_sealed = null, phone_index = null, email_sealed = null"
    values = {"name": None, "phone": None, "email": None} | contact
    await execute(
        api,
        f"update reporters set {emptied}, name = %(name)s, phone = %(phone)s, email = %(email)s"
        " where report_id = %(id)s",
        id=case.id,
        **values,
    )
    return case.id


async def contact_of(api: Api, report_id: str) -> Contact:
    row = await fetch_one(api, "select * from reporters where report_id = %(i)s", i=report_id)
    assert (row.name, row.phone, row.email) == (None, None, None)
    return SealedContact(row.name_sealed, row.phone_sealed, row.email_sealed, Contact()).open(
        SEALER
    )


async def test_a_worker_seals_what_the_release_before_wrote(own_api: Api) -> None:
    first = await old_contact(own_api, name="Nguyễn Cũ", phone=NUMBER, email="cu@example.vn")
    second = await old_contact(own_api, email="chi@example.vn")
    await execute(own_api, OLD_ACCOUNT, phone=OTHER)
    await execute(
        own_api,
        "insert into notifications (key, channel, address, language, title, body, data,"
        " next_attempt_at, created_at) values (%(key)s, 'sms', %(phone)s, 'vi', '', '', '{}',"
        " now(), now())",
        key=f"case:1:0:0:{NUMBER}",
        phone=NUMBER,
    )
    sms = RecordingChannel()
    async with open_workshop(own_api, {"sms": sms}) as workshop:
        await workshop.seal()
        await workshop.seal()
        message = await fetch_one(own_api, "select id from notifications")
        await workshop.deliver([message.id])
    assert [message.address for message in sms.sent] == [NUMBER]
    assert await contact_of(own_api, first) == Contact("Nguyễn Cũ", NUMBER, "cu@example.vn")
    assert await contact_of(own_api, second) == Contact(email="chi@example.vn")
    person = await fetch_one(own_api, "select * from people where name = 'Cũ'")
    assert SEALER.open(person.phone_sealed, PHONE) == OTHER
    assert person.phone_index == index_of(OTHER, SEALER)
    left = await everything(own_api)
    for value in (NUMBER, OTHER, "Nguyễn Cũ", "cu@example.vn", "chi@example.vn"):
        assert value not in left


async def test_plain_numbers_are_read_until_they_are_sealed(own_api: Api) -> None:
    case = await old_contact(own_api, name="Nguyễn Cũ", phone=NUMBER)
    operator = await own_api.staff("operator")
    asked = await own_api.http.get(
        f"/v1/cases/{case}/reporters", params={"reason": "x"}, headers=operator
    )
    [reporter] = asked.json()["items"]
    assert (reporter["name"], reporter["phone"]) == ("Nguyễn Cũ", NUMBER)


async def test_who_signs_in_meanwhile_keeps_their_account(own_api: Api) -> None:
    old = await fetch_one(own_api, OLD_ACCOUNT, phone=NUMBER)
    headers = await own_api.citizen(NUMBER)
    me = (await own_api.http.get("/v1/me", headers=headers)).json()
    assert (me["id"], me["phone"], me["name"]) == (str(old.id), NUMBER, "Cũ")
    assert NUMBER not in await everything(own_api)


async def test_a_second_account_of_the_release_before_is_joined(own_api: Api) -> None:
    """The two releases side by side: one number signed in to both."""
    headers = await own_api.citizen(NUMBER)
    me = (await own_api.http.get("/v1/me", headers=headers)).json()
    second = await fetch_one(own_api, OLD_ACCOUNT, phone=NUMBER)
    case = await stage(own_api)
    await execute(
        own_api,
        "insert into reporters (report_id, person_id, language) values (%(r)s, %(p)s, 'vi')"
        " on conflict (report_id) do update set person_id = excluded.person_id",
        r=case.id,
        p=second.id,
    )
    for table in ("follows", "supports"):
        await execute(
            own_api,
            f"insert into {table} (report_id, person_id, at) values (%(r)s, %(p)s, now())",
            r=case.id,
            p=second.id,
        )
    async with open_workshop(own_api, {}) as workshop:
        await workshop.seal()
    reporter = await fetch_one(own_api, "select person_id from reporters")
    assert str(reporter.person_id) == me["id"]
    for table in ("follows", "supports"):
        [row] = await fetch(own_api, f"select person_id from {table}")
        assert str(row.person_id) == me["id"]
    closed = await fetch_one(own_api, "select * from people where id = %(i)s", i=second.id)
    assert (closed.active, closed.phone, closed.phone_sealed) == (False, None, None)


async def sealed_rows(api: Api) -> list[Any]:
    return await fetch(
        api,
        "select phone_sealed from people where phone_sealed is not null union all"
        " select phone_sealed from reporters where phone_sealed is not null",
    )


async def test_keys_are_changed(own_api: Api) -> None:
    case = await stage(own_api, contact={"name": "Lê Mới", "phone": NUMBER})
    await own_api.citizen(OTHER)
    await press(own_api, case, "accept", {})
    async with open_workshop(own_api, {}) as workshop:
        ids = await fetch(own_api, "select id from announcements")
        await workshop.fan_out([row.id for row in ids])
    new = create_sealer(
        SecuritySettings(
            secret_key=SecretStr(SECRET), data_keys=SecretStr("2027:another secret " + "x" * 32)
        )
    )
    assert own_api.settings.database is not None
    engine = create_engine(own_api.settings.database.url, role="hientruong_worker")
    done = await reseal(create_session_factory(engine), new)
    again = await reseal(create_session_factory(engine), new)
    await engine.dispose()
    assert done == again
    rows = await sealed_rows(own_api)
    assert len(rows) == done.accounts + done.contacts
    assert done.contacts == done.messages == 1
    assert all(row.phone_sealed.startswith(new.newest_prefix) for row in rows)
    sms = await fetch_one(own_api, "select address from notifications where channel = 'sms'")
    assert open_address(sms.address, new) == NUMBER
    with pytest.raises(SealBroken):
        open_address(sms.address, SEALER)
    assert done != Sealed()
