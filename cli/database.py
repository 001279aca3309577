"""The database's schema: which revision it is at, and bringing it to the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from core.migrations import head

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent
RUNNING_DATABASE = "database-url"
"""The file in `.local` that names the database of a running `make run`."""

__all__ = [
    "ROOT",
    "RUNNING_DATABASE",
    "current",
    "head",
    "plain_dsn",
    "running_database",
    "upgrade",
]


def plain_dsn(url: str) -> str:
    """`url` without SQLAlchemy's driver name, as libpq wants it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def running_database() -> str | None:
    """The database that `make run` of this checkout has started, None if it is not running."""
    path = ROOT / ".local" / RUNNING_DATABASE
    return path.read_text(encoding="ascii") if path.is_file() else None


def current(dsn: str) -> str | None:
    """The revision that the database is at, None if it has never been migrated."""
    with psycopg.connect(plain_dsn(dsn)) as connection:
        found = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
        if found is None or not found[0]:
            return None
        row = connection.execute("select version_num from alembic_version").fetchone()
        return str(row[0]) if row else None


def upgrade(dsn: str) -> bool:
    """Bring the database to the newest revision; whether there was anything to do.

    Two at once wait for each other. A migration that fails is rolled back; those before it stay.
    """
    if current(dsn) == head():
        return False  # the common case at a start: spares importing every table
    from alembic import command

    config = _config()
    config.attributes["url"] = dsn
    command.upgrade(config, "head")
    return True


def _config() -> Config:
    # Built here: alembic.ini is for the `alembic` command of developers.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
