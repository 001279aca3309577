"""Which open cases of the map somebody wants, and which they may have. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Filters of the open cases; None does not filter. `bbox` is west, south, east, north in
    degrees, WGS84; ages count hours since a case was opened.
    """

    bbox: tuple[float, float, float, float] | None = None
    categories: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    overdue: bool | None = None
    min_age_h: int | None = None
    max_age_h: int | None = None

    @property
    def by_age(self) -> bool:
        return self.min_age_h is not None or self.max_age_h is not None


@dataclass(frozen=True, slots=True)
class MapScope:
    """What a reader may see beyond the public layer: hidden cases, all or one department's."""

    hidden: bool = False
    hidden_of: str | None = None

    @property
    def is_public(self) -> bool:
        return not self.hidden and self.hidden_of is None

    def shows(self, *, visibility: str, department: str) -> bool:
        """Whether a case of this visibility and department is on this reader's map."""
        return visibility != "hidden" or self.hidden or self.hidden_of == department


PUBLIC = MapScope()
