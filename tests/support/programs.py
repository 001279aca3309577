"""Programs that are not Python, which the tests run; `make test` installs them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_program(*names: str, hint: str = "scripts/bootstrap.sh dev installs it") -> str:
    """Path of the first of these that is there; the test fails when none is."""
    # First those of .venv: the build puts Node there where the system's is too old.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        pytest.fail(f"{' or '.join(names)} is missing: {hint}")
    return found


def without_proxies() -> dict[str, str]:
    """This environment, but for proxies: they would be asked even for loopback."""
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
