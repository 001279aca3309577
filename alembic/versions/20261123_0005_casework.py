"""Casework: publishing, child cases, duplicates, views, layers and calendars of departments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
VERSIONED = ("process_versions", "ruleset_versions")


def upgrade() -> None:
    _departments_and_categories()
    _versions()
    _cases()
    _merges_and_links()
    _work_of_staff()
    _bulk_and_migrations()
    _layers_and_webhooks()


def downgrade() -> None:
    for table in (
        "webhooks", "layer_features", "process_migrations", "bulk_action_cases", "bulk_actions",
        "case_presence", "canned_answers", "saved_views", "follows", "supports", "case_links",
        "case_merges",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("attachments", "phash")
    op.drop_column("people", "assigned_at")
    for index in (
        "ix_cases_parent_id", "ix_cases_merged_into", "ix_cases_running",
        "ix_cases_open_assignee", "ix_cases_category_opened", "ix_cases_area_opened",
        "ix_cases_open_opened", "ix_cases_co_departments",
    ):  # fmt: skip
        op.drop_index(index, table_name="cases")
    op.execute("alter table cases reset (fillfactor)")
    op.drop_column("cases", "merged_into")
    op.drop_column("cases", "parent_id")
    for table in VERSIONED:
        op.execute(f"drop trigger published_is_final on {table}")
        for column in ("published_by", "published_at", "created_by", "note"):
            op.drop_column(table, column)
        op.alter_column(
            table, "document", type_=postgresql.JSONB(), postgresql_using="document::jsonb"
        )
    op.execute("drop function refuse_change_of_published()")
    op.drop_column("categories", "publish_check")
    op.drop_column("categories", "target_on_time")
    op.drop_column("departments", "deputy")
    op.drop_column("departments", "calendar")


def _departments_and_categories() -> None:
    op.add_column("departments", sa.Column("calendar", sa.Text()))
    op.create_foreign_key(
        op.f("fk_departments_calendar"), "departments", "calendars", ["calendar"], ["code"]
    )
    op.add_column("departments", sa.Column("deputy", sa.Text()))
    op.create_foreign_key(
        op.f("fk_departments_deputy"), "departments", "departments", ["deputy"], ["code"]
    )
    op.add_column("categories", sa.Column("target_on_time", sa.Integer()))
    op.create_check_constraint("target_on_time", "categories", "target_on_time between 1 and 100")
    op.add_column(
        "categories",
        sa.Column("publish_check", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def _versions() -> None:
    op.execute(
        """
        create function refuse_change_of_published() returns trigger language plpgsql as $$
        begin
            if tg_op = 'DELETE'
               or (new.document::text, new.key, new.version, new.state)
                  is distinct from (old.document::text, old.key, old.version, old.state) then
                raise exception 'version % of % is published: publish another instead',
                    old.version, tg_table_name using errcode = 'restrict_violation';
            end if;
            return new;
        end $$
        """
    )
    for table in VERSIONED:
        # As written: `jsonb` would forget the order of states and actions, which buttons follow.
        op.alter_column(
            table, "document", type_=postgresql.JSON(), postgresql_using="document::json"
        )
        op.add_column(table, sa.Column("note", sa.Text(), server_default="", nullable=False))
        op.add_column(table, sa.Column("created_by", sa.Uuid()))
        op.add_column(table, sa.Column("published_at", INSTANT))
        op.add_column(table, sa.Column("published_by", sa.Uuid()))
        for column in ("created_by", "published_by"):
            op.create_foreign_key(
                op.f(f"fk_{table}_{column}"), table, "people", [column], ["id"], ondelete="SET NULL"
            )
        version = sa.table(
            table, sa.column("state"), sa.column("created_at"), sa.column("published_at")
        )
        op.execute(
            version.update()
            .where(version.c.state == "published")
            .values(published_at=version.c.created_at)
        )
        op.execute(
            f"create trigger published_is_final before update or delete on {table} for each row"
            " when (old.state = 'published') execute function refuse_change_of_published()"
        )


def _cases() -> None:
    # Room in each page for the next version of its rows: what changes no indexed column then
    # touches no index either, of which there are many.
    op.execute("alter table cases set (fillfactor = 80)")
    for column in ("parent_id", "merged_into"):
        op.add_column("cases", sa.Column(column, sa.Uuid()))
        op.create_foreign_key(op.f(f"fk_cases_{column}"), "cases", "cases", [column], ["id"])
        op.create_index(
            f"ix_cases_{column}",
            "cases",
            [column],
            postgresql_where=sa.text(f"{column} is not null"),
        )
    op.create_index(
        "ix_cases_running",
        "cases",
        ["id"],
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "ix_cases_open_assignee",
        "cases",
        ["assignee", "due_at", "id"],
        postgresql_where=sa.text("open and assignee is not null"),
    )
    op.create_index(
        "ix_cases_open_opened", "cases", ["opened_at", "id"], postgresql_where=sa.text("open")
    )
    op.create_index(
        "ix_cases_co_departments",
        "cases",
        ["co_departments"],
        postgresql_using="gin",
        postgresql_where=sa.text("co_departments <> '{}'"),
    )
    op.create_index("ix_cases_category_opened", "cases", ["category", "opened_at", "id"])
    op.create_index("ix_cases_area_opened", "cases", ["area_id", "opened_at", "id"])
    op.add_column("people", sa.Column("assigned_at", INSTANT))
    op.add_column("attachments", sa.Column("phash", sa.BigInteger()))


def _merges_and_links() -> None:
    op.create_table(
        "case_merges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reports", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("attachments", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("undone_at", INSTANT),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_case_merges_two_cases")),
        sa.ForeignKeyConstraint(["source_id"], ["cases.id"], name=op.f("fk_case_merges_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["cases.id"], name=op.f("fk_case_merges_target_id")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_case_merges_actor_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_merges")),
    )
    op.create_index("ix_case_merges_target_id", "case_merges", ["target_id"])
    op.create_index(
        "uq_case_merges_source_id",
        "case_merges",
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )
    op.create_table(
        "case_links",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.CheckConstraint("case_id < other_id", name=op.f("ck_case_links_ordered")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id")),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name=op.f("fk_case_links_other_id")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_case_links_actor_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_case_links")),
    )
    op.create_index("ix_case_links_other_id", "case_links", ["other_id"])
    for table in ("supports", "follows"):
        op.create_table(
            table,
            sa.Column("report_id", sa.Uuid(), nullable=False),
            sa.Column("person_id", sa.Uuid(), nullable=False),
            sa.Column("at", INSTANT, nullable=False),
            sa.ForeignKeyConstraint(
                ["report_id"], ["reports.id"], name=op.f(f"fk_{table}_report_id")
            ),
            sa.ForeignKeyConstraint(
                ["person_id"], ["people.id"], name=op.f(f"fk_{table}_person_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("report_id", "person_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_person_id", table, ["person_id"])


def _work_of_staff() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("department", sa.Text()),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("filter", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["people.id"], name=op.f("fk_saved_views_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name=op.f("fk_saved_views_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index("ix_saved_views_owner_id", "saved_views", ["owner_id"])
    op.create_table(
        "canned_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("department", sa.Text()),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.code"], name=op.f("fk_canned_answers_category")
        ),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name=op.f("fk_canned_answers_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_answers")),
    )
    op.create_table(
        "case_presence",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_case_presence")),
        prefixes=["UNLOGGED"],
    )


def _bulk_and_migrations() -> None:
    op.create_table(
        "bulk_actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_bulk_actions_actor_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_actions")),
    )
    op.create_table(
        "bulk_action_cases",
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("undone_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["bulk_id"],
            ["bulk_actions.id"],
            name=op.f("fk_bulk_action_cases_bulk_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_bulk_action_cases_case_id")
        ),
        sa.PrimaryKeyConstraint("bulk_id", "case_id", name=op.f("pk_bulk_action_cases")),
    )
    op.create_table(
        "process_migrations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("states", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["to_id"], ["process_versions.id"], name=op.f("fk_process_migrations_to_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["people.id"],
            name=op.f("fk_process_migrations_created_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_migrations")),
    )
    op.create_index(
        "uq_process_migrations_running",
        "process_migrations",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("finished_at is null"),
    )


def _layers_and_webhooks() -> None:
    op.create_table(
        "layer_features",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("properties", postgresql.JSONB(), nullable=False),
        sa.Column("geom", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_layer_features")),
        sa.UniqueConstraint("layer", "code", name=op.f("uq_layer_features_layer_code")),
    )
    op.create_index("ix_layer_features_geom", "layer_features", ["geom"], postgresql_using="gist")
    op.create_table(
        "webhooks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhooks")),
    )
