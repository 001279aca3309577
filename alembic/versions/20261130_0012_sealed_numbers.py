"""Phone numbers, and how reporters may be reached, sealed; numbers found by a blind index.

This revision only makes room: a migration does not know the keys. The workers of this release
seal in batches what the release before wrote in plain columns, and go on doing so while both run;
until then either is read. A later revision drops the plain columns. Codes live for five minutes:
those of the release before get an index that nobody asks for, and run out.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("phone_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("people", sa.Column("phone_index", sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(op.f("uq_people_phone_index"), "people", ["phone_index"])

    for name in ("name_sealed", "phone_sealed", "phone_index", "email_sealed"):
        op.add_column("reporters", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_reporters_phone_index",
        "reporters",
        ["phone_index"],
        postgresql_where=sa.text("phone_index is not null"),
    )
    op.create_index(
        "ix_reporters_plain",
        "reporters",
        ["report_id"],
        postgresql_where=sa.text("coalesce(name, phone, email) is not null"),
    )
    op.create_index(
        "ix_notifications_plain",
        "notifications",
        ["id"],
        postgresql_where=sa.text("channel = 'sms' and address like '+%'"),
    )

    op.add_column(
        "one_time_codes",
        sa.Column(
            "phone_index",
            sa.LargeBinary(),
            server_default=sa.text("uuid_send(gen_random_uuid())"),
            nullable=False,
        ),
    )
    op.drop_constraint(op.f("pk_one_time_codes"), "one_time_codes", type_="primary")
    op.alter_column("one_time_codes", "phone", nullable=True)
    op.create_primary_key(op.f("pk_one_time_codes"), "one_time_codes", ["phone_index"])
    op.create_unique_constraint(op.f("uq_one_time_codes_phone"), "one_time_codes", ["phone"])


def downgrade() -> None:
    """What is sealed by then cannot be read by the release before: refuse rather than lose it."""
    op.execute(
        """
        do $$ begin
            if exists (select from people where phone_sealed is not null)
                or exists (
                    select from reporters
                    where coalesce(name_sealed, phone_sealed, email_sealed) is not null
                )
            then
                raise exception 'sealed numbers would be lost';
            end if;
        end $$
        """
    )
    op.execute("delete from one_time_codes where phone is null")
    op.drop_constraint(op.f("uq_one_time_codes_phone"), "one_time_codes", type_="unique")
    op.drop_constraint(op.f("pk_one_time_codes"), "one_time_codes", type_="primary")
    op.create_primary_key(op.f("pk_one_time_codes"), "one_time_codes", ["phone"])
    op.drop_column("one_time_codes", "phone_index")

    op.drop_index("ix_notifications_plain", table_name="notifications")
    op.drop_index("ix_reporters_plain", table_name="reporters")
    op.drop_index("ix_reporters_phone_index", table_name="reporters")
    for name in ("email_sealed", "phone_index", "phone_sealed", "name_sealed"):
        op.drop_column("reporters", name)

    op.drop_constraint(op.f("uq_people_phone_index"), "people", type_="unique")
    op.drop_column("people", "phone_index")
    op.drop_column("people", "phone_sealed")
