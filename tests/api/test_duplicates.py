"""Suggested duplicates: who is suggested what, why, and what nobody learns from it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.support.casework import BUS, HIDDEN, NOISE, OTHER, Staged, login, press, stage
from tests.support.city import SIGN
from tests.support.client import Api
from tests.support.rows import counts, execute, fetch

DEGREE_M = 110_600.0  # of latitude, here
SHELTER = "Trạm xe buýt trước chợ bị gãy ghế ngồi và dột mái, mưa không trú được"
AGAIN = "Trạm xe buýt trước chợ gãy ghế, mái bị dột, trời mưa là ướt hết"
LATE = "Xe buýt tuyến số mười hay bỏ chuyến buổi tối, chờ mãi không thấy xe nào"
ELSE = "Xin hỏi giờ chạy chuyến cuối về Phú Bài ngày lễ"
_spots = itertools.count()


@pytest.fixture
def spot() -> dict[str, float]:
    """A place where no other test files."""
    row, column = divmod(next(_spots), 8)
    return {"lat": 16.4000 + row * 0.005, "lon": 107.5600 + column * 0.005}


def north(spot: dict[str, float], metres: float) -> dict[str, float]:
    return {**spot, "lat": spot["lat"] + metres / DEGREE_M}


async def duplicates(
    api: Api, case: Staged, role: str = "operator", **params: object
) -> list[dict[str, Any]]:
    headers = await login(api, case, role)
    answer = await api.http.get(f"{case.url}/duplicates", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def suggested(api: Api, case: Staged, role: str = "operator", **params: object) -> list[str]:
    return [item["id"] for item in await duplicates(api, case, role, **params)]


async def nearby(api: Api, spot: dict[str, float], **params: object) -> list[dict[str, Any]]:
    answer = await api.http.get("/v1/reports/nearby", params={**spot, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def codes(item: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in item["reasons"]]


async def with_photo(api: Api, spot: dict[str, float], phash: int | None, text: str) -> Staged:
    """A case with a photo, made into pictures, of this hash."""
    case = await stage(api, location=spot, description=text, uploads=[await api.upload()])
    await execute(
        api,
        "update attachments set phash = %(phash)s, state = 'ready', small_key = 's', large_key = 'l'"
        " where case_id = %(id)s",
        phash=phash, id=case.id,
    )  # fmt: skip
    return case


async def test_a_second_report_of_the_same_thing_is_suggested_with_its_reasons(
    api: Api, spot: dict[str, float]
) -> None:
    first = await stage(api, location=spot, description=SHELTER)
    second = await stage(api, location=north(spot, 15), description=AGAIN)
    [item] = await duplicates(api, second, "staff")
    assert item["id"] == first.id
    assert item["code"] == first.code
    assert item["category"]["code"] == BUS
    assert item["department"]["code"] == first.department
    assert item["status"] == "assigned"
    assert item["state_label"]
    assert item["summary"] == SHELTER
    assert item["distance_m"] == pytest.approx(15, abs=0.5)
    assert item["photo_url"] is None
    assert 0.9 < item["score"] <= 1
    assert codes(item) == ["distance", "same_category", "similar_words", "same_hour"]
    assert [reason["detail"] for reason in item["reasons"]] == [
        "Cách nhau 15 m",
        "Cùng loại phản ánh",
        "Nội dung mô tả gần giống nhau",
        "Gửi cách nhau chưa đến một giờ",
    ]
    [back] = await duplicates(api, first, "staff")
    assert (back["id"], back["score"], codes(back)) == (second.id, item["score"], codes(item))


async def test_reasons_are_told_in_the_readers_language(api: Api, spot: dict[str, float]) -> None:
    await stage(api, location=spot)
    second = await stage(api, location=spot)
    headers = {**await login(api, second, "staff"), "Accept-Language": "en"}
    answer = await api.http.get(f"{second.url}/duplicates", headers=headers)
    [item] = answer.json()["items"]
    assert "At the same place" in [reason["detail"] for reason in item["reasons"]]


async def test_a_case_with_nothing_around_it_has_no_suggestions(
    api: Api, spot: dict[str, float]
) -> None:
    alone = await stage(api, location=spot)
    assert await duplicates(api, alone) == []


async def test_the_likeliest_comes_first_and_not_the_nearest(
    api: Api, spot: dict[str, float]
) -> None:
    other = await stage(api, location=north(spot, 5), description=ELSE)
    same = await stage(api, location=north(spot, 25), description=SHELTER)
    case = await stage(api, location=spot, description=AGAIN)
    items = await duplicates(api, case)
    assert [item["id"] for item in items] == [same.id, other.id]
    assert "other_words" in codes(items[1])


async def test_what_lies_further_away_is_suggested_only_when_it_is_asked_for(
    api: Api, spot: dict[str, float]
) -> None:
    far = await stage(api, location=north(spot, 180), description=SHELTER)
    case = await stage(api, location=spot, description=SHELTER)
    assert await suggested(api, case) == []
    assert await suggested(api, case, radius_m=200) == [far.id]
    headers = await login(api, case, "operator")
    for wrong in (0, -1, 501, "nan", "x"):
        answer = await api.http.get(
            f"{case.url}/duplicates", headers=headers, params={"radius_m": wrong}
        )
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["pointer"] == "?radius_m"


async def test_another_kind_a_hundred_metres_away_is_not_worth_a_look(
    api: Api, spot: dict[str, float]
) -> None:
    await stage(api, location=north(spot, 100), description=LATE, category=SIGN)
    case = await stage(api, location=spot, description=SHELTER)
    assert await suggested(api, case) == []


async def test_only_cases_of_the_last_thirty_days_are_suggested(
    api: Api, spot: dict[str, float]
) -> None:
    old = await stage(api, location=spot)
    case = await stage(api, location=spot)
    shift = "update cases set opened_at = opened_at - %(by)s::interval where id = %(id)s"
    await execute(api, shift, by="29 days", id=old.id)
    [item] = await duplicates(api, case)
    assert "days_apart" in codes(item)
    await execute(api, shift, by="2 days", id=old.id)
    assert await suggested(api, case) == []
    assert await suggested(api, old) == []  # nor the other way round


async def test_what_is_done_merged_or_a_child_is_not_suggested(
    api: Api, spot: dict[str, float]
) -> None:
    await stage(api, "resolved", location=spot)
    withdrawn = await stage(api, "withdrawn", location=spot)
    kept = await stage(api, location=spot)
    merged = await stage(api, location=spot)
    answer = await press(api, merged, "duplicate", {"into": kept.code}, "operator")
    assert answer.status_code == 200, answer.text
    child = await stage(api, location=spot)
    parent = "update cases set parent_id = %(parent)s where id = %(id)s"
    await execute(api, parent, parent=kept.id, id=child.id)
    case = await stage(api, location=spot)
    assert await suggested(api, case) == [kept.id]
    # Nothing is suggested for these either: they cannot be merged. A finished one may be.
    assert await suggested(api, merged) == []
    assert await suggested(api, child) == []
    assert set(await suggested(api, withdrawn)) == {kept.id, case.id}


async def test_what_somebody_took_apart_or_linked_is_not_suggested_again(
    api: Api, spot: dict[str, float]
) -> None:
    case, apart, linked, left = [await stage(api, location=spot) for _ in range(4)]
    await execute(
        api,
        "insert into case_merges (source_id, target_id, state, reports, attachments, before, at,"
        " undone_at) values (%(source)s, %(target)s, 'assigned', '{}', '{}', '{}', now(), now())",
        source=apart.id, target=case.id,
    )  # fmt: skip
    one, other = sorted((case.id, linked.id))
    await execute(
        api,
        "insert into case_links (case_id, other_id, at) values (%(one)s, %(other)s, now())",
        one=one,
        other=other,
    )
    assert await suggested(api, case) == [left.id]
    assert case.id not in await suggested(api, apart)
    assert case.id not in await suggested(api, linked)
    assert set(await suggested(api, left)) == {case.id, apart.id, linked.id}


async def test_twenty_are_enough(api: Api, spot: dict[str, float]) -> None:
    case = await stage(api, location=spot)
    await execute(
        api,
        "insert into cases (id, code, category, geom, area_id, summary, search, visibility,"
        " department, process_id, state, status, priority, case_class, routing, data, clocks,"
        " due_at, rev, source, opened_at, updated_at)"
        " select gen_random_uuid(), code || '-' || n, category, geom, area_id, summary, search,"
        " visibility, department, process_id, state, status, priority, case_class, routing, data,"
        " clocks, due_at, rev, source, opened_at, updated_at"
        " from cases, generate_series(1, 30) as n where id = %(id)s",
        id=case.id,
    )
    assert len(await suggested(api, case)) == 20


async def test_staff_are_suggested_only_cases_that_they_may_see(
    api: Api, spot: dict[str, float]
) -> None:
    bus = await stage(api, location=spot)
    noise = await stage(api, location=spot, category=NOISE)
    mine = await stage(api, location=spot)
    assert await suggested(api, mine, "staff") == [bus.id]
    assert await suggested(api, noise, "staff") == []
    assert set(await suggested(api, mine, "operator")) == {bus.id, noise.id}
    elsewhere = await api.staff("staff.hepco")
    answer = await api.http.get(f"{mine.url}/duplicates", headers=elsewhere)
    assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")


@pytest.mark.parametrize("role", ["analyst", "admin"])
async def test_who_may_not_read_details_learns_neither_words_nor_hidden_places(
    api: Api, spot: dict[str, float], role: str
) -> None:
    shown = await with_photo(api, spot, 99, SHELTER)
    hidden = await stage(api, location=spot, category=HIDDEN)
    rounded = await stage(api, location=spot, category=NOISE)
    case = await with_photo(api, north(spot, 10), 99, SHELTER)
    [item] = await duplicates(api, case, role)
    assert item["id"] == shown.id
    assert (item["summary"], item["photo_url"]) == (item["category"]["name"], None)
    assert not {"similar_words", "other_words", "similar_photos"} & set(codes(item))
    for unseen in (hidden, rounded):
        assert await suggested(api, unseen, role) == []


async def test_photos_that_look_alike_are_a_reason(api: Api, spot: dict[str, float]) -> None:
    negative = -(2**63) + 0b1011
    like = await with_photo(api, north(spot, 40), negative, SHELTER)
    unlike = await with_photo(api, north(spot, 40), 0x0F0F0F0F0F0F0F0F, SHELTER)
    unknown = await with_photo(api, north(spot, 40), None, SHELTER)
    case = await with_photo(api, spot, negative ^ 0b1111111111, SHELTER)  # ten bits apart
    first, *others = await duplicates(api, case)
    assert first["id"] == like.id
    assert codes(first)[0] == "similar_photos"
    assert first["photo_url"].startswith("/media/")
    assert {item["id"] for item in others} == {unlike.id, unknown.id}
    assert all("similar_photos" not in codes(item) for item in others)
    assert first["score"] > others[0]["score"]
    await execute(api, "update attachments set phash = phash # (1::bigint << 20) where case_id = %(id)s", id=case.id)  # fmt: skip
    assert all("similar_photos" not in codes(item) for item in await duplicates(api, case))


async def test_the_photo_of_the_work_is_not_compared(api: Api, spot: dict[str, float]) -> None:
    """Two departments' photos of a finished road look alike without being the same problem."""
    case = await with_photo(api, spot, 7, SHELTER)
    other = await with_photo(api, spot, 7, SHELTER)
    after = "update attachments set purpose = 'after' where case_id = %(id)s"
    await execute(api, after, id=other.id)
    [item] = await duplicates(api, case)
    assert "similar_photos" not in codes(item)


