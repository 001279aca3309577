"""Finding places by name and naming places, from what is in the city's own database."""

from __future__ import annotations

import unicodedata
from typing import Any

import httpx
import pytest

from tests.support.assets import bring, post, street
from tests.support.city import CENTRE
from tests.support.client import Api

PUBLIC: dict[str, object] = {"kind": "road", "categories": [], "name": "Đường", "name_en": "Roads"}
FAR = 0.03  # degrees of longitude, some 3 km: in another ward


@pytest.fixture
async def city(own_api: Api) -> Api:
    """Two streets of one name, one of them in two pieces, others, a school and lamp posts."""
    await bring(
        own_api,
        "roads",
        street("1", "Đường Lê Lợi"),
        street("2", "Đường Lê Lợi", east=0.002),
        street("3", "Lê Lợi", east=FAR),
        street("4", "Lê Lai", north_m=60),
        street("5", "Đường 30 Tháng 4", north_m=500),
        settings=PUBLIC,
    )
    school = post("s", north_m=300, kind="school", name="Trường THPT Lê Lợi")
    await bring(own_api, "schools", school, settings=PUBLIC | {"kind": "place", "name": "Trường"})
    await bring(own_api, "secret", post("x", name="Hầm bí mật"), settings={"public": False})
    return own_api


