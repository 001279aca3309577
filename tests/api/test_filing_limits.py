"""Budgets for filing: who is stopped, who is not, and that a retry always hears its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest_asyncio

from core.settings import FilingLimits, SosLimits
from tests.support.city import CENTRE, Draft
from tests.support.client import Api, api_settings, serve
from tests.support.rows import fetch_one

FEW = FilingLimits(per_account_hour=3, per_number_hour=2, per_address_hour=6, city_minute=1000)


@pytest_asyncio.fixture(loop_scope="session")
async def few(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API where little may be filed."""
    settings = replace(
        api_settings(city_database, tmp_path),
        filing_limits=FEW,
        sos_limits=SosLimits(per_number_hour=2),
    )
    async with serve(settings) as made:
        yield made


async def put(
    api: Api, body: dict[str, object], headers: dict[str, str] | None = None
) -> httpx.Response:
    return await api.http.put(f"/v1/reports/{uuid4()}", json=body, headers=headers)


def called(phone: str) -> dict[str, object]:
    return Draft().body(contact={"phone": phone})


async def test_a_number_is_stopped_and_its_neighbour_behind_the_same_address_is_not(
    few: Api,
) -> None:
    for _ in range(2):
        assert (await put(few, called("0905000001"))).status_code == 201
    refused = await put(few, called("+84905000001"))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_reports")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert (await put(few, called("0905000002"))).status_code == 201
    assert (await fetch_one(few, "select count(*) as n from reports")).n == 3


async def test_an_account_has_a_budget_of_its_own(few: Api) -> None:
    citizen = await few.citizen()
    for _ in range(3):
        assert (await put(few, Draft().body(), citizen)).status_code == 201
    assert (await put(few, Draft().body(), citizen)).status_code == 429
    # An operator enters what people say on the phone, as many as call.
    operator = await few.staff("operator")
    for _ in range(5):
        assert (await put(few, called("0905000003"), operator)).status_code == 201


async def test_a_retry_of_what_arrived_is_never_refused(few: Api) -> None:
    report_id, body = uuid4(), called("0905000004")
    answers = [await few.http.put(f"/v1/reports/{report_id}", json=body) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [201] + [200] * 7
    # Nor does it cost anything: two new reports are what this number has, and it has filed one.
    assert (await put(few, body)).status_code == 201
    assert (await put(few, body)).status_code == 429
    again = await few.http.put(f"/v1/reports/{report_id}", json=body)
    assert again.status_code == 200


async def test_in_a_batch_each_item_is_judged_for_itself(few: Api) -> None:
    items = [{**called("0905000005"), "id": str(uuid4())} for _ in range(3)]
    items.append({**called("0905000006"), "id": str(uuid4())})
    answer = await few.http.post("/v1/reports/batch", json={"items": items})
    assert [item["status"] for item in answer.json()["items"]] == [201, 201, 429, 201]


async def test_calls_for_help_have_a_lane_of_their_own(few: Api) -> None:
    for _ in range(3):
        last = await put(few, called("0905000007"))
    assert last.status_code == 429
    call = {"people": 1, "location": CENTRE, "phone": "0905000007"}
    statuses = [(await few.http.put(f"/v1/sos/{uuid4()}", json=call)).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
