"""Why somebody should look at a case, how far its report speaks for itself, copies of photos.

`review` holds what changed while a report waited without a network, `trust` a score with its reasons.

`photo_pieces` cuts the 64 bits by which photos are told alike into four pieces, each marked with its
place; `photo_probes` gives the pieces that a copy may have: with at most seven different bits one
piece has one different bit or none.

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cases",
        sa.Column(
            "review",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_cases_review",
        "cases",
        ["opened_at", "id"],
        postgresql_where=sa.text("review <> '{}'::text[]"),
    )
    op.add_column("cases", sa.Column("trust", sa.SmallInteger(), nullable=True))
    op.add_column("cases", sa.Column("trust_reasons", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(op.f("ck_cases_trust"), "cases", "trust between 0 and 100")
    op.create_index(
        "ix_cases_open_trust",
        "cases",
        ["trust", "id"],
        postgresql_where=sa.text("open and trust is not null"),
    )
    op.execute(
        """
        create function photo_pieces(phash bigint) returns int[]
        language sql immutable parallel safe return array[
            CAST(phash >> 48 & 65535 AS int),
            CAST(65536 | (phash >> 32 & 65535) AS int),
            CAST(131072 | (phash >> 16 & 65535) AS int),
            CAST(196608 | (phash & 65535) AS int)
        ]
        """
    )
    op.execute(
        """
        create function photo_probes(phash bigint) returns int[]
        language sql immutable parallel safe return (
            select array_agg(piece # flip)
            from unnest(photo_pieces(phash)) as piece,
                 unnest(array[0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
                              16384, 32768]) as flip
        )
        """
    )
    op.execute(
        "create index ix_attachments_photo_pieces on attachments using gin (photo_pieces(phash))"
        " where phash is not null"
    )


def downgrade() -> None:
    op.execute("drop index ix_attachments_photo_pieces")
    op.execute("drop function photo_probes(bigint)")
    op.execute("drop function photo_pieces(bigint)")
    op.drop_index("ix_cases_open_trust", table_name="cases")
    op.drop_constraint(op.f("ck_cases_trust"), "cases")
    op.drop_column("cases", "trust_reasons")
    op.drop_column("cases", "trust")
    op.drop_index("ix_cases_review", table_name="cases")
    op.drop_column("cases", "review")
