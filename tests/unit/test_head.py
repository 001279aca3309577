"""`cli.database.head` reads the migrations' text; alembic runs them. Both must agree."""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory

from cli.database import ROOT, head, plain_dsn


def test_agrees_with_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.set_main_option("path_separator", "os")
    assert head() == ScriptDirectory.from_config(config).get_current_head()


def test_a_dsn_loses_its_driver_only() -> None:
    assert plain_dsn("postgresql+asyncpg://a:b+c@h:1/d") == "postgresql://a:b+c@h:1/d"
    assert plain_dsn("postgresql://h/d") == "postgresql://h/d"
