"""Budgets that all processes share: when each will be full again.

UNLOGGED: losing them in a crash fills everybody's budget once, and a taking waits for no disk.

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "70"},
    )


def downgrade() -> None:
    op.drop_table("rate_limits")
