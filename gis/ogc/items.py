"""Features of a collection, as GeoJSON that the database builds and nobody parses again.

A page is the features after an id, in the order of ids, so none is repeated or lost while rows
come, change and go. Which statement is fastest depends on how many features match: few are best
found all, by an index, and then sorted, which counts them as well; for many it is best to go
along the ids until the page is full, or whatever the planner thinks of for these values.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import asyncpg

from gis.crs import WGS84_SRID, Crs
from gis.ogc.borrowing import borrowed
from gis.ogc.collections import GEOMETRY, Collection
from gis.ogc.page import Page
from gis.ogc.query import ItemsQuery

FEW_MATCHES = 5_000
COST_OF_START, COST_OF_MATCH = 2_000, 20
MANY_PAGES, FAR_CHEAPER = 5, 4
# The seventh digit of a degree is a centimetre.
DEGREE_DIGITS, METRE_DIGITS = 7, 2
GEOGRAPHIC_SRIDS = (WGS84_SRID, 4756)


async def fetch_page(pool: asyncpg.Pool, collection: Collection, query: ItemsQuery) -> Page:
    """A page of features. Unavailable when it takes too long."""
    parameters = [value for each in query.conditions for value in each.parameters]
    where = " and ".join(f"({each.sql})" for each in query.conditions) or "true"
    async with borrowed(pool) as connection:
        few = await _are_few(connection, collection, where, parameters, query.limit)
        statement = (_few if few else _many)(collection, where, query, len(parameters))
        row = await connection.fetchrow(statement, *parameters, query.after)
    return Page(row["features"], row["returned"], row["matched"], row["after"])


async def find_feature(
    pool: asyncpg.Pool, collection: Collection, feature_id: UUID | int, crs: Crs
) -> str | None:
    """A feature as JSON text without its closing brace, for links to follow; None if there is
    none or it is not public.
    """
    async with borrowed(pool) as connection:
        return await connection.fetchval(
            f"select {_feature(collection, crs)}"  # noqa: S608  # our own names
            f" from {collection.view} where {collection.id_column} = $1",
            feature_id,
        )


async def _are_few(
    connection: Any, collection: Collection, where: str, parameters: list[Any], limit: int
) -> bool:
    """Whether few features match and an index brings them: a plan that costs more than that for
    each match reads many rows in vain.

    Where many pages match, going along the ids may be far cheaper; how far it has to go is a guess,
    so it must be by a factor.
    """
    found = f"select {collection.id_column} from {collection.view} where {where}"  # noqa: S608
    rows, cost = await _estimate(connection, found, parameters)
    if rows > FEW_MATCHES or cost > COST_OF_START + COST_OF_MATCH * rows:
        return False
    if cost <= COST_OF_START or rows <= MANY_PAGES * limit:
        return True
    page = f"{found} order by {collection.id_column} limit {limit + 1}"
    _, cost_of_page = await _estimate(connection, page, parameters)
    return cost <= FAR_CHEAPER * cost_of_page


async def _estimate(connection: Any, statement: str, parameters: list[Any]) -> tuple[float, float]:
    """How many rows the planner expects, and what it thinks they cost."""
    plan = await connection.fetchval(f"explain (format json) {statement}", *parameters)
    top = json.loads(plan)[0]["Plan"]
    return top["Plan Rows"], top["Total Cost"]


def _few(collection: Collection, where: str, query: ItemsQuery, parameters: int) -> str:
    name = collection.id_column
    return f"""
        with hits as materialized (select {name} from {collection.view} where {where}),
        page as materialized (
            select {name} from hits where {_after(collection, parameters + 1)}
            order by {name} limit {query.limit + 1}
        )
        {_answer(collection, query)}, (select count(*) from hits) as matched
    """  # noqa: S608  # names of the registry and conditions with parameters


def _many(collection: Collection, where: str, query: ItemsQuery, parameters: int) -> str:
    name = collection.id_column
    return f"""
        with page as materialized (
            select {name} from {collection.view}
            where {where} and {_after(collection, parameters + 1)}
            order by {name} limit {query.limit + 1}
        )
        {_answer(collection, query)}, null::bigint as matched
    """  # noqa: S608  # names of the registry and conditions with parameters


def _after(collection: Collection, number: int) -> str:
    parameter = f"${number}::{collection.id_type}"
    return f"({parameter} is null or {collection.id_column} > {parameter})"


def _answer(collection: Collection, query: ItemsQuery) -> str:
    """The features of `page` but for the last row, which only says that there are more."""
    name, limit = collection.id_column, query.limit
    return f"""
        select
            coalesce((
                select string_agg({_feature(collection, query.crs)} || '}}', ',' order by {name})
                from (select {name} from page order by {name} limit {limit}) as shown
                join {collection.view} using ({name})
            ), '') as features,
            (select least(count(*), {limit}) from page) as returned,
            (
                select {name}::text from page where (select count(*) > {limit} from page)
                order by {name} offset {limit - 1} limit 1
            ) as after
    """  # noqa: S608


def _feature(collection: Collection, crs: Crs) -> str:
    """The SQL of a feature's JSON text, its closing brace left to the caller."""
    pairs = ", ".join(f"'{each.name}', {each.name}" for each in collection.properties)
    return (
        f'\'{{"type":"Feature","id":\' || to_json({collection.id_column})'
        f" || ',\"geometry\":' || {_geometry(crs)}"
        f" || ',\"properties\":' || json_build_object({pairs})"
    )


def _geometry(crs: Crs) -> str:
    place = GEOMETRY
    if crs.srid != WGS84_SRID:
        place = f"ST_Transform({place}, {crs.srid})"
    if crs.swapped:
        place = f"ST_FlipCoordinates({place})"
    digits = DEGREE_DIGITS if crs.srid in GEOGRAPHIC_SRIDS else METRE_DIGITS
    return f"ST_AsGeoJSON({place}, {digits}, 0)"
