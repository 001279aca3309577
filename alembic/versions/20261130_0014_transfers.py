"""Files on their way here: resumable uploads and those that go straight to the store.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default="receiving", nullable=False),
        sa.Column("refusal", postgresql.JSONB()),
        sa.Column("content_type", sa.Text()),
        sa.Column("sha256", sa.LargeBinary()),
        sa.Column("leased_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.CheckConstraint("way in ('tus', 'presigned')", name=op.f("ck_transfers_way")),
        sa.CheckConstraint(
            "state in ('receiving', 'judging', 'ready', 'refused')", name=op.f("ck_transfers_state")
        ),
        sa.CheckConstraint(
            "size > 0 and received between 0 and size", name=op.f("ck_transfers_received")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_transfers_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_expires_at", "transfers", ["expires_at"])
    op.create_index(
        "ix_transfers_person_id",
        "transfers",
        ["person_id"],
        postgresql_where=sa.text("person_id is not null"),
    )
    op.create_table(
        "transfer_pieces",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("store_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["transfers.id"],
            name=op.f("fk_transfer_pieces_transfer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("transfer_id", "start", name=op.f("pk_transfer_pieces")),
    )


def downgrade() -> None:
    op.drop_table("transfer_pieces")
    op.drop_table("transfers")
