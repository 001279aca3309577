"""Tables of the GIS package: areas, other layers, and what the live map is drawn from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, Instant


class Area(Base):
    """A named polygon with the days it is valid: province, ward.

    A redrawn ward is a new row; the old one keeps its `valid_to`, so that a case keeps the area
    of its day. `approximate` marks a boundary that is derived, not surveyed.
    """

    __tablename__ = "areas"
    __table_args__ = (
        CheckConstraint("kind in ('province', 'ward')", name="kind"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="validity"),
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


class LayerFeature(Base):
    """A feature of a layer beside the areas: a road with its class as `kind`, a park, a lamp post.

    Routing asks what lies around a place; `code` is the owner's id of it.
    """

    __tablename__ = "layer_features"
    __table_args__ = (
        UniqueConstraint("layer", "code"),
        Index("ix_layer_features_geom", "geom", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(always=True), primary_key=True)
    layer: Mapped[str]
    code: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    properties: Mapped[dict[str, Any]]
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))


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
