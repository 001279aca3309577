"""Tables of the GIS package: the named polygons that a city is made of, and other layers."""

from __future__ import annotations

from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId


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
