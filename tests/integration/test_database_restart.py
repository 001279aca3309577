"""The database goes away under the API: the next requests find living connections."""

from __future__ import annotations

import asyncio

import psycopg

from tests.support.client import Api


async def test_connections_that_died_in_the_pool_are_replaced(own_api: Api) -> None:
    api = own_api
    # Fill the pool: several requests at once hold several connections.
    await asyncio.gather(*(api.file() for _ in range(8)))
    desk = await api.staff("operator")
    asked = [api.http.get("/v1/cases", headers=desk) for _ in range(8)]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    assert api.settings.database is not None
    with psycopg.connect(api.settings.database.url, autocommit=True) as connection:
        ended = connection.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
    assert ended is not None
    assert ended[0] > 1
    asked = [api.http.get("/v1/cases", headers=desk) for _ in range(8)]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    reports = await asyncio.gather(*(api.file() for _ in range(16)))
    assert len({report["code"] for report in reports}) == 16
    assert (await api.http.get("/v1/incidents.geojson")).status_code == 200
