"""Our vector tiles in GDAL, over HTTP: Debian's, as people have it, and the newest, in pyogrio."""

from __future__ import annotations

import json
import math
import subprocess
from typing import Any

import psycopg
import pyogrio.raw
import pytest
import shapely
from shapely.geometry import shape as to_shape

from gis.tile_grid import tile_at
from tests.support.live_map import LiveMap
from tests.support.map import BOX
from tests.support.programs import find_program, without_proxies

pytestmark = pytest.mark.xdist_group("live_map")

WORLD_M = 20_037_508.342789244  # half the side of Web Mercator
SECONDS = 120
Source = tuple[str, dict[str, str]]  # a data set of GDAL and the options to open it with


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The GDAL inside pyogrio would ask a proxy even for loopback."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def tiles(live_map: LiveMap, layer: str, z: int, query: str = "") -> Source:
    """A zoom of a layer as GDAL is told of it."""
    return f"MVT:{live_map.url}/tiles/{layer}/{z}", {
        "TILE_EXTENSION": f"mvt{query}",
        "METADATA_FILE": f"{live_map.url}/tiles/{layer}.json",
    }


def read_with_pyogrio(source: Source, layer: str) -> list[dict[str, Any]]:
    """The features around BOX, each with its `geometry` in EPSG:3857."""
    path, options = source
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer, bbox=surroundings(), **options)
    rows = zip(*columns, strict=True)
    return [
        dict(zip(meta["fields"], row, strict=True)) | {"geometry": shapely.from_wkb(shape)}
        for shape, row in zip(shapes, rows, strict=True)
    ]


def read_with_ogr2ogr(source: Source, layer: str) -> list[dict[str, Any]]:
    """The same by Debian's program."""
    path, options = source
    opening = [part for key, value in options.items() for part in ("-oo", f"{key}={value}")]
    area = ("-spat", *(str(number) for number in surroundings()))
    done = subprocess.run(
        [find_program("ogr2ogr"), *opening, *area, "-f", "GeoJSON", "/vsistdout/", path, layer],
        env=without_proxies(), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [
        feature["properties"] | {"geometry": to_shape(feature["geometry"])}
        for feature in json.loads(done.stdout)["features"]
    ]


def surroundings() -> tuple[float, float, float, float]:
    """BOX and a little around it, where rounded places may be; EPSG:3857."""
    west, south, east, north = BOX
    return (*mercator(west - 0.015, south - 0.015), *mercator(east + 0.015, north + 0.015))


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """EPSG:3857 of a position in degrees."""
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return lon / 180 * WORLD_M, north * WORLD_M


def cases_in(features: list[dict[str, Any]], z: int) -> int:
    return len(features) if z >= 15 else round(sum(each["count"] for each in features))


CLIENTS = pytest.mark.parametrize("read", [read_with_ogr2ogr, read_with_pyogrio])


@CLIENTS
@pytest.mark.parametrize("z", [6, 10, 13, 15])
def test_the_tiles_of_a_zoom_count_the_open_cases(live_map: LiveMap, read: Any, z: int) -> None:
    features = read(tiles(live_map, "open_cases", z), "open_cases")
    assert cases_in(features, z) == len(live_map.cases) > 0
    assert z >= 13 or len(features) < len(live_map.cases) / 3  # clusters


@CLIENTS
@pytest.mark.parametrize("z", [10, 15])
def test_filters_go_along_with_each_tile(live_map: LiveMap, read: Any, z: int) -> None:
    query = "?department=hepco&category=traffic.sign"
    expected = [
        c for c in live_map.cases if (c.department, c.category) == ("hepco", "traffic.sign")
    ]
    features = read(tiles(live_map, "open_cases", z, query), "open_cases")
    assert cases_in(features, z) == len(expected) > 0


@CLIENTS
def test_each_case_is_where_the_public_may_see_it(live_map: LiveMap, read: Any) -> None:
    features = read(tiles(live_map, "open_cases", 15), "open_cases")
    shown = {each["code"]: each["geometry"] for each in features}
    assert set(shown) == {case.code for case in live_map.cases}
    for case in live_map.cases:
        x, y = mercator(case.lon, case.lat)
        # A unit of a tile of zoom 15 is 30 cm.
        assert math.dist((shown[case.code].x, shown[case.code].y), (x, y)) < 0.5, case


@CLIENTS
def test_a_single_tile_is_read_by_its_address(live_map: LiveMap, read: Any) -> None:
    case = live_map.cases[0]
    tile = tile_at(case.lat, case.lon, 15)
    path = f"MVT:{live_map.url}/tiles/open_cases/15/{tile.x}/{tile.y}.mvt"
    here = {each.code for each in live_map.cases if tile_at(each.lat, each.lon, 15) == tile}
    features = read((path, {}), "open_cases")
    assert {each["code"] for each in features} == here
    west, south, east, north = tile.bounds
    frame = shapely.box(*mercator(west, south), *mercator(east, north)).buffer(0.5)
    assert all(frame.contains(each["geometry"]) for each in features)


@CLIENTS
def test_wards_keep_their_names_and_their_ground(live_map: LiveMap, read: Any) -> None:
    west, south, east, north = BOX
    with psycopg.connect(live_map.database) as connection:
        wards = dict(
            connection.execute(
                "select name, ST_Area(ST_Transform(geom, 3857)) from areas where kind = 'ward'"
                " and ST_Within(geom, ST_MakeEnvelope(%s, %s, %s, %s, 4326))",
                (west, south, east, north),
            ).fetchall()
        )
    features = read(tiles(live_map, "areas", 12), "areas")
    shown: dict[str, float] = {}
    for each in features:
        if each["kind"] == "ward":
            shown[each["name"]] = shown.get(each["name"], 0) + each["geometry"].area
    assert wards
    for name, area in wards.items():
        assert shown[name] == pytest.approx(area, rel=0.02), name
