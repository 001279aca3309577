"""Filters: what SQL they become, what is refused, and that nothing gets past or breaks the parser."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InvalidInput
from gis.cql2 import Condition, Lang, parse_filter
from gis.crs import CRSES, Crs, to_wgs84
from gis.queryables import Kind, Queryable

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
QUERYABLES = {
    one.name: one
    for one in (
        Queryable("name", Kind.TEXT),
        Queryable("rank", Kind.INTEGER),
        Queryable("share", Kind.NUMBER),
        Queryable("overdue", Kind.BOOLEAN),
        Queryable("opened", Kind.INSTANT, column="opened_at"),
        Queryable("day", Kind.DATE),
        Queryable("geometry", Kind.GEOMETRY, column="geom"),
    )
}


def parse(text: str, lang: Lang = "cql2-text", crs: Crs | None = None) -> Condition:
    return parse_filter(text, lang=lang, queryables=QUERYABLES, first_parameter=4, crs=crs)


def refused(text: str, lang: Lang = "cql2-text", crs: Crs | None = None) -> str:
    with pytest.raises(InvalidInput) as error:
        parse(text, lang, crs)
    (field,) = error.value.fields
    assert field.pointer == "?filter"
    return field.code


def outcome(text: str, lang: Lang = "cql2-text") -> Condition | str:
    """The condition, or the code of the refusal."""
    try:
        return parse(text, lang)
    except InvalidInput as error:
        (field,) = error.fields
        return field.code


def is_fine(made: Condition | str) -> bool:
    return isinstance(made, Condition) or made.startswith(("filter_", "bbox_", "coordinates_"))


def shape_of(text: str, crs: Crs | None = None) -> shapely.Geometry:
    (wkb,) = parse(f"S_INTERSECTS(geometry, {text})", crs=crs).parameters
    assert isinstance(wkb, bytes)
    return shapely.from_wkb(wkb)


def test_parameters_are_numbered_and_cast() -> None:
    made = parse("name = 'x' AND rank > 3 OR NOT overdue")
    assert made.sql == (
        '((("name" = CAST($4 AS text)) AND ("rank" > CAST($5 AS double precision)))'
        ' OR (NOT "overdue"))'
    )
    assert made.parameters == ("x", 3.0)


@pytest.mark.parametrize(
    ("text", "sql", "parameters"),
    [
        ("overdue", '"overdue"', ()),
        ("TRUE", "TRUE", ()),
        ("DATE('2026-11-23') IS NULL", "(FALSE)", ()),
        ("overdue = false", '("overdue" = FALSE)', ()),
        ("3 < rank", '(CAST($4 AS double precision) < "rank")', (3.0,)),
        ("name NOT LIKE 'a%'", '(NOT ("name" LIKE CAST($4 AS text)))', ("a%",)),
        ("name LIKE 'a\\'", '("name" LIKE CAST($4 AS text))', ("a\\\\",)),
        ("name IS NULL", '("name" IS NULL)', ()),
        ("geometry IS NOT NULL", '(NOT ("geom" IS NULL))', ()),
        (
            "CASEI(name) IN (CASEI('A'))",
            '(lower("name") IN (lower(CAST($4 AS text))))',
            ("A",),
        ),
        (
            "ACCENTI(CASEI(name)) = CASEI(ACCENTI('Đường'))",
            '(plain_text("name") = plain_text(CAST($4 AS text)))',
            ("Đường",),
        ),
        (
            "rank BETWEEN 1 AND 2",
            '("rank" >= CAST($4 AS double precision) AND "rank" <= CAST($5 AS double precision))',
            (1.0, 2.0),
        ),
        ("day = DATE('2026-11-23')", '("day" = CAST($4 AS date))', (date(2026, 11, 23),)),
        (
            "opened < DATE('2026-11-23')",
            '(("opened_at" < CAST($4 AS timestamptz)))',
            (datetime(2026, 11, 22, 17, tzinfo=UTC),),
        ),
        (
            "T_AFTER(opened, TIMESTAMP('2026-11-23T07:00:00.5+07:00'))",
            '(("opened_at" > CAST($4 AS timestamptz)))',
            (datetime(2026, 11, 23, 0, 0, 0, 500_000, tzinfo=UTC),),
        ),
    ],
)
def test_becomes(text: str, sql: str, parameters: tuple[object, ...]) -> None:
    assert parse(text) == Condition(sql, parameters)


def test_text_and_json_are_the_same() -> None:
    node = {"op": "like", "args": [{"op": "casei", "args": [{"property": "name"}]}, "a%"]}
    assert parse(json.dumps(node), "cql2-json") == parse("CASEI(name) LIKE 'a%'")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "filter_syntax"),
        ("name =", "filter_syntax"),
        ("(name = 'x'", "filter_syntax"),
        ("name = 'x", "filter_syntax"),
        ("name = 'x'; drop table cases", "filter_syntax"),
        ("password = 'x'", "filter_property_unknown"),
        ('"name"" = 1 --" = \'x\'', "filter_property_unknown"),
        ("geom IS NULL", "filter_property_unknown"),  # the column, not what it is called
        ("ｎame = 'x'", "filter_property_unknown"),
        ("pg_sleep(1)", "filter_operator_unknown"),
        ("name = pg_read_file('/etc/passwd')", "filter_operator_unknown"),
        ("A_CONTAINS(name, ('x', 'y'))", "filter_operator_unknown"),
        ("rank ^ 2 = 4", "filter_operator_unknown"),
        ("name = ('x' = 'y')", "filter_operator_unknown"),
        ("name", "filter_wrong_type"),
        ("'x'", "filter_no_condition"),
        ("rank + 1", "filter_no_condition"),
        ("name = 1", "filter_wrong_type"),
        ("rank = 'x'", "filter_wrong_type"),
        ("rank = true", "filter_wrong_type"),
        ("rank IN (1, 'x')", "filter_wrong_type"),
        ("rank + name = 1", "filter_wrong_type"),
        ("CASEI(rank) = 'x'", "filter_wrong_type"),
        ("rank LIKE 'x'", "filter_wrong_type"),
        ("name LIKE name", "filter_pattern"),
        ("geometry = POINT(1 2)", "filter_wrong_type"),
        ("opened > '2026-01-01T00:00:00Z'", "filter_wrong_type"),
        ("S_INTERSECTS(geometry, name)", "filter_wrong_type"),
        ("T_AFTER(rank, DATE('2026-01-01'))", "filter_wrong_type"),
        ("name = NULL", "filter_value_unknown"),
        ("rank = 1e999", "filter_number_invalid"),
        ("opened > TIMESTAMP('2026-01-01')", "filter_time_invalid"),
        ("opened > TIMESTAMP('2026-02-30T00:00:00Z')", "filter_time_invalid"),
        ("opened > TIMESTAMP('0001-01-01T00:00:00+14:00')", "filter_time_invalid"),
        ("opened > DATE('0001-01-01')", "filter_time_invalid"),
        ("opened > DATE('tomorrow')", "filter_time_invalid"),
        ("day > DATE('2026-02-30')", "filter_time_invalid"),
        ("T_DURING(opened, INTERVAL(rank, '..'))", "filter_wrong_type"),
        ("T_DURING(opened, INTERVAL(1, 2))", "filter_value_unknown"),
        ("opened > INTERVAL('2026-01-01', '..')", "filter_interval_compared"),
        ("T_DURING(opened, INTERVAL('2026-01-02', '2026-01-01'))", "filter_interval_backwards"),
        ("S_INTERSECTS(geometry, POINT(181 2))", "coordinates_outside"),
        ("S_INTERSECTS(geometry, BBOX(1, 2, 3))", "bbox_numbers"),
        ("S_INTERSECTS(geometry, BBOX(1, 4, 3, 2))", "bbox_upside_down"),
        ("S_INTERSECTS(geometry, BBOX(rank, 2, 3, 4))", "bbox_numbers"),
        ("S_INTERSECTS(geometry, POLYGON((1 1, 2 2)))", "filter_geometry_invalid"),
        ("S_INTERSECTS(geometry, POLYGON((1 1, 2 2, 1 1, 1 1)))", "filter_geometry_invalid"),
        (
            "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1)))",
            "filter_geometry_mixed",
        ),
        ("name = 'a\0b'", "filter_text_invalid"),
        ("name = '\ud800'", "filter_text_invalid"),
        ("CASEI(name, name) = 'x'", "filter_arguments"),
        ("S_INTERSECTS(geometry)", "filter_arguments"),
        ("name = '" + "x" * 60_000 + "'", "filter_too_long"),
        ("rank IN (" + ",".join(["1"] * 501) + ")", "filter_list_too_long"),
        ("NOT " * 30 + "overdue", "filter_too_deep"),
        (" AND ".join(["overdue"] * 501), "filter_too_large"),
        (
            "S_INTERSECTS(geometry, MULTIPOINT(" + ",".join(["1 1"] * 5_001) + "))",
            "filter_too_many_vertices",
        ),
    ],
)
def test_is_refused(text: str, code: str) -> None:
    assert refused(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "filter_syntax"),
        ("{", "filter_syntax"),
        ("null", "filter_no_condition"),
        ('{"op": "=", "args": {"property": "name"}}', "filter_not_understood"),
        ('{"op": "and", "args": []}', "filter_arguments"),
        ('{"op": "in", "args": [{"property": "name"}, "x"]}', "filter_arguments"),
        ('{"op": "=", "args": [{"property": "name"}, "a\\u0000"]}', "filter_text_invalid"),
        ('{"op": "=", "args": [{"property": "day"}, {"date": 5}]}', "filter_time_invalid"),
        (
            '{"op":"s_within","args":[{"property":"geometry"},{"type":"GeometryCollection","geometries":[]}]}',
            "filter_geometry_invalid",
        ),
        ('{"op": "pg_sleep", "args": [1]}', "filter_operator_unknown"),
        ('{"op": "; drop table cases", "args": [1]}', "filter_operator_unknown"),
    ],
)
def test_json_is_refused(text: str, code: str) -> None:
    assert refused(text, "cql2-json") == code


def test_an_unknown_property_says_what_there_is() -> None:
    with pytest.raises(InvalidInput) as error:
        parse("nane = 'x'")
    facts = error.value.fields[0].facts
    assert facts["property"] == "nane"
    assert str(facts["offered"]).split(", ") == sorted(QUERYABLES)


def test_a_syntax_error_says_where() -> None:
    with pytest.raises(InvalidInput) as error:
        parse("name = 'x'\n  AND rank >>> 3")
    assert error.value.fields[0].facts == {"position": "2:13"}


# Most of these end the process, or keep it busy for minutes, when the parser sees them.
HOSTILE = {
    "brackets": "(" * 10_000 + "overdue" + ")" * 10_000,
    "open brackets": "(" * 40,
    "a mistake in brackets": "(" * 25 + "rank = 1 1" + ")" * 25,
    "a long mistake": "(" * 12 + "rank = 1 AND " * 3_000 + "x y" + ")" * 12,
    "lists": "rank IN " + "(" * 30 + "1",
    "spaced out": " ( " * 10_000,
    "after words": "1or(" * 30,
    "glued words": "1or1or(" * 30,
    "minus": "rank = " + "-" * 20_000 + "1",
    "not": "NOT " * 10_000 + "overdue",
    "plus": "rank" + "+rank" * 9_000 + " = 1",
    "minus numbers": "rank" + "-1" * 20_000 + " = 1",
    "equals": "rank" + "=rank" * 9_000,
    "functions": "CASEI(" * 8_000 + "name" + ")" * 8_000,
    "collections": "S_INTERSECTS(geometry," + "GEOMETRYCOLLECTION(" * 2_000,
    "a megabyte": "name = '" + "x" * 1_000_000 + "'",
    "quotes": "name = '" + "'" * 40_000,
    "digits": "rank = " + "9" * 40_000,
    "words": "a " * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused(name: str) -> None:
    assert refused(HOSTILE[name]).startswith("filter_")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000 + "]" * 10_000,
        '{"op":"not","args":[' * 2_000 + "true" + "]}" * 2_000,
        '{"op":"not","args":[' * 30 + '{"bad":1}' + "]}" * 30,
        '{"op":"and","args":[' * 30 + "true," * 5_000 + '{"bad":1}' + "]}" * 30,
        '{"property":' * 30 + "1" + "}" * 30,
        '{"op":"=","args":[{"property":"rank"},' + "9" * 40_000 + "]}",
    ],
)
def test_hostile_json_is_refused(text: str) -> None:
    assert refused(text, "cql2-json").startswith("filter_")


WORDS = """
name rank overdue geometry opened not and or in is null like between div casei accenti true
s_intersects t_during interval date timestamp bbox point polygon pg_sleep 'x' '2026-01-01' 1 -1
1.5e3 ( ) , = <> < <= - + * / % ^ '' " ' -- /* */ ; \\ $1 é Đ 😀
"""


@given(
    words=st.lists(st.sampled_from(WORDS.split()), max_size=40), space=st.sampled_from(["", " "])
)
@example(words=["("] * 40, space="")
def test_any_words_are_parsed_or_refused(words: list[str], space: str) -> None:
    assert is_fine(outcome(space.join(words)))


@given(text=st.text(st.characters(), max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    assert is_fine(outcome(text))
    assert is_fine(outcome(text, "cql2-json"))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries(
            {
                "op": st.sampled_from(
                    ["=", "and", "not", "in", "like", "isNull", "t_during", "casei"]
                ),
                "args": st.lists(inner, max_size=3),
            }
        )
        | st.dictionaries(
            st.sampled_from(["property", "date", "timestamp", "interval", "bbox", "type", "op"]),
            inner | st.sampled_from(["name", "rank", "Point", "Polygon", "GeometryCollection"]),
            max_size=3,
        )
    ),
    max_leaves=20,
)


@given(node=JSON)
def test_any_json_is_parsed_or_refused(node: object) -> None:
    assert is_fine(outcome(json.dumps(node), "cql2-json"))


GEOMETRIES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["Point", "MultiPoint", "LineString", "Polygon", "MultiLineString", "MultiPolygon"]
        ),
        "coordinates": st.recursive(
            st.floats(-200, 200),
            lambda inner: st.lists(inner, max_size=5),
            max_leaves=25,
        ),
    }
)


@given(geometry=GEOMETRIES | st.lists(GEOMETRIES, max_size=3))
def test_any_geometry_is_valid_or_refused(geometry: object) -> None:
    if isinstance(geometry, list):
        geometry = {"type": "GeometryCollection", "geometries": geometry}
    node = {"op": "s_intersects", "args": [{"property": "geometry"}, geometry]}
    made = outcome(json.dumps(node), "cql2-json")
    assert is_fine(made)
    if isinstance(made, Condition):
        (wkb,) = made.parameters
        shape = shapely.from_wkb(wkb)
        assert shapely.is_valid(shape) or shapely.get_dimensions(shape) < 2
        assert not shape.is_empty
        assert not shape.has_z


def test_a_limit_is_not_reached_by_a_detailed_boundary() -> None:
    ring = ", ".join(f"{107 + n / 1e4:.7f} 16.1234567" for n in range(1, 1_900))
    inside = f"S_INTERSECTS(geometry, POLYGON((107 16, {ring}, 107 16)))"
    assert len(parse(f"overdue AND NOT (rank > 3 AND {inside})").parameters) == 2


def test_geometry_in_the_filters_coordinate_system() -> None:
    expected = shapely.Point(107.5, 16.5)
    swapped = CRSES[f"{EPSG}4326"]
    assert shape_of("POINT(107.5 16.5)") == expected
    assert shape_of("POINT Z(107.5 16.5 9)") == expected
    assert shape_of("POINT(16.5 107.5)", swapped) == expected
    assert shape_of("BBOX(16, 107, 17, 108)", swapped).equals(shapely.box(107, 16, 108, 17))
    zone = CRSES[f"{EPSG}9214"]
    x, y = to_wgs84(zone.srid).transform(107.5, 16.5, direction="INVERSE")
    moved = shape_of(f"POINT({x} {y})", zone)
    assert moved.distance(expected) < 1e-7
    box = shape_of("BBOX(500000, 1800000, 600000, 1900000)", zone)
    assert shapely.get_num_coordinates(box) > 80
    assert box.contains(moved)
    assert (
        refused("S_INTERSECTS(geometry, POINT(107.5 16.5))", crs=swapped) == "coordinates_outside"
    )
    assert refused("S_INTERSECTS(geometry, BBOX(9, 1e6, 8, 2e6))", crs=zone) == "bbox_west_of_east"


def test_a_bbox_across_the_antimeridian() -> None:
    made = shape_of("BBOX(170, -10, -170, 10)")
    assert made.area == 400
    assert made.contains(shapely.Point(-175, 0))
    assert not made.intersects(shapely.Point(0, 0))


def test_a_bow_tie_is_mended() -> None:
    made = shape_of("POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))")
    assert made.geom_type == "MultiPolygon"
    assert made.area == 2


def test_a_column_is_an_identifier() -> None:
    with pytest.raises(ValueError, match="bare column"):
        Queryable("x", Kind.TEXT, column='x" or true --')
