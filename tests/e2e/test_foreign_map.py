"""A web map of somebody else's: MapLibre GL JS in headless Chromium, on an origin that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from tests.support.live_map import LiveMap
from tests.support.map import PublicCase
from tests.support.programs import BROWSERS, find_program, without_proxies

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live_map")]

SCRIPT = Path(__file__).parents[2] / "web" / "e2e" / "foreign-map.mjs"
SECONDS = 180
METRE = 1e-5  # degrees, at most
RED, GREEN = (255, 0, 0), (0, 170, 0)  # of clusters and points, in the script


@pytest.fixture(scope="module")
def centre(live_map: LiveMap) -> PublicCase:
    """A case in the middle of what the map shows."""
    return min(live_map.cases, key=lambda case: abs(case.lon - 107.58) + abs(case.lat - 16.46))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("foreign_map")


@pytest.fixture(scope="module")
def shown(live_map: LiveMap, centre: PublicCase, pictures: Path) -> dict[str, Any]:
    """What the script saw."""
    assert (SCRIPT.parents[1] / "node_modules" / "maplibre-gl").is_dir(), "run: npm --prefix web ci"
    node = find_program("node", hint="scripts/build_web.sh installs it")
    browser = os.environ.get("CHROMIUM") or find_program(*BROWSERS)
    environment = {"BASE_URL": live_map.url, "CHROMIUM": browser}
    done = subprocess.run(
        [node, SCRIPT, str(centre.lon), str(centre.lat), pictures],
        env=without_proxies() | environment,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pixels(picture: Path, colour: tuple[int, int, int]) -> int:
    with Image.open(picture) as image:
        counts = image.convert("RGB").getcolors(maxcolors=1 << 24)
    assert counts is not None
    return sum(number for number, found in counts if found == colour)


def inside(case: PublicCase, bounds: list[float], margin: float) -> bool:
    west, south, east, north = bounds
    return west - margin < case.lon < east + margin and south - margin < case.lat < north + margin


def test_nothing_goes_wrong(shown: dict[str, Any]) -> None:
    assert shown["problems"] == []


def test_clusters_at_zoom_10_add_up_to_the_open_cases(
    live_map: LiveMap, shown: dict[str, Any], pictures: Path
) -> None:
    zoom = shown["zooms"]["10"]
    assert sum(cluster["count"] for cluster in zoom["clusters"]) == len(live_map.cases)
    assert len(zoom["clusters"]) < len(live_map.cases) / 3
    assert zoom["points"] == []
    assert pixels(pictures / "foreign-map-z10.png", RED) > 100 * len(zoom["clusters"])


def test_points_at_zoom_16_are_the_cases_in_sight(
    live_map: LiveMap, centre: PublicCase, shown: dict[str, Any], pictures: Path
) -> None:
    zoom = shown["zooms"]["16"]
    codes = {point["code"] for point in zoom["points"]}
    within = {case.code for case in live_map.cases if inside(case, zoom["bounds"], -METRE)}
    # A circle is seen before its middle is.
    around = {case.code for case in live_map.cases if inside(case, zoom["bounds"], 20 * METRE)}
    assert centre.code in within <= codes <= around
    assert zoom["clusters"] == []
    assert pixels(pictures / "foreign-map-z16.png", GREEN) > 100


def test_the_wards_are_drawn_too(live_map: LiveMap, shown: dict[str, Any]) -> None:
    with psycopg.connect(live_map.database) as connection:
        rows = connection.execute("select name from areas where kind = 'ward'").fetchall()
    wards = {name for (name,) in rows}
    for zoom in ("10", "16"):
        assert wards & set(shown["zooms"][zoom]["areas"])


def test_geojson_ogc_and_the_feed_are_open_to_it(live_map: LiveMap, shown: dict[str, Any]) -> None:
    number = len(live_map.cases)
    assert shown["others"] == {"incidents": number, "ogc": number, "feed": True}


def test_the_browser_refuses_it_all_else(shown: dict[str, Any]) -> None:
    assert shown["closed"] == {
        "categories": "refused",
        "cases": "refused",
        "tiles with a token": "refused",
        "tiles with cookies": "refused",
    }
