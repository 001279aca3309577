"""Alembic's environment: one transaction per migration, and time limits so that no migration
can hold up a running city: it gives up when it cannot have its lock in 4 s."""

from __future__ import annotations

import os

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine, pool, text

import core.audit
import core.limits
import gis.tables
import identity.identities
import identity.oidc.tables
import identity.staff_tables
import identity.tables
import media.tables
import notifications.tables
import workflows.rights_tables
import workflows.tables
from core.db import Base, driver_url

TABLES = (
    core.audit,
    core.limits,
    gis.tables,
    identity.identities,
    identity.oidc.tables,
    identity.staff_tables,
    identity.tables,
    media.tables,
    notifications.tables,
    workflows.rights_tables,
    workflows.tables,
)
target_metadata = Base.metadata
ADVISORY_LOCK = 0x4869656E  # "Hien": two deployments at once wait for each other


def include_object(
    obj: object, name: str | None, type_: str, reflected: bool, other: object
) -> bool:
    """Leave alone what PostGIS and Procrastinate own."""
    if name and (name.startswith("procrastinate_") or name == "spatial_ref_sys"):
        return False
    return bool(alembic_helpers.include_object(obj, name, type_, reflected, other))


def run() -> None:
    """Bring the database to the wanted revision."""
    url = context.config.attributes.get("url") or os.environ["DATABASE_URL"]
    engine = create_engine(driver_url(url, "psycopg"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text("set lock_timeout = '4s'"))
        connection.execute(text("set statement_timeout = '10min'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            include_object=include_object,
            process_revision_directives=alembic_helpers.writer,
            render_item=alembic_helpers.render_item,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