async def test_an_address_in_common_makes_no_words_alike(api: Api, spot: dict[str, float]) -> None:
    address = "Số 12 đường Lê Lợi, phường Thuận Hóa, thành phố Huế"
    await stage(api, location=spot, description=LATE, address=address)
    case = await stage(api, location=spot, description=SHELTER, address=address)
    [item] = await duplicates(api, case)
    assert "similar_words" not in codes(item)


async def test_suggesting_changes_nothing(api: Api, spot: dict[str, float]) -> None:
    await stage(api, location=spot, description=SHELTER)
    case = await stage(api, location=spot, description=SHELTER)
    look = "select * from cases order by id"
    before = await fetch(api, look), await counts(api)
    [item] = await duplicates(api, case)
    assert item["score"] > 0.9
    await nearby(api, spot, description=SHELTER)
    assert (await fetch(api, look), await counts(api)) == before


# Where somebody is filing --------------------------------------------------------------------------


async def test_who_is_filing_is_shown_the_nearest_first_each_with_a_score(
    api: Api, spot: dict[str, float]
) -> None:
    far = await stage(api, location=north(spot, 30), description=SHELTER)
    near = await stage(api, location=north(spot, 8), description=LATE)
    items = await nearby(api, spot)
    assert [item["id"] for item in items] == [near.id, far.id]
    assert [item["score"] for item in items] == sorted(
        (item["score"] for item in items), reverse=True
    )
    assert codes(items[0]) == ["distance", "same_hour"]
    assert items[0]["reasons"][0]["detail"] == "Cách nhau 8 m"


