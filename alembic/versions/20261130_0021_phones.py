"""Phones that sign in by a key of their own, a session for each phone that is signed in, and codes
that are bound to the phone that asked.

Families of refresh tokens that are alive get a session, so that their owners see them. The release
before goes on writing families without one: they get theirs at the next refresh.

Revision: 0021, after 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OWN = "person_id = (select acting_person())"
SIGN_IN = "(select acting_role()) = ''sign_in''"


def upgrade() -> None:
    op.create_table(
        "citizen_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("app_version", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "method in ('device', 'otp', 'firebase', 'oidc')",
            name=op.f("ck_citizen_sessions_method"),
        ),
        sa.CheckConstraint(
            "platform in ('android', 'ios', 'web')", name=op.f("ck_citizen_sessions_platform")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_citizen_sessions_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_sessions")),
    )
    op.create_index(
        "ix_citizen_sessions_person_id",
        "citizen_sessions",
        ["person_id"],
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_citizen_sessions_expires_at", "citizen_sessions", ["expires_at"])
    op.create_table(
        "device_keys",
        sa.Column("thumbprint", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_device_keys_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("thumbprint", name=op.f("pk_device_keys")),
    )
    op.create_index("ix_device_keys_person_id", "device_keys", ["person_id"])
    op.create_table(
        "spent_challenges",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_spent_challenges")),
    )
    op.create_index("ix_spent_challenges_expires_at", "spent_challenges", ["expires_at"])
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
    op.add_column("one_time_codes", sa.Column("asked_by", sa.Uuid(), nullable=True))
    op.execute(
        f"call protect_rows('citizen_sessions', citizens => '{OWN}', citizens_write => '{OWN}',"
        f" errands => '{SIGN_IN}', errands_write => '{SIGN_IN}')"
    )
    for table in ("device_keys", "spent_challenges"):
        op.execute(
            f"call protect_rows('{table}', errands => '{SIGN_IN}', errands_write => '{SIGN_IN}')"
        )
    op.execute("set local role hientruong_worker")  # which reaches every row
    op.execute(
        """
        insert into citizen_sessions
            (id, person_id, method, name, created_at, seen_at, expires_at)
        select family, (array_agg(person_id))[1], 'otp', '', now(),
               coalesce(max(used_at), now()), max(expires_at)
        from refresh_tokens
        group by family
        having bool_and(revoked_at is null)
        """
    )
    op.execute("reset role")


def downgrade() -> None:
    op.drop_column("one_time_codes", "asked_by")
    op.drop_index("ix_refresh_tokens_expires_at", table_name="refresh_tokens")
    op.drop_table("spent_challenges")
    op.drop_table("device_keys")
    op.drop_table("citizen_sessions")
