"""The audit log: who looked at or changed what they must answer for, sealed in one chain.

Rows are added in the transaction that they are about and never change. One sealer after the other
numbers what has been committed and chains it (`seq`, `hash`); the only column rights on the table
say so, and the policy lets it touch no row that is sealed. `audit_heads` are its signatures.

Revision: 0023, after 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SHOWN = "(select reporter_visible_to from city) = 'department'"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "city",
        sa.Column("reporter_visible_to", sa.Text(), server_default="nobody", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_city_reporter_visible_to"),
        "city",
        "reporter_visible_to in ('nobody', 'department')",
    )
    op.execute(
        f"""
        create policy reporters_shown on reporters for select to hientruong_departments
        using ({SHOWN} and exists (
            select from reports join cases on cases.id = reports.case_id
            where reports.id = reporters.report_id
              and cases.department = (select acting_department())
        ))
        """  # noqa: S608  # of constants
    )
    op.execute(
        f"""
        create policy reporters_shown on people for select to hientruong_departments
        using ({SHOWN} and exists (
            select from reporters where reporters.person_id = people.id
        ))
        """  # noqa: S608  # of constants
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("hash", sa.LargeBinary()),
        sa.CheckConstraint("(seq is null) = (hash is null)", name=op.f("ck_audit_log_sealed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_log_seq")),
    )
    op.create_index(
        "ix_audit_log_unsealed", "audit_log", ["id"], postgresql_where=sa.text("seq is null")
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["subject", "id"])
    op.create_table(
        "audit_heads",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("stored", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_heads")),
    )
    op.create_index(
        "ix_audit_heads_unstored", "audit_heads", ["seq"], postgresql_where=sa.text("not stored")
    )
    writers = "hientruong_app, hientruong_worker"
    op.execute(f"revoke update, delete, truncate on audit_log, audit_heads from {writers}")
    op.execute("revoke insert on audit_heads from hientruong_app")
    op.execute("grant update (seq, hash) on audit_log to hientruong_worker")
    op.execute("grant update (stored) on audit_heads to hientruong_worker")
    admin = "(select acting_role()) = 'admin'"
    for table in ("audit_log", "audit_heads"):
        call = sa.text(f"call protect_rows(CAST('{table}' AS regclass), city => :admin)")
        op.get_bind().execute(call, {"admin": admin})
    # Everybody in their own name; the sealer touches nothing twice.
    for group in ("citizens", "departments", "city"):
        op.execute(
            f"create policy noted_{group} on audit_log for insert to hientruong_{group}"
            " with check (seq is null and actor_id is not distinct from (select acting_person()))"
        )
    op.execute(
        "create policy noted_errands on audit_log for insert to hientruong_errands"
        " with check (seq is null)"
    )
    op.execute(
        "create policy sealed_once on audit_log as restrictive for update to hientruong_worker"
        " using (seq is null) with check (seq is not null)"
    )


def downgrade() -> None:
    op.execute("drop policy reporters_shown on people")
    op.execute("drop policy reporters_shown on reporters")
    op.drop_constraint(op.f("ck_city_reporter_visible_to"), "city")
    op.drop_column("city", "reporter_visible_to")
    op.drop_table("audit_heads")
    op.drop_table("audit_log")
