"""Reports of a phone that had no network for days: nothing that changed meanwhile loses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.city import LIGHT, SIGN, Draft
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.rows import counts, execute, fetch, fetch_one

POTHOLE = "traffic.pothole"  # needs a photo
TREE = "environment.tree"


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def item(**changes: object) -> dict[str, Any]:
    return {**Draft().body(**changes), "id": str(uuid4())}


async def send(api: Api, *items: object, headers: dict[str, str] | None = None) -> list[Any]:
    answer = await api.http.post("/v1/reports/batch", json={"items": items}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def review_of(api: Api, report_id: str) -> list[str]:
    return (
        await fetch_one(
            api,
            "select review from cases join reports on reports.case_id = cases.id"
            " where reports.id = %(id)s",
            id=report_id,
        )
    ).review


async def change_category(api: Api, code: str, **changes: Any) -> None:
    """Change a category as the administration does."""
    admin = await api.staff("admin")
    rows = (await api.http.get("/v1/admin/categories", headers=admin)).json()["items"]
    row = next(row for row in rows if row["code"] == code)
    body = {name: value for name, value in row.items() if name != "code"} | changes
    answer = await api.http.put(f"/v1/admin/categories/{code}", json=body, headers=admin)
    assert answer.status_code in (200, 201), answer.text


async def catalogue_version(api: Api) -> str:
    return (await api.http.get("/v1/categories")).headers["ETag"]


async def test_each_item_is_answered_in_its_place_as_it_would_be_alone(api: Api) -> None:
    first, filed = item(), item()
    other = {**filed, "description": "Nội dung khác"}
    await send(api, filed)
    before = await counts(api)
    items = [
        first,
        filed,
        other,
        {**item(), "location": {"lat": 21.03, "lon": 105.85}},
        {**item(), "category": "no.such"},
        {**item(), "description": ""},
        "not a report",
        {"id": 7},
        item(),
    ]
    answers = await send(api, *items)
    assert [answer["status"] for answer in answers] == [
        201, 200, 409, 422, 422, 422, 422, 422, 201,
    ]  # fmt: skip
    assert [answer["id"] for answer in answers] == [
        *(each["id"] for each in items[:6]), None, None, items[8]["id"],  # type: ignore[index]
    ]  # fmt: skip
    assert [bool(answer["report"]) for answer in answers] == [
        answer["status"] < 300 for answer in answers
    ]
    assert [answer["problem"] and answer["problem"]["code"] for answer in answers[2:6]] == [
        "report_id_taken", "invalid_input", "invalid_input", "invalid_input",
    ]  # fmt: skip
    assert answers[3]["problem"]["errors"][0]["pointer"] == "/location"
    assert answers[4]["problem"]["errors"][0]["pointer"] == "/category"
    assert answers[5]["problem"]["errors"][0]["pointer"] == "/description"
    grown = await counts(api)
    assert grown["reports"] - before["reports"] == 2
    assert grown["cases"] - before["cases"] == 2
    # Alone it is answered the same.
    alone = await api.http.post("/v1/reports", json=first)
    assert (alone.status_code, alone.json()) == (200, answers[0]["report"])


@pytest.mark.parametrize("items", [[], ["x"] * 51, None])
async def test_a_batch_has_one_to_fifty_items(api: Api, items: object) -> None:
    answer = await api.http.post("/v1/reports/batch", json={"items": items})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/items"


async def test_staff_who_file_no_reports_file_none_in_a_batch(api: Api) -> None:
    [answer] = await send(api, item(), headers=await api.staff("leader"))
    assert (answer["status"], answer["problem"]["code"]) == (403, "role_not_allowed")


async def test_the_clock_counts_from_filing_and_both_times_are_kept(api: Api) -> None:
    written = days_ago(4)
    [answer] = await send(api, item(captured_at=written))
    row = await fetch_one(
        api, "select captured_at, filed_at from reports where id = %(id)s", id=answer["id"]
    )
    assert row.captured_at == datetime.fromisoformat(written)
    assert datetime.now(UTC) - row.filed_at < timedelta(minutes=1)
    assert datetime.fromisoformat(answer["report"]["due_at"]) > datetime.now(UTC)
    assert await review_of(api, answer["id"]) == []


@pytest.mark.parametrize(
    ("age", "expected"), [(-1, "captured_in_future"), (400, "captured_long_ago")]
)
async def test_an_odd_time_is_kept_and_marked(api: Api, age: int, expected: str) -> None:
    filed = await api.file(item_without_id(captured_at=days_ago(age)))
    assert await review_of(api, filed["id"]) == [expected]
    # A clock that is wrong says nothing about what is reported: the department gets it at once.
    assert filed["status"] == "assigned"


def item_without_id(**changes: object) -> dict[str, Any]:
    return {key: value for key, value in item(**changes).items() if key != "id"}


async def test_a_category_that_was_retired_meanwhile_is_accepted_and_marked(own_api: Api) -> None:
    api = own_api
    seen = await catalogue_version(api)
    await change_category(api, SIGN, active=False)
    body = item(captured_at=days_ago(2), catalogue_version=seen)
    [answer] = await send(api, body)
    assert answer["status"] == 201
    assert answer["report"]["status"] == "received"  # an operator looks first
    assert await review_of(api, body["id"]) == ["category_retired"]
    # The default queue has it: no rule knows the root alone.
    assert answer["report"]["department"]["code"] == "ioc"
    # Alone, a phone that tells which catalogue it had is answered the same.
    alone = await api.http.put(
        f"/v1/reports/{uuid4()}", json=item_without_id(catalogue_version=seen)
    )
    assert alone.status_code == 201
    # One that knows today's catalogue, or says nothing, is told.
    for strict in ({"catalogue_version": await catalogue_version(api)}, {}):
        refused = await api.http.put(f"/v1/reports/{uuid4()}", json=item_without_id(**strict))
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["code"] == "category_unknown"
    [known] = await send(api, item(catalogue_version=await catalogue_version(api)))
    assert known["status"] == 422


async def test_questions_that_changed_meanwhile_are_no_reason_to_lose_the_answers(
    own_api: Api,
) -> None:
    api = own_api
    seen = await catalogue_version(api)
    asked = {
        "type": "object",
        "properties": {"colour": {"type": "string"}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    await change_category(api, LIGHT, questions=asked)
    body = item(category=LIGHT, answers={"fault": "off", "pole": "A-12"}, catalogue_version=seen)
    [answer] = await send(api, body)
    assert answer["status"] == 201
    assert await review_of(api, body["id"]) == ["answers_outdated"]
    row = await fetch_one(api, "select answers from reports where id = %(id)s", id=body["id"])
    assert row.answers == {"fault": "off", "pole": "A-12"}
    strict = await api.http.put(
        f"/v1/reports/{uuid4()}", json=item_without_id(category=LIGHT, answers={"fault": "off"})
    )
    assert strict.status_code == 422


async def test_a_category_that_was_divided_meanwhile_is_accepted_and_marked(own_api: Api) -> None:
    api = own_api
    seen = await catalogue_version(api)
    admin = await api.staff("admin")
    rows = (await api.http.get("/v1/admin/categories", headers=admin)).json()["items"]
    row = next(row for row in rows if row["code"] == TREE)
    below = {name: value for name, value in row.items() if name != "code"} | {"parent": TREE}
    added = await api.http.put(f"/v1/admin/categories/{TREE}.fallen", json=below, headers=admin)
    assert added.status_code == 201, added.text
    [answer] = await send(api, item(category=TREE, catalogue_version=seen))
    assert answer["status"] == 201
    assert await review_of(api, answer["id"]) == ["category_divided"]


async def test_photos_may_come_after_their_report(api: Api) -> None:
    there, later = await api.upload(), str(uuid4())
    body = item(category=POTHOLE, uploads=[later, there], captured_at=days_ago(1))
    [answer] = await send(api, body)
    assert answer["status"] == 201
    assert await review_of(api, body["id"]) == ["photos_pending"]
    token = {"track_token": answer["report"]["track_token"]}
    url = f"/v1/reports/{body['id']}/uploads"
    uploads = [there, await api.upload(make_jpeg(colour="navy"))]
    assert (await api.http.put(url, json={"uploads": uploads})).status_code == 404  # whose it is?
    for _ in range(2):  # sending it again changes nothing
        added = await api.http.put(url, json={"uploads": uploads}, params=token)
        assert added.status_code == 200, added.text
        assert len(added.json()["photos"]) == 2
    rows = await fetch(
        api,
        "select upload_id, position from attachments where report_id = %(id)s order by position",
        id=body["id"],
    )
    assert [(str(row.upload_id), row.position) for row in rows] == list(
        zip(uploads, (0, 1), strict=True)
    )
    assert await review_of(api, body["id"]) == []
    events = await fetch(
        api,
        "select action from case_events where case_id = %(id)s order by rev, seq",
        id=body["id"],
    )
    assert [event.action for event in events].count("photos_added") == 1
    # The report itself, sent once more, is still the same.
    [again] = await send(api, body)
    assert again["status"] == 200


async def test_photos_are_added_up_to_eight_and_not_to_a_closed_case(api: Api) -> None:
    filed = await api.file()
    url, token = f"/v1/reports/{filed['id']}/uploads", {"track_token": filed["track_token"]}
    photos = [await api.upload(make_jpeg(colour=f"#{n}{n}{n}")) for n in range(9)]
    added = await api.http.put(url, json={"uploads": photos[:8]}, params=token)
    assert added.status_code == 200
    refused = await api.http.put(url, json={"uploads": photos[8:]}, params=token)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_many_photos")
    unknown = await api.http.put(url, json={"uploads": [str(uuid4())]}, params=token)
    assert unknown.status_code == 422
    await execute(
        api,
        "update cases set closed_at = now(), status = 'closed' where id = %(id)s",
        id=filed["id"],
    )
    closed = await api.http.put(url, json={"uploads": photos[8:]}, params=token)
    assert (closed.status_code, closed.json()["code"]) == (409, "case_closed")


async def test_the_desk_finds_what_is_marked_and_takes_the_mark_off(own_api: Api) -> None:
    api = own_api
    await api.file()
    marked = await api.file(item_without_id(captured_at=days_ago(-2)))
    operator = await api.staff("operator")

    async def found(review: str) -> list[str]:
        answer = await api.http.get("/v1/cases", params={"review": review}, headers=operator)
        return [case["id"] for case in answer.json()["items"]]

    assert await found("any") == await found("photo_missing,captured_in_future") == [marked["id"]]
    assert await found("photo_missing") == []
    case = (await api.http.get(f"/v1/cases/{marked['id']}", headers=operator)).json()
    assert [reason["code"] for reason in case["review"]] == ["captured_in_future"]
    assert "tương lai" in case["review"][0]["detail"]
    for _ in range(2):
        seen = await api.http.delete(f"/v1/cases/{marked['id']}/review", headers=operator)
        assert (seen.status_code, seen.json()["review"]) == (200, [])
        assert seen.json()["rev"] == case["rev"]
        assert [event["action"] for event in seen.json()["timeline"]].count("reviewed") == 1
    assert await found("any") == []
