"""The work list and the other pages: what they filter, how they sort, and that no page loses a row."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import event

from tests.support.casework import BUS, HIDDEN, NOISE, OTHER, press, stage
from tests.support.city import LIGHT
from tests.support.client import Api, open_api
from tests.support.databases import TestDatabases
from tests.support.rows import execute, fetch_one
from workflows import case_search

CASES = 250
ELSEWHERE = {"lat": 16.2100, "lon": 107.8600}  # another ward, 40 km to the south-east
TIED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def full(
    databases: TestDatabases,
    city_template: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Api]:
    """An API with CASES cases, most of which tie in everything that lists are sorted by."""
    name = f"lists_{worker_id}"
    url = databases.clone(name, template=city_template)
    async with open_api(url, tmp_path_factory.mktemp("lists")) as api:
        await stage(api)
        await _copy_cases(api)
        yield api
    databases.drop(name)


async def _copy_cases(api: Api) -> None:
    """Copies of the one case there is, in groups of ten of which nine share their instants."""
    columns = await fetch_one(
        api,
        "select string_agg(quote_ident(column_name), ', ') as names from information_schema.columns"
        " where table_name = 'cases' and is_generated = 'NEVER'"
        " and column_name not in ('id', 'code', 'due_at', 'opened_at', 'updated_at')",
    )
    await execute(
        api,
        f"insert into cases (id, code, due_at, opened_at, updated_at, {columns.names})"
        f" select gen_random_uuid(), 'COPY-' || n, due_at, opened_at, updated_at, {columns.names}"
        f" from cases, generate_series(2, {CASES}) as n",
    )
    await execute(
        api,
        "update cases set due_at = t, opened_at = t, updated_at = t from ("
        " select id as copy, %(tied)s + interval '1 second' * ((row_number() over (order by id))"
        " / 10) * ((row_number() over (order by id)) %% 10 / 9) as t from cases) as times"
        " where copy = id",
        tied=TIED,
    )


async def walk(
    api: Api, url: str, headers: dict[str, str], **params: object
) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**params, **({"cursor": cursor} if cursor else {})}
        page = (await api.http.get(url, params=asked, headers=headers)).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
        assert len(page["items"]) == params["limit"]


@pytest.mark.parametrize("sort", ["due", "-opened", "-updated"])
@pytest.mark.parametrize("limit", [7, 50, 200])
async def test_pages_hold_every_case_once_and_in_order(full: Api, sort: str, limit: int) -> None:
    headers = await full.staff("operator")
    items = await walk(full, "/v1/cases", headers, sort=sort, limit=limit)
    assert len(items) == CASES
    assert len({item["id"] for item in items}) == CASES
    column = {"due": "due_at", "-opened": "opened_at", "-updated": "updated_at"}[sort]
    keys = [(datetime.fromisoformat(item[column]), UUID(item["id"])) for item in items]
    assert keys == sorted(keys, reverse=sort != "due")


@pytest.mark.parametrize("latest", [0, 1, 30, CASES])
@pytest.mark.parametrize("who", ["operator", "staff.sxd"])
async def test_words_are_found_among_the_latest_and_beyond(
    full: Api, monkeypatch: pytest.MonkeyPatch, latest: int, who: str
) -> None:
    monkeypatch.setattr(case_search, "LATEST", latest)
    headers = await full.staff(who)
    word = (
        await fetch_one(full, "select split_part(search, ' ', 3) as word from cases limit 1")
    ).word
    items = await walk(full, "/v1/cases", headers, q=word, limit=40)
    keys = [(datetime.fromisoformat(item["opened_at"]), UUID(item["id"])) for item in items]
    assert len(set(keys)) == CASES
    assert keys == sorted(keys, reverse=True)
    # Rare: the one case that has it is older than all others.
    oldest = await fetch_one(full, "select id, search from cases order by opened_at, id limit 1")
    change = "update cases set search = %(search)s where id = %(id)s"
    await execute(full, change, search=f"{oldest.search} hiemco", id=oldest.id)
    [found] = await walk(full, "/v1/cases", headers, q="hiếmcó", limit=40)
    assert found["id"] == str(oldest.id)
    await execute(full, change, search=oldest.search, id=oldest.id)


@pytest.mark.parametrize("limit", [CASES // 2, 125])
async def test_a_last_page_that_is_full_has_no_next(full: Api, limit: int) -> None:
    headers = await full.staff("operator")
    first = (await full.http.get("/v1/cases", params={"limit": limit}, headers=headers)).json()
    last = (
        await full.http.get(
            "/v1/cases", params={"limit": limit, "cursor": first["next_cursor"]}, headers=headers
        )
    ).json()
    assert (len(first["items"]), len(last["items"])) == (limit, CASES - limit)
    assert last["next_cursor"] is None


async def test_a_case_that_comes_meanwhile_disturbs_no_page(full: Api) -> None:
    headers = await full.staff("operator")
    params: dict[str, object] = {"limit": 100, "sort": "-opened"}
    first = (await full.http.get("/v1/cases", params=params, headers=headers)).json()
    new = await stage(full)
    params["cursor"] = first["next_cursor"]
    second = (await full.http.get("/v1/cases", params=params, headers=headers)).json()
    seen = {item["id"] for item in first["items"]} & {item["id"] for item in second["items"]}
    assert seen == set()
    await execute(full, "delete from announcements where case_id = %(id)s", id=new.id)
    for table in ("case_events", "reports", "cases"):
        key = "id" if table == "cases" else "case_id"
        await execute(full, f"delete from {table} where {key} = %(id)s", id=new.id)


@pytest.mark.parametrize(
    "url",
    [
        "/v1/cases",
        "/v1/cases?sort=due&limit=200",
        "/v1/cases?q=bien",
        "/v1/cases?status=open&department=sxd,hepco&category=traffic&area=19789&overdue=false",
    ],
)
async def test_a_page_costs_no_more_than_three_statements(full: Api, url: str) -> None:
    headers = await full.staff("operator")
    await full.http.get(url, headers=headers)  # the configuration is read once per process
    statements: list[str] = []

    def note(query: Any) -> None:
        statements.append(query.query)

    def listen(connection: Any, *_: object) -> None:
        connection.driver_connection.add_query_logger(note)

    def stop(connection: Any, *_: object) -> None:
        connection.driver_connection.remove_query_logger(note)

    services = full.app.state.services
    pool = services.list_sessions.kw["bind"].sync_engine.pool
    event.listen(pool, "checkout", listen)
    event.listen(pool, "checkin", stop)
    try:
        answer = await full.http.get(url, headers=headers)
    finally:
        event.remove(pool, "checkout", listen)
        event.remove(pool, "checkin", stop)
    assert answer.status_code == 200
    asked = [sql for sql in statements if not sql.lower().startswith(("begin", "commit"))]
    assert 0 < len(asked) <= 3, asked


# Filters -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filtered:
    """A few cases that differ in what lists can be filtered by: name -> id."""

    api: Api
    ids: dict[str, str]

    async def names(self, role: str = "operator", **params: object) -> set[str]:
        answer = await self.api.http.get(
            "/v1/cases", params=params, headers=await self.api.staff(role)
        )
        assert answer.status_code == 200, answer.text
        found = {item["id"] for item in answer.json()["items"]}
        return {name for name, case_id in self.ids.items() if case_id in found}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def some(
    databases: TestDatabases,
    city_template: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Filtered]:
    name = f"filters_{worker_id}"
    url = databases.clone(name, template=city_template)
    async with open_api(url, tmp_path_factory.mktemp("filters")) as api:
        cases = {
            "light": await stage(
                api, category=LIGHT, description="Đèn đường tắt trước cổng trường Quốc Học"
            ),
            "bus": await stage(
                api, "in_progress", description="Nhà chờ xe buýt dột", address="12 Lê Lợi"
            ),
            "far": await stage(api, category=BUS, location=ELSEWHERE, description="100% hỏng_rồi"),
            "noise": await stage(api, "waiting", category=NOISE, description="Karaoke ồn ào"),
            "other": await stage(api, "intake", category=OTHER, description="Chuyện khác"),
            "hidden": await stage(api, category=HIDDEN, description="Đánh bạc"),
            "done": await stage(api, "resolved", description="Biển tuyến mờ"),
            "closed": await stage(api, "closed", description="Ghế chờ gãy"),
            "rejected": await stage(api, "rejected", description="Chuyện ở tỉnh khác"),
        }
        yield Filtered(api, {name: case.id for name, case in cases.items()})
    databases.drop(name)


ALL = {"light", "bus", "far", "noise", "other", "hidden", "done", "closed", "rejected"}
OPEN = {"light", "bus", "far", "noise", "other", "hidden"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ALL),
        ({"status": "open"}, OPEN),
        ({"status": "open,resolved"}, OPEN | {"done"}),
        ({"status": "received"}, {"other"}),
        ({"status": "assigned, in_progress"}, {"light", "bus", "far", "hidden"}),
        ({"status": "closed,rejected"}, {"closed", "rejected"}),
        ({"status": ""}, ALL),
        ({"department": "hepco"}, {"light"}),
        ({"department": "hepco,ubnd"}, {"light", "noise"}),
        ({"department": "nowhere"}, set()),
        ({"category": LIGHT}, {"light"}),
        ({"category": "traffic"}, {"bus", "far", "done", "closed"}),
        ({"category": f"traffic,{NOISE}"}, {"bus", "far", "done", "closed", "noise"}),
        ({"category": "dragons"}, set()),
        ({"area": "19789"}, ALL - {"far"}),
        ({"area": "99999"}, set()),
        ({"overdue": "false"}, ALL),
        ({"overdue": "true"}, set()),
        ({"assignee": str(UUID(int=1))}, set()),
        ({"status": "open", "category": "traffic", "area": "19789"}, {"bus"}),
        ({"bbox": "107.58,16.45,107.59,16.47"}, ALL - {"far"}),
        ({"bbox": "107.8,16.2,107.9,16.3"}, {"far"}),
        ({"bbox": "0,0,1,1"}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",  # a set has no order
)
async def test_filters(some: Filtered, params: dict[str, object], expected: set[str]) -> None:
    assert await some.names(**params) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("đèn đường", {"light"}),
        ("den duong", {"light"}),
        ("DEN DUONG", {"light"}),
        ("Quốc học tắt", {"light"}),  # words in any order
        ("quoc hoc tat", {"light"}),
        ("đe\u0300n đươ\u0300ng", {"light"}),  # typed as separate marks
        ("Le Loi", {"bus"}),
        ("chuyen", {"other", "rejected"}),
        ("  ", ALL),
        ("xyz", set()),
        ("100%", {"far"}),
        ("hong_roi", {"far"}),
        ("%", {"far"}),  # no wildcard
        ("_", {"far"}),
        ("\\", set()),
        ("'; drop table cases; --", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_search(some: Filtered, q: str, expected: set[str]) -> None:
    assert await some.names(q=q) == expected


async def test_search_by_code(some: Filtered) -> None:
    row = await fetch_one(
        some.api, "select code from cases where id = %(id)s", id=some.ids["light"]
    )
    code: str = row.code
    for spelling in (
        code,
        code.lower(),
        code.replace("-", ""),
        f" {code} ",
        code.replace("-", " "),
    ):
        assert await some.names(q=spelling) == {"light"}, spelling
    assert await some.names(q=code[:6]) == {"light"}  # half remembered


async def test_overdue_cases(some: Filtered) -> None:
    update = "update cases set overdue = %(overdue)s where id = %(id)s"
    await execute(some.api, update, overdue=True, id=some.ids["bus"])
    assert await some.names(overdue="true") == {"bus"}
    await execute(some.api, update, overdue=False, id=some.ids["bus"])


async def test_staff_filter_within_what_they_may_see(some: Filtered) -> None:
    assert await some.names("staff.hepco") == {"light"}
    assert await some.names("staff.hepco", department="sxd,hepco") == {"light"}
    assert await some.names("staff.ca") == {"noise", "hidden"}  # helping, and its own
    assert await some.names("staff.ca", q="karaoke") == {"noise"}


async def test_an_item_says_what_the_list_shows(some: Filtered) -> None:
    answer = await some.api.http.get(
        "/v1/cases",
        params={"category": LIGHT},
        headers={**(await some.api.staff("operator")), "Accept-Language": "en"},
    )
    [item] = answer.json()["items"]
    assert item["category"] == {"code": LIGHT, "name": "Street lights"} or item["category"]["name"]
    assert item["root"] == "energy"
    assert item["status"] == "assigned"
    assert item["class"] == "normal"
    assert item["area"]["code"] == "19789"
    assert item["summary"].startswith("Đèn đường tắt")
    assert item["location"] == pytest.approx({"lat": 16.46, "lon": 107.585})


def cursor_of(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


NOW = "2026-03-02T01:00:00+00:00"
ID = str(UUID(int=1))
BAD_QUERIES: list[tuple[dict[str, object], str]] = [
    *(
        ({"cursor": cursor}, "?cursor")
        for cursor in (
            "abc", "đ", "=", "a" * 501, cursor_of(b"\xff"), cursor_of(1), cursor_of({}),
            cursor_of([]), cursor_of([NOW]), cursor_of([NOW, ID, 1]), cursor_of([1, ID]),
            cursor_of([NOW, 1]), cursor_of([NOW, None]), cursor_of([NOW, "x"]), cursor_of(["x", ID]),
            cursor_of([[], {}]),
            cursor_of(["9999-12-31T23:59:59-14:00", ID]),
            cursor_of(["0001-01-01T00:00:00+14:00", ID]),
        )
    ),
    *(
        ({"bbox": bbox}, "?bbox")
        for bbox in (
            "", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "0,0,inf,1", "1,0,0,1", "0,1,1,0",
            "-181,0,1,1", "0,0,1,91", "1,2,3,4\0", "x" * 101,
        )
    ),
    ({"status": "bogus"}, "?status"),
    ({"status": "open,bogus"}, "?status"),
    ({"status": "OPEN"}, "?status"),
    ({"limit": 0}, "?limit"),
    ({"limit": 201}, "?limit"),
    ({"limit": -1}, "?limit"),
    ({"limit": "x"}, "?limit"),
    ({"limit": 10**30}, "?limit"),
    ({"sort": "code"}, "?sort"),
    ({"sort": "opened"}, "?sort"),
    ({"overdue": "maybe"}, "?overdue"),
    ({"assignee": "you"}, "?assignee"),
    ({"assignee": ""}, "?assignee"),
    ({"q": "a\0b"}, "?q"),
    ({"q": "x" * 201}, "?q"),
    ({"department": "a\0"}, "?department"),
    ({"category": "x" * 2001}, "?category"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "pointer"), BAD_QUERIES, ids=lambda value: str(value)[:50])
async def test_a_bad_query_is_refused_by_name(
    api: Api, params: dict[str, object], pointer: str
) -> None:
    answer = await api.http.get("/v1/cases", params=params, headers=await api.staff("operator"))
    assert answer.status_code == 422, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert "{" not in answer.json()["errors"][0]["detail"]


# The citizen's own lists -------------------------------------------------------------------------


async def test_my_reports_come_in_the_order_of_their_change_and_only_what_is_new(api: Api) -> None:
    headers = await api.citizen(f"+8490{uuid4().int % 10_000_000:07d}")
    cases = [await stage(api, headers=headers) for _ in range(7)]
    await press(api, cases[0], "accept", {})
    items = await walk(api, "/v1/me/reports", headers, limit=2)
    assert [item["code"] for item in items] == [c.code for c in [*cases[1:], cases[0]]]
    since = items[-2]["updated_at"]
    new = (
        await api.http.get("/v1/me/reports", params={"updated_after": since}, headers=headers)
    ).json()["items"]
    assert [item["code"] for item in new] == [cases[0].code]
    for bad in ("yesterday", "2026-01-01T00:00:00", "5", "9999-12-31T23:59:59-14:00"):
        answer = await api.http.get(
            "/v1/me/reports", params={"updated_after": bad}, headers=headers
        )
        assert answer.json()["errors"][0]["pointer"] == "?updated_after", bad
    for bad in ("x", cursor_of([1, 2]), cursor_of([NOW])):
        answer = await api.http.get("/v1/me/reports", params={"cursor": bad}, headers=headers)
        assert answer.json()["errors"][0]["pointer"] == "?cursor", bad


async def test_the_inbox_is_paged_newest_first_and_read_up_to_a_message(api: Api) -> None:
    headers = await api.citizen(f"+8490{uuid4().int % 10_000_000:07d}")
    person = (await api.http.get("/v1/me", headers=headers)).json()["id"]
    await execute(
        api,
        "insert into notifications (key, person_id, channel, address, language, title, body, data,"
        " status, next_attempt_at, created_at) select %(key)s || n, %(person)s, 'inbox', '', 'vi',"
        " n::text, '', '{}', 'sent', now(), now() from generate_series(1, 25) as n",
        key=f"test:{uuid4()}:",
        person=person,
    )
    items = await walk(api, "/v1/me/notifications", headers, limit=10)
    assert [item["title"] for item in items] == [str(n) for n in range(25, 0, -1)]
    middle = items[10]["id"]
    read = await api.http.put(f"/v1/me/notifications/{middle}/read", headers=headers)
    assert read.status_code == 204
    items = await walk(api, "/v1/me/notifications", headers, limit=200)
    assert [item["read_at"] is None for item in items] == [True] * 10 + [False] * 15
    for bad in ("x", cursor_of(["x"]), cursor_of([1.5]), cursor_of([True]), cursor_of([10**30])):
        answer = await api.http.get("/v1/me/notifications", params={"cursor": bad}, headers=headers)
        assert answer.json()["errors"][0]["pointer"] == "?cursor", bad
    for bad in ("x", str(10**30), "1.5", "-1"):
        answer = await api.http.put(f"/v1/me/notifications/{bad}/read", headers=headers)
        assert answer.status_code == 422, bad


async def test_nearby_are_the_nearest_first(api: Api) -> None:
    lat, lon = 16.3300, 107.7700  # nobody else files here
    near, far, other = [
        (await stage(api, category=category, location={"lat": lat + north, "lon": lon})).id
        for category, north in ((BUS, 0.0002), (BUS, 0.0006), (LIGHT, 0.0003))
    ]
    place: dict[str, Any] = {"lat": lat, "lon": lon}

    async def found(**params: object) -> list[str]:
        answer = await api.http.get("/v1/reports/nearby", params={**place, **params})
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        assert [i["distance_m"] for i in items] == sorted(i["distance_m"] for i in items)
        return [item["id"] for item in items]

    assert await found() == [near, other, far]
    assert await found(category=BUS) == [near, far]
    assert await found(radius_m=30) == [near]
    assert await found(radius_m=5) == []
    for bad in (
        {"lat": 91},
        {"lon": "x"},
        {"radius_m": 0},
        {"radius_m": 2001},
        {"radius_m": "nan"},
    ):
        answer = await api.http.get("/v1/reports/nearby", params={**place, **bad})
        assert answer.status_code == 422, bad
        assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(bad))}"


async def test_lists_are_in_the_reach_of_a_citys_age(full: Api) -> None:
    """A cursor of long ago is a page like any other."""
    headers = await full.staff("operator")
    old = cursor_of([(TIED - timedelta(days=20_000)).isoformat(), ID])
    answer = await full.http.get("/v1/cases", params={"cursor": old}, headers=headers)
    assert answer.json() == {"items": [], "next_cursor": None}
