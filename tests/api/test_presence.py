"""Who has a case open at the moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.support.casework import Staged, login, read, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch
from tests.support.worker import open_workshop


async def here(api: Api, case: Staged, role: str, method: str = "PUT") -> int:
    headers = await login(api, case, role)
    return (await api.http.request(method, f"{case.url}/presence", headers=headers)).status_code


async def present(api: Api, case: Staged, role: str = "operator") -> list[str]:
    return [person["name"] for person in (await read(api, case, role))["present"]]


async def seen(api: Api, case: Staged) -> list[Any]:
    return await fetch(api, "select * from case_presence where case_id = %(id)s", id=case.id)


async def age(api: Api, case: Staged, time: timedelta) -> None:
    await execute(
        api,
        "update case_presence set seen_at = %(at)s where case_id = %(id)s",
        at=datetime.now(UTC) - time,
        id=case.id,
    )


async def test_colleagues_see_each_other_come_and_go(api: Api) -> None:
    case = await stage(api)
    before = (await read(api, case))["updated_at"]
    for role in ("supervisor", "staff", "staff"):  # the second time is the heartbeat
        assert await here(api, case, role) == 204
    assert await present(api, case) == ["Cán bộ Sở Xây dựng", "Phụ trách Sở Xây dựng"]
    assert await present(api, case, "staff") == ["Phụ trách Sở Xây dựng"]  # not oneself
    assert await here(api, case, "supervisor", "DELETE") == 204
    assert await here(api, case, "supervisor", "DELETE") == 204
    assert await present(api, case, "staff") == []
    # It is no change of the case.
    assert (await read(api, case))["updated_at"] == before


async def test_whoever_falls_silent_is_gone_until_they_are_back(api: Api) -> None:
    case = await stage(api)
    await here(api, case, "staff")
    await age(api, case, timedelta(seconds=50))
    assert await present(api, case) == []
    await here(api, case, "staff")
    assert await present(api, case) == ["Cán bộ Sở Xây dựng"]
    assert len(await seen(api, case)) == 1


async def test_nobody_is_present_at_a_case_that_they_do_not_see(api: Api) -> None:
    case = await stage(api)
    elsewhere = await api.staff("staff.hepco")
    for url in (case.url, f"/v1/cases/{uuid4()}"):
        answer = await api.http.put(f"{url}/presence", headers=elsewhere)
        assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")
        # Leaving tells nothing, and a transfer may have taken it away.
        assert (await api.http.delete(f"{url}/presence", headers=elsewhere)).status_code == 204
    assert await seen(api, case) == []


async def test_leaving_is_ones_own(api: Api) -> None:
    case = await stage(api)
    await here(api, case, "staff")
    await here(api, case, "supervisor", "DELETE")
    assert len(await seen(api, case)) == 1


async def test_the_worker_removes_who_is_long_gone(own_api: Api) -> None:
    gone, still = await stage(own_api), await stage(own_api)
    for case in (gone, still):
        await here(own_api, case, "staff")
    await age(own_api, gone, timedelta(hours=1, minutes=1))
    await age(own_api, still, timedelta(minutes=59))
    async with open_workshop(own_api, {}) as workshop:
        await workshop.collect()
    assert (await seen(own_api, gone), len(await seen(own_api, still))) == ([], 1)
