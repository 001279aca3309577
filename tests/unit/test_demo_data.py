"""The demo city's files fit together."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest
import shapely

from cli.demo_city import DIRECTORY, read_wards
from gis.demo_boundaries import approximate_wards
from workflows.catalogue import holiday_days, read_document
from workflows.rules import Facts, Router, Ruleset

CATEGORIES = read_document(DIRECTORY / "categories.json")["categories"]
DEPARTMENTS = {row["code"] for row in read_document(DIRECTORY / "departments.json")["departments"]}
CITY = read_document(DIRECTORY / "city.json")
WARDS = read_wards()["wards"]
ROUTING = Ruleset.model_validate(read_document(DIRECTORY / "routing.json"))
LEAVES = [row["code"] for row in CATEGORIES if row["parent"]]
REST = "urban_order.other"  # read by the operators first
AT = datetime(2026, 8, 3, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@pytest.fixture(scope="module")
def router() -> Router:
    below = {row["code"]: {row["code"]} for row in CATEGORIES}
    for row in CATEGORIES:
        if row["parent"]:
            below[row["parent"]].add(row["code"])
    return Router(ROUTING, {code: frozenset(codes) for code, codes in below.items()})


def test_the_roots_are_the_six_fields_of_the_letter():
    roots = [row["code"] for row in CATEGORIES if row["parent"] is None]
    assert roots == ["traffic", "environment", "energy", "waste", "security", "urban_order"]


def test_leaves_hang_below_their_root_in_order():
    codes = [row["code"] for row in CATEGORIES]
    assert len(set(codes)) == len(codes)
    assert 30 <= len(LEAVES) <= 40
    for row in CATEGORIES:
        if row["parent"]:
            assert row["code"].startswith(row["parent"] + ".")
            assert codes.index(row["parent"]) < codes.index(row["code"])
    positions = [row["position"] for row in CATEGORIES]
    assert positions == sorted(set(positions))


def test_every_category_is_named_twice():
    assert all(row["name"] and row["name_en"] for row in CATEGORIES)


def test_what_concerns_crime_is_not_on_the_public_map():
    hidden = {row["code"] for row in CATEGORIES if row["visibility"] == "hidden"}
    assert {"security.disorder", "security.rescue", "traffic.violation"} <= hidden


def test_questions_are_json_schemas_with_titles_in_both_languages():
    asked = [row["questions"] for row in CATEGORIES if row["questions"]]
    assert asked
    for schema in asked:
        jsonschema_rs.meta.validate(schema)
        for question in schema["properties"].values():
            assert question["title"]
            assert question["title_en"]


@pytest.mark.parametrize("category", [code for code in LEAVES if code != REST])
@pytest.mark.parametrize("ward", ["19789", "20050", "20137"])
def test_every_leaf_is_routed_by_a_row(router, category, ward):
    routing = router.route(Facts(category, (ward,), "không có từ khóa nào", "app", AT))
    assert routing.row is not None
    assert routing.outcome.department in DEPARTMENTS


def test_the_rest_is_verified_by_the_operators(router):
    for ward in ("19789", "20050", "20137"):
        routing = router.route(Facts(REST, (ward,), "", "app", AT))
        assert (routing.row, routing.outcome.verify) == ("o-other", True)
        assert routing.outcome.department == CITY["default_department"]


def test_nothing_else_waits_for_them():
    assert [row.id for row in ROUTING.rows if row.then.verify] == ["o-other"]


def test_what_names_people_or_traders_is_looked_at_before_it_is_published():
    checked = {row["code"] for row in CATEGORIES if row["publish_check"]}
    assert checked == {"traffic.violation", "security.tourist", "urban_order.food_safety"}
    assert checked <= set(LEAVES)


def test_every_department_has_a_deputy_that_exists():
    """Cases of a department without an answer go to its deputy: in the end to the city's own."""
    rows = read_document(DIRECTORY / "departments.json")["departments"]
    deputies = {row["code"]: row["deputy"] for row in rows}
    assert set(deputies.values()) <= DEPARTMENTS
    assert all(code != deputy for code, deputy in deputies.items())


