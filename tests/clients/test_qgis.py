"""QGIS on our map: `/ogc` by its provider OAPIF, and the vector tiles. Run by `make test-clients`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from tests.support.live_map import LiveMap
from tests.support.programs import without_proxies

SCRIPT = Path(__file__).with_name("qgis_reader.py")
PYTHON = "/usr/bin/python3"  # the one that Debian's QGIS is a module of
BOX = (107.56, 16.44, 107.60, 16.48)
SECONDS = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("qgis")


@pytest.fixture(scope="module")
def seen(live_map: LiveMap, folder: Path) -> dict[str, Any]:
    """What QGIS saw."""
    done = subprocess.run(
        [PYTHON, SCRIPT, live_map.url, folder, *map(str, BOX)],
        env=without_proxies() | {"XDG_RUNTIME_DIR": str(folder)},
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    missing = "No module named 'qgis'" in done.stderr
    assert not missing, "QGIS is missing: scripts/bootstrap.sh clients installs it"
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(live_map: LiveMap, sql: str) -> list[Any]:
    with psycopg.connect(live_map.database) as connection:
        return [value for (value,) in connection.execute(sql).fetchall()]


def red_pixels(picture: Path) -> int:
    with Image.open(picture) as image:
        counts = image.convert("RGB").getcolors(maxcolors=1 << 24)
    assert counts is not None
    return sum(number for number, colour in counts if colour == (255, 0, 0))


@pytest.mark.parametrize(
    ("collection", "geometry"), [("open_cases", "Point"), ("cases", "Point"), ("areas", "Polygon")]
)
def test_every_collection_opens_with_all_its_features(
    live_map: LiveMap, seen: dict[str, Any], collection: str, geometry: str
) -> None:
    [number] = rows(live_map, f"select count(*) from public_{collection}")
    layer = seen["collections"][collection]
    assert layer["counted"] == layer["read"] == number > 0
    assert layer["geometry"] == geometry
    assert layer["crs"] in ("EPSG:4326", "OGC:CRS84")
    assert "code" in layer["fields"]


def test_a_collection_with_nothing_in_it_opens_too(live_map: LiveMap, seen: dict[str, Any]) -> None:
    assert rows(live_map, "select count(*) from public_hotspots") == [0]
    layer = seen["collections"]["hotspots"]
    assert layer["counted"] == layer["read"] == 0


def test_each_case_is_where_the_public_may_see_it(live_map: LiveMap, seen: dict[str, Any]) -> None:
    shown = seen["cases"]["everywhere"]
    assert set(shown) == {case.code for case in live_map.cases}
    for case in live_map.cases:
        assert shown[case.code] == pytest.approx([case.lon, case.lat], abs=1e-6), case


def test_a_window_of_the_map_gets_its_cases(live_map: LiveMap, seen: dict[str, Any]) -> None:
    west, south, east, north = BOX
    expected = {
        case.code
        for case in live_map.cases
        if west <= case.lon <= east and south <= case.lat <= north
    }
    assert 0 < len(expected) < len(live_map.cases)
    assert sorted(seen["cases"]["within"]) == sorted(expected)


def test_a_filter_of_qgis_finds_what_the_database_does(
    live_map: LiveMap, seen: dict[str, Any]
) -> None:
    expected = rows(live_map, "select code from public_open_cases where status = 'assigned'")
    assert sorted(seen["cases"]["assigned"]) == sorted(expected) != []


def test_vector_tiles_are_drawn_where_there_are_cases(seen: dict[str, Any], folder: Path) -> None:
    assert seen["tiles"] == seen["elsewhere"] == {"valid": True, "errors": []}
    assert red_pixels(folder / "tiles.png") > 1000
    assert red_pixels(folder / "elsewhere.png") == 0
