"""Figures of the map: what they say is what their cases are, whatever happened to those."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from core.clock import utc_now
from core.db import create_engine, create_session_factory
from gis.case_days import fold_days
from gis.periods import MAX_DAYS
from tests.support.casework import BUS, HIDDEN, NOISE, Staged, press, stage
from tests.support.client import Api, open_api
from tests.support.databases import TestDatabases
from tests.support.rows import execute, fetch_one
from workflows.configuration import ConfigurationCache

NORTH = {"lat": 16.4720, "lon": 107.5790}
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AGES = (0, 0, 1, 1, 2, 9, 9, 40)  # days ago
Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(
    databases: TestDatabases,
    city_template: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Api]:
    """Cases of all kinds, states and ages; some of them hidden, and some shown rounded."""
    name = f"stats_{worker_id}"
    url = databases.clone(name, template=city_template)
    async with open_api(url, tmp_path_factory.mktemp("stats")) as api:
        for number, days in enumerate(AGES):
            for kind, state in (
                (BUS, ("assigned", "resolved", "closed", "waiting")[number % 4]),
                (NOISE, "in_progress"),
                (HIDDEN, "assigned"),
            ):
                place = {"location": NORTH} if number % 3 == 0 else {}
                await age(api, await stage(api, state, category=kind, **place), days=days)
        await age(api, await stage(api, "rejected"), days=1)
        await age(api, await stage(api, "withdrawn"), days=2)
        late = await stage(api, "in_progress")
        await age(api, late, days=5)
        await execute(api, "update cases set overdue = true where id = %(id)s", id=late.id)
        yield api
    databases.drop(name)


async def age(api: Api, case: Staged, *, days: int) -> None:
    """Have it opened, and all the rest of it happen, `days` earlier."""
    shift = timedelta(days=days)
    await execute(
        api,
        "update cases set opened_at = opened_at - %(shift)s,"
        " resolved_at = resolved_at - %(shift)s + interval '3 minutes' where id = %(id)s",
        shift=shift,
        id=case.id,
    )


async def fold(api: Api) -> int:
    assert api.settings.database is not None
    engine = create_engine(api.settings.database.url, role="hientruong_worker")
    sessions = create_session_factory(engine)
    async with sessions() as session:
        zone = (await ConfigurationCache().newest(session)).zone
    count = await fold_days(sessions, zone=zone, now=utc_now())
    await engine.dispose()
    return count


async def ask(api: Api, path: str, **params: object) -> Json:
    answer = await api.http.get(f"/v1/stats/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(api: Api, url: str, **more: str) -> list[Json]:
    """All that the work list shows under a link, page by page."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    params: dict[str, object] = {**query, **more, "limit": 7}
    headers = await api.staff("analyst")
    found: list[Json] = []
    while True:
        answer = await api.http.get(urlsplit(url).path, params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found
        params["cursor"] = cursor


def from_(days: int) -> str:
    return (datetime.now(ZONE) - timedelta(days=days)).date().isoformat()


async def check_counts(api: Api, figures: Json) -> None:
    """The four counts of cases of a period are those of what is listed."""
    url = figures["cases"]
    assert figures["opened"] == len(await listed(api, url))
    assert figures["open"] == len(await listed(api, url, status="open"))
    assert figures["overdue"] == len(await listed(api, url, status="open", overdue="true"))
    done = await listed(api, url, status="resolved,closed")
    assert figures["resolved"] == len(done)


FOLDED = pytest.mark.parametrize("folded", [False, True], ids=["live", "folded"])
FILTERS: list[Json] = [
    {},
    {"category": "traffic"},
    {"category": "environment,security"},
    {"category": BUS, "from": from_(10), "to": from_(1)},
]


@FOLDED
@pytest.mark.parametrize("params", FILTERS)
async def test_wards_count_what_is_listed(town: Api, params: Json, *, folded: bool) -> None:
    if folded:
        await fold(town)
    answer = await ask(town, "areas", **params)
    assert len(answer["items"]) > 30
    some = [area for area in answer["items"] if area["opened"]]
    assert some or params.get("category") == "environment,security"
    for area in some + answer["items"][:2]:
        await check_counts(town, area)
        done = await listed(town, area["cases"], status="resolved,closed", overdue="false")
        assert area["on_time"] == len(done)
    assert {area["opened_per_1000"] for area in answer["items"] if not area["population"]} <= {None}


async def test_rates_and_medians(town: Api) -> None:
    await execute(
        town, "update areas set population = 20000 where code = '19789' and kind = 'ward'"
    )
    answer = await ask(town, "areas", category="traffic")
    [ward] = [area for area in answer["items"] if area["code"] == "19789"]
    assert ward["opened_per_1000"] == round(ward["opened"] / 20, 2)
    assert ward["on_time_share"] == round(ward["on_time"] / ward["resolved"], 4)
    row = await fetch_one(
        town,
        """
        select percentile_cont(0.5) within group (
            order by (extract(epoch from resolved_at - opened_at) / 60)::int
        ) as minutes
        from cases where area_id = (select id from areas where code = '19789')
          and visibility <> 'hidden' and category like 'traffic%%'
          and opened_at > now() - interval '29 days' and resolved_at is not null
        """,
    )
    assert ward["median_hours"] == round(row.minutes / 60, 1)
    [none, *_] = [area for area in answer["items"] if not area["resolved"]]
    assert (none["median_hours"], none["on_time_share"]) == (None, None)


@FOLDED
@pytest.mark.parametrize("step", ["hour", "day", "week"])
@pytest.mark.parametrize("params", [*FILTERS, {"area": "19789"}])
async def test_steps_count_what_is_listed(
    town: Api, params: Json, step: str, *, folded: bool
) -> None:
    if folded:
        await fold(town)
    answer = await ask(town, "timeline", step=step, **params)
    steps = answer["items"]
    for before, after in pairwise(steps):
        assert before["end"] == after["start"]
    assert all(item["start"].endswith("+07:00") for item in steps)
    for item in [item for item in steps if item["opened"]] + steps[:1]:
        await check_counts(town, item)
    days = await ask(town, "areas", **{k: v for k, v in params.items() if k != "area"})
    wards = [a for a in days["items"] if params.get("area") in (None, a["code"])]
    assert sum(item["opened"] for item in steps) == sum(ward["opened"] for ward in wards)


@FOLDED
@pytest.mark.parametrize("zoom", [4, 10, 14, 18])
@pytest.mark.parametrize(
    "params",
    [{}, {"category": "environment"}, {"from": from_(20)}, {"from": from_(9), "category": BUS}],
)
async def test_cells_count_what_is_listed(
    town: Api, params: Json, zoom: int, *, folded: bool
) -> None:
    if folded:
        await fold(town)
    answer = await ask(town, "heat", zoom=zoom, **params)
    cells = answer["items"]
    assert cells
    assert [cell["count"] for cell in cells] == sorted((c["count"] for c in cells), reverse=True)
    for cell in cells:
        assert len(cell["cell"]) == answer["level"]
        assert cell["count"] == len(await listed(town, cell["cases"]))
    first = cells[0]["cases"]
    everything = await listed(town, first.replace(f"cell={cells[0]['cell']}&", ""))
    assert sum(cell["count"] for cell in cells) == len(everything)


async def test_a_box_takes_the_cells_that_it_touches(town: Api) -> None:
    every = await ask(town, "heat", zoom=14, **{"from": from_(20)})
    assert len(every["items"]) > 1
    for cell in every["items"]:
        west, south, east, north = cell["bbox"]
        x, y = (west + east) / 2, (south + north) / 2
        answer = await ask(town, "heat", zoom=14, bbox=f"{x},{y},{x},{y}", **{"from": from_(20)})
        assert answer["items"] == [cell]


async def test_the_summary_counts_what_is_listed(town: Api) -> None:
    answer = await ask(town, "summary")
    assert [root["category"] for root in answer["categories"]]
    assert answer["total"]["open"] > answer["total"]["overdue"] > 0
    for figures in (answer["total"], *answer["categories"]):
        for name, link in (
            ("open", "cases"),
            ("overdue", "overdue_cases"),
            ("opened", "opened_cases"),
            ("resolved", "resolved_cases"),
        ):
            assert figures[name] == len(await listed(town, figures[link])), (name, figures)
    for name in ("open", "overdue", "opened", "resolved"):
        parts = sum(root[name] for root in answer["categories"])
        assert answer["total"][name] == parts


async def test_hidden_cases_are_in_no_public_figure(town: Api) -> None:
    root = HIDDEN.partition(".")[0]
    areas = await ask(town, "areas", category=HIDDEN)
    steps = await ask(town, "timeline", category=HIDDEN)
    heat = await ask(town, "heat", category=HIDDEN)
    past = await ask(town, "heat", category=HIDDEN, **{"from": from_(20)})
    assert sum(area["opened"] for area in areas["items"]) == 0
    assert sum(item["opened"] for item in steps["items"]) == 0
    assert heat["items"] == past["items"] == []
    summary = await ask(town, "summary")
    [found] = [each for each in summary["categories"] if each["category"] == root]
    assert (found["open"], found["opened"]) == (0, 0)


async def test_figures_follow_their_cases_at_once(town: Api) -> None:
    """A folded day is counted anew from the moment that one of its cases changes."""
    case = await stage(town, "in_progress")
    await age(town, case, days=3)
    await fold(town)
    assert await fold(town) == 0
    rows = await fetch_one(town, "select count(*) as n from case_day_marks")
    assert rows.n == 0
    before = await ask(town, "areas")
    answer = await press(town, case, "resolve", {"answer": "Xong."})
    assert answer.status_code == 200
    assert (await press(town, case, "approve", {}, "supervisor")).status_code == 200
    after = await ask(town, "areas")
    changed = sum(a["resolved"] for a in after["items"]) - sum(
        a["resolved"] for a in before["items"]
    )
    assert changed == 1
    assert await fold(town) == 1
    assert await ask(town, "areas") == after


async def test_satisfaction_counts_what_is_listed(town: Api) -> None:
    headers = await town.staff("leader")
    again = await stage(town, "resolved")
    assert (
        await press(town, again, "reopen", {"reason": "Chưa xong"}, "reporter")
    ).status_code == 200
    for by in ("department", "category"):
        answer = await town.http.get(f"/v1/stats/satisfaction?by={by}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"
        rows = answer.json()["items"]
        assert sum(row["rated"] for row in rows) > 0
        assert sum(row["reopened"] for row in rows) > 0
        for row in rows:
            for name in ("rated", "content", "reopened"):
                assert row[name] == len(await listed(town, row[f"{name}_cases"])), (name, row)
            assert row["opened"] == len(await listed(town, row["cases"]))
            if row["rated"]:
                ratings = [
                    (await town.http.get(f"/v1/cases/{c['id']}", headers=headers)).json()["rating"]
                    for c in await listed(town, row["rated_cases"])
                ]
                assert row["mean"] == round(sum(ratings) / len(ratings), 2)
            assert (row["mean"] is None) == (row["rated"] == 0)


@pytest.mark.parametrize(
    ("path", "params", "pointer", "code"),
    [
        ("areas", {"from": "2026-02-30"}, "?from", "not_a_date"),
        ("areas", {"from": "1767225600"}, "?from", "not_a_date"),
        ("areas", {"to": "yesterday"}, "?to", "not_a_date"),
        ("areas", {"from": "2026-03-02", "to": "2026-03-01"}, "?to", "period_reversed"),
        ("areas", {"from": "2020-01-01", "to": "2026-01-01"}, "?from", "period_too_long"),
        ("areas", {"category": "nonsense"}, "?category", "category_unknown"),
        ("timeline", {"step": "year"}, "?step", "not_a_choice"),
        ("timeline", {"step": "hour", "from": "2026-01-01", "to": "2026-06-01"}, "?step", "too_many_steps"),
        ("timeline", {"area": "nowhere"}, "?area", "area_not_found"),
        ("heat", {"bbox": "1,2,3"}, "?bbox", "bad_bbox"),
        ("heat", {"zoom": "19"}, "?zoom", "field_invalid"),
        ("heat", {"zoom": "near"}, "?zoom", "not_a_number"),
    ],
)  # fmt: skip
async def test_nonsense_is_named(
    town: Api, path: str, params: dict[str, str], pointer: str, code: str
) -> None:
    answer = await town.http.get(f"/v1/stats/{path}", params=params)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert "{" not in error["detail"]


@pytest.mark.parametrize("value", ["", "4", "0123012301230123012"])
async def test_a_cell_is_a_quadkey(town: Api, value: str) -> None:
    answer = await town.http.get(
        "/v1/cases", params={"cell": value}, headers=await town.staff("analyst")
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?cell"


PATHS = ("heat", "heat?from=2026-01-01", "areas", "timeline", "summary", "hotspots")


@pytest.mark.parametrize("path", PATHS)
async def test_an_answer_may_be_kept_while_nothing_changes(town: Api, path: str) -> None:
    first = await town.http.get(f"/v1/stats/{path}")
    assert first.headers["Cache-Control"] == "public, max-age=30"
    again = await town.http.get(
        f"/v1/stats/{path}", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_the_longest_period(town: Api) -> None:
    last = datetime.now(ZONE).date()
    first = last - timedelta(days=MAX_DAYS - 1)
    answer = await ask(town, "timeline", step="week", **{"from": str(first), "to": str(last)})
    assert len(answer["items"]) in (MAX_DAYS // 7, MAX_DAYS // 7 + 1, MAX_DAYS // 7 + 2)
    public = await fetch_one(town, "select count(*) as n from cases where visibility <> 'hidden'")
    assert sum(item["opened"] for item in answer["items"]) == public.n > len(AGES)
