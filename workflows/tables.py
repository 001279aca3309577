"""Tables of the workflows package: the city's configuration, reports, cases and their history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from core.db import Base, BigId, Instant
from workflows.status import OPEN_STATUSES, Status

_STATUSES = ", ".join(f"'{status}'" for status in Status)
_OPEN = ", ".join(f"'{status}'" for status in OPEN_STATUSES)

# Where public layers show a case: its place, the middle of a cell of 0.005 degrees (about 500 m),
# or nowhere.
PUBLIC_GEOM = """
case visibility
    when 'exact' then geom
    when 'rounded' then st_snaptogrid(geom, 0.0025, 0.0025, 0.005, 0.005)
end
""".strip()


class Department(Base):
    """A unit of the city that works on cases. `deputy` stands in for it; without a `calendar` of
    its own it works by the city's.
    """

    __tablename__ = "departments"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    deputy: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    calendar: Mapped[str | None] = mapped_column(ForeignKey("calendars.code"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Category(Base):
    """A kind of problem; a tree whose roots are the six fields of the ministry's letter.

    `visibility` says how public layers show its cases: at their place, rounded, or not at all.
    `questions` is a JSON Schema for the extra answers. `target_on_time` is the share of its cases,
    in percent, that the city means to resolve in time. With `publish_check` somebody looks at the
    result before the citizen gets it. `photos_public` says whether everybody may see its photos
    once a person has approved them, or never (violations and whatever else accuses somebody).
    """

    __tablename__ = "categories"
    __table_args__ = (
        CheckConstraint("visibility in ('exact', 'rounded', 'hidden')", name="visibility"),
        CheckConstraint("target_on_time between 1 and 100", name="target_on_time"),
        CheckConstraint("photos_public in ('never', 'after_approval')", name="photos_public"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    name: Mapped[str]
    name_en: Mapped[str]
    questions: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    photo_required: Mapped[bool] = mapped_column(server_default=text("false"))
    after_photo_required: Mapped[bool] = mapped_column(server_default=text("false"))
    visibility: Mapped[str] = mapped_column(server_default="exact")
    target_on_time: Mapped[int | None]
    publish_check: Mapped[bool] = mapped_column(server_default=text("false"))
    photos_public: Mapped[str] = mapped_column(server_default="after_approval")
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class _Version:
    """One version of a document; once published a trigger refuses any change of it. The document
    is kept as it was written: buttons stand in the order of its actions.
    """

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class ProcessVersion(_Version, Base):
    """A version of the process; running cases stay on theirs until they are migrated."""

    __tablename__ = "process_versions"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("state in ('draft', 'published')", name="state"),
    )


class RulesetVersion(_Version, Base):
    """A version of the routing rules."""

    __tablename__ = "ruleset_versions"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("state in ('draft', 'published')", name="state"),
    )


class Calendar(Base):
    """Working hours of a normal week; `version` grows with every change to it or its days."""

    __tablename__ = "calendars"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str]
    week: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CalendarDay(Base):
    """A day that differs from its week: a holiday (no open interval) or a worked Saturday."""

    __tablename__ = "calendar_days"

    calendar: Mapped[str] = mapped_column(
        ForeignKey("calendars.code", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    open: Mapped[list[Any]]
    name: Mapped[str]


class City(Base):
    """The one city of this database, and which versions it runs on now."""

    __tablename__ = "city"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint(
            "reporter_visible_to in ('nobody', 'department')", name="reporter_visible_to"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, server_default=text("1"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    process_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"))
    ruleset_id: Mapped[int] = mapped_column(ForeignKey("ruleset_versions.id"))
    calendar: Mapped[str] = mapped_column(ForeignKey("calendars.code"))
    default_department: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    reporter_visible_to: Mapped[str] = mapped_column(server_default="nobody")


class Case(Base):
    """What a department works on: one running process with one or more reports.

    `rev` counts the steps of the process. `due_at` is the promise to the citizen, `wake_at` the
    next instant at which anything must happen. `clocks` and `data` belong to the interpreter. `review`
    says why somebody should look at it (`workflows/review.py`), `trust` how far its first report
    speaks for itself (`workflows/trust_score.py`); cases of before have none.
    A child case works for its `parent_id`; a duplicate gave its reports to `merged_into`.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(f"status in ({_STATUSES})", name="status"),
        CheckConstraint("priority between 1 and 4", name="priority"),
        CheckConstraint("visibility in ('exact', 'rounded', 'hidden')", name="visibility"),
        Index("ix_cases_wake_at", "wake_at", postgresql_where=text("wake_at is not null")),
        Index("ix_cases_open_due", "due_at", "id", postgresql_where=text("open")),
        Index(
            "ix_cases_open_department_due",
            "department",
            "due_at",
            "id",
            postgresql_where=text("open"),
        ),
        Index("ix_cases_open_geom", "geom", postgresql_using="gist", postgresql_where=text("open")),
        Index(
            "ix_cases_open_public_geom",
            "public_geom",
            postgresql_using="gist",
            postgresql_where=text("open and visibility <> 'hidden'"),
        ),
        Index(
            "ix_cases_public_geom",
            "public_geom",
            postgresql_using="gist",
            postgresql_where=text("visibility <> 'hidden'"),
        ),
        Index("ix_cases_open_id", "id", postgresql_where=text("open")),
        Index("ix_cases_opened", "opened_at", "id"),
        Index("ix_cases_updated", "updated_at", "id"),
        Index("ix_cases_open_opened", "opened_at", "id", postgresql_where=text("open")),
        Index(
            "ix_cases_co_departments",
            "co_departments",
            postgresql_using="gin",
            postgresql_where=text("co_departments <> '{}'"),
        ),
        Index("ix_cases_department_opened", "department", "opened_at", "id"),
        Index("ix_cases_category_opened", "category", "opened_at", "id"),
        Index("ix_cases_area_opened", "area_id", "opened_at", "id"),
        Index(
            "ix_cases_open_assignee",
            "assignee",
            "due_at",
            "id",
            postgresql_where=text("open and assignee is not null"),
        ),
        Index(
            "ix_cases_running",
            "id",
            postgresql_where=text("closed_at is null"),
        ),
        Index("ix_cases_resolved", "resolved_at", postgresql_where=text("resolved_at is not null")),
        Index("ix_cases_parent_id", "parent_id", postgresql_where=text("parent_id is not null")),
        Index(
            "ix_cases_merged_into", "merged_into", postgresql_where=text("merged_into is not null")
        ),
        Index(
            "ix_cases_search",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
        CheckConstraint("trust between 0 and 100", name="trust"),
        Index(
            "ix_cases_open_trust",
            "trust",
            "id",
            postgresql_where=text("open and trust is not null"),
        ),
        Index(
            "ix_cases_review", "opened_at", "id", postgresql_where=text("review <> '{}'::text[]")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    public_geom: Mapped[Any | None] = mapped_column(
        Geometry("POINT", 4326, spatial_index=False), Computed(PUBLIC_GEOM, persisted=True)
    )
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    address: Mapped[str | None]
    summary: Mapped[str]
    search: Mapped[str]
    visibility: Mapped[str]
    department: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    co_departments: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'::text[]")
    )
    assignee: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    process_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"))
    state: Mapped[str]
    status: Mapped[str]
    open: Mapped[bool] = mapped_column(Computed(f"status in ({_OPEN})", persisted=True))
    priority: Mapped[int]
    case_class: Mapped[str]
    routing: Mapped[dict[str, Any]]
    data: Mapped[dict[str, Any]]
    clocks: Mapped[dict[str, Any]]
    due_at: Mapped[datetime] = mapped_column(Instant)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    overdue: Mapped[bool] = mapped_column(server_default=text("false"))
    rev: Mapped[int]
    answer: Mapped[str | None]
    rating: Mapped[int | None]
    source: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    review: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    trust: Mapped[int | None] = mapped_column(SmallInteger)
    trust_reasons: Mapped[list[Any] | None]


class Report(Base):
    """What one citizen filed. Its content never changes; who filed it stands in `reporters`.

    `body_hash` recognises a retry, `replays` counts them: answering a retry writes, so that its
    acknowledgement is as durable as the first one. `asset_…` is the thing of a layer that it names.
    `shows_children` is what the citizen said of the photos: then nobody sees them by default.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_case_id", "case_id"),
        CheckConstraint("(asset_layer is null) = (asset_code is null)", name="asset"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    accuracy_m: Mapped[float | None]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_distance_m: Mapped[float] = mapped_column(server_default=text("0"))
    description: Mapped[str]
    address: Mapped[str | None]
    answers: Mapped[dict[str, Any]]
    anonymous: Mapped[bool]
    source: Mapped[str]
    captured_at: Mapped[datetime | None] = mapped_column(Instant)
    filed_at: Mapped[datetime] = mapped_column(Instant)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    replays: Mapped[int] = mapped_column(server_default=text("0"))
    asset_layer: Mapped[str | None]
    asset_code: Mapped[str | None]
    shows_children: Mapped[bool] = mapped_column(server_default=text("false"))


class Reporter(Base):
    """Who filed a report: apart from the report, so that it can be read and erased apart.

    How to reach them without an account is sealed (`workflows/contacts.py`). `name`, `phone` and
    `email` hold what the release before wrote, until a worker has sealed it.
    """

    __tablename__ = "reporters"
    __table_args__ = (
        Index(
            "ix_reporters_person_id",
            "person_id",
            "report_id",
            postgresql_where=text("person_id is not null"),
        ),
        Index(
            "ix_reporters_phone_index",
            "phone_index",
            postgresql_where=text("phone_index is not null"),
        ),
        Index(
            "ix_reporters_plain",
            "report_id",
            postgresql_where=text("coalesce(name, phone, email) is not null"),
        ),
    )

    report_id: Mapped[UUID] = mapped_column(
        ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    name: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str]


class CaseEvent(Base):
    """One appended row of history.

    A step of the process has `seq` 0 under its own `rev`; what happens between two steps (a note,
    a warn mark) counts `seq` up under the `rev` it found. The key makes a second firing of the
    same step impossible.
    """

    __tablename__ = "case_events"
    __table_args__ = (CheckConstraint("kind in ('step', 'mark', 'note')", name="kind"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, server_default=text("0"))
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    action: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    actor_role: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    department: Mapped[str | None]
    form: Mapped[dict[str, Any]] = mapped_column(JSONB)
    public: Mapped[bool] = mapped_column(server_default=text("false"))


class CaseMerge(Base):
    """A duplicate that gave its reports and photos to another case, and what it was before."""

    __tablename__ = "case_merges"
    __table_args__ = (
        CheckConstraint("source_id <> target_id", name="two_cases"),
        Index("ix_case_merges_target_id", "target_id"),
        Index(
            "uq_case_merges_source_id",
            "source_id",
            unique=True,
            postgresql_where=text("undone_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    target_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    state: Mapped[str]
    reports: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    attachments: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    before: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class CaseLink(Base):
    """Two cases with the same cause: a burst pipe and the road that it washed away."""

    __tablename__ = "case_links"
    __table_args__ = (
        CheckConstraint("case_id < other_id", name="ordered"),
        Index("ix_case_links_other_id", "other_id"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    note: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class Support(Base):
    """Somebody else has the same problem ("tôi cũng gặp"). Belongs to the report, so that it
    moves along when the report's case is merged into another. It counts also when who it was is
    forgotten: `person_id` is then an id of nobody (`workflows/erasure.py`).
    """

    __tablename__ = "supports"
    __table_args__ = (Index("ix_supports_person_id", "person_id"),)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Follow(Base):
    """Somebody wants to hear what the reporter hears, as far as it is public."""

    __tablename__ = "follows"
    __table_args__ = (Index("ix_follows_person_id", "person_id"),)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(Instant)


class SavedView(Base):
    """A filter of the work list under a name; `shared` with everybody of the department."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("ix_saved_views_owner_id", "owner_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    name: Mapped[str]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    department: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    filter: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(Instant)


class CannedAnswer(Base):
    """A text that staff can start from; where `category`, `state` or `department` are empty it
    fits all of them.
    """

    __tablename__ = "canned_answers"

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    category: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    state: Mapped[str | None]
    department: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    updated_at: Mapped[datetime] = mapped_column(Instant)


class CasePresence(Base):
    """Who has a case open at the moment: a hint, so the table is not logged."""

    __tablename__ = "case_presence"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Instant)


