"""Areas as administrators see and change them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from api.schemas.base import Input, Output
from api.schemas.catalogue import Name

MAX_POPULATION = 100_000_000
AreaCode = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9._-]+$")]
AreaKind = Literal["ward", "province"]


class AreaRowOut(Output):
    """An area without its geometry. `valid_to` is null for a current one; `population` is null
    where nobody has said it; `km2` is the surface on the ground.
    """

    kind: AreaKind
    code: str
    name: str
    name_en: str
    parent_code: str | None
    approximate: bool
    source: str
    valid_from: date
    valid_to: date | None
    population: int | None
    km2: float


class AreaChange(Input):
    """What is to change; what is left out stays. A `population` of null takes it away."""

    # The empty defaults stand for "left out" and are never used.
    name: Name = ""
    name_en: Name = ""
    population: Annotated[int, Field(strict=True, ge=0, le=MAX_POPULATION)] | None = None


class AreaLineOut(Output):
    """What became of one area. `moved_km2` is what was added to it and taken from it;
    `repaired_km2` what mending its outline added (negative: took), null if it was in order.
    """

    code: str
    name: str
    outcome: Literal["new", "corrected", "succeeded", "unchanged", "kept"]
    km2: float
    moved_km2: float
    repaired_km2: float | None


class AreaNameOut(Output):
    code: str
    name: str


class AreaImportOut(Output):
    """What an import did, or with `dry_run` would do: a line per area of the file, the areas that
    the file does not have (`missing` stay, `closed` end at `valid_from`), and the provinces, made
    of their wards.
    """

    dry_run: bool
    changed: bool
    areas: list[AreaLineOut]
    missing: list[AreaNameOut]
    closed: list[AreaNameOut]
    provinces: list[AreaLineOut]
