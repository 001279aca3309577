"""An owner of the database who is no superuser, on a server that has never seen us before."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from cli.main import app
from core.db import driver_url
from gis.tile_grid import tile_at
from tests.support.casework import press, stage
from tests.support.city import CENTRE
from tests.support.client import api_settings, serve
from tests.support.databases import TestDatabases
from tests.support.mvt import decode
from tests.support.photos import make_jpeg
from tests.support.sealing import SECRET
from tests.support.worker import running_worker, until_true

OWNER, PASSWORD = "city_owner", "of-the-tests"


@pytest.fixture
def owned() -> Iterator[str]:
    """URL of a database for its owner, made as docs/operations/running.md says."""
    # Not in pytest's own folders: they are closed to the user that runs PostgreSQL.
    folder = Path(tempfile.gettempdir()) / f"hientruong-owner-{secrets.token_hex(6)}"
    server = TestDatabases(folder, os.getpid())
    try:
        url = server.empty("city")
        with psycopg.connect(driver_url(url, ""), autocommit=True) as connection:
            connection.execute(
                f"create role {OWNER} login createrole password '{PASSWORD}'".encode()
            )
            connection.execute(f"alter database city owner to {OWNER}".encode())
            connection.execute("create extension postgis")
            connection.execute(f"grant insert, delete on spatial_ref_sys to {OWNER}".encode())
        owner = make_url(url).set(username=OWNER, password=PASSWORD)
        yield owner.render_as_string(hide_password=False)
    finally:
        server.remove()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


@pytest.fixture
def city_of_owner(owned: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same with our tables and a city in it, by the commands that operators run."""
    monkeypatch.setenv("DATABASE_URL", owned)
    monkeypatch.setenv("HIENTRUONG_DEMO", "1")
    monkeypatch.setenv("HIENTRUONG_SECRET_KEY", SECRET)
    run("db", "upgrade")
    run("demo", "load", "--empty")
    run("city", "load", "hue")
    return owned


async def test_a_city_works_whose_owner_is_no_superuser(city_of_owner: str, tmp_path: Path) -> None:
    with psycopg.connect(driver_url(city_of_owner, "")) as connection:
        row = connection.execute(
            "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
        ).fetchone()
        connection.execute("set role hientruong_app")
        unnamed = connection.execute("select count(*) from departments").fetchone()
    assert row == (False,)
    assert unnamed == (0,)

    async with serve(api_settings(city_of_owner, tmp_path)) as api, running_worker(api):
        photo = await api.upload(make_jpeg())
        case = await stage(api, uploads=[photo], headers=await api.citizen())
        accepted = await press(api, case, "accept", {})
        assert accepted.json()["status"] == "in_progress"

        map_of_all = (await api.http.get("/v1/incidents.geojson")).json()
        assert [each["properties"]["code"] for each in map_of_all["features"]] == [case.code]
        tile = tile_at(CENTRE["lat"], CENTRE["lon"], 15)
        answer = await api.http.get(f"/tiles/open_cases/15/{tile.x}/{tile.y}.mvt")
        assert len(decode(answer.content, 15, tile.x, tile.y, "open_cases")) == 1
        staff = await api.staff(f"staff.{case.department}")
        work = (await api.http.get("/v1/cases", headers=staff)).json()
        assert [each["code"] for each in work["items"]] == [case.code]

        async def photo_is_ready() -> bool:
            shown = (await api.http.get(case.url, headers=staff)).json()["photos"]
            return [each["state"] for each in shown] == ["ready"]

        await until_true(photo_is_ready)
        headers = await api.staff("admin")
        changed = await api.http.put(
            "/v1/admin/privacy", json={"reporter_visible_to": "department"}, headers=headers
        )
        assert changed.status_code == 200, changed.text

        async def audit_is_sealed() -> bool:
            with psycopg.connect(driver_url(city_of_owner, "")) as connection:
                connection.execute("set role hientruong_worker")
                row = connection.execute("select bool_and(seq is not null) from audit_log")
                return row.fetchone() == (True,)

        await until_true(audit_is_sealed)
