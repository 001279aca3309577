"""Photos that everybody may see: only what a person approved, with faces and plates covered.

Every photo of a report or of finished work has a row in `publications` from when it is ready; a
trigger writes it, so that the release before cannot leave one out. Photos of before this release
wait for a person like all others, and no detector is asked about them.

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "categories",
        sa.Column("photos_public", sa.Text(), server_default="after_approval", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_categories_photos_public"),
        "categories",
        "photos_public in ('never', 'after_approval')",
    )
    op.execute(
        "update categories set photos_public = 'never'"
        " where visibility = 'hidden' or code like '%violation%'"
    )
    op.add_column(
        "reports",
        sa.Column("shows_children", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    _publications()
    _trigger()
    op.execute(
        "insert into publications (attachment_id, examination, created_at)"
        " select id, 'failed', created_at from attachments"
        " where state = 'ready' and purpose <> 'note'"
    )


def downgrade() -> None:
    op.execute("drop trigger open_publication on attachments")
    op.execute("drop function open_publication()")
    op.drop_table("publications")
    op.drop_column("reports", "shows_children")
    op.drop_constraint(op.f("ck_categories_photos_public"), "categories")
    op.drop_column("categories", "photos_public")


def _publications() -> None:
    op.create_table(
        "publications",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("rev", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("examination", sa.Text(), server_default="pending", nullable=False),
        sa.Column("examine_after", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("examine_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "found", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "boxes", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("shows_children", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("overruled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("picture", sa.Text(), server_default="none", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("large_key", sa.Text()),
        sa.Column("small_key", sa.Text()),
        sa.Column("blurhash", sa.Text()),
        sa.Column(
            "stale_keys",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'approved', 'withheld')", name=op.f("ck_publications_state")
        ),
        sa.CheckConstraint(
            "examination in ('pending', 'done', 'failed')",
            name=op.f("ck_publications_examination"),
        ),
        sa.CheckConstraint(
            "picture in ('none', 'pending', 'ready', 'failed')",
            name=op.f("ck_publications_picture"),
        ),
        sa.CheckConstraint(
            "picture <> 'ready' or (large_key is not null and small_key is not null)",
            name=op.f("ck_publications_picture_is_kept"),
        ),
        sa.CheckConstraint(
            "picture = 'none' or state = 'approved'",
            name=op.f("ck_publications_picture_is_approved"),
        ),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.id"], name=op.f("fk_publications_attachment_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["people.id"],
            name=op.f("fk_publications_decided_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_publications")),
    )
    op.create_index(
        "ix_publications_waiting",
        "publications",
        ["created_at", "attachment_id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_publications_unexamined",
        "publications",
        ["examine_after"],
        postgresql_where=sa.text("examination = 'pending'"),
    )
    op.create_index(
        "ix_publications_unfinished",
        "publications",
        ["changed_at"],
        postgresql_where=sa.text("picture = 'pending' or stale_keys <> '{}'"),
    )


def _trigger() -> None:
    op.execute(
        """
        create function open_publication() returns trigger
        language plpgsql
        as $$
        begin
            insert into publications (attachment_id) values (new.id)
            on conflict (attachment_id) do nothing;
            return null;
        end
        $$
        """
    )
    op.execute(
        """
        create trigger open_publication
        after insert or update of state on attachments
        for each row
        when (new.state = 'ready' and new.purpose <> 'note')
        execute function open_publication()
        """
    )