async def search(api: Api, q: str, **params: Any) -> list[dict[str, Any]]:
    answer = await api.http.get("/v1/places/search", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def reverse(api: Api, lat: float, lon: float, **headers: str) -> dict[str, Any] | None:
    answer = await api.http.get(
        "/v1/places/reverse", params={"lat": lat, "lon": lon}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["place"]


async def test_accents_and_the_word_before_a_name_do_not_matter(city: Api) -> None:
    texts = ["Lê Lợi", "le loi", "LE LOI", "đường lê lợi", "duong Le Loi"]
    for text in [*texts, unicodedata.normalize("NFD", "Đường Lê Lợi")]:
        names = [item["name"] for item in await search(city, text)]
        assert names[:2] == ["Lê Lợi", "Đường Lê Lợi"] or names[:2] == ["Đường Lê Lợi", "Lê Lợi"], (
            text
        )
        assert names[2] == "Trường THPT Lê Lợi"


async def test_a_name_that_is_nearly_right_is_found(city: Api) -> None:
    assert (await search(city, "le loy"))[0]["name"].endswith("Lê Lợi")
    assert (await search(city, "thpt le loi"))[0]["name"] == "Trường THPT Lê Lợi"
    assert await search(city, "Nguyễn Thị Minh Khai") == []
    assert await search(city, "???") == []


async def test_of_one_name_the_nearest_comes_first(city: Api) -> None:
    here, there = dict(CENTRE), {"lat": CENTRE["lat"], "lon": CENTRE["lon"] + FAR}
    first = (await search(city, "le loi", **here))[0]
    assert (first["name"], first["distance_m"]) == ("Đường Lê Lợi", 0)
    assert first["location"] == pytest.approx(here, abs=1e-9)
    first = (await search(city, "le loi", **there))[0]
    assert (first["name"], first["kind"]) == ("Lê Lợi", "street")


async def test_pieces_of_a_street_are_one_result_with_its_place_on_it(city: Api) -> None:
    found = await search(city, "le loi", limit=2)
    whole = next(item for item in found if item["name"] == "Đường Lê Lợi")
    west, south, east, _ = whole["bounds"]
    assert (west, east) == (
        pytest.approx(CENTRE["lon"] - 0.001, abs=1e-7),
        pytest.approx(CENTRE["lon"] + 0.003, abs=1e-7),
    )
    assert west <= whole["location"]["lon"] <= east
    assert whole["location"]["lat"] == pytest.approx(south, abs=1e-9)


async def test_an_address_says_where_it_is(city: Api) -> None:
    item = (await search(city, "số 12 đường Lê Lợi, phường Thuận Hóa, TP Huế", **CENTRE))[0]
    assert item["name"] == "Đường Lê Lợi"
    assert item["area"] == "Phường Thuận Hoá"
    assert item["label"] == "Đường Lê Lợi, phường Thuận Hoá, thành phố Huế"
    assert item["source"] == "gazetteer"
    assert item["house_number"] is None  # nobody here knows where house 12 is


async def test_a_ward_narrows_and_a_wrong_one_does_not_hide(city: Api) -> None:
    both = [item for item in await search(city, "Lê Lợi") if item["kind"] == "street"]
    areas = {item["name"]: item["area"] for item in both}
    assert areas["Lê Lợi"] != areas["Đường Lê Lợi"]
    other = await search(city, f"5 Lê Lợi, {areas['Lê Lợi']}")
    assert [item["name"] for item in other if item["kind"] == "street"] == ["Lê Lợi"]
    assert len(await search(city, "Lê Lợi, phường Không Có")) == 3


async def test_streets_that_are_called_after_days(city: Api) -> None:
    assert (await search(city, "30 tháng 4"))[0]["name"] == "Đường 30 Tháng 4"
    assert (await search(city, "12 đường 30 tháng 4"))[0]["name"] == "Đường 30 Tháng 4"


async def test_wards_and_the_city_are_found(city: Api) -> None:
    ward = (await search(city, "phuong thuan hoa"))[0]
    assert (ward["name"], ward["kind"]) == ("Phường Thuận Hoá", "ward")
    assert ward["label"] == "Phường Thuận Hoá, thành phố Huế"
    whole = (await search(city, "thành phố Huế"))[0]
    assert (whole["name"], whole["kind"], whole["label"]) == (
        "Thành phố Huế", "province", "Thành phố Huế",
    )  # fmt: skip


async def test_what_the_public_does_not_see_has_no_name(city: Api) -> None:
    assert await search(city, "hầm bí mật") == []


async def test_a_place_is_named_by_street_and_ward(city: Api) -> None:
    place = await reverse(city, CENTRE["lat"] + 20 / 111_320, CENTRE["lon"])
    assert place is not None
    assert place["label"] == "Đường Lê Lợi, phường Thuận Hoá, thành phố Huế"
    assert place["distance_m"] == pytest.approx(20, abs=0.5)
    assert place["location"]["lat"] == pytest.approx(CENTRE["lat"], abs=1e-6)
    nearer = await reverse(city, CENTRE["lat"] + 40 / 111_320, CENTRE["lon"])
    assert nearer is not None
    assert nearer["name"] == "Lê Lai"


async def test_far_from_any_street_the_ward_is_left_and_outside_nothing(city: Api) -> None:
    place = await reverse(city, CENTRE["lat"] - 0.002, CENTRE["lon"])
    assert place is not None
    assert (place["name"], place["kind"], place["distance_m"]) == ("Phường Thuận Hoá", "ward", 0)
    english = await reverse(city, CENTRE["lat"] - 0.002, CENTRE["lon"], **{"Accept-Language": "en"})
    assert english is not None
    assert english["label"] == "Thuan Hoa Ward, Hue City"
    assert await reverse(city, 21.03, 105.85) is None


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({}, "?q"),
        ({"q": ""}, "?q"),
        ({"q": "   "}, "?q"),
        ({"q": "x" * 201}, "?q"),
        ({"q": "a\x00"}, "?q"),
        ({"q": "x", "lat": 16}, "?lon"),
        ({"q": "x", "lon": 107}, "?lat"),
        ({"q": "x", "lat": 91, "lon": 107}, "?lat"),
        ({"q": "x", "limit": 21}, "?limit"),
    ],
)
async def test_what_cannot_be_asked(api: Api, params: dict[str, Any], pointer: str) -> None:
    answer: httpx.Response = await api.http.get("/v1/places/search", params=params)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


async def test_signs_of_patterns_are_letters(city: Api) -> None:
    for text in ("%", "_", "\\", "'; drop table areas; --", "le%loi"):
        await search(city, text)
    assert (await search(city, "le loi"))[0]["kind"] == "street"
