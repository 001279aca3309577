"""Having the same problem, and wanting to hear how it ends."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.casework import BUS, HIDDEN, NOISE, Staged, login, press, stage
from tests.support.city import CENTRE
from tests.support.client import Api
from tests.support.rows import execute, fetch
from tests.support.worker import open_workshop

TIES = ("support", "follow")


async def somebody(api: Api) -> dict[str, str]:
    return await api.citizen(f"+8490{uuid4().int % 10_000_000:07d}")


async def tie(
    api: Api, case: Staged, kind: str, headers: dict[str, str], method: str = "PUT"
) -> Any:
    return await api.http.request(method, f"{case.report_url}/{kind}", headers=headers)


async def person(api: Api, headers: dict[str, str]) -> str:
    return (await api.http.get("/v1/me", headers=headers)).json()["id"]


async def looked_up(api: Api, case: Staged, headers: dict[str, str]) -> dict[str, Any]:
    answer = await api.http.get("/v1/reports/lookup", params={"code": case.code}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def nearby(api: Api, case: Staged) -> dict[str, Any]:
    answer = await api.http.get("/v1/reports/nearby", params={**CENTRE, "category": BUS})
    return next(item for item in answer.json()["items"] if item["id"] == case.id)


async def written(api: Api, case: Staged) -> list[Any]:
    return await fetch(
        api,
        "select person_id from supports where report_id = %(id)s"
        " union all select person_id from follows where report_id = %(id)s",
        id=case.id,
    )


async def test_everybody_counts_once(own_api: Api) -> None:
    case = await stage(own_api)
    one, two = await somebody(own_api), await somebody(own_api)
    for headers in (one, one, two):
        assert (await tie(own_api, case, "support", headers)).status_code == 204
    assert (await nearby(own_api, case))["supports"] == 2
    staff = await own_api.http.get(case.url, headers=await login(own_api, case, "staff"))
    assert staff.json()["supports"] == 2
    mine = await own_api.http.get(case.report_url, params={"track_token": case.track_token})
    assert (mine.json()["supports"], mine.json()["supported"]) == (2, False)
    for _ in range(2):
        assert (await tie(own_api, case, "support", one, "DELETE")).status_code == 204
    assert (await nearby(own_api, case))["supports"] == 1


async def test_each_sees_their_own_ties(api: Api) -> None:
    case = await stage(api)
    headers, other = await somebody(api), await somebody(api)

    async def ties(reader: dict[str, str]) -> tuple[int, bool, bool]:
        seen = await looked_up(api, case, reader)
        return seen["supports"], seen["supported"], seen["followed"]

    assert await ties(headers) == (0, False, False)
    await tie(api, case, "follow", headers)
    assert await ties(headers) == (0, False, True)
    await tie(api, case, "support", headers)
    await tie(api, case, "follow", headers, "DELETE")
    assert await ties(headers) == (1, True, False)
    assert await ties(other) == (1, False, False)
    assert await ties({}) == (1, False, False)


async def test_a_reporter_follows_but_does_not_support_their_own_report(api: Api) -> None:
    headers = await somebody(api)
    case = await stage(api, headers=headers)
    refused = await tie(api, case, "support", headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "support_of_own_report")
    assert await written(api, case) == []
    assert (await tie(api, case, "follow", headers)).status_code == 204


@pytest.mark.parametrize("kind", TIES)
async def test_what_the_public_does_not_see_is_not_there(api: Api, kind: str) -> None:
    headers = await somebody(api)
    hidden = await stage(api, category=HIDDEN)
    nowhere = Staged(str(uuid4()), "", "", "")
    for case in (hidden, nowhere):
        for method in ("PUT", "DELETE"):
            answer = await tie(api, case, kind, headers, method)
            assert (answer.status_code, answer.json()["code"]) == (404, "report_not_found")
    assert await written(api, hidden) == []
    # Their own they may follow, as long as they are its reporter.
    own = await stage(api, category=HIDDEN, headers=headers)
    expected = {"support": 409, "follow": 204}[kind]
    assert (await tie(api, own, kind, headers)).status_code == expected


@pytest.mark.parametrize("kind", TIES)
async def test_where_places_are_rounded_one_may_still_follow(api: Api, kind: str) -> None:
    case = await stage(api, category=NOISE)
    assert (await tie(api, case, kind, await somebody(api))).status_code == 204


async def test_one_can_leave_what_was_hidden_meanwhile(api: Api) -> None:
    case, headers = await stage(api), await somebody(api)
    await tie(api, case, "follow", headers)
    await execute(api, "update cases set visibility = 'hidden' where id = %(id)s", id=case.id)
    assert (await tie(api, case, "follow", headers, "DELETE")).status_code == 204
    assert await written(api, case) == []


@pytest.mark.parametrize("kind", TIES)
async def test_a_malformed_id_is_named(api: Api, kind: str) -> None:
    answer = await api.http.put(f"/v1/reports/abc/{kind}", headers=await somebody(api))
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?report_id"]


async def told_followers(api: Api, case: Staged) -> list[str]:
    """Who is told of the case as a follower, by id, once its announcements are fanned out."""
    rows = await fetch(
        api,
        "select id from announcements where case_id = %(id)s and audience = 'followers'",
        id=case.id,
    )
    async with open_workshop(api, {}) as workshop:
        await workshop.fan_out([row.id for row in rows])
    notified = await fetch(
        api,
        "select person_id from notifications where case_id = %(id)s"
        " and data->>'template' = 'resolved_for_followers' order by 1",
        id=case.id,
    )
    return [str(row.person_id) for row in notified]


async def resolve(api: Api, case: Staged) -> None:
    for action, form, role in (
        ("accept", {}, "staff"),
        ("resolve", {"answer": "Đã xử lý xong."}, "staff"),
        ("approve", {}, "supervisor"),
    ):
        answer = await press(api, case, action, form, role)
        assert answer.status_code == 200, answer.text


async def test_followers_and_supporters_are_told_how_it_ends(api: Api) -> None:
    reporter, follower, supporter, both, gone = [await somebody(api) for _ in range(5)]
    case = await stage(api, headers=reporter)
    for kind, headers in (
        ("follow", reporter),
        ("follow", follower),
        ("support", supporter),
        ("follow", both),
        ("support", both),
        ("follow", gone),
    ):
        assert (await tie(api, case, kind, headers)).status_code == 204
    await tie(api, case, "follow", gone, "DELETE")
    await resolve(api, case)
    # The reporter is told as such: once is enough.
    told = [await person(api, headers) for headers in (follower, supporter, both)]
    assert await told_followers(api, case) == sorted(told)


async def test_they_move_along_when_the_case_is_merged(api: Api) -> None:
    case, target = await stage(api), await stage(api)
    one, two = await somebody(api), await somebody(api)
    await tie(api, case, "support", one)
    await tie(api, case, "follow", two)
    await tie(api, target, "support", one)
    merged = await press(api, case, "duplicate", {"into": target.code}, "supervisor")
    assert merged.status_code == 200, merged.text
    seen = await api.http.get(target.url, headers=await login(api, target, "staff"))
    assert seen.json()["supports"] == 1  # the same person twice
    # They are still tied to the report that they found.
    assert (await looked_up(api, case, one))["supports"] == 1
    assert (await looked_up(api, case, two))["followed"] is True
    await resolve(api, target)
    told = [await person(api, headers) for headers in (one, two)]
    assert await told_followers(api, target) == sorted(told)


async def test_nobody_is_told_of_what_was_hidden_meanwhile(api: Api) -> None:
    case = await stage(api)
    await tie(api, case, "follow", await somebody(api))
    await execute(api, "update cases set visibility = 'hidden' where id = %(id)s", id=case.id)
    await resolve(api, case)
    assert await told_followers(api, case) == []
