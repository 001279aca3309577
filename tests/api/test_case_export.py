"""Cases as a file: the filters of the list, nobody's personal data, and only after a fresh proof."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio

from api.csv_cells import text_cell
from tests.support.casework import BUS, HIDDEN, NOISE, NOISE_DEPARTMENT, press, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from tests.support.server import serving

EXPORT = "/v1/cases/export"
MANY = 2000
PHONE = "0905987654"
COPIES = """
    insert into cases (id, code, opened_at, {columns})
    select gen_random_uuid(), 'COPY-' || n, opened_at - interval '1 minute' * (n / 3), {columns}
    from cases, generate_series(2, {many}) as n
"""


async def take(api: Api, who: str = "operator", language: str = "vi", **params: object) -> Any:
    headers = await api.staff(who) | {"Accept-Language": language}
    return await api.http.get(EXPORT, params=params, headers=headers)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def copy_cases(api: Api) -> None:
    columns = await fetch_one(
        api,
        "select string_agg(quote_ident(column_name), ', ') as names from information_schema.columns"
        " where table_name = 'cases' and is_generated = 'NEVER'"
        " and column_name not in ('id', 'code', 'opened_at')",
    )
    await execute(api, COPIES.format(columns=columns.names, many=MANY))


async def test_a_case_is_a_line_in_the_readers_language(own_api: Api) -> None:
    contact = {"name": "Lê Thị Riêng", "phone": PHONE, "email": "rieng@example.vn"}
    case = await stage(own_api, "closed", category=NOISE, description="Ồn quá", contact=contact)
    await press(own_api, case, "rate", {"score": 4, "comment": "tạm"}, "reporter")
    answer = await take(own_api)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    assert answer.headers["Cache-Control"] == "private, no-store"
    [row] = table(answer)
    assert row["Mã hồ sơ"] == case.code
    assert row["Đơn vị xử lý"] == "Sở Xây dựng" or row["Mã đơn vị"] == NOISE_DEPARTMENT
    assert (row["Nội dung tóm tắt"], row["Điểm hài lòng"]) == ("Ồn quá", "4")
    stored = await fetch_one(own_api, "select opened_at, closed_at from cases")
    local = stored.opened_at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    assert row["Mở lúc"] == f"{local:%Y-%m-%d %H:%M:%S}"
    assert row["Đóng lúc"] != ""
    for word in ("Riêng", PHONE[1:], "rieng@"):
        assert word not in answer.text
    [english] = table(await take(own_api, language="en"))
    assert english["Case"] == case.code
    assert english["Overdue"] == "0"


async def test_as_geojson_it_has_places_and_instants(own_api: Api) -> None:
    case = await stage(own_api, category=BUS)
    answer = await take(own_api, format="geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    [feature] = answer.json()["features"]
    assert feature["id"] == case.id
    assert feature["geometry"]["type"] == "Point"
    assert feature["properties"]["code"] == case.code
    assert feature["properties"]["opened_at"].endswith("+00:00")
    assert feature["properties"]["closed_at"] is None
    none = await take(own_api, format="geojson", status="closed")
    assert none.json() == {"type": "FeatureCollection", "features": []}
    assert (await take(own_api, format="xlsx")).json()["errors"][0]["pointer"] == "?format"
    assert (await take(own_api, bbox="1")).json()["errors"][0]["pointer"] == "?bbox"


async def test_it_has_what_the_list_has(own_api: Api) -> None:
    noise = await stage(own_api, category=NOISE, description="tiếng ồn ban đêm")
    bus = await stage(own_api, category=BUS, description="xe buýt trễ")
    hidden = await stage(own_api, category=HIDDEN)
    cases = {noise.code, bus.code, hidden.code}

    async def codes(who: str = "operator", **params: object) -> set[str]:
        listed = await own_api.http.get(
            "/v1/cases", params=params, headers=await own_api.staff(who)
        )
        taken = {row["Mã hồ sơ"] for row in table(await take(own_api, who, **params))}
        assert taken == {item["code"] for item in listed.json()["items"]}
        return taken

    assert await codes() == cases
    assert await codes(q="tieng on") == {noise.code}
    assert await codes(category=BUS) == {bus.code}
    assert await codes(status="closed") == set()
    assert await codes(f"supervisor.{noise.department}", category=NOISE) == {noise.code}
    assert hidden.code not in await codes("supervisor.hepco")


async def test_who_may_not_see_details_takes_none(own_api: Api) -> None:
    await stage(own_api, category=BUS, description="ngay trước nhà số 5")
    [row] = table(await take(own_api, "analyst"))
    assert "nhà số 5" not in str(row)
    assert row["Nội dung tóm tắt"] == row["Lĩnh vực"]


async def test_what_people_wrote_is_no_formula(own_api: Api) -> None:
    for words in ("=HYPERLINK(1)", "+84", "-1+1", "@SUM(1)", " =1+1", "an toàn = tốt"):
        await stage(own_api, category=BUS, description=words)
    told = {row["Nội dung tóm tắt"] for row in table(await take(own_api))}
    assert told == {"'=HYPERLINK(1)", "'+84", "'-1+1", "'@SUM(1)", "'=1+1", "an toàn = tốt"}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"),
        ("\t=1", "'\t=1"),
        ("\r1", "'\r1"),
        ("  @x", "'  @x"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_cell_that_could_begin_a_formula_begins_with_an_apostrophe(text: str, cell: str) -> None:
    assert text_cell(text) == cell


async def test_two_thousand_cases_come_once_each_and_in_order(own_api: Api) -> None:
    await stage(own_api, category=BUS)
    await copy_cases(own_api)
    rows = table(await take(own_api))
    assert len(rows) == len({row["Mã hồ sơ"] for row in rows}) == MANY
    opened = [row["Mở lúc"] for row in rows]
    assert opened == sorted(opened, reverse=True)
    features = (await take(own_api, format="geojson")).json()["features"]
    assert len({feature["id"] for feature in features}) == MANY
    entries = await fetch(own_api, "select * from audit_log where action = 'cases.export'")
    assert [entry.facts for entry in entries] == [
        {"format": kind, "filters": {}, "rows": MANY} for kind in ("csv", "geojson")
    ]


async def test_it_is_noted_with_its_filters_and_without_the_words(own_api: Api) -> None:
    await stage(own_api, category=NOISE)
    table(
        await take(
            own_api, "leader", status="open", q=PHONE, overdue="false", rating="4,5",
            opened_from="2026-01-01T00:00:00Z", assignee="me",
        )
    )  # fmt: skip
    [entry] = await fetch(own_api, "select * from audit_log")
    assert (entry.action, entry.subject, entry.actor_role) == (
        "cases.export", "cases:list", "leader",
    )  # fmt: skip
    assert entry.facts == {
        "format": "csv",
        "rows": 0,
        "filters": {
            "status": "open", "q": True, "overdue": False, "rating": [4, 5],
            "opened_from": "2026-01-01T00:00:00+00:00", "assignee": "me",
        },
    }  # fmt: skip


async def test_it_wants_a_fresh_proof(own_api: Api) -> None:
    headers = await own_api.staff("operator")
    assert (await own_api.http.get(EXPORT, headers=headers)).status_code == 200
    await execute(own_api, "update staff_sessions set strong_at = now() - interval '1 day'")
    await execute(own_api, "delete from audit_log")
    refused = await own_api.http.get(EXPORT, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
    assert await fetch(own_api, "select * from audit_log") == []
    proved = await own_api.http.post(
        "/v1/auth/staff/step-up", json={"password": "demo"}, headers=headers
    )
    assert proved.status_code == 200, proved.text
    assert (await own_api.http.get(EXPORT, headers=headers)).status_code == 200


@pytest_asyncio.fixture(loop_scope="session")
async def many(own_api: Api) -> AsyncIterator[Api]:
    await stage(own_api, category=BUS)
    await copy_cases(own_api)
    yield own_api


async def test_a_reader_who_goes_away_leaves_nothing_behind(many: Api, tmp_path: Path) -> None:
    headers = await many.staff("operator")
    assert many.settings.database is not None
    with serving(many.settings.database.url, tmp_path) as server:
        for _ in range(12):  # more than the pool of lists holds
            async with (
                httpx.AsyncClient(base_url=server.url, headers=headers) as client,
                client.stream("GET", EXPORT) as answer,
            ):
                assert answer.status_code == 200
                async for _ in answer.aiter_bytes(1000):
                    break
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
            assert len(table(await client.get(EXPORT))) == MANY
        for _ in range(50):
            busy = await fetch_one(
                many,
                "select count(*) as n from pg_stat_activity where datname = current_database()"
                " and state like 'idle in transaction%%' or state = 'active' and pid <> pg_backend_pid()"
                " and datname = current_database()",
            )
            if busy.n == 0:
                break
            await asyncio.sleep(0.1)
        assert busy.n == 0
    entries = await fetch(many, "select facts->>'rows' as rows from audit_log")
    assert [entry.rows for entry in entries] == [str(MANY)] * 13
