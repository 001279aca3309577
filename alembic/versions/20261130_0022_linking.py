"""Accounts that are joined: whose account one went into, and when.

Revision: 0022, after 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MERGE = "(select acting_role()) = 'merge'"
# What two accounts are joined by, and what moves from one into the other.
MERGED = (
    "people", "one_time_codes", "refresh_tokens", "citizen_sessions", "device_keys", "identities",
    "reporters", "supports", "follows", "devices", "notifications", "uploads", "transfers",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("people", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("people", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_people_merged_into"),
        "people",
        "people",
        ["merged_into"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "ix_people_merged_at",
        "people",
        ["merged_at"],
        postgresql_where=sa.text("merged_at is not null"),
    )
    for table in MERGED:
        op.execute(f"create policy merging on {table} to hientruong_errands using ({MERGE})")


def downgrade() -> None:
    for table in MERGED:
        op.execute(f"drop policy merging on {table}")
    op.drop_index("ix_people_merged_at", table_name="people")
    op.drop_column("people", "merged_at")
    op.drop_column("people", "merged_into")
