"""`areas import` as a command: what it prints and leaves behind, with commits that are real."""

from __future__ import annotations

import psycopg
import pytest

from cli.areas import import_file
from core.db import driver_url
from tests.support.boundaries import feature, square, write_geojson


@pytest.fixture
def database(city_database, monkeypatch) -> str:
    monkeypatch.setenv("DATABASE_URL", city_database)
    return driver_url(city_database, "")


def state(database: str) -> tuple:
    with psycopg.connect(database) as connection:
        areas = connection.execute(
            "select code, approximate, md5(ST_AsBinary(geom)) from areas order by id"
        ).fetchall()
        return areas, connection.execute("select revision from city").fetchone()


def test_a_refusal_leaves_nothing_and_names_the_feature(database, tmp_path, capsys):
    before = state(database)
    rows = [feature("19753", square(0)), feature("19777", square(1)) | {"geometry": None}]
    path = write_geojson(tmp_path / "w.geojson", rows)
    with pytest.raises(SystemExit, match="1"):
        import_file(path, kind="ward", valid_from=None, dry_run=False)
    assert "feature 1 (19777, Phường 19777): no geometry" in capsys.readouterr().out
    assert state(database) == before


def test_a_dry_run_writes_nothing(database, tmp_path, capsys):
    before = state(database)
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    import_file(path, kind="ward", valid_from=None, dry_run=True)
    assert "1 corrected; dry run, nothing written" in capsys.readouterr().out
    assert state(database) == before


def test_an_import_tells_who_keeps_the_city_in_memory(database, tmp_path):
    _, (revision,) = state(database)
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    for _ in range(2):
        import_file(path, kind="ward", valid_from=None, dry_run=False)
    assert state(database)[1] == (revision + 1,)


def test_an_unknown_kind_is_refused(database, tmp_path):
    path = write_geojson(tmp_path / "w.geojson", [feature("19753", square(0))])
    with pytest.raises(SystemExit, match="1"):
        import_file(path, kind="district", valid_from=None, dry_run=False)
