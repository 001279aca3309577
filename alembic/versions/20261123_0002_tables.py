"""The tables: areas, people, media, notifications, configuration, reports, cases, history.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_geospatial_table(
        "areas",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("kind in ('province', 'ward')", name=op.f("ck_areas_kind")),
        sa.CheckConstraint(
            "valid_to is null or valid_to > valid_from", name=op.f("ck_areas_validity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
    )
    op.create_geospatial_index(
        "ix_areas_geom_current",
        "areas",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to is null"),
        postgresql_ops={},
    )
    op.create_index(
        "uq_areas_kind_code_current",
        "areas",
        ["kind", "code"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "calendars",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("week", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_calendars")),
    )
    op.create_table(
        "categories",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column(
            "questions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("photo_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "after_photo_required", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("visibility", sa.Text(), server_default="exact", nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "visibility in ('exact', 'rounded', 'hidden')", name=op.f("ck_categories_visibility")
        ),
        sa.ForeignKeyConstraint(["parent"], ["categories.code"], name=op.f("fk_categories_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_categories")),
    )
    op.create_table(
        "departments",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_departments")),
    )
    op.create_table(
        "one_time_codes",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_one_time_codes")),
    )
    op.create_table(
        "process_versions",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state in ('draft', 'published')", name=op.f("ck_process_versions_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_versions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_process_versions_key_version")),
    )
    op.create_table(
        "ruleset_versions",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state in ('draft', 'published')", name=op.f("ck_ruleset_versions_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruleset_versions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_ruleset_versions_key_version")),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar"],
            ["calendars.code"],
            name=op.f("fk_calendar_days_calendar"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("calendar", "day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "city",
        sa.Column("id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("ruleset_id", sa.Integer(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("default_department", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_city_single")),
        sa.ForeignKeyConstraint(["calendar"], ["calendars.code"], name=op.f("fk_city_calendar")),
        sa.ForeignKeyConstraint(
            ["default_department"], ["departments.code"], name=op.f("fk_city_default_department")
        ),
        sa.ForeignKeyConstraint(
            ["process_id"], ["process_versions.id"], name=op.f("fk_city_process_id")
        ),
        sa.ForeignKeyConstraint(
            ["ruleset_id"], ["ruleset_versions.id"], name=op.f("fk_city_ruleset_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column(
            "preferences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role = 'citizen' or username is not null", name=op.f("ck_people_staff_have_username")
        ),
        sa.CheckConstraint(
            "role in ('citizen', 'staff', 'supervisor', 'operator', 'leader', 'analyst', 'admin')",
            name=op.f("ck_people_role"),
        ),
        sa.CheckConstraint(
            "role not in ('staff', 'supervisor') or department is not null",
            name=op.f("ck_people_staff_have_department"),
        ),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name=op.f("fk_people_department")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("phone", name=op.f("uq_people_phone")),
        sa.UniqueConstraint("username", name=op.f("uq_people_username")),
    )
    op.create_index(
        "ix_people_department_role",
        "people",
        ["department", "role"],
        unique=False,
        postgresql_where=sa.text("department is not null and active"),
    )
    op.create_geospatial_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "public_geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed(
                "case visibility when 'exact' then geom when 'rounded' then st_snaptogrid(geom, 0.0025, 0.0025, 0.005, 0.005) end",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column(
            "co_departments",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column("assignee", sa.Uuid(), nullable=True),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "open",
            sa.Boolean(),
            sa.Computed(
                "status in ('received', 'assigned', 'in_progress', 'waiting')", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("case_class", sa.Text(), nullable=False),
        sa.Column("routing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("clocks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('received', 'assigned', 'in_progress', 'waiting', 'resolved', 'closed', 'rejected')",
            name=op.f("ck_cases_status"),
        ),
        sa.CheckConstraint(
            "visibility in ('exact', 'rounded', 'hidden')", name=op.f("ck_cases_visibility")
        ),
        sa.CheckConstraint("priority between 1 and 4", name=op.f("ck_cases_priority")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_cases_area_id")),
        sa.ForeignKeyConstraint(
            ["assignee"], ["people.id"], name=op.f("fk_cases_assignee"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name=op.f("fk_cases_category")),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name=op.f("fk_cases_department")
        ),
        sa.ForeignKeyConstraint(
            ["process_id"], ["process_versions.id"], name=op.f("fk_cases_process_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("code", name=op.f("uq_cases_code")),
    )
    op.create_index(
        "ix_cases_department_opened", "cases", ["department", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_cases_open_department_due",
        "cases",
        ["department", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("open"),
    )
    op.create_index(
        "ix_cases_open_due",
        "cases",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("open"),
    )
    op.create_geospatial_index(
        "ix_cases_open_geom",
        "cases",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("open"),
        postgresql_ops={},
    )
    op.create_geospatial_index(
        "ix_cases_open_public_geom",
        "cases",
        ["public_geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("open and visibility <> 'hidden'"),
        postgresql_ops={},
    )
    op.create_index("ix_cases_opened", "cases", ["opened_at", "id"], unique=False)
    op.create_index(
        "ix_cases_search",
        "cases",
        ["search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_cases_wake_at",
        "cases",
        ["wake_at"],
        unique=False,
        postgresql_where=sa.text("wake_at is not null"),
    )
    op.create_table(
        "devices",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "platform in ('android', 'ios', 'web')", name=op.f("ck_devices_platform")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_devices_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_person_id"), "devices", ["person_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_refresh_tokens_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_family", "refresh_tokens", ["family"], unique=False)
    op.create_index(
        op.f("ix_refresh_tokens_person_id"), "refresh_tokens", ["person_id"], unique=False
    )
    op.create_geospatial_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("store_key", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "taken_place",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_uploads_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(
        "ix_uploads_unclaimed",
        "uploads",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("claimed_at is null"),
    )
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fanned_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_announcements_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("key", name=op.f("uq_announcements_key")),
    )
    op.create_index(
        "ix_announcements_pending",
        "announcements",
        ["id"],
        unique=False,
        postgresql_where=sa.text("fanned_out_at is null"),
    )
    op.create_table(
        "case_events",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind in ('step', 'mark', 'note')", name=op.f("ck_case_events_kind")),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["people.id"], name=op.f("fk_case_events_actor_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id")),
        sa.PrimaryKeyConstraint("case_id", "rev", "seq", name=op.f("pk_case_events")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "channel in ('inbox', 'push', 'sms', 'email', 'zalo', 'webhook')",
            name=op.f("ck_notifications_channel"),
        ),
        sa.CheckConstraint(
            "status in ('pending', 'sent', 'failed')", name=op.f("ck_notifications_status")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notifications_case_id")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_notifications_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("key", name=op.f("uq_notifications_key")),
    )
    op.create_index(op.f("ix_notifications_case_id"), "notifications", ["case_id"], unique=False)
    op.create_index(
        "ix_notifications_inbox",
        "notifications",
        ["person_id", "id"],
        unique=False,
        postgresql_where=sa.text("channel = 'inbox'"),
    )
    op.create_index(
        "ix_notifications_pending",
        "notifications",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_geospatial_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("area_distance_m", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("replays", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_reports_area_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_case_id")),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.code"], name=op.f("fk_reports_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("code", name=op.f("uq_reports_code")),
    )
    op.create_index("ix_reports_case_id", "reports", ["case_id"], unique=False)
    op.create_geospatial_table(
        "attachments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("original_key", sa.Text(), nullable=False),
        sa.Column("large_key", sa.Text(), nullable=True),
        sa.Column("small_key", sa.Text(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "taken_place",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose in ('report', 'after', 'note')", name=op.f("ck_attachments_purpose")
        ),
        sa.CheckConstraint(
            "state in ('pending', 'ready', 'failed')", name=op.f("ck_attachments_state")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_attachments_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_attachments_upload_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_attachments_upload_id")),
    )
    op.create_index("ix_attachments_case_id", "attachments", ["case_id"], unique=False)
    op.create_index(
        "ix_attachments_pending",
        "attachments",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "reporters",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_reporters_person_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_reporters_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_reporters")),
    )
    op.create_index(
        "ix_reporters_person_id",
        "reporters",
        ["person_id", "report_id"],
        unique=False,
        postgresql_where=sa.text("person_id is not null"),
    )

    op.execute(
        "revoke update, delete, truncate on case_events from hientruong_app, hientruong_worker"
    )
    op.execute("revoke update, delete on reports from hientruong_app, hientruong_worker")
    op.execute("grant update (case_id, replays) on reports to hientruong_app, hientruong_worker")


def downgrade() -> None:
    op.drop_index(
        "ix_reporters_person_id",
        table_name="reporters",
        postgresql_where=sa.text("person_id is not null"),
    )
    op.drop_table("reporters")
    op.drop_index(
        "ix_attachments_pending",
        table_name="attachments",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_index("ix_attachments_case_id", table_name="attachments")
    op.drop_geospatial_table("attachments")
    op.drop_index("ix_reports_case_id", table_name="reports")
    op.drop_geospatial_table("reports")
    op.drop_index(
        "ix_notifications_pending",
        table_name="notifications",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(
        "ix_notifications_inbox",
        table_name="notifications",
        postgresql_where=sa.text("channel = 'inbox'"),
    )
    op.drop_index(op.f("ix_notifications_case_id"), table_name="notifications")
    op.drop_table("notifications")
    op.drop_table("case_events")
    op.drop_index(
        "ix_announcements_pending",
        table_name="announcements",
        postgresql_where=sa.text("fanned_out_at is null"),
    )
    op.drop_table("announcements")
    op.drop_index(
        "ix_uploads_unclaimed", table_name="uploads", postgresql_where=sa.text("claimed_at is null")
    )
    op.drop_geospatial_table("uploads")
    op.drop_index(op.f("ix_refresh_tokens_person_id"), table_name="refresh_tokens")
    op.drop_index("ix_refresh_tokens_family", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index(op.f("ix_devices_person_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_index(
        "ix_cases_wake_at", table_name="cases", postgresql_where=sa.text("wake_at is not null")
    )
    op.drop_index(
        "ix_cases_search",
        table_name="cases",
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.drop_index("ix_cases_opened", table_name="cases")
    op.drop_geospatial_index(
        "ix_cases_open_geom",
        table_name="cases",
        postgresql_using="gist",
        postgresql_where=sa.text("open"),
        column_name="geom",
    )
    op.drop_index("ix_cases_open_due", table_name="cases", postgresql_where=sa.text("open"))
    op.drop_index(
        "ix_cases_open_department_due", table_name="cases", postgresql_where=sa.text("open")
    )
    op.drop_index("ix_cases_department_opened", table_name="cases")
    op.drop_geospatial_table("cases")
    op.drop_index(
        "ix_people_department_role",
        table_name="people",
        postgresql_where=sa.text("department is not null and active"),
    )
    op.drop_table("people")
    op.drop_table("city")
    op.drop_table("calendar_days")
    op.drop_table("workers")
    op.drop_table("ruleset_versions")
    op.drop_table("process_versions")
    op.drop_table("one_time_codes")
    op.drop_table("departments")
    op.drop_table("categories")
    op.drop_table("calendars")
    op.drop_index(
        "uq_areas_kind_code_current",
        table_name="areas",
        postgresql_where=sa.text("valid_to is null"),
    )
    op.drop_geospatial_index(
        "ix_areas_geom_current",
        table_name="areas",
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to is null"),
        column_name="geom",
    )
    op.drop_geospatial_table("areas")
