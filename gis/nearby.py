"""What lies around a place: a value for rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NearbyFeature:
    """A feature of a layer, and how far from the place it lies (metres; 0 inside a polygon)."""

    layer: str
    kind: str
    code: str
    name: str
    distance_m: float
