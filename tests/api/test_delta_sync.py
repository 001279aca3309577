"""My reports as a phone keeps them: what changed is told, also by a transaction that was slow."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from tests.support.client import Api
from tests.support.rows import url_of


async def sync(api: Api, headers: dict[str, str], **params: object) -> dict[str, Any]:
    answer = await api.http.get("/v1/me/reports", params=params, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


async def until_quiet(api: Api, headers: dict[str, str], last: dict[str, Any]) -> dict[str, Any]:
    """Ask until nothing is told again: other databases of the server have transactions too, and as
    long as one of before runs, what came after it is told once more.
    """
    async with asyncio.timeout(30):
        while ids(last := await sync(api, headers, sync=last["sync"])):
            await asyncio.sleep(0.05)
    return last


async def test_what_a_slow_transaction_changed_is_not_missed(own_api: Api) -> None:
    api = own_api
    me = await api.citizen()
    slow, quick = (await api.file(headers=me), await api.file(headers=me))
    start = await sync(api, me)
    assert ids(start) == [slow["id"], quick["id"]]
    start = await until_quiet(api, me, start)
    async with await psycopg.AsyncConnection.connect(url_of(api)) as connection:
        change = "update cases set updated_at = clock_timestamp() where id = %s"
        await connection.execute(change, [slow["id"]])
        # Meanwhile somebody else changes another case, and the phone asks.
        await api.act(quick["id"], "accept", {}, await api.staff("staff.sxd"))
        between = await sync(api, me, sync=start["sync"])
        assert quick["id"] in ids(between)
        assert slow["id"] not in ids(between)
        latest = between["items"][-1]["updated_at"]
        await connection.commit()
    # By the instants the change of before would be lost for ever: it bears an earlier one.
    assert ids(await sync(api, me, updated_after=latest)) == []
    after = await sync(api, me, sync=between["sync"])
    assert slow["id"] in ids(after)
    await until_quiet(api, me, after)


async def test_the_pages_after_the_first_keep_its_mark(own_api: Api) -> None:
    api = own_api
    me = await api.citizen()
    filed = [(await api.file(headers=me))["id"] for _ in range(3)]
    first = await sync(api, me, limit=2)
    await api.act(filed[0], "accept", {}, await api.staff("staff.sxd"))
    second = await sync(api, me, limit=2, cursor=first["next_cursor"])
    assert second["sync"] == first["sync"]
    # What changed while they were read comes at the end, and is told again: it is never lost.
    assert filed[0] in ids(await sync(api, me, sync=second["sync"]))


@pytest.mark.parametrize("wrong", ["x", "-1", "1" * 30, "١"])
async def test_a_mark_that_is_none_is_refused(api: Api, wrong: str) -> None:
    answer = await api.http.get(
        "/v1/me/reports", params={"sync": wrong}, headers=await api.citizen()
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?sync")


async def test_what_has_not_changed_costs_no_volume(own_api: Api) -> None:
    api = own_api
    me = await api.citizen()
    filed = await api.file(headers=me)
    for path in ("/v1/me/reports", f"/v1/reports/{filed['id']}", "/v1/categories", "/v1/city"):
        first = await api.http.get(path, headers=me)
        await api.file(headers=await api.citizen("+84905000077"))  # the city goes on meanwhile
        again = await api.http.get(path, headers={**me, "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert "Authorization" in first.headers["Vary"]
        assert "Accept-Language" in first.headers["Vary"]
