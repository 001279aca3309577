"""Tables of the GIS package: areas, other layers, and what the live map is drawn from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, Instant


class Area(Base):
    """A named polygon with the days it is valid: province, ward.

    A redrawn ward is a new row; the old one keeps its `valid_to`, so that a case keeps the area
    of its day. `approximate` marks a boundary that is derived, not surveyed; `population` is how
    many live there, as far as anybody said.
    """

    __tablename__ = "areas"
    __table_args__ = (
        CheckConstraint("kind in ('province', 'ward')", name="kind"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="validity"),
        CheckConstraint("population >= 0", name="population"),
        Index(
            "uq_areas_kind_code_current",
            "kind",
            "code",
            unique=True,
            postgresql_where=text("valid_to is null"),
        ),
        Index(
            "ix_areas_geom_current",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("valid_to is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    parent_code: Mapped[str | None]
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    approximate: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    population: Mapped[int | None]


class AreaSuccessor(Base):
    """Which share of a closed area's surface a current area took over; see `gis/succession.py`."""

    __tablename__ = "area_successors"
    __table_args__ = (CheckConstraint("share > 0 and share <= 1", name="share"),)

    old_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True
    )
    new_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    share: Mapped[float] = mapped_column(Double)


LAYER_KINDS = ("asset", "road", "place", "other")


class Layer(Base):
    """A layer beside the areas. `public` shows it to everybody; for reports of `categories` (or of
    those below them) one of its features may be named as the asset. `min_zoom` is from where on a
    map draws it.
    """

    __tablename__ = "layers"
    __table_args__ = (
        CheckConstraint("kind in ('asset', 'road', 'place', 'other')", name="kind"),
        CheckConstraint("min_zoom between 0 and 22", name="min_zoom"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="other")
    public: Mapped[bool] = mapped_column(server_default=text("false"))
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    min_zoom: Mapped[int] = mapped_column(SmallInteger, server_default=text("14"))


class LayerFeature(Base):
    """A feature of a layer beside the areas: a road with its class as `kind`, a park, a lamp post.

    Routing asks what lies around a place; `code` is the owner's id of it, `search` its name as
    people type it.
    """

    __tablename__ = "layer_features"
    __table_args__ = (
        UniqueConstraint("layer", "code"),
        Index("ix_layer_features_geom", "geom", postgresql_using="gist"),
        Index(
            "ix_layer_features_search",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
            postgresql_where=text("name <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    layer: Mapped[str]
    code: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    search: Mapped[str] = mapped_column(Computed("place_words(name)", persisted=True))
    properties: Mapped[dict[str, Any]]
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))


class GeocoderAnswer(Base):
    """What a city's geocoder answered, under a hash of what it was asked; see `gis/geocoders`."""

    __tablename__ = "geocoder_answers"
    __table_args__ = (
        Index("ix_geocoder_answers_expires_at", "expires_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    answer: Mapped[list[Any]]
    expires_at: Mapped[datetime] = mapped_column(Instant)


class CaseChange(Base):
    """How the map's picture of a case changed; written by a trigger, numbered after the commit.

    `was_…` says how it was shown before, null if it was not; `open` false says that it is gone.
    Places are the public ones, of hidden cases the true ones.
    """

    __tablename__ = "case_changes"
    __table_args__ = (
        Index("uq_case_changes_seq", "seq", unique=True),
        Index("ix_case_changes_pending", "id", postgresql_where=text("seq is null")),
        Index("ix_case_changes_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    seq: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(Instant, server_default=text("now()"))
    case_id: Mapped[UUID]
    code: Mapped[str]
    was_category: Mapped[str | None]
    was_department: Mapped[str | None]
    was_status: Mapped[str | None]
    was_overdue: Mapped[bool | None]
    was_visibility: Mapped[str | None]
    was_geom: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    open: Mapped[bool]
    category: Mapped[str]
    department: Mapped[str]
    status: Mapped[str]
    overdue: Mapped[bool]
    visibility: Mapped[str]
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    priority: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)
    opened_at: Mapped[datetime] = mapped_column(Instant)


class CaseCell(Base):
    """Open cases of one status in a cell of a level, of a category and department or of all ('').

    `x` and `y` are sums of positions, see migration 0006; `cell` is the quadkey as a number.
    """

    __tablename__ = "case_cells"
    __table_args__ = (
        Index("ix_case_cells_department", "level", "department", "cell"),
        Index("ix_case_cells_cell", "level", "cell"),
        Index("ix_case_cells_empty", "level", postgresql_where=text("cases = 0")),
    )

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True)
    cell: Mapped[int] = mapped_column(BigId, primary_key=True)
    public: Mapped[bool] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    cases: Mapped[int]
    overdue: Mapped[int]
    x: Mapped[int] = mapped_column(BigId)
    y: Mapped[int] = mapped_column(BigId)


class LayerVersion(Base):
    """How often a layer of the map has changed: what the ETags of its tiles are made of.

    The version of `open_cases` is the last number that was given to a change.
    """

    __tablename__ = "layer_versions"

    layer: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigId)


class CaseDay(Base):
    """Cases that the public may see, by the day of the city on which they were opened, today's
    area of theirs and category ('' counts all), as they stand: see migration 0010 and the view `public_case_days`.

    `minutes` says how long each resolved one took, `cells` where each is (quadkeys of level 18).
    """

    __tablename__ = "case_days"
    __table_args__ = (Index("ix_case_days_day", "day"),)

    category: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(primary_key=True)
    opened: Mapped[int]
    open: Mapped[int]
    overdue: Mapped[int]
    resolved: Mapped[int]
    on_time: Mapped[int]
    minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    cells: Mapped[list[int]] = mapped_column(ARRAY(BigId))


class FoldedDay(Base):
    """A day whose rows of `case_days` are written."""

    __tablename__ = "folded_days"

    day: Mapped[date] = mapped_column(primary_key=True)


class CaseDayMark(Base):
    """A case opened then has changed since: its day is counted live until it is folded again."""

    __tablename__ = "case_day_marks"

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(Instant)


class Hotspot(Base):
    """A place where a kind of problem (a root category) is reported more than usual.

    Active until `ended_at`; found again, it is the same row. `cells` are quadkeys of
    `hotspot_score.LEVEL`, `geom` the hull around them, `area` the code of the ward with most cases.
    """

    __tablename__ = "hotspots"
    __table_args__ = (Index("ix_hotspots_active", "id", postgresql_where=text("ended_at is null")),)

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    category: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    area: Mapped[str]
    cases: Mapped[int]
    expected: Mapped[float] = mapped_column(Double)
    ratio: Mapped[float] = mapped_column(Double)
    p_value: Mapped[float] = mapped_column(Double)
    cells: Mapped[list[int]] = mapped_column(ARRAY(BigId))
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    detected_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    geom: Mapped[Any] = mapped_column(Geometry("POLYGON", 4326, spatial_index=False))


class HotspotCase(Base):
    """A case that makes a hotspot."""

    __tablename__ = "hotspot_cases"
    __table_args__ = (Index("ix_hotspot_cases_case_id", "case_id"),)

    hotspot_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("hotspots.id", ondelete="CASCADE"), primary_key=True
    )
    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
