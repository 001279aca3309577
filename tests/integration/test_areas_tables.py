"""`areas mapping`, `areas population` and `areas locate` as commands, and one province of a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app
from core.db import driver_url
from tests.support.boundaries import feature, square, write_geojson

WARD = "19777"


@pytest.fixture
def database(city_database, monkeypatch) -> str:
    monkeypatch.setenv("DATABASE_URL", city_database)
    monkeypatch.setenv("COLUMNS", "300")
    return driver_url(city_database, "")


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["areas", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout


def fetch(database: str, sql: str) -> list[Any]:
    with psycopg.connect(database) as connection:
        return connection.execute(sql).fetchall()


def close_all_but(folder: Path, code: str) -> None:
    with_day = ("--valid-from", "2026-01-01", "--close-missing")
    path = write_geojson(folder / "w.geojson", [feature(code, square(0, size=1.0))])
    assert "closed (40)" in run("import", path, *with_day)


def test_one_province_of_a_national_file(database, tmp_path):
    rows = [feature(WARD, square(0)), feature("00004", square(3), provinceCode="01")]
    path = write_geojson(tmp_path / "vn.geojson", rows)
    refused = run("import", path, status=1)
    assert "wards of several provinces: 01, 46" in refused
    assert "1 corrected" in run("import", path, "--province", "46")
    assert fetch(database, "select code from areas where code in ('00004', '01')") == []


def test_closed_wards_are_mapped_to_the_new_one(database, tmp_path):
    close_all_but(tmp_path, "99001")
    target = tmp_path / "mapping.csv"
    run("mapping", "--csv", target)
    with target.open(encoding="utf-8") as file:
        rows = {row["old_code"]: row for row in csv.DictReader(file)}
    assert len(rows) == 40
    assert rows[WARD]["old_name"] == "Phường Vỹ Dạ"
    assert rows[WARD]["valid_to"] == "2026-01-01"
    assert "Phường Vỹ Dạ" in run("mapping")
    (counts,) = fetch(
        database,
        "select count(*) filter (where share > 0.995), count(*) from area_successors"
        " join areas on areas.id = old_id where areas.kind = 'ward'",
    )
    taken = [row for row in rows.values() if row["new_code"] == "99001"]
    assert counts[1] == len(taken) > 0
    assert all(float(row["share"]) >= 0.005 and float(row["km2"]) > 0 for row in taken)


def test_residents_are_written_and_what_is_unknown_is_named(database, tmp_path):
    path = tmp_path / "residents.csv"
    path.write_text(f"Mã xã,Dân số\n{WARD},41.000\n55555,7\n", encoding="utf-8")
    sql = f"select population from areas where code = '{WARD}'"
    dry = run("population", path, "--dry-run")
    assert "dry run, nothing written" in dry
    assert fetch(database, sql) == [(None,)]
    (before,) = fetch(database, "select revision from city")
    told = run("population", path)
    assert "No current area has these codes: 55555" in told
    assert "Wards without a number (39)" in told
    assert fetch(database, sql) == [(41_000,)]
    assert "0 changed, 1 unchanged" in run("population", path)
    assert fetch(database, "select revision from city") == [(before[0] + 1,)]


def test_a_table_that_is_wrong_is_refused_whole(database, tmp_path):
    path = tmp_path / "residents.csv"
    path.write_text(f"code,population\n{WARD},5\n19753,many\n", encoding="utf-8")
    assert "feature 1 (19753, no name): 'many' is no number" in run("population", path, status=1)
    assert fetch(database, "select code from areas where population is not null") == []


def test_wards_of_places(database, tmp_path):
    close_all_but(tmp_path, "99001")
    path = tmp_path / "places.csv"
    path.write_text("id,lat,lon\na,17,108\nb,16.4,108\n", encoding="utf-8")
    inside, outside = csv.DictReader(io.StringIO(run("locate", path)))
    assert (inside["id"], inside["area_code"], inside["distance_m"]) == ("a", "99001", "0.0")
    assert outside["area_name"] == "Phường 99001"
    assert float(outside["distance_m"]) == pytest.approx(11_065, rel=0.01)
    target = tmp_path / "found.csv"
    run("locate", path, "--csv", target)
    assert target.read_text(encoding="utf-8").startswith("id,lat,lon,area_code,area_name,")
