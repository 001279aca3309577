"""The database's schema: which revision it is at, and bringing it to the newest."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent


def plain_dsn(url: str) -> str:
    """`url` without SQLAlchemy's driver name, as libpq wants it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def head() -> str | None:
    """The newest revision that this version of the code knows, None if it has no migration.

    Read from the files' text: running them, as alembic does, takes a start longer than all else
    that it does when there is nothing to migrate. Raises ConfigurationError unless one is newest.
    """
    revisions: set[str] = set()
    replaced: set[str] = set()
    for path in (ROOT / "alembic" / "versions").glob("*.py"):
        facts = _assignments(path)
        revision, before = facts.get("revision"), facts.get("down_revision")
        if isinstance(revision, str):
            revisions.add(revision)
        replaced.update([before] if isinstance(before, str) else before or ())
    newest = sorted(revisions - replaced)
    if len(newest) > 1:
        raise ConfigurationError(f"more than one migration is the newest: {', '.join(newest)}")
    return newest[0] if newest else None


def _assignments(path: Path) -> dict[str, str | tuple[str, ...] | None]:
    """The names that a migration sets to a literal."""
    found: dict[str, str | tuple[str, ...] | None] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            targets, value = [node.target], node.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                found[target.id] = ast.literal_eval(value)
    return found


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
