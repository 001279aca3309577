"""Wards that go: closed, split, merged, over several generations; and what became of each.

The shared mapping of the wards before July 2025 has codes but no shapes, so the old wards here are
squares made for these tests.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gis.boundaries import ImportOrder, ImportReport, Outcome, import_boundaries
from gis.boundary_files import read_boundaries
from gis.feature_files import FileRefused
from gis.populations import put_populations
from gis.succession import AreaScope, SplitArea, list_mapping, list_scopes
from gis.tables import Area
from tests.support.boundaries import Ring, feature, square, write_geojson

pytestmark = pytest.mark.asyncio(loop_scope="session")
FIRST, SECOND, THIRD, TODAY = (date(year, 7, 1) for year in (2020, 2023, 2025, 2026))


def wide(column: int, squares: float) -> Ring:
    """A ring as wide as so many squares, from a column on."""
    (x, y), (_, top) = square(column)[0], square(column)[2]
    right = x + 0.01 * squares
    return [[x, y], [right, y], [right, top], [x, top], [x, y]]


async def bring(
    session, folder: Path, wards: dict[str, Ring], day: date, **changes: Any
) -> ImportReport:
    path = write_geojson(folder / "w.geojson", [feature(*ward) for ward in wards.items()])
    order = ImportOrder(
        kind="ward", source="test", today=TODAY, valid_from=day, province="46",
        close_missing=True, **changes,
    )  # fmt: skip
    return await import_boundaries(session, read_boundaries(path, "ward"), order)


async def mapping(session) -> dict[tuple[str, str | None], float | None]:
    return {
        (each.old_code, each.new_code): each.share and round(each.share, 3)
        for each in await list_mapping(session, "ward")
    }


async def ids(session) -> dict[tuple[str, date], int]:
    rows = await session.execute(select(Area.code, Area.valid_from, Area.id))
    return {(code, day): row for code, day, row in rows}


async def test_wards_that_merged_belong_to_the_new_one_as_a_whole(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0), "00002": square(1)}, FIRST)
    report = await bring(session, tmp_path, {"00003": wide(0, 2)}, SECOND)
    assert report.closed == [("00001", "Phường 00001"), ("00002", "Phường 00002")]
    assert (report.missing, report.count(Outcome.NEW)) == ([], 1)
    assert await mapping(session) == {("00001", "00003"): 1, ("00002", "00003"): 1}
    row, scopes = await ids(session), await list_scopes(session)
    whole = AreaScope((row["00001", FIRST], row["00002", FIRST], row["00003", SECOND]))
    assert scopes["00003"] == whole
    assert scopes["00001"] == AreaScope((row["00001", FIRST],))


async def test_a_ward_that_was_split_is_shared_by_surface(session, tmp_path):
    await bring(session, tmp_path, {"00001": wide(0, 4)}, FIRST)
    await bring(session, tmp_path, {"00002": wide(0, 3), "00003": square(3)}, SECOND)
    assert await mapping(session) == {("00001", "00002"): 0.75, ("00001", "00003"): 0.25}
    row, scopes = await ids(session), await list_scopes(session)
    old, large, small = row["00001", FIRST], row["00002", SECOND], row["00003", SECOND]
    assert scopes["00002"] == AreaScope((large,), (SplitArea(old, (small,), covered=False),))
    assert scopes["00003"] == AreaScope((small,), (SplitArea(old, (small,), covered=True),))


async def test_km2_are_those_on_the_ground(session, tmp_path):
    await bring(session, tmp_path, {"00001": wide(0, 4)}, FIRST)
    report = await bring(session, tmp_path, {"00002": wide(0, 3), "00003": square(3)}, SECOND)
    sizes = {line.boundary.code: line.area_m2 / 1e6 for line in report.lines}
    for each in await list_mapping(session, "ward"):
        assert each.km2 == pytest.approx(sizes[each.new_code or ""], rel=1e-6)


async def test_several_generations_lead_to_today(session, tmp_path):
    """1 and 2 became 3, of which half went to 4 and half to 5."""
    await bring(session, tmp_path, {"00001": square(0), "00002": square(1)}, FIRST)
    await bring(session, tmp_path, {"00003": wide(0, 2)}, SECOND)
    await bring(session, tmp_path, {"00004": square(0), "00005": square(1)}, THIRD)
    assert await mapping(session) == {
        ("00001", "00004"): 1,
        ("00002", "00005"): 1,
        ("00003", "00004"): 0.5,
        ("00003", "00005"): 0.5,
    }


async def test_a_code_that_goes_on_stands_for_the_land_it_has_today(session, tmp_path):
    """As 26882 did in July 2025: the new ward took over the code of one of the old ones."""
    await bring(session, tmp_path, {"00001": wide(0, 2), "00002": square(2)}, FIRST)
    await bring(session, tmp_path, {"00001": square(0), "00002": wide(1, 2)}, SECOND)
    row, scopes = await ids(session), await list_scopes(session)
    split = row["00001", FIRST]
    assert scopes["00002"].rows == (row["00002", FIRST], row["00002", SECOND])
    assert [part.area for part in scopes["00002"].split] == [split]
    assert scopes["00001"].rows == (row["00001", SECOND],)
    assert [part.area for part in scopes["00001"].split] == [split]


async def test_slivers_of_a_line_drawn_anew_change_no_hands(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0), "00002": square(1)}, FIRST)
    redrawn = {"00001": wide(0, 1.004), "00002": square(1)}
    await bring(session, tmp_path, redrawn, SECOND)
    assert await mapping(session) == {("00001", "00001"): 1}


async def test_land_that_nobody_took_over_is_listed_without_a_successor(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0), "00002": square(5)}, FIRST)
    await bring(session, tmp_path, {"00001": square(0)}, SECOND)
    assert await mapping(session) == {("00002", None): None}
    row, scopes = await ids(session), await list_scopes(session)
    assert scopes["00002"] == AreaScope((row["00002", FIRST],))


async def test_a_correction_in_place_moves_the_shares_too(session, tmp_path):
    await bring(session, tmp_path, {"00001": wide(0, 4)}, FIRST)
    await bring(session, tmp_path, {"00002": wide(0, 2), "00003": wide(2, 2)}, SECOND)
    better = [feature("00002", wide(0, 3)), feature("00003", square(3))]
    path = write_geojson(tmp_path / "b.geojson", better)
    order = ImportOrder(kind="ward", source="better", today=TODAY, province="46")
    await import_boundaries(session, read_boundaries(path, "ward"), order)
    assert await mapping(session) == {("00001", "00002"): 0.75, ("00001", "00003"): 0.25}


async def test_a_second_run_closes_nothing_more(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0), "00002": square(1)}, FIRST)
    await bring(session, tmp_path, {"00003": wide(0, 2)}, SECOND)
    again = await bring(session, tmp_path, {"00003": wide(0, 2)}, SECOND)
    assert not again.changed


async def test_closing_needs_its_day(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0), "00002": square(1)}, FIRST)
    path = write_geojson(tmp_path / "n.geojson", [feature("00001", square(0))])
    order = ImportOrder(kind="ward", source="test", today=TODAY, province="46", close_missing=True)
    with pytest.raises(FileRefused, match="say which"):
        await import_boundaries(session, read_boundaries(path, "ward"), order)
    with pytest.raises(FileRefused, match="cannot close 00002"):
        await bring(session, tmp_path, {"00001": square(0)}, FIRST)


async def test_a_successor_takes_over_no_residents(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0)}, FIRST)
    await put_populations(session, {"1": 5000})
    await bring(session, tmp_path, {"00001": wide(0, 2)}, SECOND)
    rows = await session.scalars(select(Area).where(Area.kind == "ward").order_by(Area.valid_from))
    assert [area.population for area in rows] == [5000, None]


async def test_residents_are_reported(session, tmp_path):
    await bring(session, tmp_path, {"00001": square(0), "00002": square(1)}, FIRST)
    first = await put_populations(session, {"1": 5000, "00009": 1})
    assert first.changed == [("00001", "Phường 00001", None, 5000)]
    assert (first.unknown, first.without) == (["00009"], [("00002", "Phường 00002")])
    second = await put_populations(session, {"00001": 5000, "00002": 10})
    assert (len(second.changed), second.unchanged, second.without) == (1, 1, [])
