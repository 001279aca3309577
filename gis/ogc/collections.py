"""The collections of `/ogc`: a layer is a view that `hientruong_readonly` may read, and an entry.

A view's columns are named like the properties; its geometry is `geom`, WGS84 with longitude first.
What a view holds back, no parameter and no filter can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from gis.crs import Bounds
from gis.ogc.words import Words
from gis.queryables import Kind, Queryable

STATUSES = ("received", "assigned", "in_progress", "waiting", "resolved", "closed", "rejected")
OPEN_STATUSES = STATUSES[:4]
GEOMETRY = "geom"
MAX_LIMIT = 10_000
DEFAULT_LIMIT = 10
AFTER = "after"
"""The parameter of `next` links: the id to go on from."""


class IdType(StrEnum):
    """What a collection's ids are, as PostgreSQL calls it."""

    UUID = "uuid"
    BIGINT = "bigint"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a layer's features. `choices` are all the values that it can have."""

    name: str
    kind: Kind
    title: Words
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """When a feature was: between two columns; an `until` of None means that it still lasts."""

    since: str
    until: str | None


@dataclass(frozen=True, slots=True)
class Extent:
    """The box around a layer (WGS84), None if there is none yet; its first instant, if any."""

    bounds: Bounds | None
    since: datetime | None


@dataclass(frozen=True)
class Collection:
    """A layer. `id_column` is unique and never changes, so that pages can go on from it.

    `page_limit` keeps a page of large polygons within what a server should hold at once.
    """

    id: str
    title: Words
    description: Words
    view: str
    geometry: str  # GeoJSON's name
    id_type: IdType
    properties: tuple[Property, ...]
    period: Period
    id_column: str = "id"
    page_limit: int = MAX_LIMIT

    @cached_property
    def queryables(self) -> dict[str, Queryable]:
        """What filters may name: every property and the geometry."""
        named = [Queryable(each.name, each.kind, enum=each.choices) for each in self.properties]
        return {each.name: each for each in (*named, Queryable(GEOMETRY, Kind.GEOMETRY))}


_CODE = Property("code", Kind.TEXT, Words("Mã hồ sơ", "Code"))
_CATEGORY = Property("category", Kind.TEXT, Words("Loại phản ánh", "Category"))
_DEPARTMENT = Property("department", Kind.TEXT, Words("Đơn vị xử lý", "Department"))
_PRIORITY = Property("priority", Kind.INTEGER, Words("Ưu tiên (1 gấp nhất)", "Priority (1 first)"))
_OVERDUE = Property("overdue", Kind.BOOLEAN, Words("Quá hạn", "Overdue"))
_OPENED = Property("opened_at", Kind.INSTANT, Words("Tiếp nhận lúc", "Opened at"))
_DUE = Property("due_at", Kind.INSTANT, Words("Hạn xử lý", "Due at"))
_UPDATED = Property("updated_at", Kind.INSTANT, Words("Cập nhật lúc", "Updated at"))
_STATUS = Words("Trạng thái", "Status")

OPEN_CASES = Collection(
    id="open_cases",
    title=Words("Hồ sơ đang mở", "Open cases"),
    description=Words(
        "Phản ánh hiện trường đang được xử lý, cập nhật tức thời.",
        "Citizens' field reports being worked on, as of now.",
    ),
    view="public_open_cases",
    geometry="Point",
    id_type=IdType.UUID,
    properties=(
        _CODE,
        _CATEGORY,
        _DEPARTMENT,
        Property("status", Kind.TEXT, _STATUS, OPEN_STATUSES),
        _PRIORITY,
        _OVERDUE,
        _OPENED,
        _DUE,
        _UPDATED,
    ),
    period=Period("opened_at", "opened_at"),
)
CASES = Collection(
    id="cases",
    title=Words("Tất cả hồ sơ", "All cases"),
    description=Words(
        "Mọi phản ánh hiện trường được công khai, kể cả đã đóng.",
        "All field reports that are public, closed ones too.",
    ),
    view="public_cases",
    geometry="Point",
    id_type=IdType.UUID,
    properties=(
        _CODE,
        _CATEGORY,
        _DEPARTMENT,
        Property("area", Kind.TEXT, Words("Mã phường, xã", "Ward")),
        Property("status", Kind.TEXT, _STATUS, STATUSES),
        _PRIORITY,
        Property("open", Kind.BOOLEAN, Words("Đang mở", "Open")),
        _OVERDUE,
        _OPENED,
        _DUE,
        _UPDATED,
        Property("resolved_at", Kind.INSTANT, Words("Xử lý xong lúc", "Resolved at")),
        Property("closed_at", Kind.INSTANT, Words("Đóng lúc", "Closed at")),
    ),
    period=Period("opened_at", "opened_at"),
)
AREAS = Collection(
    id="areas",
    title=Words("Phường, xã và tỉnh, thành phố", "Wards and provinces"),
    description=Words(
        "Ranh giới hành chính hiện hành.",
        "Administrative boundaries in force.",
    ),
    view="public_areas",
    geometry="MultiPolygon",
    id_type=IdType.BIGINT,
    properties=(
        Property("kind", Kind.TEXT, Words("Cấp", "Kind"), ("province", "ward")),
        Property("code", Kind.TEXT, Words("Mã đơn vị hành chính", "Code")),
        Property("name", Kind.TEXT, Words("Tên", "Name")),
        Property("name_en", Kind.TEXT, Words("Tên tiếng Anh", "Name in English")),
        Property("parent_code", Kind.TEXT, Words("Thuộc mã", "Code of the parent")),
        Property("approximate", Kind.BOOLEAN, Words("Ranh giới gần đúng", "Approximate")),
        Property("valid_from", Kind.DATE, Words("Có hiệu lực từ", "Valid from")),
        Property("population", Kind.INTEGER, Words("Dân số", "Population")),
    ),
    period=Period("valid_from", None),
    page_limit=1000,
)
HOTSPOTS = Collection(
    id="hotspots",
    title=Words("Điểm nóng", "Hotspots"),
    description=Words(
        "Nơi có nhiều phản ánh cùng loại hơn hẳn thường lệ.",
        "Places with clearly more reports of one kind than they usually have.",
    ),
    view="public_hotspots",
    geometry="Polygon",
    id_type=IdType.BIGINT,
    properties=(
        Property("category", Kind.TEXT, Words("Loại phản ánh", "Category")),
        Property("area", Kind.TEXT, Words("Mã phường, xã", "Ward")),
        Property("cases", Kind.INTEGER, Words("Số hồ sơ", "Cases")),
        Property("expected", Kind.NUMBER, Words("Thường lệ", "Expected")),
        Property("ratio", Kind.NUMBER, Words("So với thường lệ", "Times the expected")),
        Property("since", Kind.INSTANT, Words("Từ lúc", "Since")),
        Property("until", Kind.INSTANT, Words("Đến lúc", "Until")),
        Property("detected_at", Kind.INSTANT, Words("Phát hiện lúc", "Detected at")),
    ),
    period=Period("since", "until"),
)

COLLECTIONS = {each.id: each for each in (OPEN_CASES, CASES, AREAS, HOTSPOTS)}
