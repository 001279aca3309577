"""Layers: imported by code, and looked at by routing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from pyproj import Geod
from sqlalchemy import text
from typer.testing import CliRunner

from cli.main import app
from core.db import driver_url
from gis.layer_files import read_layer
from gis.layer_import import LayerReport, Outcome, import_layer
from gis.layers import NEARBY, list_nearby_features
from gis.locate import Place
from tests.support.boundaries import bow_tie, write_geojson
from tests.support.cities import load_city, made_up_wards
from tests.support.client import Api, open_api
from tests.support.layers import HERE, METRE, lamp, road
from tests.support.photos import make_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def bring(session, tmp_path: Path, features: list[Any], **options: Any) -> LayerReport:
    rows = read_layer(write_geojson(tmp_path / "r.geojson", features))
    return await import_layer(session, "roads", rows, **options)


async def codes(session) -> list[str]:
    rows = await session.execute(text("select code from layer_features order by layer, code"))
    return list(rows.scalars())


async def test_a_second_run_changes_nothing(session, tmp_path):
    features = [road("1", lanes=2), road("2", north_m=50)]
    first = await bring(session, tmp_path, features)
    second = await bring(session, tmp_path, features)
    assert (first.count(Outcome.NEW), first.changed) == (2, True)
    assert (second.count(Outcome.UNCHANGED), second.changed) == (2, False)


async def test_what_differs_is_changed_in_place(session, tmp_path):
    await bring(session, tmp_path, [road("1"), road("2"), road("3"), road("4"), road("5")])
    report = await bring(
        session,
        tmp_path,
        [road("1"), road("2", kind="street"), road("3", north_m=1), road("4", lanes=1), road("5")],
    )
    changed = [line.row.code for line in report.lines if line.outcome is Outcome.CHANGED]
    assert changed == ["2", "3", "4"]
    assert await codes(session) == ["1", "2", "3", "4", "5"]


async def test_what_is_gone_stays_or_is_removed(session, tmp_path):
    await bring(session, tmp_path, [road("1"), road("2")])
    rows = read_layer(write_geojson(tmp_path / "l.geojson", [lamp("2", north_m=0)]))
    await import_layer(session, "lamps", rows)
    kept = await bring(session, tmp_path, [road("1")])
    assert (kept.missing, kept.removed, kept.changed) == ([("2", "Quốc lộ 2")], False, False)
    assert await codes(session) == ["2", "1", "2"]
    gone = await bring(session, tmp_path, [road("1")], replace=True)
    assert (gone.missing, gone.removed, gone.changed) == ([("2", "Quốc lộ 2")], True, True)
    assert await codes(session) == ["2", "1"]  # the lamp of the same code is another layer's


async def nearby(session, layers: dict[str, float]) -> list[tuple[str, str]]:
    found = await list_nearby_features(session, HERE, layers)
    return [(feature.code, feature.kind) for feature in found]


async def test_metres_are_metres(session, tmp_path):
    await bring(session, tmp_path, [road("1", north_m=14.9), road("2", kind="street", north_m=-20)])
    assert await nearby(session, {"roads": 14.0}) == []
    assert await nearby(session, {"roads": 15.5}) == [("1", "national")]
    assert await nearby(session, {"roads": 25}) == [("1", "national"), ("2", "street")]
    assert await nearby(session, {"lakes": 500}) == []
    (first, _) = await list_nearby_features(session, HERE, {"roads": 25})
    assert first.distance_m == pytest.approx(14.9, abs=0.2)


async def test_the_box_is_wide_enough_in_every_direction(session, tmp_path):
    """At 60 degrees north a degree of longitude is half as long as at the equator."""
    features = []
    for lat in (0.0, 21.0, 60.0):
        for azimuth in range(0, 360, 45):
            lon, north, _ = Geod(ellps="WGS84").fwd(105.8, lat, azimuth, 499)
            feature = road(f"{lat}-{azimuth}", kind=str(azimuth))
            features.append(feature | {"geometry": {"type": "Point", "coordinates": [lon, north]}})
    await bring(session, tmp_path, features)
    for lat in (0.0, 21.0, 60.0):
        found = await list_nearby_features(session, Place(lat, 105.8), {"roads": 500})
        assert len(found) == 8, lat
        assert {round(feature.distance_m) for feature in found} == {499}


async def test_a_crowd_of_lamps_hides_no_road(session, tmp_path):
    lamps = [lamp(f"l{index}", north_m=index / 20) for index in range(200)]
    await bring(session, tmp_path, [*lamps, road("1", north_m=14)])
    assert await nearby(session, {"roads": 15}) == [("l0", "lamp"), ("1", "national")]


async def test_the_index_is_used(session):
    """With the statistics that an import leaves; the plan is the same whatever is asked for."""
    await session.execute(
        text(
            "insert into layer_features (layer, code, kind, properties, geom)"
            " select 'roads', n, 'street', '{}',"
            " ST_SetSRID(ST_MakePoint(105.4 + n % 100 / 200.0, 20.7 + n / 100 / 200.0), 4326)"
            " from generate_series(1, 20000) as n"
        )
    )
    await session.execute(text("analyze layer_features"))
    sql = NEARBY.sql
    for number, kind in enumerate(("float8", "float8", "text[]", "float8[]"), 1):
        assert f"${number} AS {kind}" in sql
    await session.execute(text("set local plan_cache_mode = force_generic_plan"))
    connection = await session.connection()
    await connection.exec_driver_sql(f"prepare nearby (float8, float8, text[], float8[]) as {sql}")
    rows = await connection.exec_driver_sql(
        "explain execute nearby (105.6, 21.0, array['roads', 'lakes'], array[15, 30])"
    )
    plan = "\n".join(rows.scalars())
    await connection.exec_driver_sql("deallocate nearby")
    assert "Index Scan using ix_layer_features_geom" in plan
    assert "Seq Scan" not in plan


@pytest_asyncio.fixture(loop_scope="session")
async def ha_noi(
    committed_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    monkeypatch.setenv("DATABASE_URL", committed_database)
    await load_city(committed_database, "ha_noi", made_up_wards("ha_noi"))
    async with open_api(committed_database, tmp_path) as api:
        yield api


async def department(api: Api, **changes: Any) -> str:
    """Who gets a pothole HERE."""
    body = {
        "category": "traffic.road",
        "location": {"lat": HERE.lat, "lon": HERE.lon},
        "description": "Ổ gà giữa đường",
        "uploads": [await api.upload(make_jpeg())],
    }
    return (await api.file(body | changes))["department"]["code"]


async def test_an_imported_road_sends_the_pothole_elsewhere(ha_noi: Api, tmp_path: Path) -> None:
    assert await department(ha_noi) == "bdt"  # an inner-city ward

    path = write_geojson(tmp_path / "roads.geojson", [road("1", north_m=12)])
    command = ["layers", "import", str(path), "--layer", "roads", "--kind-field", "kind"]
    answer = await _run(command)
    assert answer.exit_code == 0, answer.output
    assert "1 new" in answer.output
    assert await department(ha_noi) == "qldb"

    far = {"lat": HERE.lat - 10 * METRE, "lon": HERE.lon}  # 22 m from it
    assert await department(ha_noi, location=far) == "bdt"

    write_geojson(path, [road("1", north_m=12, kind="street")])
    assert "1 changed" in (await _run(command)).output
    assert await department(ha_noi) == "bdt"  # the road is the city's own now


async def test_the_case_says_what_it_lay_beside(ha_noi: Api, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "roads.geojson", [road("1", north_m=12)])
    await _run(["layers", "import", str(path), "--layer", "roads"])
    photo = await ha_noi.upload(make_jpeg())
    place = {"lat": HERE.lat, "lon": HERE.lon}
    body = {"category": "traffic.road", "location": place, "description": "Ổ gà"}
    filed = await ha_noi.file(body | {"uploads": [photo]})
    url = f"/v1/cases/{filed['id']}/explain"
    explained = (await ha_noi.http.get(url, headers=await ha_noi.staff("operator"))).json()
    assert "t-national" in json.dumps(explained)


async def test_the_command_reports_and_refuses(
    committed_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", committed_database)
    crossing = road("2") | {"geometry": {"type": "Polygon", "coordinates": [bow_tie(0)]}}
    path = write_geojson(tmp_path / "r.geojson", [road("1"), crossing])
    command = ["layers", "import", str(path), "--layer", "roads"]
    dry = await _run([*command, "--dry-run"])
    assert "2 new; dry run, nothing written" in dry.output
    assert _features(committed_database) == []
    done = await _run(command)
    assert "mended MultiPolygon" in done.output
    assert "kinds: national" in done.output
    write_geojson(path, [road("1")])
    assert "left as they are (1): 2 Quốc lộ 2" in (await _run(command)).output
    assert "removed (1): 2 Quốc lộ 2" in (await _run([*command, "--replace"])).output
    assert _features(committed_database) == ["1"]
    write_geojson(path, [road(None) for _ in range(60)])
    refused = await _run(command)
    assert refused.exit_code == 1
    assert "Refused, nothing was written" in refused.output
    assert "feature 0 (no code" in refused.output
    assert "… and 10 more" in refused.output
    assert _features(committed_database) == ["1"]


async def _run(command: list[str]) -> Any:
    """A command in a thread of its own: it has its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, app, command)


def _features(url: str) -> list[str]:
    with psycopg.connect(driver_url(url, "")) as connection:
        rows = connection.execute("select code from layer_features order by code").fetchall()
    return [code for (code,) in rows]
