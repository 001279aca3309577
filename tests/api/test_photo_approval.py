"""Photos become public when a person says so, covered, and stop when a person says so."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from media.privacy.boxes import Box, to_pixels
from media.privacy.mosaic import BLOCK_PX, cells_of
from tests.support.casework import BUS, HIDDEN, login, press, read, stage
from tests.support.city import LIGHT
from tests.support.client import Api
from tests.support.photo_desk import (
    FACE,
    agreement,
    decide,
    examine_all,
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
from tests.support.videos import make_video

WHY = "Phụ huynh đã đồng ý bằng văn bản"


async def picture(api: Api, url: str) -> Image.Image:
    answer = await api.http.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/webp"
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


async def test_nobody_sees_a_photo_that_nobody_looked_at(api: Api) -> None:
    case, photo_id = await with_photo(api)
    assert await look_up(api, case) == []
    seen = await publication(api, case, photo_id)
    assert (seen["state"], seen["rev"], seen["picture"]) == ("waiting", 0, "none")
    assert (seen["public_url"], seen["decided_by"], seen["decided_at"]) == (None, None, None)
    assert seen["may_decide"]


async def test_an_approved_photo_is_shown_covered(api: Api) -> None:
    case, photo_id = await with_photo(api)
    answer = await decide(api, case, photo_id, boxes=[FACE])
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == '"1"'
    decided = answer.json()
    assert (decided["state"], decided["picture"], decided["public_url"]) == (
        "approved", "pending", None,
    )  # fmt: skip
    assert await look_up(api, case) == []  # not before its picture is there
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    assert (shown["id"], shown["taken_at"], shown["publication"]) == (photo_id, None, None)
    large = await picture(api, shown["large_url"])
    area = to_pixels(Box(**FACE), *large.size, grid=BLOCK_PX)
    assert area is not None
    staff = await read(api, case, "staff")
    [own] = staff["photos"]
    unredacted = Image.open(io.BytesIO((await api.http.get(own["large_url"])).content))
    assert most_differing(large, unredacted.convert("RGB"), area) > 60
    for cell in cells_of(area):
        # Away from the cell's border, where the encoder blends, there is one colour.
        middle = large.crop((cell.left + 6, cell.top + 6, cell.right - 6, cell.bottom - 6))
        assert max(high - low for low, high in middle.getextrema()) <= 6
    small = await picture(api, shown["small_url"])
    assert small.size == (400, 300)
    assert own["publication"]["public_url"] is not None
    assert await publication_of(api, photo_id)


def most_differing(a: Image.Image, b: Image.Image, area: Any) -> int:
    box = (area.left, area.top, area.right, area.bottom)
    difference = ImageChops.difference(a.crop(box), b.crop(box))
    return max(high for _, high in difference.getextrema())


async def test_nearby_shows_the_first_approved_photo(api: Api) -> None:
    case, photo_id = await with_photo(api)
    params: dict[str, Any] = {"lat": 16.46, "lon": 107.585, "radius_m": 2000, "category": BUS}

    async def shown() -> str | None:
        answer = await api.http.get("/v1/reports/nearby", params=params)
        found = {item["id"]: item["photo_url"] for item in answer.json()["items"]}
        return found[case.id]

    # So that it is among the nearest, however many other tests have filed here.
    await execute(
        api,
        "update cases set geom = st_setsrid(st_makepoint(107.585, 16.46), 4326),"
        " opened_at = now() where id = %(id)s",
        id=case.id,
    )
    assert await shown() is None
    await decide(api, case, photo_id)
    await publish(api, photo_id)
    url = await shown()
    assert url is not None
    assert (await picture(api, url)).size == (400, 300)


async def test_another_decision_replaces_the_picture_and_its_links_die(api: Api) -> None:
    case, photo_id = await with_photo(api)
    await decide(api, case, photo_id)
    await publish(api, photo_id)
    [before] = await look_up(api, case)
    first = await publication_of(api, photo_id)
    answer = await decide(api, case, photo_id, rev=1, boxes=[FACE])
    assert answer.status_code == 200, answer.text
    # With the commit, before any file is deleted.
    for url in (before["small_url"], before["large_url"]):
        assert (await api.http.get(url)).status_code == 404
    assert await look_up(api, case) == []
    await publish(api, photo_id)
    [after] = await look_up(api, case)
    assert after["large_url"] != before["large_url"]
    second = await publication_of(api, photo_id)
    assert public_files(api, photo_id) == {second.large_key, second.small_key}
    assert first.large_key not in {second.large_key, second.small_key}
    assert second.stale_keys == []


async def test_a_withheld_photo_is_gone_from_the_public_and_from_the_store(api: Api) -> None:
    case, photo_id = await with_photo(api)
    await decide(api, case, photo_id)
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    answer = await decide(api, case, photo_id, rev=1, decision="withheld", reason="Thấy rõ nhà dân")
    assert answer.status_code == 200, answer.text
    assert answer.json()["reason"] == "Thấy rõ nhà dân"
    assert (await api.http.get(shown["large_url"])).status_code == 404
    assert await look_up(api, case) == []
    await publish(api, photo_id)
    assert public_files(api, photo_id) == set()
    # Staff still see the photo itself.
    [own] = (await read(api, case, "staff"))["photos"]
    assert (await api.http.get(own["large_url"])).status_code == 200


async def test_two_people_do_not_overwrite_each_other(api: Api) -> None:
    case, photo_id = await with_photo(api)
    assert (await decide(api, case, photo_id, rev=None)).status_code == 428
    assert (await decide(api, case, photo_id)).status_code == 200
    late = await decide(api, case, photo_id, decision="withheld", role="operator")
    assert (late.status_code, late.json()["code"]) == (409, "publication_changed")
    assert (await publication_of(api, photo_id)).state == "approved"


async def test_the_queue_holds_what_waits_for_this_department_oldest_first(api: Api) -> None:
    first, first_id = await with_photo(api)
    _, second_id = await with_photo(api)
    other, other_id = await with_photo(api, LIGHT)
    mine = await login(api, first, "staff")
    theirs = await login(api, other, "staff")
    city = await api.staff("operator")
    assert first.department != other.department
    queue = [each for each in await waiting(api, mine) if each in {first_id, second_id, other_id}]
    assert queue == [first_id, second_id]
    assert other_id in await waiting(api, theirs)
    assert first_id not in await waiting(api, theirs)
    assert {first_id, second_id, other_id} <= set(await waiting(api, city))
    await decide(api, first, first_id, decision="withheld")
    assert first_id not in await waiting(api, mine)
    assert second_id in await waiting(api, mine)


async def test_an_after_photo_goes_the_same_way(api: Api) -> None:
    case = await stage(api, "in_progress", category=LIGHT, uploads=[await api.upload()])
    form: dict[str, object] = {"answer": "Đã thay bóng.", "photos": [await upload_face(api)]}
    assert (await press(api, case, "resolve", form)).status_code == 200
    photos = await make_ready(api, case)
    [after] = [photo for photo in photos if photo["purpose"] == "after"]
    await decide(api, case, after["id"], boxes=[FACE])
    await publish(api, after["id"])
    assert await look_up(api, case) == []  # not before the result is
    assert (await press(api, case, "approve", {}, "supervisor")).status_code == 200
    assert [photo["id"] for photo in await look_up(api, case)] == [after["id"]]


async def test_a_photo_said_to_show_children_takes_an_exception(api: Api) -> None:
    case, photo_id = await with_photo(api, shows_children=True)
    for role in ("staff", "operator"):
        assert photo_id not in await waiting(api, await login(api, case, role))
    seen = await publication(api, case, photo_id)
    assert [reason["code"] for reason in seen["against"]] == ["photo_shows_children"]
    refused = await decide(api, case, photo_id)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/decision", "photo_shows_children")
    ]
    for role, reason, status in (
        ("staff", WHY, 422),
        ("supervisor", None, 422),
        ("supervisor", WHY, 200),
    ):
        answer = await decide(api, case, photo_id, role=role, overrule=True, reason=reason)
        assert answer.status_code == status, (role, reason)
    await publish(api, photo_id)
    assert [photo["id"] for photo in await look_up(api, case)] == [photo_id]


async def test_what_staff_see_of_children_counts_as_well(api: Api) -> None:
    case, photo_id = await with_photo(api)
    assert (await decide(api, case, photo_id, shows_children=True)).status_code == 422
    answer = await decide(api, case, photo_id, decision="withheld", shows_children=True)
    assert answer.status_code == 200
    assert (await publication(api, case, photo_id))["shows_children"]


async def test_photos_of_violations_are_in_no_queue_and_take_an_exception(api: Api) -> None:
    pavement = "urban_order.pavement"
    case, photo_id = await with_photo(api, pavement)
    assert photo_id not in await waiting(api, await api.staff("operator"))
    refused = await decide(api, case, photo_id, role="operator")
    assert [e["code"] for e in refused.json()["errors"]] == ["photos_of_category_never_public"]
    answer = await decide(api, case, photo_id, role="operator", overrule=True, reason=WHY)
    assert answer.status_code == 200, answer.text


async def test_photos_of_hidden_cases_take_none(api: Api) -> None:
    case, photo_id = await with_photo(api, HIDDEN)
    refused = await decide(api, case, photo_id, role="operator", overrule=True, reason=WHY)
    assert [e["code"] for e in refused.json()["errors"]] == ["photo_of_hidden_case"]
    assert not (await publication(api, case, photo_id, "operator"))["may_decide"]


async def test_a_category_that_closes_takes_its_photos_along(api: Api) -> None:
    case, photo_id = await with_photo(api)
    await decide(api, case, photo_id)
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    close = "update categories set photos_public = %(to)s where code = %(code)s"
    await execute(api, close, to="never", code=BUS)
    try:
        assert await look_up(api, case) == []
        assert (await api.http.get(shown["large_url"])).status_code == 404
    finally:
        await execute(api, close, to="after_approval", code=BUS)
    assert (await api.http.get(shown["large_url"])).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"decision": "maybe"}, "/decision"),
        ({"boxes": [FACE] * 101}, "/boxes"),
        ({"boxes": [FACE | {"w": 0.0}]}, "/boxes/0/w"),
        ({"boxes": [FACE | {"x": -0.1}]}, "/boxes/0/x"),
        ({"boxes": [FACE | {"x": "0.1"}]}, "/boxes/0/x"),
        ({"boxes": [FACE | {"kind": "cat"}]}, "/boxes/0/kind"),
        ({"boxes": [FACE | {"score": 1}]}, "/boxes/0/score"),
        ({"reason": "a\u0000b"}, "/reason"),
        ({"reason": "a" * 501}, "/reason"),
        ({"shows_children": "no"}, "/shows_children"),
    ],
)
async def test_what_is_no_decision_is_refused_and_decides_nothing(
    api: Api, body: dict[str, object], pointer: str
) -> None:
    case, photo_id = await with_photo(api)
    answer = await decide(api, case, photo_id, **body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await publication_of(api, photo_id)).state == "waiting"


async def test_a_photo_that_is_not_ready_waits(api: Api) -> None:
    case = await stage(api, uploads=[await api.upload()])
    [photo] = (await read(api, case))["photos"]
    assert photo["publication"] is None
    answer = await decide(api, case, photo["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "photo_not_ready")


async def test_a_public_link_opens_nothing_else(api: Api) -> None:
    case, photo_id = await with_photo(api)
    await decide(api, case, photo_id, boxes=[FACE])
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    large = shown["large_url"]
    query = large.partition("?")[2]
    for other in (
        f"/media/{photo_id}/large?{query}",
        large.replace("/large?", "/small?"),
        large.replace(f"/{photo_id}/1/", f"/{photo_id}/2/"),
        large.replace("expires=", "expires=1"),
    ):
        assert (await api.http.get(other)).status_code == 404, other
    answer = await api.http.get(large)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_detectors_propose_and_a_person_decides(own_api: Api) -> None:
    case, photo_id = await with_photo(own_api)
    assert (await publication(own_api, case, photo_id))["examination"] == "pending"
    await examine_all(own_api)
    seen = await publication(own_api, case, photo_id)
    assert seen["examination"] == "done"
    found = [box for box in seen["found"] if box["kind"] == "face"]
    assert any(
        box["x"] < 0.45 and box["y"] < 0.4 and box["x"] + box["w"] > 0.55 for box in found
    ), seen["found"]
    assert all(0 < box["score"] < 1 for box in found)
    assert (seen["state"], seen["boxes"]) == ("waiting", [])


async def test_of_a_video_the_picture_is_approved_or_the_whole_by_who_watched_it(
    api: Api, tmp_path: Path
) -> None:
    film = make_video(tmp_path / "in.mp4", seconds=1)
    case = await stage(api, uploads=[await api.upload(film)], consents=[agreement()])
    [video] = await make_ready(api, case)
    photo_id: str = video["id"]
    refused = await decide(api, case, photo_id, video=True, boxes=[FACE])
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/boxes", "video_cannot_be_covered")
    ]
    await decide(api, case, photo_id, boxes=[FACE])
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    assert (shown["kind"], shown["video_url"]) == ("video", None)
    forged = shown["large_url"].replace("/large?", "/video?")
    assert (await api.http.get(forged)).status_code == 404
    assert (await decide(api, case, photo_id, rev=1, video=True)).status_code == 200
    await publish(api, photo_id)
    [shown] = await look_up(api, case)
    played = await api.http.get(shown["video_url"])
    assert (played.status_code, played.headers["Content-Type"]) == (200, "video/mp4")
    assert played.content != film  # the one without metadata
    await decide(api, case, photo_id, rev=2, decision="withheld")
    assert (await api.http.get(shown["video_url"])).status_code == 404


async def test_a_photo_is_no_video(api: Api) -> None:
    case, photo_id = await with_photo(api)
    refused = await decide(api, case, photo_id, video=True)
    assert [e["code"] for e in refused.json()["errors"]] == ["not_a_video"]


async def test_every_decision_stays_in_the_audit_log(api: Api) -> None:
    case, photo_id = await with_photo(api, shows_children=True)
    await decide(api, case, photo_id, role="supervisor", overrule=True, reason=WHY, boxes=[FACE])
    await decide(api, case, photo_id, rev=1, decision="withheld", reason="Thấy rõ nhà dân")
    noted = await fetch(
        api,
        "select actor_role, action, facts from audit_log where subject = %(subject)s order by id",
        subject=f"photo:{photo_id}",
    )
    assert [(row.actor_role, row.action) for row in noted] == [
        ("supervisor", "publication.decide"),
        ("staff", "publication.decide"),
    ]
    first, second = (row.facts for row in noted)
    assert (first["decision"], first["boxes"], first["overruled"], first["reason"]) == (
        "approved", 1, True, WHY,
    )  # fmt: skip
    assert (second["decision"], second["rev"]) == ("withheld", 2)
    # What staff wrote of a house is not kept where it cannot be erased.
    assert "reason" not in second
