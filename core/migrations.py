"""Which migration the code expects, and which one a database has."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SCRIPTS = Path(__file__).parent.parent / "alembic"


@lru_cache(maxsize=1)
def expected_revision() -> str | None:
    """The newest migration of this source tree."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config).get_current_head()


async def current_revision(session: AsyncSession) -> str | None:
    """The migration that the database is at."""
    return await session.scalar(text("select version_num from alembic_version"))
