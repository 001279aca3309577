"""The checker of files on Ceph: the tests of the other stores, with its settings."""

from __future__ import annotations

import pytest

from core.settings import MediaSettings
from tests.integration.test_media_verify import *  # noqa: F403  # their tests are this file's
from tests.support.ceph import Ceph
from tests.support.s3 import own_bucket


@pytest.fixture(scope="session")
def s3_settings(ceph: Ceph) -> MediaSettings:
    return ceph.settings


@pytest.fixture
def settings(s3_settings: MediaSettings) -> MediaSettings:
    return own_bucket(s3_settings)