async def test_a_description_brings_the_likeliest_to_the_front(
    api: Api, spot: dict[str, float]
) -> None:
    same = await stage(api, location=north(spot, 20), description=SHELTER)
    near = await stage(api, location=north(spot, 8), description=LATE)
    items = await nearby(api, spot, description=AGAIN)
    assert [item["id"] for item in items] == [same.id, near.id]
    assert "similar_words" in codes(items[0])
    assert "similar_words" not in codes(items[1])
    assert items[0]["distance_m"] > items[1]["distance_m"]
    assert items[0]["score"] > items[1]["score"]


async def test_a_category_is_a_reason_and_still_filters(api: Api, spot: dict[str, float]) -> None:
    bus = await stage(api, location=spot)
    await stage(api, location=spot, category=OTHER)
    [item] = await nearby(api, spot, category=BUS)
    assert item["id"] == bus.id
    assert "same_category" in codes(item)
    both = await nearby(api, spot)
    assert item["score"] > both[0]["score"]


async def test_a_newer_case_is_likelier_than_an_old_one_at_the_same_place(
    api: Api, spot: dict[str, float]
) -> None:
    old, new = [await stage(api, location=spot) for _ in range(2)]
    shift = "update cases set opened_at = opened_at - interval '90 days' where id = %(id)s"
    await execute(api, shift, id=old.id)
    assert [item["id"] for item in await nearby(api, spot, category=BUS)] == [new.id, old.id]


