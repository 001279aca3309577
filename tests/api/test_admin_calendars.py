"""Administrators set working hours and holidays; what has no sense is refused by its field.

What becomes of due dates stands in `tests/integration/test_recounting.py`, who may do so at all in
the matrix of `test_rights.py`.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from core.errors import ConfigurationError
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one

URL = "/v1/admin/calendars"
DAY = [["07:30", "11:30"], ["13:30", "17:00"]]
WEEK: list[Any] = [DAY, DAY, DAY, DAY, DAY, [], []]
SHIFTS: dict[str, Any] = {
    "name": "Trực ca",
    "timezone": "Asia/Ho_Chi_Minh",
    "week": [[["06:00", "22:00"]]] * 6 + [[["00:00", "24:00"]]],
}
TET = {"open": [], "name": "Tết Nguyên đán"}


async def get(api: Api, path: str = "", **params: Any) -> Any:
    answer = await api.http.get(URL + path, params=params, headers=await api.staff("admin"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def put(api: Api, path: str, body: Any) -> httpx.Response:
    return await api.http.put(URL + path, json=body, headers=await api.staff("admin"))


async def delete(api: Api, path: str) -> httpx.Response:
    return await api.http.delete(URL + path, headers=await api.staff("admin"))


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def state(api: Api, code: str = "office") -> tuple[int, int, list[Any]]:
    """The calendar's version, the city's revision, and what waiting recounts carry."""
    row = await fetch_one(
        api,
        "select calendars.version, city.revision from calendars, city where calendars.code = %(code)s",
        code=code,
    )
    jobs = await fetch(
        api,
        "select args from procrastinate_jobs where task_name = 'workflows.recount' order by id",
    )
    return row.version, row.revision, [job.args["ids"] for job in jobs]


async def test_all_calendars_are_listed(own_api: Api) -> None:
    always, office = (await get(own_api))["items"]
    assert (always["code"], always["fixed"]) == ("always", True)
    assert (office["code"], office["fixed"], office["week"]) == ("office", False, WEEK)
    assert office["timezone"] == "Asia/Ho_Chi_Minh"


async def test_a_calendar_is_shown_with_its_days_of_a_year(own_api: Api) -> None:
    everything = await get(own_api, "/office")
    years = sorted({day["day"][:4] for day in everything["days"]})
    assert len(years) > 1
    one = await get(own_api, "/office", year=years[1])
    assert one["days"] == [day for day in everything["days"] if day["day"].startswith(years[1])]
    assert {"day": f"{years[1]}-09-02", "open": [], "name": "Quốc khánh"} in one["days"]
    missing = await own_api.http.get(f"{URL}/moon", headers=await own_api.staff("admin"))
    assert (missing.status_code, missing.json()["code"]) == (404, "calendar_not_found")


async def test_a_new_calendar_begins_at_its_first_version(own_api: Api) -> None:
    _, revision, _ = await state(own_api)
    added = await put(own_api, "/shifts", SHIFTS)
    assert added.status_code == 201, added.text
    assert added.json() == {"code": "shifts", **SHIFTS, "version": 1, "fixed": False}
    assert await state(own_api, "shifts") == (1, revision + 1, [[1]])


async def test_each_change_counts_and_has_dates_worked_out_anew(own_api: Api) -> None:
    version, revision, _ = await state(own_api)
    changed = await put(own_api, "/office", {**SHIFTS, "name": "Giờ hành chính"})
    assert (changed.status_code, changed.json()["version"]) == (200, version + 1)
    day = await put(own_api, "/office/days/2031-01-23", TET)
    assert (day.status_code, day.json()) == (200, {"day": "2031-01-23", **TET})
    worked = {"open": [["08:00", "12:00"]], "name": "Làm bù"}
    assert (await put(own_api, "/office/days/2031-01-23", worked)).json()["name"] == "Làm bù"
    assert (await delete(own_api, "/office/days/2031-01-23")).status_code == 204
    jobs = [[version + n] for n in (1, 2, 3, 4)]
    assert await state(own_api) == (version + 4, revision + 4, jobs)
    assert not (await get(own_api, "/office", year=2031))["days"]


async def test_putting_what_is_there_changes_nothing(own_api: Api) -> None:
    await put(own_api, "/office/days/2031-01-23", TET)
    before = await state(own_api)
    office = await get(own_api, "/office")
    same = {name: office[name] for name in ("name", "timezone", "week")}
    assert (await put(own_api, "/office", same)).status_code == 200
    assert (await put(own_api, "/office/days/2031-01-23", TET)).status_code == 200
    gone = await delete(own_api, "/office/days/2031-01-24")
    assert (gone.status_code, gone.json()["code"]) == (404, "calendar_day_not_found")
    assert await state(own_api) == before


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"timezone": "Asia/Hue"}, ("/timezone", "timezone_unknown")),
        ({"timezone": "../../etc/passwd"}, ("/timezone", "timezone_unknown")),
        ({"timezone": "Asia"}, ("/timezone", "timezone_unknown")),
        ({"week": WEEK[:6]}, ("/week", "week_needs_seven_days")),
        ({"week": [*WEEK, []]}, ("/week", "list_too_long")),
        ({"week": [[]] * 7}, ("/week", "calendar_hardly_open")),
        ({"week": [[["08:00", "08:59"]], *[[]] * 6]}, ("/week", "calendar_hardly_open")),
        ({"week": [*WEEK[:2], [["11:00", "09:00"]], *WEEK[3:]]}, ("/week/2", "open_hours_out_of_order")),
        (
            {"week": [[["07:00", "12:00"], ["11:30", "17:00"]], *WEEK[1:]]},
            ("/week/0", "open_hours_out_of_order"),
        ),
        ({"week": [[["07:00", "07:00"]], *WEEK[1:]]}, ("/week/0", "open_hours_out_of_order")),
        ({"week": [[["7:30", "11:30"]], *WEEK[1:]]}, ("/week/0/0/0", "text_malformed")),
        ({"week": [[["07:30", "24:30"]], *WEEK[1:]]}, ("/week/0/0/1", "text_malformed")),
        ({"week": [[["07:30", "٢٣:30"]], *WEEK[1:]]}, ("/week/0/0/1", "text_malformed")),
        ({"week": [[["07:30"]], *WEEK[1:]]}, ("/week/0/0/1", "field_required")),
        ({"week": [[["07:30", "11:30", "x"]], *WEEK[1:]]}, ("/week/0/0", "list_too_long")),
        ({"week": [["07:30", "11:30"], *WEEK[1:]]}, ("/week/0/0", "field_invalid")),
        ({"week": [[[450, 690]], *WEEK[1:]]}, ("/week/0/0/0", "not_a_text")),
        ({"week": {}}, ("/week", "not_a_list")),
        ({"name": ""}, ("/name", "text_too_short")),
        ({"version": 7}, ("/version", "field_unknown")),
    ],
)  # fmt: skip
async def test_a_calendar_that_cannot_be_is_refused_by_its_field(
    api: Api, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    before = await state(api)
    assert fault in faults(await put(api, "/office", SHIFTS | changes))
    assert await state(api) == before


async def test_every_wrong_day_of_a_week_is_named(api: Api) -> None:
    wrong = [["11:00", "09:00"]]
    answer = await put(api, "/office", SHIFTS | {"week": [wrong, DAY, wrong, DAY, DAY, [], wrong]})
    assert [pointer for pointer, _ in faults(answer)] == ["/week/0", "/week/2", "/week/6"]


@pytest.mark.parametrize(
    ("day", "body", "fault"),
    [
        ("2031-02-30", TET, ("?day", "not_a_date")),
        ("1924992000", TET, ("?day", "not_a_date")),
        ("31-01-23", TET, ("?day", "not_a_date")),
        ("1999-12-31", TET, ("?day", "not_a_date")),
        ("2200-01-01", TET, ("?day", "not_a_date")),
        ("2031-01-23", {"open": []}, ("/name", "field_required")),
        ("2031-01-23", {**TET, "open": None}, ("/open", "not_a_list")),
        ("2031-01-23", {**TET, "open": [["17:00", "08:00"]]}, ("/open", "open_hours_out_of_order")),
        ("2031-01-23", {**TET, "open": [["08:00", "25:00"]]}, ("/open/0/1", "text_malformed")),
        ("2031-01-23", {**TET, "open": DAY * 13}, ("/open", "list_too_long")),
    ],
)
async def test_a_day_that_cannot_be_is_refused_by_its_field(
    api: Api, day: str, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    before = await state(api)
    assert faults(await put(api, f"/office/days/{day}", body)) == [fault]
    assert await state(api) == before


async def test_around_the_clock_stays_around_the_clock(api: Api) -> None:
    for answer in (
        await put(api, "/always", SHIFTS),
        await put(api, "/always/days/2031-01-23", TET),
        await delete(api, "/always/days/2031-01-23"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "calendar_is_fixed")


async def test_days_belong_to_a_calendar(api: Api) -> None:
    for answer in (
        await put(api, "/moon/days/2031-01-23", TET),
        await delete(api, "/moon/days/2031-01-23"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "calendar_not_found")


async def test_the_next_report_is_due_by_the_new_hours(own_api: Api) -> None:
    first = await own_api.file()
    assert (await put(own_api, "/office", SHIFTS)).status_code == 200
    second = await own_api.file()
    assert second["due_at"] < first["due_at"]


async def test_a_change_that_the_city_could_not_run_on_is_not_made(own_api: Api) -> None:
    """Nothing else can be wrong with it, so it takes a row that is broken already."""
    before = await state(own_api)
    never = json.dumps([[]] * 7)
    await execute(own_api, "update calendars set week = %(week)s where code = 'always'", week=never)
    with pytest.raises(ConfigurationError):
        await put(own_api, "/office/days/2031-01-23", TET)
    assert await state(own_api) == before
