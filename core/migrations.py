"""Which migration the code expects, and which one a database has."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import ConfigurationError

VERSIONS = Path(__file__).resolve().parent.parent / "alembic" / "versions"


@lru_cache(maxsize=1)
def head() -> str | None:
    """The newest revision that this version of the code knows, None if it has no migration.

    Read from the files' text: running them, as alembic does, takes a start longer than all else
    that it does when there is nothing to migrate. Raises ConfigurationError unless one is newest.
    """
    revisions: set[str] = set()
    replaced: set[str] = set()
    for path in VERSIONS.glob("*.py"):
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


async def current_revision(session: AsyncSession) -> str | None:
    """The migration that the database is at."""
    return await session.scalar(text("select version_num from alembic_version"))
