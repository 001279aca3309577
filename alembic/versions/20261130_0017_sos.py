"""Calls for help: what rescuers count of them, where the emergency mode is on, text messages.

Revision: 0017, after 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sos_calls",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("people", "children", "elderly", "pregnant", "injured")
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("place_known", sa.Boolean(), nullable=False),
        sa.Column("called_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind in ('trapped', 'medical', 'food', 'boat', 'other')",
            name=op.f("ck_sos_calls_kind"),
        ),
        sa.CheckConstraint("channel in ('app', 'sms')", name=op.f("ck_sos_calls_channel")),
        sa.CheckConstraint("people between 1 and 999", name=op.f("ck_sos_calls_people")),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name=op.f("fk_sos_calls_report_id_reports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_sos_calls")),
    )
    op.create_index("ix_sos_calls_called_at", "sos_calls", ["called_at"])
    op.create_table(
        "sos_areas",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by"], ["people.id"], name=op.f("fk_sos_areas_by_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sos_areas")),
    )
    op.create_table(
        "sms_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("handled_at", INSTANT, nullable=True),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name=op.f("fk_sms_messages_report_id_reports"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_messages")),
    )
    op.create_index(
        "ix_sms_messages_waiting",
        "sms_messages",
        ["received_at"],
        postgresql_where=sa.text("handled_at is null"),
    )


def downgrade() -> None:
    for table in ("sms_messages", "sos_areas", "sos_calls"):
        op.drop_table(table)
