"""Forgetting somebody: nothing of them is left anywhere, and everything counts as before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import psycopg

from core.clock import utc_now
from tests.support.casework import Staged, press, stage
from tests.support.client import Api
from tests.support.copies import COPIES
from tests.support.photos import make_jpeg
from tests.support.rows import execute, fetch, fetch_one, url_of
from tests.support.worker import RecordingChannel, open_workshop
from workflows.worker import Workshop

PHONE = "+84905987654"
# What must be left nowhere. The number is also looked for as people write it.
CANARIES = {
    "name": "Nguyễn Thị Hoàng Yến Canary",
    "phone": PHONE,
    "phone as written": "0905987654",
    "e-mail": "hoangyen.canary@example.vn",
    "device": "canary-device-token-0123456789",
    "address": "Kiệt 7 đường Chim Hoàng Yến",
    "description": "Ống nước trước cổng nhà tôi vỡ canary-noi-dung",
    "answer": "Cổng sơn xanh canary-tra-loi",
    "comment": "Làm nhanh canary-nhan-xet",
    "photo": "canary-trong-anh",
    "request": "Cho tôi xem canary-yeu-cau",
}
COUNTED = """
    select json_build_array(
        (select count(*) from reports), (select count(*) from cases),
        (select count(*) from case_events), (select count(*) from cases where open),
        (select count(distinct person_id) from supports), (select sum(rating) from cases),
        (select string_agg(status || state || category || area_id || rev, ',' order by id) from cases),
        (select string_agg(st_astext(geom), ',' order by id) from cases),
        (select string_agg(action || coalesce(to_state, '') || actor_role || at, ','
            order by case_id, rev, seq) from case_events),
        (select string_agg(c::text, ',' order by c::text) from public_case_cells c)
    )::text as counted
