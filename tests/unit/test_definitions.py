"""Every city whose definitions come with the source: its files parse and fit together."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.i18n import LANGUAGES, load_messages
from gis.boundary_files import read_boundaries
from gis.nearby import NearbyFeature
from notifications.rendering import load_templates
from workflows.calendars import parse_spans
from workflows.catalogue import CategoryView
from workflows.configuration import descendants_of
from workflows.definition_check import check_definitions
from workflows.definition_files import (
    DEFINITIONS,
    ROOTS,
    Definitions,
    DefinitionsRefused,
    list_shipped,
    read_definitions,
)
from workflows.process_check import ProcessSurroundings, check_process
from workflows.rules import Facts, Router, Row

CITIES = {name: read_definitions(DEFINITIONS / name) for name in list_shipped()}
WARD_FILES = {"hue": "wards_46_hue_full.geojson", "ha_noi": "wards_01_ha_noi_full.geojson"}
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = [datetime(2026, 6, day, hour, 30, tzinfo=ZONE) for day in range(1, 8) for hour in range(24)]
MONDAY = datetime(2026, 6, 1, 9, tzinfo=ZONE)
ROWS = [(name, row) for name, city in CITIES.items() for row in city.ruleset.rows]

every_city = pytest.mark.parametrize("name", CITIES)


def leaves(city: Definitions) -> list[str]:
    parents = {row.parent for row in city.categories}
    return [row.code for row in city.categories if row.code not in parents]


def below(city: Definitions) -> dict[str, frozenset[str]]:
    views = {
        row.code: CategoryView(**row.model_dump(exclude={"position"}), active=True)
        for row in city.categories
    }
    return descendants_of(views)


ROUTERS = {name: Router(city.ruleset, below(city)) for name, city in CITIES.items()}


def test_there_are_two_cities_and_both_parse() -> None:
    assert list(CITIES) == ["ha_noi", "hue"]
    assert [problem for city in CITIES.values() for problem in check_definitions(city)] == []


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    shutil.copytree(DEFINITIONS / "hue", tmp_path / "city")
    (tmp_path / "city" / "calendar.json").unlink()
    with pytest.raises(DefinitionsRefused) as caught:
        read_definitions(tmp_path / "city")
    assert [str(problem) for problem in caught.value.problems] == [
        "calendar.json: the file is missing"
    ]


@every_city
def test_every_leaf_belongs_to_one_of_the_six_fields(name: str) -> None:
    parents = {row.code: row.parent for row in CITIES[name].categories}
    for leaf in leaves(CITIES[name]):
        line = [leaf]
        while (parent := parents[line[-1]]) is not None:
            line.append(parent)
        assert line[-1] in ROOTS
        assert leaf.startswith(line[-1] + ".")


@every_city
def test_every_root_has_leaves(name: str) -> None:
    assert {leaf.split(".")[0] for leaf in leaves(CITIES[name])} == set(ROOTS)


@every_city
def test_every_department_has_a_deputy_and_an_address(name: str) -> None:
    for row in CITIES[name].departments:
        assert row.deputy
        assert row.email
        assert row.email.startswith(f"{row.code}@")


@every_city
def test_every_leaf_has_an_owner_whatever_is_written(name: str) -> None:
    """A row, not the default: with no word, answer, place or hour that any rule looks for."""
    for leaf in leaves(CITIES[name]):
        found = ROUTERS[name].route(Facts(leaf, ("-",), "không có từ khóa", "app", MONDAY))
        assert found.row is not None, leaf


@every_city
def test_every_target_is_set_for_leaves_alone(name: str) -> None:
    wanted = set(leaves(CITIES[name]))
    assert {row.code for row in CITIES[name].categories if row.target_on_time} == wanted


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row.id}" for name, row in ROWS])
def test_every_row_can_be_reached(name: str, row: Row) -> None:
    """A row that an earlier one always forestalls would be a mistake of the grid."""
    when, tree = row.when, below(CITIES[name])
    codes = [leaf for code in when.category for leaf in tree[code]] or leaves(CITIES[name])
    facts = [
        Facts(
            category=code,
            areas=(area,),
            text=word,
            source=source,
            at=at,
            answers={question: values[0] for question, values in when.answers.items()},
            nearby=tuple(
                NearbyFeature(near.layer, kind, "1", "", near.metres)
                for near in when.near
                for kind in near.kind or ("",)
            ),
        )
        for code in sorted(set(codes) & set(leaves(CITIES[name])))
        for area in when.area or ("-",)
        for source in when.source or ("app",)
        for word in when.words or ("",)
        for at in (MONDAY, *(WEEK if when.hours or when.weekdays else ()))
    ]
    assert any(ROUTERS[name].route(each).row == row.id for each in facts)


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row.id}" for name, row in ROWS])
def test_every_row_names_only_what_exists(name: str, row: Row) -> None:
    city = CITIES[name]
    departments = {each.code for each in city.departments}
    assert {row.then.department, *row.then.co_departments} <= departments
    assert row.then.department not in row.then.co_departments
    assert set(row.when.category) <= {each.code for each in city.categories}
    for question, values in row.when.answers.items():
        assert set(values) <= _choices(city, row, question)


def _choices(city: Definitions, row: Row, question: str) -> set[Any]:
    """The answers that all categories of a row allow to a question."""
    codes = {leaf for code in row.when.category for leaf in below(city)[code]}
    found: list[set[Any]] = []
    for category in city.categories:
        if category.code in codes:
            schema = category.questions["properties"][question]
            found.append({choice["const"] for choice in schema["oneOf"]})
    return set[Any].intersection(*found)


@every_city
def test_areas_of_the_rules_are_wards_of_the_city(name: str, data_dir: Path) -> None:
    wards = {ward.code for ward in read_boundaries(data_dir / WARD_FILES[name], "ward")}
    assert {code for row in CITIES[name].ruleset.rows for code in row.when.area} <= wards


@every_city
def test_its_process_may_be_published(name: str) -> None:
    city = CITIES[name]
    around = ProcessSurroundings(
        departments=frozenset(row.code for row in city.departments),
        templates=frozenset(load_templates("vi")),
        webhooks=frozenset(),
    )
    assert check_process(city.process, around) == []


@every_city
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mark_has_a_label(name: str, language: str) -> None:
    marks = {mark.name for clock in CITIES[name].process.clocks.values() for mark in clock.marks}
    assert {f"event_{mark}" for mark in marks} <= load_messages(language).keys()


@every_city
def test_ready_texts_fill_what_they_name(name: str) -> None:
    """`{code}` and the like are filled by `workflows.canned_answers`; `$code` would not be."""
    for row in CITIES[name].answers:
        assert Template(row.text).get_identifiers() == []
        assert "{code}" in row.text or "{department}" in row.text


@every_city
def test_hours_of_every_calendar_add_up(name: str) -> None:
    for calendar in CITIES[name].calendars:
        assert any(parse_spans(day) for day in calendar.week)
