"""What every test may use: databases, a session, the shared data; and no network."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.db import create_engine
from tests.support import cities
from tests.support.city import load_test_city
from tests.support.client import Api, open_api
from tests.support.databases import TestDatabases
from tests.support.foreign_servers import (
    FirebaseServer,
    OidcServer,
    open_firebase_emulator,
    open_oidc_provider,
)
from tests.support.live_map import LiveMap, open_live_map
from tests.support.network import block_network

ROOT = Path(__file__).parent.parent
FOLDER = "hientruong_databases"
RUN = "hientruong_run"
IN_MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 8_000_000_000  # noqa: S108  # in a folder of the run
DATABASES = pytest.StashKey[TestDatabases]()
# What is large to install: `make test-clients` and `make test-s3` name them.
collect_ignore = ["clients", "s3"]

# A deadline per example fails at random on a busy machine.
hypothesis_settings.register_profile("hientruong", deadline=None)
hypothesis_settings.load_profile("hientruong")


def pytest_configure(config: pytest.Config) -> None:
    """Agree within the run on one folder; the server in it is started by the first who needs it."""
    told: dict[str, str] | None = getattr(config, "workerinput", None)
    if told is None:
        name = f"hientruong-test-{secrets.token_hex(6)}"
        told = {FOLDER: str(_place() / name), RUN: str(os.getpid())}
        config.pluginmanager.register(_RunFolder(told), "hientruong-run-folder")
    else:
        block_network()
    config.stash[DATABASES] = TestDatabases(Path(told[FOLDER]), int(told[RUN]))


def _place() -> Path:
    """In memory if there is plenty: a database is 750 files, and a run makes two thousand databases.

    Not in pytest's own folders: they are closed to the user that runs PostgreSQL.
    """
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ENOUGH_BYTES:
        return IN_MEMORY
    return Path(tempfile.gettempdir())


class _RunFolder:
    """The main process of a run: tells the workers where, and cleans up after them."""

    def __init__(self, told: dict[str, str]) -> None:
        self._told = told

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: object) -> None:
        """Called by pytest-xdist before it starts a worker."""
        worker_input: dict[str, str] = node.workerinput  # type: ignore[attr-defined]
        worker_input.update(self._told)

    def pytest_collection(self, session: pytest.Session) -> None:
        """Without workers the tests run here."""
        block_network()

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """The end, whether the tests passed or not."""
        config.stash[DATABASES].remove()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> TestDatabases:
    """For tests that make databases themselves, such as those of migrations."""
    return request.config.stash[DATABASES]


@pytest.fixture(scope="session")
def database_url(databases: TestDatabases, worker_id: str) -> str:
    """This worker's database, migrated and empty. Leave no committed row behind in it."""
    return databases.clone(f"worker_{worker_id}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Engine of this worker's database. What it commits, other tests see: prefer `session`."""
    made = create_engine(database_url)
    yield made
    await made.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session whose commits only end a savepoint: after the test nothing of it is left."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        await connection.execute(text("select 1"))  # SQLAlchemy begins with the first statement
        async with AsyncSession(
            connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
            autoflush=False,
        ) as made:
            yield made
        await outer.rollback()


_numbers = itertools.count(1)


@pytest.fixture
def committed_database(databases: TestDatabases, worker_id: str) -> Iterator[str]:
    """URL of a database of this test's own, migrated and empty, where commits are real.

    For whatever sees only committed rows: a worker, a raw pool, another process.
    """
    name = f"test_{worker_id}_{next(_numbers)}"
    yield databases.clone(name)
    databases.drop(name)


@pytest.fixture
def empty_database(databases: TestDatabases, worker_id: str) -> Iterator[str]:
    """URL of a database of this test's own with nothing in it, not even tables."""
    name = f"empty_{worker_id}_{next(_numbers)}"
    yield databases.empty(name)
    databases.drop(name)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The shared data (real boundaries, photos, historic reports), else the test is skipped."""
    folder = Path(os.environ.get("HIENTRUONG_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder}: set HIENTRUONG_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def city_template(databases: TestDatabases, worker_id: str) -> str:
    """Name of a database with a city and no reports: to be copied, never connected to."""
    name = f"city_{worker_id}"
    load_test_city(databases.clone(name))
    return name


@pytest.fixture
def city_database(databases: TestDatabases, city_template: str, worker_id: str) -> Iterator[str]:
    """URL of a database of this test's own with a city in it, where commits are real."""
    name = f"test_{worker_id}_{next(_numbers)}"
    yield databases.clone(name, template=city_template)
    databases.drop(name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def api(
    databases: TestDatabases,
    city_template: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Api]:
    """The API on a database that all tests of this worker share: file what you look at yourself."""
    url = databases.clone(f"api_{worker_id}", template=city_template)
    async with open_api(url, tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def own_api(city_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The API on a database of this test's own."""
    async with open_api(city_database, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def live_map(
    databases: TestDatabases,
    city_template: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveMap]:
    """A server process with cases all over its map, which nobody changes: only look.

    Its tests stand in one xdist group, so that one worker starts it.
    """
    folder = tmp_path_factory.mktemp("live_map")
    with open_live_map(databases, f"live_map_{worker_id}", city_template, folder) as made:
        yield made


@pytest.fixture(scope="session")
def oidc_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcServer]:
    """A real OpenID Provider. Its tests stand in the xdist group `oidc_provider`."""
    with open_oidc_provider(tmp_path_factory.mktemp("oidc_provider")) as made:
        yield made


@pytest.fixture(scope="session")
def firebase_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirebaseServer]:
    """Firebase's Auth emulator. Its tests stand in the xdist group `firebase_emulator`."""
    with open_firebase_emulator(tmp_path_factory.mktemp("firebase_emulator")) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["made-up", "surveyed"])
async def two_cities(
    request: pytest.FixtureRequest,
    databases: TestDatabases,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[cities.Cities]:
    """Huế and Hà Nội, each loaded from its files into a database of its own, with made-up wards
    and, where the shared data is, with the real ones. Look only at what you filed yourself.
    """
    data = request.getfixturevalue("data_dir") if request.param == "surveyed" else None
    urls: dict[str, str] = {}
    for name in cities.NAMES:
        urls[name] = databases.clone(f"{name}_{request.param.replace('-', '_')}_{worker_id}")
        wards = cities.surveyed_wards(name, data) if data else cities.made_up_wards(name)
        await cities.load_city(urls[name], name, wards)
    folder = tmp_path_factory.mktemp("cities")
    async with (
        cities.open_town(urls["hue"], "hue", folder) as hue,
        cities.open_town(urls["ha_noi"], "ha_noi", folder) as ha_noi,
    ):
        yield cities.Cities(hue, ha_noi)
