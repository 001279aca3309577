"""One Ceph cluster for the session; each test has a bucket of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from core.settings import MediaSettings
from tests.support.ceph import Ceph, missing_programs, running_ceph
from tests.support.client import Api, api_settings, serve
from tests.support.s3 import own_bucket


@pytest.fixture(scope="session")
def ceph() -> Iterator[Ceph]:
    if missing := missing_programs():
        pytest.fail(f"not installed: {', '.join(missing)}. `make test-s3` installs them")
    with running_ceph() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def s3_settings(ceph: Ceph) -> MediaSettings:
    return ceph.settings


@pytest.fixture
def settings(s3_settings: MediaSettings) -> MediaSettings:
    return own_bucket(s3_settings)


@pytest_asyncio.fixture(loop_scope="session")
async def own_api(
    city_database: str, tmp_path: Path, settings: MediaSettings
) -> AsyncIterator[Api]:
    """The API on a database and a bucket of this test's own."""
    async with serve(replace(api_settings(city_database, tmp_path), media=settings)) as made:
        yield made
