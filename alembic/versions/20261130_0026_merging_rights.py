"""What two accounts are joined by reaches their consents and requests too.

Revision: 0026, after 0025
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MERGE = "(select acting_role()) = 'merge'"
TABLES = ("consents", "person_requests")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"create policy merging on {table} to hientruong_errands using ({MERGE})")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop policy merging on {table}")
