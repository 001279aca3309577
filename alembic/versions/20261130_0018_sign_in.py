"""Signing in at identity providers, and sessions of staff with their second factors.

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = (
    "passkey_challenges",
    "passkeys",
    "recovery_codes",
    "totp_secrets",
    "staff_sessions",
    "oidc_handovers",
    "oidc_transactions",
    "identities",
)


def person(table: str, *, nullable: bool = False) -> tuple[sa.Column[object], sa.Constraint]:
    column = sa.Column("person_id", sa.Uuid(), nullable=nullable)
    name = f"fk_{table}_person_id"
    return column, sa.ForeignKeyConstraint(
        ["person_id"], ["people.id"], name=op.f(name), ondelete="CASCADE"
    )


def primary_key(table: str, *columns: str) -> sa.Constraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def new_id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)


def upgrade() -> None:
    _others()
    _sessions()
    _factors()


def _others() -> None:
    op.create_table(
        "identities",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        *person("identities"),
        sa.Column("linked_at", INSTANT, nullable=False),
        primary_key("identities", "provider", "subject"),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"])
    op.create_table(
        "oidc_transactions",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("max_age_s", sa.Integer()),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("app_challenge", sa.Text()),
        sa.Column("expires_at", INSTANT, nullable=False),
        primary_key("oidc_transactions", "state_hash"),
    )
    op.create_index(op.f("ix_oidc_transactions_expires_at"), "oidc_transactions", ["expires_at"])
    op.create_table(
        "oidc_handovers",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        *person("oidc_handovers"),
        sa.Column("app_challenge", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        primary_key("oidc_handovers", "code_hash"),
    )
    op.create_index(op.f("ix_oidc_handovers_expires_at"), "oidc_handovers", ["expires_at"])


def _sessions() -> None:
    op.create_table(
        "staff_sessions",
        new_id(),
        *person("staff_sessions"),
        sa.Column("cookie_hash", sa.LargeBinary()),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("strong_at", INSTANT),
        sa.Column("limited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.CheckConstraint(
            "method in ('password', 'totp', 'passkey', 'oidc')",
            name=op.f("ck_staff_sessions_method"),
        ),
        sa.UniqueConstraint("cookie_hash", name=op.f("uq_staff_sessions_cookie_hash")),
        primary_key("staff_sessions", "id"),
    )
    op.create_index(op.f("ix_staff_sessions_expires_at"), "staff_sessions", ["expires_at"])
    op.create_index(
        "ix_staff_sessions_person_id",
        "staff_sessions",
        ["person_id"],
        postgresql_where=sa.text("ended_at is null"),
    )


def _factors() -> None:
    op.create_table(
        "totp_secrets",
        *person("totp_secrets"),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        primary_key("totp_secrets", "person_id"),
    )
    op.create_table(
        "recovery_codes",
        *person("recovery_codes"),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        primary_key("recovery_codes", "person_id", "code_hash"),
    )
    op.create_table(
        "passkeys",
        new_id(),
        *person("passkeys"),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", JSONB(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
        primary_key("passkeys", "id"),
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        *person("passkey_challenges", nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "purpose in ('register', 'sign_in', 'step_up')",
            name=op.f("ck_passkey_challenges_purpose"),
        ),
        primary_key("passkey_challenges", "challenge"),
    )
    op.create_index(op.f("ix_passkey_challenges_expires_at"), "passkey_challenges", ["expires_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