async def test_a_description_that_is_too_long_is_refused(api: Api, spot: dict[str, float]) -> None:
    await nearby(api, spot, description="x" * 400)
    await nearby(api, spot, description="")
    for wrong in ("x" * 401, "a\0b"):
        answer = await api.http.get("/v1/reports/nearby", params={**spot, "description": wrong})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "?description"


@pytest.mark.parametrize(
    "guess",
    [
        "Ông Tâm ở số 12",
        "0905123456",
        "báo ông Tâm, điện thoại 0905123456",
        "điện thoại 0905 123 456 nhà số 12 kiệt 34",
        "trước nhà ông Tâm",
    ],
)
async def test_nobody_can_ask_what_stands_in_a_description(
    api: Api, spot: dict[str, float], guess: str
) -> None:
    """A guess at a part of a text is answered as if nothing had been asked."""
    secret = f"{SHELTER}, trước nhà ông Tâm số 12 kiệt 34, báo ông Tâm, điện thoại 0905123456"
    await stage(api, location=spot, description=secret)
    [plainly] = await nearby(api, spot)
    [guessed] = await nearby(api, spot, description=guess)
    assert guessed == plainly


async def test_digits_are_not_compared_for_the_public(api: Api, spot: dict[str, float]) -> None:
    """So that a text that is known but for a number does not tell the number."""
    await stage(api, location=spot, description=f"{SHELTER} 0905123456")
    [right] = await nearby(api, spot, description=f"{SHELTER} 0905123456")
    [wrong] = await nearby(api, spot, description=f"{SHELTER} 0999999999")
    assert right == wrong
    assert "similar_words" in codes(right)


async def test_what_is_not_shown_at_its_place_is_not_nearby(
    api: Api, spot: dict[str, float]
) -> None:
    for category in (NOISE, HIDDEN):
        await stage(api, location=spot, category=category, description=SHELTER)
    assert await nearby(api, spot, description=SHELTER, radius_m=100) == []