"""


def everything_kept(api: Api) -> str:
    """Every column of every table, as text: what a copy of the database would tell."""
    texts: list[str] = []
    with psycopg.connect(url_of(api)) as connection:
        tables = connection.execute(
            "select relname from pg_class where relkind in ('r', 'p', 'm')"
            " and relnamespace = 'public'::regnamespace and relname <> 'spatial_ref_sys'"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(
                psycopg.sql.SQL("select t::text from {} t").format(psycopg.sql.Identifier(table))
            ).fetchall()
            texts += [row for (row,) in rows]
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = 'public' and data_type = 'bytea'"
            " and table_name in (select relname from pg_class where relkind in ('r', 'p'))"
        ).fetchall()
        for table, column in columns:
            query = psycopg.sql.SQL("select {} from {} where {} is not null").format(
                psycopg.sql.Identifier(column),
                psycopg.sql.Identifier(table),
                psycopg.sql.Identifier(column),
            )
            texts += [bytes(row[0]).decode("utf-8", "replace") for row in connection.execute(query)]
    return "\n".join(texts)


def files_of(api: Api) -> dict[str, bytes]:
    root = Path(api.settings.media.root)
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def left_of(canaries: dict[str, str], api: Api) -> set[str]:
    kept, files = everything_kept(api), files_of(api)
    return {
        what
        for what, value in canaries.items()
        if value in kept or any(value.encode() in content for content in files.values())
    }


async def counted(api: Api) -> str:
    return (await fetch_one(api, COUNTED)).counted


async def run_jobs(api: Api, workshop: Workshop) -> None:
    """What the queue would have done by now: messages, then whatever was ordered."""
    ids = await fetch(api, "select id from announcements where fanned_out_at is null")
    await workshop.fan_out([row.id for row in ids])
    waiting = await fetch(api, "select id from notifications where status = 'pending'")
    await workshop.deliver([row.id for row in waiting])


async def erase_all(workshop: Workshop) -> None:
    await workshop.go_on_erasing()


async def lived_in(api: Api, workshop: Workshop) -> tuple[dict[str, str], list[Staged]]:
    """Somebody with an account and all that an account can leave: their headers, their cases."""
    headers = await api.citizen(PHONE)
    await api.http.patch(
        "/v1/me",
        json={"name": CANARIES["name"], "email": CANARIES["e-mail"]},
        headers=headers,
    )
    await api.http.put(
        f"/v1/me/devices/{CANARIES['device']}", json={"platform": "ios"}, headers=headers
    )
    comment = CANARIES["photo"].encode()
    photo = make_jpeg(64, 48)
    photo = photo[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + photo[2:]
    upload = await api.upload(photo, **headers)
    await api.upload(photo, **headers)  # and one that is never claimed
    case = await stage(
        api,
        headers=headers,
        uploads=[upload],
        description=CANARIES["description"],
        address=CANARIES["address"],
        contact={"name": CANARIES["name"], "phone": PHONE, "email": CANARIES["e-mail"]},
        consents=[{"purpose": "identity", "version": "1", "given": True}],
    )
    await workshop.make_derivatives(
        [str(row.id) for row in await fetch(api, "select id from attachments")]
    )
    for action, form, role in (
        ("accept", {}, "staff"),
        ("ask", {"question": "Chỗ nào?"}, "staff"),
    ):
        assert (await press(api, case, action, form, role)).status_code == 200
    answered = await api.http.post(
        f"{case.report_url}/actions/answer", json={"text": CANARIES["answer"]}, headers=headers
    )
    assert answered.status_code == 200, answered.text
    await run_jobs(api, workshop)
    for action, form, role in (
        ("resolve", {"answer": "Đã xử lý xong."}, "staff"),
        ("approve", {}, "supervisor"),
    ):
        assert (await press(api, case, action, form, role)).status_code == 200
    rated = await api.http.post(
        f"{case.report_url}/actions/rate",
        json={"score": 4, "comment": CANARIES["comment"]},
        headers=headers,
    )
    assert rated.status_code == 200, rated.text
    opened = await stage(
        api,
        headers=headers,
        description=CANARIES["description"],
        address=CANARIES["address"],
    )
    other = await stage(api, description="của người khác")
    for tie in ("support", "follow"):
        answer = await api.http.put(f"{other.report_url}/{tie}", headers=headers)
        assert answer.status_code == 204
    await api.http.post("/v1/auth/otp", json={"phone": PHONE})
    await run_jobs(api, workshop)
    return headers, [case, opened, other]


async def close(api: Api, case: Staged) -> None:
    for action, form, role in (
        ("accept", {}, "staff"),
        ("resolve", {"answer": "Xong"}, "staff"),
        ("approve", {}, "supervisor"),
    ):
        assert (await press(api, case, action, form, role)).status_code == 200
    await execute(
        api,
        "update cases set state = 'closed', status = 'closed', closed_at = now(), wake_at = null"
        " where id = %(id)s",
        id=case.id,
    )


async def test_nothing_of_somebody_is_left_and_everything_counts_as_before(own_api: Api) -> None:
    channels = {"push": RecordingChannel(), "sms": RecordingChannel()}
    async with open_workshop(own_api, channels) as workshop:
        headers, [_, opened, other] = await lived_in(own_api, workshop)
        # The canaries sing: else their silence would prove nothing. Numbers are sealed already.
        sealed = {"phone", "phone as written", "request"}
        assert left_of(CANARIES, own_api) == CANARIES.keys() - sealed
        before = await counted(own_api)
        answer = await own_api.http.delete("/v1/me", headers=headers)
        assert answer.status_code == 202, answer.text
        again = await own_api.http.get("/v1/me", headers=headers)
        assert (again.status_code, again.json()["code"]) == (401, "account_closed")
        await erase_all(workshop)
        # What is still worked on keeps its words until it is closed, and nobody in it.
        assert left_of(CANARIES, own_api) == {"address", "description", "photo"}
        assert await fetch(own_api, "select * from reporters where person_id is not null") == []
        assert await counted(own_api) == before
        words = await fetch_one(
            own_api, "select description from reports where id = %(id)s", id=opened.id
        )
        assert words.description == CANARIES["description"]
        await close(own_api, opened)
        before = await counted(own_api)
        await erase_all(workshop)
        # The unclaimed upload is collected like every other whose time is over.
        await workshop.collect()
        assert left_of(CANARIES, own_api) == set()
        assert await counted(own_api) == before
        await erase_all(workshop)
    assert files_of(own_api) == {}
    [erasure] = await fetch(own_api, "select * from erasures")
    assert (erasure.person_id, erasure.reports) == (None, 2)
    assert erasure.finished_at is not None
    seen = await own_api.http.get(f"/v1/cases/{other.id}", headers=await own_api.staff("operator"))
    assert seen.json()["supports"] == 1


async def test_the_number_is_free_at_once(own_api: Api) -> None:
    headers = await own_api.citizen(PHONE)
    me = (await own_api.http.get("/v1/me", headers=headers)).json()
    await stage(own_api, headers=headers)
    first = await own_api.http.delete("/v1/me", headers=headers)
    second = await own_api.http.delete("/v1/me", headers=headers)
    assert first.json() == second.json()
    own_api.forget()
    somebody_new = await own_api.citizen(PHONE)
    new = (await own_api.http.get("/v1/me", headers=somebody_new)).json()
    assert new["id"] != me["id"]
    async with open_workshop(own_api, {}) as workshop:
        await erase_all(workshop)
    mine = (await own_api.http.get("/v1/me/reports", headers=somebody_new)).json()
    assert mine["items"] == []
    assert (await own_api.http.get("/v1/me", headers=somebody_new)).status_code == 200


async def test_a_held_case_keeps_everything_until_it_is_released(own_api: Api) -> None:
    headers = await own_api.citizen(PHONE)
    case = await stage(own_api, "assigned", headers=headers, address=CANARIES["address"])
    await execute(
        own_api,
        "insert into legal_holds (case_id, reason, at) values (%(id)s, 'công an', now())",
        id=case.id,
    )
    await own_api.http.delete("/v1/me", headers=headers)
    async with open_workshop(own_api, {}) as workshop:
        await erase_all(workshop)
        [reporter] = await fetch(own_api, "select person_id from reporters")
        assert reporter.person_id is not None
        assert (await fetch_one(own_api, "select finished_at from erasures")).finished_at is None
        await execute(own_api, "delete from legal_holds")
        await close(own_api, case)
        await erase_all(workshop)
    assert await fetch(own_api, "select * from reporters") == []
    assert (await fetch_one(own_api, "select finished_at from erasures")).finished_at is not None
    assert await fetch(own_api, "select * from people where role = 'citizen' and not active") == []


async def test_whoever_filed_without_an_account_can_go_too(own_api: Api) -> None:
    channels = {"sms": RecordingChannel()}
    async with open_workshop(own_api, channels) as workshop:
        contact = {"name": CANARIES["name"], "phone": PHONE, "email": CANARIES["e-mail"]}
        case = await stage(own_api, "closed", contact=contact, address=CANARIES["address"])
        await run_jobs(own_api, workshop)
        assert left_of(CANARIES, own_api) == {"address"}
        token = {"track_token": case.track_token}
        url = f"{case.report_url}/reporter"
        assert (await own_api.http.delete(url)).status_code == 404
        assert (await own_api.http.delete(url, params=token)).status_code == 204
        assert (await own_api.http.delete(url, params=token)).status_code == 204
        before = await counted(own_api)
        await erase_all(workshop)
        assert await counted(own_api) == before
    assert left_of(CANARIES, own_api) == set()
    assert await fetch(own_api, "select * from reporters") == []


async def test_a_thousand_reports_go_in_batches_by_two_workers_that_may_be_cut(
    own_api: Api,
) -> None:
    headers = await own_api.citizen(PHONE)
    case = await stage(own_api, headers=headers)
    person = await fetch_one(own_api, "select person_id from reporters")
    await execute(own_api, COPIES, first=case.id, person=person.person_id)
    before = await counted(own_api)
    answer = await own_api.http.delete("/v1/me", headers=headers)
    started = utc_now()
    async with open_workshop(own_api, {}) as workshop:
        cut = asyncio.create_task(workshop.erase([answer.json()["id"]]))
        await asyncio.sleep(0.3)
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        await asyncio.gather(erase_all(workshop), erase_all(workshop))
    print(f"1,000 reports forgotten in {(utc_now() - started).total_seconds():.1f} s")
    assert await counted(own_api) == before
    [erasure] = await fetch(own_api, "select * from erasures")
    assert UUID(answer.json()["id"]) == erasure.id
    assert erasure.reports == 1000
    assert erasure.finished_at is not None
    left = await fetch_one(
        own_api, "select count(*) as n from reports where description <> '' or address is not null"
    )
    assert left.n == 0
    assert await fetch(own_api, "select 1 from reporters limit 1") == []
