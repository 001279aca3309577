"""Vector tiles: they count right, are cheap to ask for again, and show nothing that is not public."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.db import driver_url, transaction
from core.settings import DatabaseSettings
from gis.cells import count_wrong_cells, number_changes, rebuild_cells
from gis.tile_grid import tile_at
from tests.support.casework import BUS, HIDDEN, NOISE, press, stage
from tests.support.city import CENTRE, Draft
from tests.support.client import Api, api_settings, serve
from tests.support.map import count, open_cases, pick_zooms, scatter, settle, shuffle, tiles_of
from tests.support.mvt import decode
from tests.support.rows import execute, fetch, fetch_one
from tests.support.worker import worker_sessions


def url(z: int, layer: str = "open_cases") -> str:
    tile = tile_at(CENTRE["lat"], CENTRE["lon"], z)
    return f"/tiles/{layer}/{z}/{tile.x}/{tile.y}.mvt"


def features(answer: Any, z: int, layer: str = "open_cases") -> list[Any]:
    tile = tile_at(CENTRE["lat"], CENTRE["lon"], z)
    return decode(answer.content, z, tile.x, tile.y, layer)


async def fold(api: Api) -> int:
    async with worker_sessions(api) as sessions, transaction(sessions) as session:
        return await number_changes(session)


async def wrong_cells(api: Api) -> int:
    async with worker_sessions(api) as sessions, transaction(sessions) as session:
        return await count_wrong_cells(session)


async def test_tiles_of_every_zoom_count_all_open_cases_after_random_changes(own_api: Api) -> None:
    chance = random.Random()
    for seed in range(3):
        await scatter(own_api, 150, seed)
        if seed:
            await shuffle(own_api)
        if chance.random() < 0.6:
            await fold(own_api)
        await settle()
        expected = await open_cases(own_api)
        staff = await own_api.staff("operator")
        for z in pick_zooms(chance, 3):
            assert count(await tiles_of(own_api, z), z) == expected, (seed, z)
        z = chance.choice((8, 11, 15))
        everything = count(await tiles_of(own_api, z, staff), z)
        assert everything == await open_cases(own_api, "true")
        assert await wrong_cells(own_api) == 0


@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        ({"category": "traffic"}, "category like 'traffic.%%'"),
        ({"category": "traffic.bus,energy"}, "category in ('traffic.bus', 'energy.street_light')"),
        ({"department": "hepco"}, "department = 'hepco'"),
        ({"status": "assigned,waiting"}, "status in ('assigned', 'waiting')"),
        ({"status": "closed"}, "false"),
        ({"overdue": "true"}, "overdue"),
        ({"overdue": "false", "status": "received"}, "not overdue and status = 'received'"),
        ({"department": "sxd", "category": "traffic.sign", "overdue": "true"},
         "department = 'sxd' and category = 'traffic.sign' and overdue"),
        ({"max_age_h": "240"}, "opened_at > now() - interval '10 days'"),
        ({"min_age_h": "240", "department": "ubnd"},
         "opened_at <= now() - interval '10 days' and department = 'ubnd'"),
    ],
)  # fmt: skip
async def test_filters_work_at_every_zoom(
    own_api: Api, filters: dict[str, str], condition: str
) -> None:
    await scatter(own_api, 200, 1)
    await fold(own_api)
    await shuffle(own_api)  # some folded, some pending
    expected = await open_cases(own_api, f"visibility <> 'hidden' and {condition}")
    of_ubnd = await open_cases(
        own_api, f"(visibility <> 'hidden' or department = 'ubnd') and {condition}"
    )
    staff = await own_api.staff("staff.ubnd")
    for z in (7, 10, 13, 15):
        assert count(await tiles_of(own_api, z, **filters), z) == expected, z
        assert count(await tiles_of(own_api, z, staff, **filters), z) == of_ubnd, z


async def test_overdue_is_counted_within_clusters(own_api: Api) -> None:
    await scatter(own_api, 120, 1)
    found = await tiles_of(own_api, 9)
    late = sum(int(feature.properties["overdue"]) for feature in found)
    assert late == await open_cases(own_api, "visibility <> 'hidden' and overdue")


async def test_a_point_carries_what_the_contract_says(own_api: Api) -> None:
    filed = await own_api.file(Draft(BUS).body())
    [feature] = features(await own_api.http.get(url(16)), 16)
    assert set(feature.properties) == {
        "id", "code", "category", "status", "priority", "overdue", "due_at"
    }  # fmt: skip
    assert feature.properties["id"] == filed["id"]
    assert feature.properties["code"] == filed["code"]
    assert feature.properties["due_at"] == filed["due_at"][:19] + "Z"
    row = await fetch_one(
        own_api,
        "select ST_X(p) as x, ST_Y(p) as y from (select ST_Transform(geom, 3857) as p from cases) as c",
    )
    assert abs(feature.geometry.x - row.x) < 0.2  # a unit of a tile of zoom 16 is 15 cm
    assert abs(feature.geometry.y - row.y) < 0.2


async def test_a_change_is_in_the_tile_at_once_and_in_its_etag(own_api: Api) -> None:
    empty = await own_api.http.get(url(12))
    assert empty.status_code == 204
    assert empty.content == b""
    case = await stage(own_api)
    await settle()
    first = await own_api.http.get(url(12), headers={"If-None-Match": empty.headers["ETag"]})
    assert first.status_code == 200
    assert count(features(first, 12), 12) == 1
    same = await own_api.http.get(url(12), headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    assert same.content == b""
    assert same.headers["Cache-Control"] == "public, no-cache"
    answer = await press(own_api, case, "accept", {})
    assert answer.status_code == 200
    await settle()
    later = await own_api.http.get(url(16), headers={"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200
    assert [f.properties["status"] for f in features(later, 16)] == ["in_progress"]


async def test_etags_tell_filters_apart(own_api: Api) -> None:
    plain = await own_api.http.get(url(12))
    late = await own_api.http.get(url(12), params={"overdue": "true"})
    again = await own_api.http.get(url(12), params={"overdue": "true"})
    assert plain.headers["ETag"] != late.headers["ETag"] == again.headers["ETag"]


async def test_a_note_changes_no_tile(own_api: Api) -> None:
    case = await stage(own_api)
    await fold(own_api)
    await settle()
    before = await own_api.http.get(url(12))
    note = await own_api.http.post(
        f"{case.url}/notes", json={"text": "x"}, headers=await own_api.staff("operator")
    )
    assert note.status_code == 201
    await settle()
    assert (await own_api.http.get(url(12))).headers["ETag"] == before.headers["ETag"]


async def test_what_is_not_public_is_in_no_tile_of_the_public(own_api: Api) -> None:
    await stage(own_api, "assigned", category=HIDDEN)
    await stage(own_api, "assigned", category=NOISE)
    rounded = await fetch_one(
        own_api,
        "select ST_X(public_geom) as lon, ST_Y(public_geom) as lat from cases where public_geom is not null",
    )
    tile = tile_at(rounded.lat, rounded.lon, 16)
    path = f"/tiles/open_cases/16/{tile.x}/{tile.y}.mvt"
    public = decode((await own_api.http.get(path)).content, 16, tile.x, tile.y)
    assert [f.properties["category"] for f in public] == [NOISE]  # where it was rounded to
    for z in (6, 10, 14):
        assert count(features(await own_api.http.get(url(z)), z), z) <= 1
    everywhere = await tiles_of(own_api, 15)
    assert HIDDEN not in {f.properties["category"] for f in everywhere}
    answers = {
        name: (await own_api.http.get(url(6), headers=await own_api.staff(name)))
        for name in ("operator", "staff.ca", "staff.hepco")
    }
    assert {name: count(features(a, 6), 6) for name, a in answers.items()} == {
        "operator": 2, "staff.ca": 2, "staff.hepco": 1,
    }  # fmt: skip
    assert {a.headers["Cache-Control"] for a in answers.values()} == {"private, no-cache"}
    assert len({a.headers["ETag"] for a in answers.values()}) == 3


async def test_the_map_of_staff_keeps_rounded_places_rounded(own_api: Api) -> None:
    await stage(own_api, "assigned", category=NOISE)
    operator = await own_api.staff("operator")
    public, staff = await tiles_of(own_api, 15), await tiles_of(own_api, 15, operator)
    assert [f.geometry for f in public] == [f.geometry for f in staff]


async def test_rebuilding_heals_what_somebody_broke(own_api: Api) -> None:
    await scatter(own_api, 80, 1)
    await fold(own_api)
    await shuffle(own_api)  # pending while it is rebuilt
    await execute(own_api, "update case_cells set cases = cases + 1, x = x + 5 where level = 12")
    assert await wrong_cells(own_api) > 0
    async with worker_sessions(own_api) as sessions, transaction(sessions) as session:
        await rebuild_cells(session)
    assert await wrong_cells(own_api) == 0
    assert await fold(own_api) == 0
    assert count(await tiles_of(own_api, 9), 9) == await open_cases(own_api)


async def test_numbers_follow_each_other_and_cells_are_folded_once(own_api: Api) -> None:
    await scatter(own_api, 300, 1)
    stop = asyncio.Event()

    async def keep_folding() -> None:
        while not stop.is_set():
            await fold(own_api)

    folders = [asyncio.create_task(keep_folding()) for _ in range(3)]
    for _ in range(6):
        await shuffle(own_api)
    stop.set()
    await asyncio.gather(*folders)
    while await fold(own_api):
        pass
    rows = await fetch(own_api, "select seq from case_changes order by seq")
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert await wrong_cells(own_api) == 0
    assert (await fetch_one(own_api, "select count(*) as n from case_cells where cases = 0")).n == 0


async def test_a_statement_that_takes_too_long_is_ended_and_said_so(
    city_database: str, tmp_path: Path
) -> None:
    settings = api_settings(city_database, tmp_path)
    limited = DatabaseSettings(DATABASE_URL=city_database, HIENTRUONG_DATABASE_READ_TIMEOUT_MS=200)
    async with serve(replace(settings, database=limited)) as api:
        dsn = driver_url(city_database, "")
        async with await psycopg.AsyncConnection.connect(dsn) as holder:
            await holder.execute("lock table areas")
            answer = await api.http.get(url(9, "areas"))
        assert answer.status_code == 503
        assert answer.json()["code"] == "query_too_slow"
        assert int(answer.headers["Retry-After"]) > 0
        assert (await api.http.get(url(9, "areas"))).status_code == 200


async def test_gzip_is_sent_to_those_who_take_it(own_api: Api) -> None:
    await scatter(own_api, 400, 1)
    path = url(13)
    packed = await own_api.http.get(path, headers={"Accept-Encoding": "gzip"})
    plain = await own_api.http.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content  # the client has unpacked it
    assert packed.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "status", "pointer", "code"),
    [
        ("/tiles/open_cases/19/0/0.mvt", 422, "?z", "zoom_out_of_range"),
        ("/tiles/open_cases/-1/0/0.mvt", 422, "?z", "zoom_out_of_range"),
        ("/tiles/open_cases/3/8/0.mvt", 422, "?x", "tile_out_of_range"),
        ("/tiles/open_cases/3/0/-1.mvt", 422, "?y", "tile_out_of_range"),
        ("/tiles/open_cases/3/a/0.mvt", 422, "?x", None),
        ("/tiles/open_cases/3/99999999999999999999999/0.mvt", 422, "?x", "tile_out_of_range"),
        ("/tiles/people/3/0/0.mvt", 404, None, "layer_not_found"),
        ("/tiles/people.json", 404, None, "layer_not_found"),
        ("/tiles/open_cases/3/0/0.mvt?colour=red", 422, "?colour", None),
        ("/tiles/open_cases/3/0/0.mvt?status=broken", 422, "?status", "not_a_choice"),
        ("/tiles/open_cases/3/0/0.mvt?overdue=maybe", 422, "?overdue", None),
        ("/tiles/open_cases/3/0/0.mvt?max_age_h=-1", 422, "?max_age_h", None),
        ("/tiles/areas/3/0/0.mvt?status=assigned", 422, "?status", "layer_not_filtered"),
    ],
)
async def test_mistakes_are_named(
    api: Api, path: str, status: int, pointer: str | None, code: str | None
) -> None:
    answer = await api.http.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == status, answer.text
    body = answer.json()
    if pointer is None:
        assert body["code"] == code
        return
    [problem] = body["errors"]
    assert problem["pointer"] == pointer
    assert code is None or problem["code"] == code


async def test_tilejson_describes_the_layer_and_keeps_its_filters(api: Api) -> None:
    answer = await api.http.get("/tiles/open_cases.json?category=traffic&overdue=true")
    assert answer.status_code == 200
    body = answer.json()
    assert body["tilejson"] == "3.0.0"
    assert body["tiles"] == [
        "http://test/tiles/open_cases/{z}/{x}/{y}.mvt?category=traffic&overdue=true"
    ]
    west, south, east, north = body["bounds"]
    assert west < CENTRE["lon"] < east
    assert south < CENTRE["lat"] < north
    assert [layer["id"] for layer in body["vector_layers"]] == ["open_cases"]
    assert body["minzoom"] <= body["maxzoom"]


async def test_tiles_of_areas_show_the_ward(api: Api) -> None:
    answer = await api.http.get(url(12, "areas"))
    assert answer.status_code == 200
    found = features(answer, 12, "areas")
    assert {f.properties["kind"] for f in found} == {"province", "ward"}
    west, south, east, north = tile_at(CENTRE["lat"], CENTRE["lon"], 12).bounds
    assert all(not f.geometry.is_empty for f in found)
    assert (west, south) < (east, north)
    country = await api.http.get(url(6, "areas"))
    assert {f.properties["kind"] for f in features(country, 6, "areas")} == {"province"}
    again = await api.http.get(url(12, "areas"), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


async def test_a_layer_that_the_city_opened_has_tiles_and_a_closed_one_has_none(
    own_api: Api,
) -> None:
    await execute(
        own_api,
        "insert into layers (code, name, name_en, kind, public, min_zoom) values"
        " ('lamps', 'Trụ đèn', 'Lamp posts', 'asset', true, 12),"
        " ('cables', 'Cáp ngầm', 'Cables', 'other', false, 12)",
    )
    await execute(
        own_api,
        "insert into layer_features (layer, code, kind, name, properties, geom)"
        " select layer, 'A-' || n, 'led', 'Trụ ' || n, '{}',"
        " ST_SetSRID(ST_MakePoint(%(lon)s + n * 0.00001, %(lat)s), 4326)"
        " from generate_series(1, 5) as n, unnest(array['lamps', 'cables']) as layer",
        **CENTRE,
    )
    answer = await own_api.http.get(url(14, "lamps"))
    assert answer.status_code == 200
    found = features(answer, 14, "lamps")
    assert sorted(f.properties["code"] for f in found) == ["A-1", "A-2", "A-3", "A-4", "A-5"]
    assert (await own_api.http.get(url(11, "lamps"))).status_code == 204
    described = (await own_api.http.get("/tiles/lamps.json")).json()
    assert (described["minzoom"], described["vector_layers"][0]["id"]) == (12, "lamps")
    assert (await own_api.http.get(url(14, "cables"))).status_code == 404
    assert (await own_api.http.get("/tiles/cables.json")).status_code == 404
    await execute(own_api, "update layer_features set name = 'x' where layer = 'lamps'")
    await settle()
    assert (await own_api.http.get(url(14, "lamps"))).headers["ETag"] != answer.headers["ETag"]