class BulkAction(Base):
    """One action taken on many cases at once."""

    __tablename__ = "bulk_actions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    action: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Instant)


class BulkActionCase(Base):
    """A case that a bulk action moved to `rev`, and what it was `before`."""

    __tablename__ = "bulk_action_cases"

    bulk_id: Mapped[UUID] = mapped_column(
        ForeignKey("bulk_actions.id", ondelete="CASCADE"), primary_key=True
    )
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    rev: Mapped[int]
    before: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class ProcessMigration(Base):
    """Running cases on their way to another version of the process, batch by batch; `last_id` is
    how far it got. One at a time.
    """

    __tablename__ = "process_migrations"
    __table_args__ = (
        Index(
            "uq_process_migrations_running",
            text("(true)"),
            unique=True,
            postgresql_where=text("finished_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"))
    states: Mapped[dict[str, Any]]
    total: Mapped[int]
    moved: Mapped[int] = mapped_column(server_default=text("0"))
    last_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class Worker(Base):
    """When each worker process last said that it is alive; `/readyz` reads it."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Instant)


class SurgeRule(Base):
    """So many reports of one kind (`category` or below; None for any) in one area of a kind within
    so many minutes are a surge. It is over after `quiet_minutes` without another one.
    """

    __tablename__ = "surge_rules"
    __table_args__ = (
        CheckConstraint("area_kind in ('province', 'ward')", name="area_kind"),
        CheckConstraint("count between 2 and 10000", name="count"),
        CheckConstraint("minutes between 1 and 1440", name="minutes"),
        CheckConstraint("quiet_minutes between 1 and 10080", name="quiet_minutes"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    category: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    area_kind: Mapped[str]
    count: Mapped[int]
    minutes: Mapped[int]
    quiet_minutes: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Alert(Base):
    """Something that operators and leaders should look at now, until it is closed by itself."""

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint("kind in ('surge')", name="kind"),
        Index(
            "uq_alerts_open",
            "rule_id",
            "area_id",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    rule_id: Mapped[int] = mapped_column(BigId, ForeignKey("surge_rules.id"))
    category: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    acknowledged_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL")
    )
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class AlertCase(Base):
    """A case that a surge is made of; it counts for one surge of a rule only."""

    __tablename__ = "alert_cases"
    __table_args__ = (Index("ix_alert_cases_alert_id", "alert_id"),)

    rule_id: Mapped[int] = mapped_column(BigId, ForeignKey("surge_rules.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    alert_id: Mapped[int] = mapped_column(BigId, ForeignKey("alerts.id", ondelete="CASCADE"))


class SosCall(Base):
    """What rescuers count of a call for help, beside its report. The numbers are the latest that
    are known. With `place_known` false its place is only that of the city.
    """

    __tablename__ = "sos_calls"
    __table_args__ = (
        CheckConstraint("kind in ('trapped', 'medical', 'food', 'boat', 'other')", name="kind"),
        CheckConstraint("channel in ('app', 'sms')", name="channel"),
        CheckConstraint("people between 1 and 999", name="people"),
        Index("ix_sos_calls_called_at", "called_at"),
    )

    report_id: Mapped[UUID] = mapped_column(
        ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str]
    people: Mapped[int]
    children: Mapped[int]
    elderly: Mapped[int]
    pregnant: Mapped[int]
    injured: Mapped[int]
    note: Mapped[str]
    channel: Mapped[str]
    place_known: Mapped[bool]
    called_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class SosArea(Base):
    """An area where the emergency mode is on, and what people there are told."""

    __tablename__ = "sos_areas"

    code: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str]
    message_en: Mapped[str]
    since: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class SmsMessage(Base):
    """A text message by its gateway's id; sender and text are sealed, and wiped once handled."""

    __tablename__ = "sms_messages"
    __table_args__ = (
        Index(
            "ix_sms_messages_waiting", "received_at", postgresql_where=text("handled_at is null")
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Instant)
    handled_at: Mapped[datetime | None] = mapped_column(Instant)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("reports.id", ondelete="SET NULL"))
