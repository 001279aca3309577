"""The same report in two cities: what differs is data, and nothing else.

Huế runs on the default process, Hà Nội on its own; both were loaded from their folders under
`workflows/definitions/`. June has no holiday. Days count from a Monday, 1.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.errors import Conflict, Forbidden, InvalidInput
from tests.support.cities import Cities, Town
from tests.support.office import june

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("two_cities"),
]
NOISE = "environment.noise"  # normal, no photos asked for in either city
CONSTRUCTION = "urban_order.construction"  # complex in both
FLOODING = "environment.flooding"
OTHER = "urban_order.other"
TEXT = "Ồn ào cả ngày, đề nghị kiểm tra"

# category in Huế and in Hà Nội, what was written, when; then department, class and due date of each
SAME_REPORT = {
    "by day both wards act, in hours of their own": (
        (NOISE, NOISE, TEXT, june(3, 10)),
        ("ubnd", "normal", june(5, 11)),
        ("ubnd", "normal", june(5, 10)),
    ),
    "at night the police of Hà Nội act, around the clock": (
        (NOISE, NOISE, TEXT, june(6, 23)),
        ("ubnd", "normal", june(10, 8, 30)),
        ("ca", "normal", june(7, 3)),
    ),
    "the wards of Hà Nội work on Saturday morning": (
        ("urban_order.pavement", "urban_order.pavement", "Bày bàn ghế hết vỉa hè", june(6, 9)),
        ("ubnd", "normal", june(11, 9)),
        ("ubnd", "normal", june(9, 14, 30)),
    ),
    "a street has another keeper": (
        ("traffic.pothole", "traffic.road", "Ổ gà giữa đường", june(1)),
        ("hepco", "normal", june(4, 9, 30)),
        ("bdt", "normal", june(3, 17, 30)),
    ),
    "what is complex has the same hours and another date": (
        (CONSTRUCTION, CONSTRUCTION, "Nhà xây không phép", june(1)),
        ("ubnd", "complex", june(15, 15)),
        ("ubnd", "complex", june(12, 12)),
    ),
    "danger waits for nobody": (
        (FLOODING, FLOODING, "Hai người mắc kẹt trong nhà", june(7, 20)),
        ("pctt", "urgent", june(7, 22)),
        ("pctt", "urgent", june(8, 2)),
    ),
    "a polluted lake": (
        ("environment.water", "environment.lake", "Nước hồ bốc mùi", june(1)),
        ("snnmt", "complex", june(15, 15)),
        ("ubnd", "complex", june(12, 12)),
    ),
}


async def outcome(town: Town, case: UUID) -> tuple[str, str, datetime]:
    row = await town.case(case)
    return row.department, row.case_class, row.due_at


@pytest.mark.parametrize("name", SAME_REPORT)
async def test_the_same_report_is_treated_as_its_city_says(two_cities: Cities, name: str) -> None:
    (in_hue, in_ha_noi, text, at), hue, ha_noi = SAME_REPORT[name]
    assert await outcome(two_cities.hue, await two_cities.hue.file(in_hue, at, text)) == hue
    case = await two_cities.ha_noi.file(in_ha_noi, at, text)
    assert await outcome(two_cities.ha_noi, case) == ha_noi


async def test_the_country_has_other_keepers_than_the_centre(two_cities: Cities) -> None:
    text, at = "Ổ gà giữa đường", june(1)
    hue = await two_cities.hue.file("traffic.pothole", at, text, country=True)
    ha_noi = await two_cities.ha_noi.file("traffic.road", at, text, country=True)
    assert await outcome(two_cities.hue, hue) == ("ubnd", "normal", june(11, 8))
    assert await outcome(two_cities.ha_noi, ha_noi) == ("ubnd", "normal", june(5, 17, 30))


async def test_a_normal_result_is_approved_in_hue_and_published_in_ha_noi(
    two_cities: Cities,
) -> None:
    resolved: dict[str, list[str]] = {}
    for town in (two_cities.hue, two_cities.ha_noi):
        case = await town.file(NOISE, june(2), TEXT)
        await town.act(case, "accept", june(2, 9), "staff")
        await town.act(case, "resolve", june(2, 10), "staff", answer="Đã nhắc nhở.")
        row = await town.case(case)
        resolved[town.name] = [row.state, row.status, *await town.steps(case)]
    assert resolved == {
        "hue": ["approval", "in_progress", "file", "route", "accept", "resolve"],
        "ha_noi": [
            "resolved", "resolved", "file", "route", "accept", "resolve", "release", "publish",
        ],
    }  # fmt: skip


async def test_what_is_complex_needs_a_letter_and_a_leader_in_ha_noi(two_cities: Cities) -> None:
    hue, ha_noi = two_cities.hue, two_cities.ha_noi
    there, here = [await town.file(CONSTRUCTION, june(2)) for town in (hue, ha_noi)]
    for town, case in ((hue, there), (ha_noi, here)):
        await town.act(case, "accept", june(2, 9), "staff")
    await hue.act(there, "resolve", june(3), "staff", answer="Đã lập biên bản.")
    with pytest.raises(InvalidInput) as caught:
        await ha_noi.act(here, "resolve", june(3), "staff", answer="Đã lập biên bản.")
    assert _pointers(caught) == ["/document"]
    await ha_noi.act(here, "resolve", june(3), "staff", answer="Xem văn bản.", document="12/UBND")
    await hue.act(there, "approve", june(3, 10), "supervisor")
    with pytest.raises(Forbidden):
        await ha_noi.act(here, "sign", june(3, 10), "supervisor")
    assert (await ha_noi.case(here)).state == "signature"
    await ha_noi.act(here, "sign", june(3, 10), "leader")
    assert (await hue.case(there)).status == "resolved"
    # What is published about building matters is looked at once more in Hà Nội.
    assert (await ha_noi.case(here)).state == "publication"
    await ha_noi.act(here, "publish", june(3, 11), "operator")
    assert (await ha_noi.case(here)).status == "resolved"


async def test_the_buttons_are_those_of_the_city(two_cities: Cities) -> None:
    offered: dict[str, dict[str, set[str]]] = {}
    for town in (two_cities.hue, two_cities.ha_noi):
        other = await town.file(OTHER, june(2))
        noise = await town.file(NOISE, june(2), TEXT)
        offered[town.name] = {
            "operator, to verify": await town.buttons(other, "operator"),
            "staff, to accept": await town.buttons(noise, "staff"),
            "supervisor, to accept": await town.buttons(noise, "supervisor"),
        }
    hue, ha_noi = offered["hue"], offered["ha_noi"]
    assert ha_noi["operator, to verify"] - hue["operator, to verify"] == {"classify", "exclude"}
    assert "reject" in hue["operator, to verify"] & ha_noi["operator, to verify"]
    assert hue["staff, to accept"] == {"accept", "take", "return"}
    assert ha_noi["staff, to accept"] == {"accept", "return"}  # who looks has it already
    assert {"transfer", "duplicate"} <= hue["supervisor, to accept"]
    assert ha_noi["supervisor, to accept"] == {"accept", "assign", "classify", "return"}


async def test_the_reporter_may_reopen_three_times_in_hue_and_twice_in_ha_noi(
    two_cities: Cities,
) -> None:
    for town, allowed in ((two_cities.hue, 3), (two_cities.ha_noi, 2)):
        case = await town.file(NOISE, june(2), TEXT)
        for _ in range(allowed):
            await _resolve(town, case, june(3))
            await town.act_as_reporter(case, "reopen", june(3, 16), reason="Vẫn ồn")
        await _resolve(town, case, june(4))
        with pytest.raises(Conflict, match="action_not_offered"):
            await town.act_as_reporter(case, "reopen", june(4, 16), reason="Vẫn ồn")
        await town.act_as_reporter(case, "rate", june(4, 17), score=4)
        assert (await town.case(case)).rating == 4


async def test_who_is_dissatisfied_says_why_in_ha_noi(two_cities: Cities) -> None:
    for town in (two_cities.hue, two_cities.ha_noi):
        case = await town.file(NOISE, june(2), TEXT)
        await _resolve(town, case, june(3))
        if town.name == "ha_noi":
            with pytest.raises(InvalidInput) as caught:
                await town.act_as_reporter(case, "rate", june(4), score=1)
            assert _pointers(caught) == ["/comment"]
        await town.act_as_reporter(case, "rate", june(4), score=1, comment="Vẫn ồn")
        assert (await town.case(case)).status == "closed"


async def test_a_result_is_rated_within_seven_days_or_five(two_cities: Cities) -> None:
    for town, days in ((two_cities.hue, 7), (two_cities.ha_noi, 5)):
        case = await town.file(NOISE, june(2), TEXT)
        await _resolve(town, case, june(3, 10))
        end = june(3, 10) + timedelta(days=days)
        await town.office.sweep(end - timedelta(seconds=1))
        assert (await town.case(case)).status == "resolved"
        await town.office.sweep(end)
        assert (await town.case(case)).status == "closed"


async def test_what_is_urgent_has_a_clock_from_acceptance_in_ha_noi(two_cities: Cities) -> None:
    clocks: dict[str, dict[str, datetime]] = {}
    for town in (two_cities.hue, two_cities.ha_noi):
        case = await town.file(FLOODING, june(2, 8), "Hai người mắc kẹt trong nhà")
        filed = (await town.case(case)).clocks
        await town.act(case, "accept", june(2, 9), "staff")
        accepted = (await town.case(case)).clocks
        clocks[town.name] = {
            name: datetime.fromisoformat(clock["due_at"])
            for name, clock in (filed | accepted).items()
        }
    assert clocks["hue"] == {"acceptance": june(2, 12), "resolution": june(2, 10)}
    assert clocks["ha_noi"] == {
        "acceptance": june(2, 16),
        "resolution": june(2, 14),
        "urgent": june(2, 13),
    }
    assert await two_cities.ha_noi.office.sweep(june(2, 13)) >= 1
    assert ("leaders", "urgent_overdue") in await two_cities.ha_noi.office.told(case)


async def test_reclassifying_starts_and_stops_that_clock(two_cities: Cities) -> None:
    town = two_cities.ha_noi
    case = await town.file(NOISE, june(2), TEXT)
    await town.act(case, "accept", june(2, 9), "staff")
    assert "urgent" not in (await town.case(case)).clocks
    form = {"class": "urgent", "reason": "Có người ốm"}
    await town.act(case, "classify", june(2, 10), "operator", **form)
    urgent = (await town.case(case)).clocks["urgent"]
    assert datetime.fromisoformat(urgent["due_at"]) == june(2, 15, 30)
    form = {"class": "normal", "reason": "Nhầm"}
    await town.act(case, "classify", june(2, 11), "operator", **form)
    row = await town.case(case)
    assert (row.case_class, "urgent" in row.clocks) == ("normal", False)


async def test_complaints_are_turned_away_in_each_citys_own_way(two_cities: Cities) -> None:
    hue, ha_noi = two_cities.hue, two_cities.ha_noi
    there, here = [await town.file(OTHER, june(2)) for town in (hue, ha_noi)]
    answer = "Gửi Ban Tiếp công dân."
    await hue.act(there, "reject", june(2, 9), "operator", reason="complaint", answer=answer)
    with pytest.raises(InvalidInput) as caught:
        await ha_noi.act(here, "reject", june(2, 9), "operator", reason="complaint", answer=answer)
    assert _pointers(caught) == ["/reason"]
    await ha_noi.act(here, "exclude", june(2, 9), "operator", reason="complaint", answer=answer)
    assert [(await town.case(case)).status for town, case in ((hue, there), (ha_noi, here))] == [
        "rejected", "rejected",
    ]  # fmt: skip
    assert (await ha_noi.case(here)).state == "excluded"
    # In Huế the reporter may insist; in Hà Nội the law has said the last word.
    await hue.act_as_reporter(there, "reopen", june(2, 10), reason="Xin xem lại")
    with pytest.raises(Conflict, match="action_not_offered"):
        await ha_noi.act_as_reporter(here, "appeal", june(2, 10), reason="Xin xem lại")


async def test_what_hue_offers_to_everybody_ha_noi_gives_to_one(two_cities: Cities) -> None:
    hue, ha_noi = [
        await town.case(await town.file(NOISE, june(2), TEXT))
        for town in (two_cities.hue, two_cities.ha_noi)
    ]
    assert hue.assignee is None
    assert ha_noi.assignee is not None


async def _resolve(town: Town, case: UUID, at: datetime) -> None:
    """Accept and resolve, with whatever approval the city wants."""
    await town.act(case, "accept", at, "staff")
    await town.act(case, "resolve", at, "staff", answer="Đã nhắc nhở.")
    if (await town.case(case)).state == "approval":
        await town.act(case, "approve", at, "supervisor")


def _pointers(caught: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [error.pointer for error in caught.value.fields]
