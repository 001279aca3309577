"""Boston's reports of 2015 as counts need them: the day, the cell, the root category, the area."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from benchmarks.marked_duplicates import DEFAULT_PLACE_SHARE, data_file
from cli.replay_source import Mapping, read_mapping
from gis.hotspot_score import Place
from gis.tile_grid import tile_at


@dataclass(frozen=True, slots=True)
class Located:
    """A report with a place of its own. `day` is that of the year 2015, in Boston."""

    day: int
    place: Place
    category: str
    area: str


def read_located(level: int) -> list[Located]:
    """All reports but those at the one point that stands for no address, by cells of `level`."""
    mapping = read_mapping(None)
    with gzip.open(data_file(), "rt", encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["LATITUDE"] and row["LONGITUDE"]]
    places = Counter((row["LATITUDE"], row["LONGITUDE"]) for row in rows)
    shared = DEFAULT_PLACE_SHARE * len(rows)
    return [
        _to_located(row, mapping, level)
        for row in rows
        if places[row["LATITUDE"], row["LONGITUDE"]] < shared
    ]


def _to_located(row: dict[str, str], mapping: Mapping, level: int) -> Located:
    opened = datetime.strptime(row["OPEN_DT"], mapping.date_format)  # noqa: DTZ007  # wall clock
    category, _, _ = mapping.kind(row["TYPE"], row["REASON"])
    cell = tile_at(float(row["LATITUDE"]), float(row["LONGITUDE"]), level)
    return Located(
        opened.timetuple().tm_yday,
        (cell.x, cell.y),
        category.partition(".")[0],
        row["neighborhood"],
    )
