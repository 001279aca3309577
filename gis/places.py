"""A named place, as search and reverse geocoding answer it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gis.locate import Place

_KINDS = ("Phường ", "Xã ", "Đặc khu ", "Thành phố ", "Tỉnh ")
Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees, WGS84


@dataclass(frozen=True, slots=True)
class Found:
    """A place that was found. `kind` is ward, province, or what its layer calls it; `area` the
    ward that it lies in; `label` is the whole address in the reader's language. `house_number`
    only where the source knows where that house is. `source` says who answered.
    """

    name: str
    kind: str
    label: str
    lat: float
    lon: float
    source: str
    area: str | None = None
    house_number: str | None = None
    bounds: Bounds | None = None
    distance_m: float | None = None


def is_within(place: Place, bounds: Bounds) -> bool:
    """Whether a place lies in the box."""
    west, south, east, north = bounds
    return west <= place.lon <= east and south <= place.lat <= north


def join_label(*parts: str | None) -> str:
    """The parts of an address in one line, each once: in the midst of a line "Phường" is not
    capital.
    """
    kept = list(dict.fromkeys(part for part in parts if part))
    return ", ".join([*kept[:1], *(_midst(part) for part in kept[1:])])


def _midst(part: str) -> str:
    kind = next((kind for kind in _KINDS if part.startswith(kind)), "")
    return kind.lower() + part[len(kind) :]
