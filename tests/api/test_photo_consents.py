"""A citizen's photo is public only if they agreed, and no longer than they do."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event

from core.clock import utc_now
from tests.support.casework import Staged, login, press, stage
from tests.support.city import LIGHT
from tests.support.client import Api
from tests.support.photo_desk import (
    FACE,
    agreement,
    decide,
    look_up,
    make_ready,
    public_files,
    publication,
    publication_of,
    publish,
    upload_face,
    waiting,
    with_photo,
)
from tests.support.rows import execute, fetch
from tests.support.worker import open_workshop
from workflows import photo_consents

WHY = "Báo chí đã đăng, người gửi đồng ý qua điện thoại"
UNASKED, REFUSED = "photo_without_consent", "photo_consent_refused"


def new_phone() -> str:
    return f"+8490{uuid4().int % 10_000_000:07d}"


async def say(api: Api, case: Staged, *, given: bool) -> None:
    """Decide as who filed the report, by its track token."""
    answer = await api.http.post(
        f"{case.report_url}/consents",
        json={"consents": [agreement(given=given)]},
        params={"track_token": case.track_token},
    )
    assert answer.status_code == 200, answer.text


async def say_as(api: Api, headers: dict[str, str], *, given: bool) -> None:
    """Decide for an account."""
    body = {"consents": [agreement(given=given)]}
    answer = await api.http.post("/v1/me/consents", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def public_photo(api: Api, **changes: Any) -> tuple[Staged, str, str]:
    """A photo that everybody sees: its case, its id, and a link to it."""
    case, photo_id = await with_photo(api, **changes)
    assert (await decide(api, case, photo_id)).status_code == 200
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    assert (await api.http.get(shown["large_url"])).status_code == 200
    return case, photo_id, shown["large_url"]


async def against(api: Api, case: Staged, photo_id: str) -> list[str]:
    seen = await publication(api, case, photo_id)
    return [reason["code"] for reason in seen["against"]]


def refusals(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def assert_gone(api: Api, case: Staged, photo_id: str, url: str) -> None:
    """From the public page and its links with the commit, from the store once a worker ran."""
    assert (await api.http.get(url)).status_code == 404
    assert await look_up(api, case) == []
    await publish(api, photo_id)
    assert public_files(api, photo_id) == set()
    assert await look_up(api, case) == []


async def noted(api: Api, photo_id: str) -> list[tuple[str, str | None]]:
    rows = await fetch(
        api,
        "select facts from audit_log where subject = %(subject)s and action = 'publication.decide'"
        " order by id",
        subject=f"photo:{photo_id}",
    )
    return [(row.facts["decision"], row.facts.get("reason")) for row in rows]


async def test_of_whoever_was_not_asked_a_photo_takes_an_exception(api: Api) -> None:
    case, photo_id = await with_photo(api, agreed=None)
    for role in ("staff", "operator"):
        assert photo_id not in await waiting(api, await login(api, case, role))
    seen = await publication(api, case, photo_id, "supervisor")
    assert [reason["code"] for reason in seen["against"]] == [UNASKED]
    # What the system marked is told as a reason against it, not as words of somebody.
    assert (seen["state"], seen["reason"], seen["decided_by"]) == ("withheld", None, None)
    assert (seen["may_decide"], seen["may_overrule"]) == (True, True)
    rev = seen["rev"]
    assert refusals(await decide(api, case, photo_id, rev=rev)) == [("/decision", UNASKED)]
    overruled = {"rev": rev, "overrule": True}
    for role, reason, status in (("staff", WHY, 422), ("supervisor", None, 422)):
        answer = await decide(api, case, photo_id, role=role, reason=reason, **overruled)
        assert answer.status_code == status, role
    answer = await decide(api, case, photo_id, role="supervisor", reason=WHY, **overruled)
    assert answer.status_code == 200, answer.text
    await publish(api, photo_id)
    assert [photo["id"] for photo in await look_up(api, case)] == [photo_id]
    # The next decision on it needs the exception as well.
    assert await against(api, case, photo_id) == [UNASKED]
    again = await decide(api, case, photo_id, rev=rev + 1, role="supervisor", boxes=[FACE])
    assert refusals(again) == [("/decision", UNASKED)]


async def test_whoever_refused_is_overruled_by_nobody(api: Api) -> None:
    case, photo_id = await with_photo(api, agreed=False)
    for role in ("supervisor", "operator"):
        assert photo_id not in await waiting(api, await login(api, case, role))
        seen = await publication(api, case, photo_id, role)
        assert [reason["code"] for reason in seen["against"]] == [REFUSED]
        assert not seen["may_overrule"]
        answer = await decide(
            api, case, photo_id, rev=seen["rev"], role=role, overrule=True, reason=WHY
        )
        assert refusals(answer) == [("/decision", REFUSED)]
    assert await look_up(api, case) == []


async def test_a_consent_that_comes_later_makes_a_photo_decidable(api: Api) -> None:
    case, photo_id = await with_photo(api, agreed=None)
    before = (await publication(api, case, photo_id))["rev"]
    await say(api, case, given=True)
    assert photo_id in await waiting(api, await login(api, case, "staff"))
    seen = await publication(api, case, photo_id)
    assert (seen["state"], seen["against"], seen["rev"]) == ("waiting", [], before + 1)
    assert (await decide(api, case, photo_id, rev=before)).status_code == 409  # seen before that
    assert (await decide(api, case, photo_id, rev=before + 1)).status_code == 200
    await publish(api, photo_id)
    assert [photo["id"] for photo in await look_up(api, case)] == [photo_id]


async def test_an_exception_is_none_any_more_once_the_reporter_agrees(api: Api) -> None:
    case, photo_id = await with_photo(api, agreed=None)
    rev = (await publication(api, case, photo_id))["rev"]
    await decide(api, case, photo_id, rev=rev, role="operator", overrule=True, reason=WHY)
    await publish(api, photo_id)
    await say(api, case, given=True)
    [shown] = await look_up(api, case)
    assert (await api.http.get(shown["large_url"])).status_code == 200
    assert await against(api, case, photo_id) == []
    assert (await decide(api, case, photo_id, rev=rev + 1, boxes=[FACE])).status_code == 200


async def test_a_withdrawal_takes_the_pictures_away_and_is_noted(api: Api) -> None:
    case, photo_id, url = await public_photo(api)
    await say(api, case, given=False)
    await assert_gone(api, case, photo_id, url)
    assert await noted(api, photo_id) == [("approved", None), ("withheld", REFUSED)]
    assert await against(api, case, photo_id) == [REFUSED]
    # Agreed to again it takes another decision, not only a change of mind.
    await say(api, case, given=True)
    assert await look_up(api, case) == []
    assert (await publication(api, case, photo_id))["state"] == "waiting"


async def test_a_withdrawal_ends_an_exception_as_well(api: Api) -> None:
    case, photo_id = await with_photo(api, agreed=None)
    rev = (await publication(api, case, photo_id))["rev"]
    await decide(api, case, photo_id, rev=rev, role="operator", overrule=True, reason=WHY)
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    await say(api, case, given=False)
    await assert_gone(api, case, photo_id, shown["large_url"])


async def test_nearby_shows_no_photo_of_whoever_withdrew(api: Api) -> None:
    case, photo_id, url = await public_photo(api)
    await execute(
        api,
        "update cases set geom = st_setsrid(st_makepoint(107.586, 16.461), 4326),"
        " opened_at = now() where id = %(id)s",
        id=case.id,
    )
    params: dict[str, Any] = {"lat": 16.461, "lon": 107.586, "radius_m": 50}

    async def shown() -> str | None:
        answer = await api.http.get("/v1/reports/nearby", params=params)
        found = {item["id"]: item["photo_url"] for item in answer.json()["items"]}
        return found[case.id]

    assert await shown() is not None
    await say(api, case, given=False)
    assert await shown() is None
    await assert_gone(api, case, photo_id, url)


async def test_an_account_decides_for_the_photos_of_all_its_reports(api: Api) -> None:
    headers = await api.citizen(new_phone())
    first = await public_photo(api, headers=headers)
    second = await public_photo(api, headers=headers)
    strange = await public_photo(api)
    await say_as(api, headers, given=False)
    for case, photo_id, url in (first, second):
        await assert_gone(api, case, photo_id, url)
    case, _, url = strange
    assert len(await look_up(api, case)) == 1
    assert (await api.http.get(url)).status_code == 200


async def test_what_is_said_with_the_next_report_counts_for_those_before(api: Api) -> None:
    headers = await api.citizen(new_phone())
    case, photo_id, url = await public_photo(api, headers=headers)
    await stage(api, headers=headers, consents=[agreement(given=False)])
    await assert_gone(api, case, photo_id, url)


async def test_photos_that_staff_made_need_no_consent(api: Api) -> None:
    case = await stage(
        api,
        "in_progress",
        category=LIGHT,
        uploads=[await api.upload()],
        consents=[agreement(given=False)],
    )
    form: dict[str, object] = {"answer": "Đã thay bóng.", "photos": [await upload_face(api)]}
    assert (await press(api, case, "resolve", form)).status_code == 200
    assert (await press(api, case, "approve", {}, "supervisor")).status_code == 200
    [after] = [photo for photo in await make_ready(api, case) if photo["purpose"] == "after"]
    assert (await decide(api, case, after["id"])).status_code == 200
    await publish(api, after["id"])
    assert [photo["id"] for photo in await look_up(api, case)] == [after["id"]]


async def test_what_staff_withheld_stays_so_whatever_the_reporter_says(api: Api) -> None:
    case, photo_id = await with_photo(api)
    await decide(api, case, photo_id, decision="withheld", reason="Thấy rõ nhà dân")
    for given in (False, True):
        await say(api, case, given=given)
        seen = await publication(api, case, photo_id)
        assert (seen["state"], seen["reason"], seen["rev"]) == ("withheld", "Thấy rõ nhà dân", 1)


@pytest.mark.parametrize(("agreed", "mark"), [(None, UNASKED), (False, REFUSED)])
async def test_the_worker_shows_nothing_without_consent_whatever_was_decided(
    api: Api, *, agreed: bool | None, mark: str
) -> None:
    case, photo_id = await with_photo(api, agreed=agreed)
    # Decided on in the moment before the worker looked at the consent.
    await execute(
        api,
        "update publications set state = 'approved', picture = 'pending', rev = rev + 1,"
        " reason = null where attachment_id = %(id)s",
        id=photo_id,
    )
    await publish(api, photo_id)
    row = await publication_of(api, photo_id)
    assert (row.state, row.picture, row.reason) == ("withheld", "none", mark)
    assert public_files(api, photo_id) == set()
    assert await look_up(api, case) == []


async def test_what_the_release_before_published_without_asking_is_taken_back(
    own_api: Api,
) -> None:
    api = own_api
    kept, kept_id, _ = await public_photo(api)
    case, photo_id, url = await public_photo(api)
    missed, missed_id = await with_photo(api)  # whose worker was killed before it looked
    excepted, excepted_id = await with_photo(api, agreed=None)
    rev = (await publication(api, excepted, excepted_id))["rev"]
    await decide(api, excepted, excepted_id, rev=rev, role="operator", overrule=True, reason=WHY)
    await publish(api, excepted_id)
    await execute(
        api,
        "delete from consents where report_id = any(%(ids)s::uuid[])",
        ids=[case.id, missed.id],
    )
    async with open_workshop(api, {}) as workshop:
        await workshop.end_what_is_over()
        await workshop.end_what_is_over()
    await assert_gone(api, case, photo_id, url)
    assert await noted(api, photo_id) == [("approved", None), ("withheld", UNASKED)]
    assert (await publication_of(api, missed_id)).reason == UNASKED
    assert [photo["id"] for photo in await look_up(api, kept)] == [kept_id]
    assert [photo["id"] for photo in await look_up(api, excepted)] == [excepted_id]


async def test_nobody_sees_a_photo_of_an_account_that_asked_to_be_forgotten(own_api: Api) -> None:
    api, headers = own_api, await own_api.citizen(new_phone())
    case, photo_id, url = await public_photo(api, headers=headers)
    assert (await api.http.delete("/v1/me", headers=headers)).status_code == 202
    await assert_gone(api, case, photo_id, url)
    async with open_workshop(api, {}) as workshop:
        await workshop.go_on_erasing()
    # Its case is still open, so the photo is there for who works on it, and for nobody else.
    seen = await publication(api, case, photo_id, "operator")
    assert [reason["code"] for reason in seen["against"]] == [REFUSED]
    answer = await decide(
        api, case, photo_id, rev=seen["rev"], role="operator", overrule=True, reason=WHY
    )
    assert refusals(answer) == [("/decision", REFUSED)]
    async with open_workshop(api, {}) as workshop:
        await workshop.end_what_is_over()
        await photo_consents.follow_photos(workshop.sessions, [UUID(photo_id)], now=utc_now())
    assert (await publication_of(api, photo_id)).reason == REFUSED


async def test_nor_of_a_report_whose_reporter_left_it(own_api: Api) -> None:
    case, photo_id, url = await public_photo(own_api)
    answer = await own_api.http.delete(
        f"{case.report_url}/reporter", params={"track_token": case.track_token}
    )
    assert answer.status_code == 204, answer.text
    await assert_gone(own_api, case, photo_id, url)
    assert await against(own_api, case, photo_id) == [REFUSED]


async def test_in_a_merged_case_each_photo_follows_its_own_reporter(api: Api) -> None:
    one, one_photo, one_url = await public_photo(api)
    two, two_photo, two_url = await public_photo(api, headers=await api.citizen(new_phone()))
    three, three_photo = await with_photo(api, agreed=False)
    for case in (two, three):
        merged = await press(api, case, "duplicate", {"into": one.code}, "operator")
        assert merged.status_code == 200, merged.text

    async def seen(case: Staged) -> list[str]:
        return [photo["id"] for photo in await look_up(api, case)]

    assert (await seen(one), await seen(two), await seen(three)) == ([one_photo], [two_photo], [])
    await say(api, one, given=False)
    assert (await seen(one), await seen(two)) == ([], [two_photo])
    assert (await api.http.get(one_url)).status_code == 404
    assert (await api.http.get(two_url)).status_code == 200
    await say(api, three, given=True)
    assert (await seen(one), await seen(two), await seen(three)) == ([], [two_photo], [])
    assert three_photo in await waiting(api, await login(api, one, "staff"))
    assert await against(api, one, one_photo) == [REFUSED]


async def test_a_report_that_is_claimed_follows_what_its_owner_says_from_then_on(api: Api) -> None:
    case, photo_id, url = await public_photo(api)
    owner = await api.citizen(new_phone())
    claimed = await api.http.post(
        "/v1/me/reports",
        json={"report_id": case.id, "track_token": case.track_token},
        headers=owner,
    )
    assert claimed.status_code == 204, claimed.text
    async with open_workshop(api, {}) as workshop:
        await workshop.follow_consents([await my_id(api, owner)])
    assert len(await look_up(api, case)) == 1  # what was said while it had no owner still counts
    await say_as(api, owner, given=False)
    await assert_gone(api, case, photo_id, url)


async def test_an_account_that_was_not_asked_gets_the_consent_of_whom_it_belongs_to(
    api: Api,
) -> None:
    owner = await api.citizen(new_phone())
    await say_as(api, owner, given=True)
    case, photo_id = await with_photo(api, agreed=None)
    claimed = await api.http.post(
        "/v1/me/reports",
        json={"report_id": case.id, "track_token": case.track_token},
        headers=owner,
    )
    assert claimed.status_code == 204, claimed.text
    jobs = await fetch(
        api,
        "select args from procrastinate_jobs where task_name = 'workflows.follow_consents'"
        " and args->'ids' ? %(id)s",
        id=await my_id(api, owner),
    )
    assert len(jobs) == 1
    async with open_workshop(api, {}) as workshop:
        await workshop.follow_consents(jobs[0].args["ids"])
    assert (await publication(api, case, photo_id))["state"] == "waiting"


async def test_what_nobody_had_decided_on_is_marked_and_no_matter_of_the_audit_log(
    api: Api,
) -> None:
    case, photo_id = await with_photo(api)
    await say(api, case, given=False)
    row = await publication_of(api, photo_id)
    assert (row.state, row.reason, row.rev) == ("withheld", REFUSED, 1)
    assert await noted(api, photo_id) == []


async def count_statements(api: Api, ask: Awaitable[object]) -> int:
    """How many statements the API's connections send for what `ask` asks for: those of sessions,
    and those that go to the driver directly.
    """
    statements: list[str] = []

    def note(query: Any) -> None:
        statements.append(query.query)

    def note_of_session(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        statements.append(statement)

    def listen(connection: Any, *_: object) -> None:
        connection.driver_connection.add_query_logger(note)

    def stop(connection: Any, *_: object) -> None:
        connection.driver_connection.remove_query_logger(note)

    services = api.app.state.services
    engines = services.engine.sync_engine, services.list_sessions.kw["bind"].sync_engine
    listeners = [
        listener
        for engine in engines
        for listener in (
            (engine, "before_cursor_execute", note_of_session),
            (engine.pool, "checkout", listen),
            (engine.pool, "checkin", stop),
        )
    ]
    for listener in listeners:
        event.listen(*listener)
    try:
        await ask
    finally:
        for listener in listeners:
            event.remove(*listener)
    return len(statements)


async def test_statements_are_as_many_for_one_photo_as_for_several(own_api: Api) -> None:
    api, operator = own_api, await own_api.staff("operator")
    costs: list[tuple[int, ...]] = []
    for photos in (2, 4):
        headers = await api.citizen(new_phone())
        case = await stage(
            api, headers=headers, uploads=[await api.upload() for _ in range(photos)]
        )
        await make_ready(api, case)
        await say_as(api, headers, given=True)  # and whatever is read once per process
        await api.http.get("/v1/photos", headers=operator)  # or on a new connection
        asks = (
            say_as(api, headers, given=False),
            say_as(api, headers, given=True),
            api.http.get("/v1/photos", params={"limit": 50}, headers=operator),
            api.http.get(case.url, headers=operator),
            look_up(api, case),
        )
        costs.append(tuple([await count_statements(api, ask) for ask in asks]))
    assert costs[0] == costs[1]
    assert min(costs[0]) > 3  # so that they are counted at all


async def my_id(api: Api, headers: dict[str, str]) -> str:
    return (await api.http.get("/v1/me", headers=headers)).json()["id"]
