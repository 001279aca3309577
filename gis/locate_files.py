"""Reading the places to locate from a CSV: any columns, among them latitude and longitude in WGS84 degrees."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from gis.feature_files import FileRefused, Problem
from gis.geometry import MAX_LAT, MAX_LON
from gis.locate import Place

_LAT = ("lat", "latitude", "vido", "vi_do", "y")
_LON = ("lon", "lng", "long", "longitude", "kinhdo", "kinh_do", "x")


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """A CSV as read, and the place of each of its rows."""

    header: list[str]
    rows: list[list[str]]
    places: list[Place]


def read_places(path: Path) -> PlaceTable:
    """The places in a CSV with a header. Raises FileRefused naming each row that has none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [row for row in csv.reader(file) if row] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileRefused.whole(f"cannot read {path.name}: {error}") from error
    lat_at, lon_at = _column(header, _LAT), _column(header, _LON)
    places: list[Place] = []
    problems: list[Problem] = []
    for index, row in enumerate(rows):
        try:
            places.append(_place(row[lat_at], row[lon_at]))
        except (ValueError, IndexError):
            problems.append(Problem(index, None, None, "no latitude and longitude in degrees"))
    if problems:
        raise FileRefused(problems)
    return PlaceTable(header, rows, places)


def _column(header: list[str], names: tuple[str, ...]) -> int:
    plain = [name.strip().lower() for name in header]
    found = next((plain.index(name) for name in names if name in plain), None)
    if found is None:
        raise FileRefused.whole(f"no column {names[0]}; there are: {', '.join(header) or 'none'}")
    return found


def _place(lat: str, lon: str) -> Place:
    """ValueError for what is no position, NaN included."""
    place = Place(float(lat), float(lon))
    if abs(place.lat) <= MAX_LAT and abs(place.lon) <= MAX_LON:
        return place
    raise ValueError
