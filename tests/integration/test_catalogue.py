"""Loading definitions: the tables say what the files say, and the city's own edits stay."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from cli.demo_city import DIRECTORY
from workflows.catalogue import (
    DEFINITIONS,
    list_categories,
    list_departments,
    load_definitions,
)
from workflows.tables import Calendar, CalendarDay, City, Department, ProcessVersion, RulesetVersion

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PROCESS = DEFINITIONS / "process.json"


async def bring(session, directory: Path = DIRECTORY) -> City:
    await load_definitions(session, directory, now=NOW)
    return (await session.scalars(select(City).execution_options(populate_existing=True))).one()


def edited(tmp_path: Path, name: str, old: str, new: str) -> Path:
    """A copy of the definitions with one edit."""
    copy = tmp_path / "city"
    shutil.copytree(DIRECTORY, copy)
    content = (copy / name).read_text(encoding="utf-8")
    assert old in content
    (copy / name).write_text(content.replace(old, new), encoding="utf-8")
    return copy


async def test_a_second_load_changes_nothing(session):
    first, second = await bring(session), await bring(session)
    assert first.revision == second.revision == 1
    assert await session.scalar(select(func.count()).select_from(ProcessVersion)) == 1


async def test_categories_come_in_the_order_of_the_tree(session):
    await bring(session)
    views = await list_categories(session)
    file = json.loads((DIRECTORY / "categories.json").read_text(encoding="utf-8"))
    assert [view.code for view in views] == [row["code"] for row in file["categories"]]
    pothole = next(view for view in views if view.code == "traffic.pothole")
    assert (pothole.parent, pothole.photo_required, pothole.active) == ("traffic", True, True)
    assert pothole.questions["properties"]["width"]["title"] == "Bề rộng"


async def test_departments_come_by_code(session):
    await bring(session)
    codes = [view.code for view in await list_departments(session)]
    assert codes == sorted(codes)
    assert "hepco" in codes


async def test_a_changed_name_is_brought_along(session, tmp_path):
    before = (await bring(session)).revision
    copy = edited(tmp_path, "departments.json", "Sở Xây dựng", "Sở Xây dựng và Giao thông")
    assert (await bring(session, copy)).revision == before + 1
    views = {view.code: view for view in await list_departments(session)}
    assert views["sxd"].name == "Sở Xây dựng và Giao thông"


async def test_a_phone_that_the_city_entered_stays(session):
    await bring(session)
    await session.execute(
        update(Department).where(Department.code == "hepco").values(phone="02343848242")
    )
    assert (await bring(session)).revision == 1
    views = {view.code: view for view in await list_departments(session)}
    assert views["hepco"].phone == "02343848242"


async def test_a_changed_ruleset_becomes_a_new_version(session, tmp_path):
    first = (await bring(session)).ruleset_id
    copy = edited(tmp_path, "routing.json", '"hours": 40', '"hours": 32')
    city = await bring(session, copy)
    versions = await session.scalars(select(RulesetVersion.version).order_by("version"))
    assert list(versions) == [1, 2]
    assert (city.ruleset_id != first, city.revision) == (True, 2)


async def test_the_order_of_keys_makes_no_new_version(session, tmp_path):
    await bring(session)
    document = json.loads(PROCESS.read_text(encoding="utf-8"))
    copy = tmp_path / "city"
    shutil.copytree(DIRECTORY, copy)
    turned = json.dumps(dict(reversed(document.items())))
    (copy / "process.json").write_text(turned, encoding="utf-8")
    assert (await bring(session, copy)).revision == 1


async def test_holidays_that_the_city_edited_stay(session):
    await bring(session)
    national_day = datetime(2026, 9, 2, tzinfo=UTC).date()
    await session.execute(delete(CalendarDay).where(CalendarDay.day == national_day))
    await session.execute(update(Calendar).values(name="Giờ của thành phố"))
    await bring(session)
    assert national_day not in list(await session.scalars(select(CalendarDay.day)))
    names = set(await session.scalars(select(Calendar.name)))
    assert names == {"Giờ của thành phố"}


async def test_holidays_cover_the_years_around_now(session):
    await bring(session)
    years = {day.year for day in await session.scalars(select(CalendarDay.day))}
    assert years == {2025, 2026, 2027, 2028}