def test_departments_count_in_a_calendar_that_exists():
    calendars = {row["code"] for row in read_document(DIRECTORY / "calendar.json")["calendars"]}
    rows = read_document(DIRECTORY / "departments.json")["departments"]
    assert {row["calendar"] for row in rows if row["calendar"]} <= calendars
    assert CITY["calendar"] in calendars


def test_every_department_of_the_rules_exists_and_has_work():
    used = {ROUTING.default.then.department}
    for row in ROUTING.rows:
        used |= {row.then.department, *row.then.co_departments}
    assert used == DEPARTMENTS


def test_every_ward_of_the_rules_exists():
    known = {ward["code"] for ward in WARDS}
    assert {code for row in ROUTING.rows for code in row.when.area} <= known


@pytest.mark.parametrize(
    ("category", "words", "row"),
    [
        ("energy.wire", "Có dây điện đứt nằm trên vỉa hè", "u-live-wire"),
        ("traffic.manhole", "Hố ga mất nắp trước cổng trường", "u-open-manhole"),
        ("environment.flooding", "hai người mắc kẹt trong nhà", "u-flood"),
        ("security.fire_safety", "đang cháy kho phế liệu", "u-fire"),
        ("environment.tree", "Cây phượng gãy đổ chắn ngang đường", "u-tree"),
    ],
)
def test_danger_is_urgent(router, category, words, row):
    routing = router.route(Facts(category, ("19789",), words, "app", AT))
    assert routing.row == row
    assert routing.outcome.priority == 1
    assert routing.outcome.hours <= 4


def test_a_burnt_lamp_is_no_fire(router):
    routing = router.route(
        Facts("energy.street_light", ("19789",), "bóng đèn đường bị cháy", "app", AT)
    )
    assert routing.row == "n-light-core"


def test_the_ward_decides_who_mends_a_street_light(router):
    centre = router.route(Facts("energy.street_light", ("19789",), "", "app", AT))
    mountains = router.route(Facts("energy.street_light", ("20050",), "", "app", AT))
    assert (centre.outcome.department, mountains.outcome.department) == ("hepco", "ubnd")


def test_a_distress_signal_comes_before_everything(router):
    routing = router.route(Facts("waste.dumped", ("19789",), "", "sos", AT))
    assert (routing.row, routing.outcome.hours) == ("u-sos", 1)


def test_there_are_forty_wards():
    assert len({ward["code"] for ward in WARDS}) == len(WARDS) == 40
    assert all(len(ward["points"]) >= 1 for ward in WARDS)


def test_approximate_wards_fill_the_outline_without_overlap():
    document = read_wards()
    outline = shapely.Polygon(document["outline"])
    assert outline.is_valid
    shapes = [ward.geometry for ward in approximate_wards(document, "46")]
    assert all(shapely.is_valid(shapes))
    union = shapely.union_all(shapes)
    assert outline.difference(union).area < 1e-6  # square degrees: a hundredth of a km²
    overlap = sum(shape.area for shape in shapes) - union.area
    assert overlap < 1e-6
    for ward, shape in zip(document["wards"], shapes, strict=True):
        for lon, lat in ward["points"]:
            assert shapely.contains_xy(shape, lon, lat)


def test_the_figures_of_the_approximation_hold(data_dir):
    """What the file says about itself, measured again."""
    from gis.boundary_files import read_boundaries
    from gis.geometry import area_m2

    made = {ward.code: ward.geometry for ward in approximate_wards(read_wards(), "46")}
    real = read_boundaries(data_dir / "wards_46_hue_full.geojson", "ward")
    assert {ward.code for ward in real} == set(made)
    right = sum(area_m2(made[ward.code].intersection(ward.geometry)) for ward in real)
    assert right / sum(area_m2(ward.geometry) for ward in real) == pytest.approx(0.961, abs=0.002)


def test_the_calendar_knows_holidays_and_worked_saturdays():
    week = read_document(DIRECTORY / "calendar.json")["calendars"][0]["week"]
    days = holiday_days("VN", week, range(2026, 2027))
    assert days[date(2026, 9, 2)] == ([], "Quốc khánh")
    assert days[date(2026, 8, 22)][0] == week[0]
    assert date(2026, 2, 17) in days
