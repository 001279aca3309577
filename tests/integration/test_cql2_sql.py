"""Filters on a real PostGIS: the right rows, never an error of the database, never anything else."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from sqlalchemy.engine import make_url

from core.errors import InvalidInput
from gis.cql2 import parse_filter
from gis.crs import CRSES, Crs
from gis.queryables import Kind, Queryable

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
COLUMNS = {
    "name": Kind.TEXT,
    "rank": Kind.INTEGER,
    "share": Kind.NUMBER,
    "overdue": Kind.BOOLEAN,
    "opened": Kind.INSTANT,
    "closed": Kind.INSTANT,
    "day": Kind.DATE,
    "geom": Kind.GEOMETRY,
}
QUERYABLES = {name: Queryable(name, kind) for name, kind in COLUMNS.items()}


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=ZONE).astimezone(UTC)


Row = tuple[Any, ...]
# id, name, rank, share, overdue, opened, closed, day, longitude, latitude
ROWS: list[Row] = [
    (1, "Đường Lê Lợi", 1, 0.5, True, at(1, 8), at(3), date(2026, 11, 1), 107.5, 16.5),
    (2, "đường lê lợi", 2, 1.5, False, at(1, 23), None, date(2026, 11, 2), 107.6, 16.4),
    (3, "DUONG LE LOI", 3, -2.0, None, at(2, 0), at(2, 12), None, 107.7, 16.3),
    (4, "100% sạch_sẽ", 0, 1e300, True, at(3, 12), at(5), date(2026, 11, 3), 179.5, 0.0),
    (5, "a\\b", -7, None, False, None, None, date(2026, 11, 1), -179.5, 0.0),
    (6, "it's", None, 0.1, False, at(2, 23), at(4), date(2026, 10, 31), None, None),
]
IDS = {row[0] for row in ROWS}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def table(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    url = make_url(database_url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    await connection.execute(
        "create temp table things (id int, name text, rank int, share float8, overdue bool,"
        " opened timestamptz, closed timestamptz, day date, geom geometry(Point, 4326),"
        " secret text default 'secret')"
    )
    await connection.executemany(
        "insert into things values ($1, $2, $3, $4, $5, $6, $7, $8,"
        " st_setsrid(st_makepoint($9, $10), 4326))",
        ROWS,
    )
    yield connection
    await connection.close()


async def select(table: asyncpg.Connection, text: str, crs: Crs | None = None) -> set[int]:
    made = parse_filter(text, lang="cql2-text", queryables=QUERYABLES, first_parameter=2, crs=crs)
    statement = f"select id from things where id > $1 and ({made.sql})"
    return {row["id"] for row in await table.fetch(statement, 0, *made.parameters)}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("rank >= 1 AND rank < 3", {1, 2}),
        ("2 = rank", {2}),
        ("rank = 1.5", set()),
        ("share = 0.1", {6}),
        ("share > 1e200", {4}),
        ("rank < 1e300", {1, 2, 3, 4, 5}),
        ("NOT overdue", {2, 5, 6}),
        ("overdue IS NULL", {3}),
        ("overdue <> TRUE", {2, 5, 6}),
        ("rank IN (1, 3, 99)", {1, 3}),
        ("rank NOT BETWEEN 0 AND 2", {3, 5}),
        ("name = 'it''s'", {6}),
        ("name LIKE '%b'", {5}),
        (r"name LIKE 'a\\b'", {5}),
        (r"name LIKE '100\% %'", {4}),
        ("name LIKE '_t_s'", {6}),
        ("name LIKE '%\\'", set()),
        ("CASEI(name) = CASEI('ĐƯỜNG LÊ LỢI')", {1, 2}),
        ("ACCENTI(name) = ACCENTI('Dường Le Lới')", {1}),
        ("ACCENTI(CASEI(name)) = ACCENTI(CASEI('dUong le loi'))", {1, 2, 3}),
        ("CASEI(ACCENTI(name)) LIKE CASEI(ACCENTI('ĐƯỜNG%'))", {1, 2, 3}),
        ("CASEI(ACCENTI(name)) IN (CASEI(ACCENTI('ĐƯỜNG lê lợi')))", {1, 2, 3}),
        ("CASEI(name) LIKE 'it%'", {6}),
        # the wide signs lose their width like an accent, and still are no wildcards
        ("ACCENTI(name) LIKE ACCENTI('％')", set()),
        ("ACCENTI(name) LIKE ACCENTI('100％%')", {4}),
        ("ACCENTI(name) LIKE ACCENTI('a＼b')", {5}),
        ("ACCENTI(name) LIKE ACCENTI('a∖')", set()),
        ("opened > TIMESTAMP('2026-11-01T16:00:00Z')", {3, 4, 6}),
        ("opened = TIMESTAMP('2026-11-01T16:00:00Z')", {2}),
        ("opened = DATE('2026-11-01')", {1, 2}),
        ("opened <> DATE('2026-11-01')", {3, 4, 6}),
        ("opened <= DATE('2026-11-01')", {1, 2}),
        ("opened > DATE('2026-11-01')", {3, 4, 6}),
        ("opened >= DATE('2026-11-02')", {3, 4, 6}),
        ("DATE('2026-11-02') > opened", {1, 2}),
        ("opened BETWEEN DATE('2026-11-01') AND DATE('2026-11-02')", {1, 2, 3, 6}),
        ("opened IN (DATE('2026-11-01'), TIMESTAMP('2026-11-03T05:00:00Z'))", {1, 2, 4}),
        ("day = DATE('2026-11-01')", {1, 5}),
        ("day < DATE('2026-11-02')", {1, 5, 6}),
        ("day IN (DATE('2026-11-02'), DATE('2026-11-03'))", {2, 4}),
        ("day > TIMESTAMP('2026-11-01T10:00:00Z')", {2, 4}),
        ("day IS NULL", {3}),
        ("opened = day", {1, 4}),
        ("T_AFTER(opened, DATE('2026-11-01'))", {3, 4, 6}),
        ("T_BEFORE(opened, INTERVAL('2026-11-02', '..'))", {1, 2}),
        ("T_DURING(opened, INTERVAL('2026-11-01', '2026-11-02'))", {1, 2, 6} | {3}),
        ("T_DURING(opened, INTERVAL('2026-11-01T17:00:00Z', '..'))", {4, 6}),
        ("T_INTERSECTS(opened, INTERVAL('2026-11-01T17:00:00Z', '..'))", {3, 4, 6}),
        ("T_INTERSECTS(opened, INTERVAL('..', '2026-11-01'))", {1, 2}),
        ("T_DISJOINT(opened, INTERVAL('..', '2026-11-01'))", {3, 4, 6}),
        ("T_EQUALS(opened, DATE('2026-11-01'))", {1, 2}),
        ("T_INTERSECTS(INTERVAL(opened, closed), DATE('2026-11-04'))", {4, 6}),
        ("T_CONTAINS(INTERVAL(opened, closed), TIMESTAMP('2026-11-02T04:00:00Z'))", {1, 3}),
        ("T_STARTS(opened, INTERVAL('2026-11-02', '..'))", {3}),
        ("T_MEETS(INTERVAL('..', '2026-11-01T17:00:00Z'), INTERVAL(opened, closed))", {3}),
        ("T_OVERLAPS(INTERVAL(opened, closed), INTERVAL('2026-11-02', '2026-11-08'))", {1}),
        ("T_FINISHES(INTERVAL(opened, closed), INTERVAL('..', '2026-11-03T17:00:00Z'))", {6}),
        ("S_INTERSECTS(geom, BBOX(107, 16, 107.65, 17))", {1, 2}),
        ("S_INTERSECTS(BBOX(107, 16, -3, 107.65, 17, 3), geom)", {1, 2}),
        ("S_INTERSECTS(geom, BBOX(179, -1, -179, 1))", {4, 5}),
        ("S_DISJOINT(geom, BBOX(107, 16, 108, 17))", {4, 5}),
        ("S_WITHIN(geom, POLYGON((107 16, 108 16, 108 16.45, 107 16.45, 107 16)))", {2, 3}),
        ("S_CONTAINS(POLYGON((107 16, 108 16, 108 16.45, 107 16.45, 107 16)), geom)", {2, 3}),
        ("S_EQUALS(geom, POINT(107.5 16.5))", {1}),
        ("S_TOUCHES(geom, POLYGON((107.5 16.5, 108 16.5, 108 17, 107.5 16.5)))", {1}),
        ("S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(107.5 16.5), LINESTRING(179 0, 180 0)))", {1, 4}),
        ("S_DISJOINT(geom, GEOMETRYCOLLECTION(POINT(107.5 16.5), LINESTRING(0 0, 1 1)))", {2, 3, 4, 5}),
        ("S_WITHIN(geom, GEOMETRYCOLLECTION(POINT(107.5 16.5), POINT(107.6 16.4)))", {1, 2}),
        ("S_INTERSECTS(geom, POLYGON((107 16, 108 17, 108 16, 107 17, 107 16)))", {1, 3}),
        ("S_OVERLAPS(geom, MULTIPOINT((1 1), (2 2))) OR S_CROSSES(geom, LINESTRING(0 0, 1 1))", set()),
        ("geom IS NULL", {6}),
        ("rank + 1 = 2", {1}),
        ("rank / 0 = 1", set()),
        ("-rank = 7", {5}),
        ("rank % 2 = 1 AND rank div 2 = 1", {3}),
        ("share * 1e300 * 1e300 > share", {1, 2, 4, 6}),
        ("share < 1e300 * 1e300", {1, 2, 3, 4, 6}),
        ("TRUE", IDS),
        ("FALSE", set()),
    ],
)  # fmt: skip
async def test_selects(table: asyncpg.Connection, text: str, ids: set[int]) -> None:
    assert await select(table, text) == ids


async def test_geometry_comes_in_the_filters_coordinate_system(table: asyncpg.Connection) -> None:
    for srid in (3405, 9214, 3857):
        crs = CRSES[f"http://www.opengis.net/def/crs/EPSG/0/{srid}"]
        there = Transformer.from_crs(4326, srid, always_xy=True)
        box = there.transform_bounds(107.45, 16.45, 107.55, 16.55)
        assert await select(table, f"S_INTERSECTS(geom, BBOX{box})", crs) == {1}


@pytest.mark.parametrize(
    "text",
    [
        "secret = 'secret'",
        '"secret" IS NOT NULL',
        "name = 'x' OR 1=1; --'",
        "\"name\"\" = '' OR true --\" = 'x'",
        "pg_sleep(10)",
        "current_setting('data_directory') = 'x'",
        "things.secret = 'secret'",
        "name::int = 1",
    ],
)
async def test_what_is_not_offered_is_not_reached(table: asyncpg.Connection, text: str) -> None:
    with pytest.raises(InvalidInput):
        await select(table, text)


@pytest.mark.parametrize(
    "value", ["' OR true --", "'; drop table things; --", "$1", "$2", "\\", "{0}", "\x01", "\u202e"]
)
async def test_a_value_is_only_a_value(table: asyncpg.Connection, value: str) -> None:
    quoted = value.replace("'", "''")
    assert await select(table, f"name = '{quoted}'") == set()
    assert await select(table, f"name LIKE '{quoted}' OR ACCENTI(name) LIKE '{quoted}'") == set()


# Random filters, against a small evaluator in Python ------------------------------------------

SIGNS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
PLACES = {"name": 1, "rank": 2, "share": 3, "overdue": 4, "opened": 5, "day": 7}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from([row[1] for row in ROWS]) | st.text("aĐđ%_\\' ", max_size=4),
    "rank": st.integers(-8, 4) | st.floats(-1e6, 1e6),
    "share": st.sampled_from([0.1, 0.5, 1.5, -2.0, 1e300]) | st.floats(-10, 10),
    "overdue": st.booleans(),
    "opened": st.sampled_from([row[5] for row in ROWS if row[5]])
    | st.timedeltas(timedelta(), timedelta(days=6)).map(at(1).__add__),
    "day": st.dates(date(2026, 10, 30), date(2026, 11, 4)),
}


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).upper()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return f"TIMESTAMP('{value:%Y-%m-%dT%H:%M:%S.%f}Z')"
        case date():
            return f"DATE('{value}')"
        case _:
            return repr(value)


def comparisons(name: str) -> st.SearchStrategy[tuple[str, Any]]:
    """Text of a predicate, and the function of a row that it means: true, false or unknown."""
    place = PLACES[name]

    def compare(sign: str, value: Any) -> tuple[str, Any]:
        def holds(row: Row) -> bool | None:
            return None if row[place] is None else SIGNS[sign](row[place], value)

        return f"{name} {sign} {written(value)}", holds

    def within(values: list[Any]) -> tuple[str, Any]:
        def holds(row: Row) -> bool | None:
            return None if row[place] is None else row[place] in values

        return f"{name} IN ({', '.join(map(written, values))})", holds

    def missing() -> tuple[str, Any]:
        return f"{name} IS NULL", lambda row: row[place] is None

    return (
        st.builds(compare, st.sampled_from(sorted(SIGNS)), VALUES[name])
        | st.builds(within, st.lists(VALUES[name], min_size=1, max_size=4))
        | st.builds(missing)
    )


def day_of_instant() -> st.SearchStrategy[tuple[str, Any]]:
    def compare(sign: str, day: date) -> tuple[str, Any]:
        def holds(row: Row) -> bool | None:
            return row[5] and SIGNS[sign](row[5].astimezone(ZONE).date(), day)

        return f"opened {sign} {written(day)}", holds

    return st.builds(compare, st.sampled_from(sorted(SIGNS)), VALUES["day"])


def negated(one: tuple[str, Any]) -> tuple[str, Any]:
    def holds(row: Row) -> bool | None:
        value = one[1](row)
        return None if value is None else not value

    return f"NOT ({one[0]})", holds


def joined(word: str, parts: list[tuple[str, Any]]) -> tuple[str, Any]:
    decisive = word == "OR"

    def holds(row: Row) -> bool | None:
        values = [part[1](row) for part in parts]
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    return f" {word} ".join(f"({part[0]})" for part in parts), holds


FILTERS = st.recursive(
    st.one_of(*map(comparisons, PLACES), day_of_instant()),
    lambda inner: (
        st.builds(negated, inner)
        | st.builds(joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=4))
    ),
    max_leaves=8,
)


@given(made=FILTERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
async def test_random_filters_mean_what_they_say(
    table: asyncpg.Connection, made: tuple[str, Any]
) -> None:
    text, holds = made
    assert await select(table, text) == {row[0] for row in ROWS if holds(row) is True}


# Coordinate systems ----------------------------------------------------------------------------


async def test_postgis_and_pyproj_agree_on_vn2000(table: asyncpg.Connection) -> None:
    """To a centimetre, for every system offered, at a place in the middle of its zone."""
    for srid in {crs.srid for crs in CRSES.values()} - {4326}:
        there = Transformer.from_crs(4326, srid, always_xy=True)
        assert there.target_crs is not None
        west, south, east, north = there.target_crs.area_of_use.bounds
        lon, lat = (west + east) / 2 + 0.1, (south + north) / 2 + 0.1
        x, y = there.transform(lon, lat)
        row = await table.fetchrow(
            "select st_x(place) as x, st_y(place) as y from"
            " st_transform(st_setsrid(st_makepoint($1, $2), 4326), $3::int) as place",
            lon, lat, srid,
        )  # fmt: skip
        scale = 111_320 if srid == 4756 else 1
        assert row["x"] == pytest.approx(x, abs=0.01 / scale), srid
        assert row["y"] == pytest.approx(y, abs=0.01 / scale), srid


async def test_vn2000_read_as_wgs84_is_225_m_off_in_postgis(table: asyncpg.Connection) -> None:
    metres = await table.fetchval(
        "select st_distance(place::geography, st_setsrid(st_transform(place, 4756), 4326)::geography)"
        " from st_setsrid(st_makepoint(107.585, 16.468), 4326) as place"
    )
    assert metres == pytest.approx(225, abs=3)
    lon, lat = Transformer.from_crs(4326, 4756, always_xy=True).transform(107.585, 16.468)
    assert Geod(ellps="WGS84").inv(107.585, 16.468, lon, lat)[2] == pytest.approx(metres, abs=0.01)


def test_a_day_is_a_day_in_vietnam() -> None:
    made = parse_filter(
        "opened = DATE('2026-11-23')", lang="cql2-text", queryables=QUERYABLES, first_parameter=1
    )
    last, first = made.parameters
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    assert first.astimezone(ZONE).isoformat() == "2026-11-23T00:00:00+07:00"
    assert last - first == timedelta(days=1) - timedelta(microseconds=1)
