"""Duplicates from end to end: what moves, what each reporter sees, what is refused, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from core.actor import Actor, Role
from core.clock import utc_now
from core.errors import Conflict, Error, Forbidden, PreconditionMissing
from tests.support.casework import (
    BUS_DEPARTMENT,
    NOISE,
    NOISE_DEPARTMENT,
    Staged,
    press,
    read,
    stage,
)
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.rows import counts, execute, fetch, fetch_one
from tests.support.worker import open_workshop
from workflows import merging

OPERATOR = Actor(Role.OPERATOR)


def phone() -> str:
    return f"+8490{uuid4().int % 10_000_000:07d}"


async def merge(api: Api, case: Staged, into: Staged) -> dict[str, Any]:
    answer = await press(api, case, "duplicate", {"into": into.code}, "operator")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def unmerge(api: Api, case: Staged, actor: Actor = OPERATOR, off: int = 0) -> int:
    """By the use case itself, on the newest version (or one that is `off`)."""
    services = api.app.state.services
    rev = (await read(api, case))["rev"] + off
    async with services.begin(actor) as session:
        return await merging.unmerge(
            session,
            UUID(case.id),
            actor=actor,
            expected_rev=rev,
            now=utc_now(),
            cache=services.cache,
        )


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(Error) as error:
        await call
    return error.value.code


async def report(api: Api, case: Staged) -> dict[str, Any]:
    """The report as its reporter sees it."""
    answer = await api.http.get(case.report_url, params={"track_token": case.track_token})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def written(api: Api, *cases: Staged) -> tuple[Any, ...]:
    """All that merging may change."""
    ids = [case.id for case in cases]
    by_case = "select * from {} where case_id = any(%(ids)s::uuid[]) order by id"
    return (
        await fetch(
            api, "select * from cases where id = any(%(ids)s::uuid[]) order by id", ids=ids
        ),
        await fetch(api, by_case.format("reports"), ids=ids),
        await fetch(api, by_case.format("attachments"), ids=ids),
        await fetch_one(api, "select count(*) from case_merges"),
        await counts(api),
    )


@pytest_asyncio.fixture(loop_scope="session")
async def twins(api: Api) -> tuple[Staged, Staged]:
    """Two reports of the same thing, each with a photo, each by a citizen of their own."""
    colours = ("navy", "olive")
    one, other = [
        await stage(
            api,
            headers=await api.citizen(phone()),
            uploads=[await api.upload(make_jpeg(colour=colour))],
            description=f"Nhà chờ dột, màu {colour}",
        )
        for colour in colours
    ]
    return one, other


Twins = tuple[Staged, Staged]


async def test_reports_and_photos_go_to_the_other_case(api: Api, twins: Twins) -> None:
    case, target = twins
    before = await read(api, target)
    merged = await merge(api, case, target)
    assert (merged["state"], merged["status"], merged["is_duplicate"]) == (
        "duplicate", "closed", True,
    )  # fmt: skip
    assert (merged["reports"], merged["photos"], merged["clocks"]) == ([], [], [])
    assert (merged["actions"], merged["closed_at"] is not None) == ([], True)
    after = await read(api, target)
    assert {r["code"] for r in after["reports"]} == {case.code, target.code}
    assert [len(r["photos"]) for r in after["reports"]] == [1, 1]
    assert len(after["photos"]) == 2
    # It is no step of the other case: nobody's button fails.
    assert (after["rev"], after["state"], after["due_at"]) == (
        before["rev"], before["state"], before["due_at"],
    )  # fmt: skip
    last = after["timeline"][-1]
    assert (last["kind"], last["action"], last["label"]) == (
        "note", "merged", "Nhận thêm phản ánh trùng",
    )  # fmt: skip
    assert last["form"] == {"case": case.id, "reports": 1}


async def test_nobody_sees_the_other_reporters_words_or_photos(api: Api, twins: Twins) -> None:
    case, target = twins
    await merge(api, case, target)
    for own, other in ((case, target), (target, case)):
        seen = await report(api, own)
        assert (seen["id"], seen["code"]) == (own.id, own.code)
        assert len(seen["photos"]) == 1
        photo = await fetch_one(
            api, "select report_id from attachments where id = %(id)s", id=seen["photos"][0]["id"]
        )
        assert str(photo.report_id) == own.id
        others = (await read(api, target))["reports"]
        words = next(r["description"] for r in others if r["code"] == other.code)
        assert words not in str(seen)


async def test_the_reporter_sees_how_far_the_other_case_is(api: Api, twins: Twins) -> None:
    case, target = twins
    await merge(api, case, target)
    assert (await report(api, case))["status"] == "assigned"
    await press(api, target, "accept", {})
    assert (await report(api, case))["status"] == "in_progress"
    looked_up = await api.http.get("/v1/reports/lookup", params={"code": case.code})
    assert looked_up.json()["status"] == "in_progress"
    await press(api, target, "resolve", {"answer": "Đã lợp lại mái."})
    await press(api, target, "approve", {}, "supervisor")
    for reporter in (case, target):
        seen = await report(api, reporter)
        assert (seen["status"], seen["answer"]) == ("resolved", "Đã lợp lại mái.")
    # The case itself is found by the codes of all its reports.
    headers = await api.staff("operator")
    for code in (case.code, target.code):
        found = await api.http.get("/v1/cases", params={"q": code}, headers=headers)
        assert target.id in {item["id"] for item in found.json()["items"]}


async def tell(api: Api, case: Staged) -> None:
    """Fan out what the case has announced so far."""
    rows = await fetch(
        api,
        "select id from announcements where case_id = %(id)s and fanned_out_at is null order by id",
        id=case.id,
    )
    async with open_workshop(api, {}) as workshop:
        await workshop.fan_out([row.id for row in rows])


async def inbox(api: Api, case: Staged, headers: dict[str, str]) -> list[str]:
    items = (await api.http.get("/v1/me/notifications", headers=headers)).json()["items"]
    rows = await fetch(
        api,
        "select id from notifications where id = any(%(ids)s) and case_id = %(case)s",
        ids=[item["id"] for item in items],
        case=case.id,
    )
    ours = {row.id for row in rows}
    return [item["body"] for item in items if item["id"] in ours]


async def test_closing_tells_everybody_who_reported_it(api: Api) -> None:
    people = [await api.citizen(phone()) for _ in range(3)]
    case, other, target = [await stage(api, headers=headers) for headers in people]
    await merge(api, case, other)
    await tell(api, case)
    assert len(await inbox(api, case, people[0])) == 1  # that theirs was joined with another
    await merge(api, other, target)
    await tell(api, other)
    for headers in people[:2]:  # who came along once comes along again
        assert len(await inbox(api, other, headers)) == 1
    assert await inbox(api, other, people[2]) == []
    await press(api, target, "accept", {})
    await press(api, target, "resolve", {"answer": "Đã lợp lại mái."})
    await tell(api, target)
    await press(api, target, "approve", {}, "supervisor")
    await tell(api, target)
    for headers in people:
        told = [body for body in await inbox(api, target, headers) if "Đã lợp lại mái." in body]
        assert len(told) == 1


async def test_the_other_case_may_be_named_by_any_of_its_reports(api: Api, twins: Twins) -> None:
    case, target = twins
    third = await stage(api)
    # A report that was filed by phone for the same case.
    await execute(
        api,
        "update reports set case_id = %(case)s where id = %(id)s",
        case=target.id,
        id=third.id,
    )
    await execute(
        api, "update cases set code = 'ZZZ-ZZZ' || left(id::text, 4) where id = %(i)s", i=third.id
    )
    merged = await press(api, case, "duplicate", {"into": third.code}, "operator")
    assert merged.status_code == 200, merged.text
    [into] = [r["code"] for r in merged.json()["relatives"] if r["relation"] == "merged_into"]
    assert into == target.code


async def test_a_merge_that_cannot_be_is_named_and_changes_nothing(api: Api, twins: Twins) -> None:
    case, target = twins
    done = {state: await stage(api, state) for state in ("resolved", "closed", "withdrawn")}
    gone = await stage(api)
    await merge(api, gone, target)
    cases = (case, target, gone, *done.values())
    before = await written(api, *cases)
    faults = [
        (case.code, "merge_into_itself"),
        (case.id, "merge_into_itself"),
        (gone.code, "case_is_merged"),
        *((other.code, "case_is_done") for other in done.values()),
        (str(uuid4()), "case_unknown"),
        ("AAA-AAAA", "case_unknown"),
        ("the other one", "case_unknown"),
        ("a" * 200, "case_unknown"),
    ]
    for into, code in faults:
        answer = await press(api, case, "duplicate", {"into": into}, "operator")
        assert answer.status_code == 422, answer.text
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/into", code)]
        assert "{" not in answer.json()["errors"][0]["detail"]
    empty: list[dict[str, object]] = [{}, {"into": None}, {"into": " "}]
    for form in empty:
        answer = await press(api, case, "duplicate", form, "operator")
        assert answer.json()["errors"][0]["pointer"] == "/into", form
    for wrong in (5, True, [target.code], {"code": target.code}):
        answer = await press(api, case, "duplicate", {"into": wrong}, "operator")
        assert answer.json()["errors"][0]["code"] == "case_unknown", wrong
    assert await written(api, *cases) == before


async def test_merging_leads_in_no_circle(api: Api, twins: Twins) -> None:
    case, target = twins
    third = await stage(api)
    await merge(api, case, target)
    await merge(api, target, third)
    before = await written(api, case, target, third)
    for into in (case, target):
        answer = await press(api, third, "duplicate", {"into": into.id}, "operator")
        assert [e["code"] for e in answer.json()["errors"]] == ["merge_in_a_circle"]
    assert await written(api, case, target, third) == before


async def test_a_department_merges_only_what_it_sees(api: Api) -> None:
    case, other = await stage(api), await stage(api, category=NOISE)
    assert (case.department, other.department) == (BUS_DEPARTMENT, NOISE_DEPARTMENT)
    before = await written(api, case, other)
    answer = await press(api, case, "duplicate", {"into": other.code}, "supervisor")
    assert [e["code"] for e in answer.json()["errors"]] == ["case_unknown"]
    staff = await press(api, case, "duplicate", {"into": other.code}, "staff")
    assert staff.status_code in (403, 422)
    assert await written(api, case, other) == before
    assert (await merge(api, case, other))["is_duplicate"]


async def test_two_people_who_merge_two_cases_into_each_other_do_not_wait_for_ever(
    api: Api,
) -> None:
    for _ in range(5):
        case, other = await stage(api), await stage(api)
        async with asyncio.timeout(20):
            answers = await asyncio.gather(
                press(api, case, "duplicate", {"into": other.code}, "operator"),
                press(api, other, "duplicate", {"into": case.code}, "operator"),
            )
        assert sorted(answer.status_code == 200 for answer in answers) in (
            [False, True],
            [False, False],  # each had the other's: both try again
        )
        states = {(await read(api, c))["is_duplicate"] for c in (case, other)}
        assert states in ({True, False}, {False})


# And back ----------------------------------------------------------------------------------------


def without(case: dict[str, Any], *names: str) -> dict[str, Any]:
    changing = {"rev", "updated_at", "timeline", "photos", *names}
    return {name: value for name, value in case.items() if name not in changing}


def photo_ids(case: dict[str, Any]) -> set[str]:
    return {photo["id"] for photo in case["photos"]}


async def test_a_duplicate_gets_back_all_that_was_its(api: Api, twins: Twins) -> None:
    case, target = twins
    await press(api, case, "prioritise", {"priority": 1, "reason": "Gần trường"}, "operator")
    before, before_target = await read(api, case), await read(api, target)
    await merge(api, case, target)
    rev = await unmerge(api, case)
    after, after_target = await read(api, case), await read(api, target)
    assert without(after) == without(before)
    assert without(after_target) == without(before_target)
    assert photo_ids(after) == photo_ids(before)
    assert photo_ids(after_target) == photo_ids(before_target)
    assert after["rev"] == rev == before["rev"] + 2
    last = after["timeline"][-1]
    assert (last["kind"], last["action"], last["from_state"], last["to_state"]) == (
        "step", "unmerge", "duplicate", "assigned",
    )  # fmt: skip
    last = after_target["timeline"][-1]
    assert (last["action"], last["form"]) == ("unmerged", {"case": case.id, "reports": 1})
    seen = await report(api, case)
    assert (seen["status"], len(seen["photos"])) == ("assigned", 1)
    assert (await press(api, case, "accept", {})).status_code == 200


async def test_what_was_done_to_the_other_case_stays_there(api: Api, twins: Twins) -> None:
    case, target = twins
    await merge(api, case, target)
    await press(api, target, "accept", {})
    photo = await api.upload(make_jpeg(colour="gold"))
    await press(api, target, "resolve", {"answer": "Xong", "photos": [photo]})
    await press(api, target, "approve", {}, "supervisor")
    await unmerge(api, case)
    assert ((await report(api, case))["status"], (await report(api, target))["status"]) == (
        "assigned",
        "resolved",
    )
    [after] = [p for p in (await read(api, target))["photos"] if p["purpose"] == "after"]
    assert after["id"] not in photo_ids(await read(api, case))


async def test_it_can_be_merged_again(api: Api, twins: Twins) -> None:
    case, target = twins
    for _ in range(2):
        await merge(api, case, target)
        assert await refused(unmerge(api, target)) == "case_not_merged"
        await unmerge(api, case)
        assert await refused(unmerge(api, case)) == "case_not_merged"
    assert (await merge(api, case, target))["is_duplicate"]


async def test_a_chain_is_taken_apart_from_its_end(api: Api, twins: Twins) -> None:
    case, target = twins
    third = await stage(api)
    await merge(api, case, target)
    await merge(api, target, third)
    assert len((await read(api, third))["reports"]) == 3
    before = await written(api, case, target, third)
    assert await refused(unmerge(api, case)) == "case_is_merged"
    assert await written(api, case, target, third) == before
    await unmerge(api, target)
    assert {r["code"] for r in (await read(api, target))["reports"]} == {case.code, target.code}
    assert len((await read(api, third))["reports"]) == 1
    await unmerge(api, case)
    for one in (case, target, third):
        assert [r["code"] for r in (await read(api, one))["reports"]] == [one.code]
        assert (await report(api, one))["status"] == "assigned"


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        (Actor(Role.STAFF, department=BUS_DEPARTMENT), Forbidden),
        (Actor(Role.LEADER), Forbidden),
        (Actor(Role.SUPERVISOR, department="hepco"), Error),  # does not see it
    ],
)
async def test_not_everybody_takes_cases_apart(
    api: Api, twins: Twins, actor: Actor, kind: type[Error]
) -> None:
    case, target = twins
    await merge(api, case, target)
    before = await written(api, case, target)
    with pytest.raises(kind):
        await unmerge(api, case, actor)
    assert await written(api, case, target) == before
    await unmerge(api, case, Actor(Role.SUPERVISOR, department=BUS_DEPARTMENT))


async def test_the_version_that_was_seen_is_needed(api: Api, twins: Twins) -> None:
    case, target = twins
    await merge(api, case, target)
    before = await written(api, case, target)
    for off in (-1, 1):
        with pytest.raises(Conflict, match="case_changed"):
            await unmerge(api, case, off=off)
    services = api.app.state.services
    with pytest.raises(PreconditionMissing):
        async with services.begin(OPERATOR) as session:
            await merging.unmerge(
                session,
                UUID(case.id),
                actor=OPERATOR,
                expected_rev=None,
                now=utc_now(),
                cache=services.cache,
            )
    assert await written(api, case, target) == before


Call = Callable[[], Awaitable[object]]


async def test_a_colleague_who_works_on_the_other_case_comes_first(api: Api, twins: Twins) -> None:
    """Whoever holds it, a merge does not wait for it: it says so."""
    case, target = twins
    await merge(api, case, target)
    other = await stage(api)
    services = api.app.state.services
    calls: list[Call] = [
        lambda: unmerge(api, case),
        lambda: press(api, other, "duplicate", {"into": target.code}, "operator"),
    ]
    async with services.begin(OPERATOR) as session:
        await merging.repository.lock_case(session, UUID(target.id), OPERATOR)
        async with asyncio.timeout(10):
            assert await refused(calls[0]()) == "case_busy"
            answer: Any = await calls[1]()
    assert (answer.status_code, answer.json()["code"]) == (409, "case_busy")
    await unmerge(api, case)
    assert (await merge(api, other, target))["is_duplicate"]


async def test_one_reporter_does_not_withdraw_for_the_other(api: Api, twins: Twins) -> None:
    case, target = twins
    await merge(api, case, target)
    for each in twins:
        assert "withdraw" not in [a["action"] for a in (await report(api, each))["actions"]]
        answer = await press(api, each, "withdraw", {}, "reporter")
        assert (answer.status_code, answer.json()["code"]) == (409, "action_not_offered")
    assert (await read(api, target))["status"] == "assigned"


async def test_what_one_reporter_answered_is_not_shown_to_the_other(api: Api) -> None:
    target, case = await stage(api, "waiting"), await stage(api)
    secret = "Nhà tôi ở số 12, gọi cửa là gặp"
    assert (await press(api, target, "answer", {"text": secret}, "reporter")).is_success
    assert secret in str((await report(api, target))["timeline"])
    await merge(api, case, target)
    for each in (case, target):
        seen = await report(api, each)
        assert secret not in str(seen)
        assert seen["status"] == "in_progress"
    assert secret in str((await read(api, target))["timeline"])  # staff still read it


async def test_a_report_never_goes_to_a_child_case(api: Api) -> None:
    parent, case = await stage(api, "in_progress"), await stage(api)
    opened = await press(api, parent, "coordinate", {"department": "hepco", "text": "Cắt điện"})
    [child] = [r for r in opened.json()["relatives"] if r["relation"] == "child"]
    answer = await press(api, case, "duplicate", {"into": child["code"]}, "operator")
    assert answer.status_code == 422
    assert [e["code"] for e in answer.json()["errors"]] == ["case_is_child"]
    assert (await report(api, case))["status"] == "assigned"


async def test_photos_sent_after_the_merge_go_back_too(api: Api) -> None:
    target, case = await stage(api, "in_progress"), await stage(api)
    await merge(api, case, target)
    assert (await press(api, target, "ask", {"question": "Còn ảnh nào không?"})).is_success
    form: dict[str, object] = {"text": "Đây", "photos": [await api.upload()]}
    assert (await press(api, case, "answer", form, "reporter")).is_success
    await unmerge(api, case)
    assert len((await read(api, case))["photos"]) == 1
    assert (await read(api, target))["photos"] == []
