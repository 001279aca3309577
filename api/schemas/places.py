"""Named places on the wire."""

from __future__ import annotations

from typing import Literal

from api.schemas.base import Output, Position


class PlaceOut(Output):
    """A place that was found. `bounds` is west, south, east, north; `source` says who answered;
    `house_number` is given only where the source knows where that house is.
    """

    name: str
    kind: str
    label: str
    area: str | None
    house_number: str | None
    location: Position
    bounds: tuple[float, float, float, float] | None
    distance_m: float | None
    source: Literal["gazetteer", "nominatim"]


class PlacesOut(Output):
    items: list[PlaceOut]


class PlaceHereOut(Output):
    """What a place would be called; null outside of the city."""

    place: PlaceOut | None
