"""Replaying historic reports: reading rows, moving places."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest
import shapely

from cli.demo_city import DIRECTORY
from cli.replay import draft_of, report_id_of
from cli.replay_source import BadRow, SourceRow, read_mapping, read_rows
from gis.transplant import METRES_PER_DEGREE, Similarity, fit_similarity, smallest_quarter
from workflows.catalogue import read_document

HEADER = "CASE_ENQUIRY_ID,OPEN_DT,CASE_TITLE,REASON,TYPE,LATITUDE,LONGITUDE"
GOOD = "101,01/02/2015 03:04:05 PM,Light out,Street Lights,Street Light Outages,42.35,-71.06"


def rows(tmp_path: Path, *lines: str, limit: int | None = None) -> list[SourceRow | BadRow]:
    path = tmp_path / "r.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return list(read_rows(path, read_mapping(None), limit))


def test_a_row_is_read(tmp_path):
    (row,) = rows(tmp_path, GOOD)
    assert isinstance(row, SourceRow)
    assert (row.line, row.id, row.lat, row.lon) == (2, "101", 42.35, -71.06)
    assert row.opened == datetime(2015, 1, 2, 15, 4, 5)  # noqa: DTZ001  # wall clock
    assert row.category == "energy.street_light"
    assert row.description == "Đèn đường không sáng (Light out)"
    assert row.found_by == "type"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("101", "", "id missing"),
        ("101", "x", "id is no number"),
        ("01/02/2015 03:04:05 PM", "", "date missing"),
        ("01/02/2015", "13/45/2015", "date unreadable"),
        ("42.35", "", "coordinates missing"),
        ("42.35", "north", "coordinates unusable"),
        ("42.35", "nan", "coordinates unusable"),
        ("42.35,-71.06", "0,0", "coordinates unusable"),
        ("42.35", "142.35", "coordinates unusable"),
        ("Street Light Outages", "", "type missing"),
    ],
)
def test_a_broken_row_is_named_and_passed_over(tmp_path, old, new, reason):
    bad, good = rows(tmp_path, GOOD.replace(old, new, 1), GOOD)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, reason)
    assert isinstance(good, SourceRow)


def test_a_stray_quote_says_how_much_it_swallowed(tmp_path):
    bad, *_ = rows(tmp_path, '"oops', GOOD, GOOD)
    assert isinstance(bad, BadRow)
    assert bad.line == 2
    assert "up to line" in bad.detail


def test_a_file_without_its_columns_is_one_bad_row(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("a,b\n1,2\n")
    (bad,) = read_rows(path, read_mapping(None), None)
    assert isinstance(bad, BadRow)
    assert "CASE_ENQUIRY_ID" in bad.detail


def test_a_cut_archive_gives_what_it_holds(tmp_path):
    lines = [HEADER, *(GOOD.replace("101", str(200 + n), 1) for n in range(3000))]
    whole = gzip.compress("\n".join(lines).encode())
    path = tmp_path / "r.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    got = list(read_rows(path, read_mapping(None), None))
    assert isinstance(got[0], SourceRow)
    assert isinstance(got[-1], BadRow)
    assert got[-1].reason == "the file breaks off"


def test_the_limit_counts_rows(tmp_path):
    assert len(rows(tmp_path, GOOD, GOOD, GOOD, limit=2)) == 2


def test_unknown_kinds_fall_to_the_reason_and_then_to_the_rest():
    mapping = read_mapping(None)
    assert mapping.kind("Anything", "Trees")[0::2] == ("environment.tree", "reason")
    assert mapping.kind("Anything", "Nothing")[0::2] == ("urban_order.other", "rest")


def test_the_mapping_knows_only_leaves():
    categories = read_document(DIRECTORY / "categories.json")["categories"]
    assert read_mapping(None).categories() <= {row["code"] for row in categories if row["parent"]}


def test_a_row_keeps_its_report_id(tmp_path):
    one, other = rows(tmp_path, GOOD, GOOD.replace("101", "102", 1))
    assert report_id_of(one) == report_id_of(one)
    assert report_id_of(one) != report_id_of(other)
    similarity = Similarity(42.35, -71.06, 16.47, 107.58, 1.0)
    assert draft_of(one, similarity).fingerprint() == draft_of(one, similarity).fingerprint()


def test_a_similarity_keeps_distances():
    similarity = Similarity(42.0, -71.0, 16.0, 107.0, 0.5)
    lat, lon = similarity.apply(42.01, -71.0)
    assert (lat, lon) == pytest.approx((16.005, 107.0))
    lat, lon = similarity.apply(42.0, -71.0 + 1000 / (METRES_PER_DEGREE * 0.743145))
    east = (lon - 107.0) * METRES_PER_DEGREE * 0.961262
    assert (lat, east) == pytest.approx((16.0, 500.0), rel=1e-4)


def test_the_pattern_is_shrunk_until_it_fits():
    city = shapely.box(107.5, 16.4, 107.6, 16.5)
    lats = [42.0 + n * 0.001 for n in range(200)]
    similarity, inside = fit_similarity(lats, [-71.0] * 200, [city], city)
    assert similarity.scale < 1
    assert inside >= 0.995
    wide, inside = fit_similarity(lats[:50], [-71.0] * 50, [city], city)
    assert (wide.scale, inside) == (1.0, 1.0)


def test_wild_places_do_not_move_the_centre():
    city = shapely.box(107.5, 16.4, 107.6, 16.5)
    tame = [42.0] * 99
    similarity, inside = fit_similarity([*tame, -89.0], [-71.0] * 100, [city], city)
    assert similarity.from_lat == pytest.approx(42.0)
    assert inside == pytest.approx(0.99)


def test_towns_are_the_smallest_quarter():
    shapes = [shapely.box(0, 0, size, size) for size in (4, 1, 3, 2, 5, 6, 7, 8)]
    assert [shape.area for shape in smallest_quarter(shapes)] == [1, 4]
    assert len(smallest_quarter(shapes[:1])) == 1
