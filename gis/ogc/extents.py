"""Where and when the features of a collection are."""

from __future__ import annotations

import asyncpg

from gis.ogc.borrowing import borrowed
from gis.ogc.collections import Collection, Extent

# A report may lie a little outside the city's boundary: in degrees, about 5 km.
MARGIN = 0.05
_EXTENT = """
    select ST_XMin(box) as west, ST_YMin(box) as south, ST_XMax(box) as east, ST_YMax(box) as north,
           (select {since}::timestamptz from {view} order by {since} limit 1) as since
    from (select ST_Expand(ST_Extent(geom), $1) as box from public_areas) as city
"""


async def find_extent(pool: asyncpg.Pool, collection: Collection) -> Extent:
    """The extent of a collection.

    The box is that of the city's areas, which costs the same however many features there are.
    """
    since = collection.period.since
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(_EXTENT.format(since=since, view=collection.view), MARGIN)
    if row["west"] is None:
        return Extent(None, row["since"])
    return Extent((row["west"], row["south"], row["east"], row["north"]), row["since"])
