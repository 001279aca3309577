"""Reading a file of historic reports: row by row, each readable or with its line and reason."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, TextIO

DEFAULT_MAPPING = Path(__file__).parent / "replay_mapping.json"
_COLUMNS = ("id", "opened", "type", "reason", "title", "lat", "lon")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read a file: its columns, its dates, and our category and words for its kinds."""

    columns: dict[str, str]
    date_format: str
    types: dict[str, tuple[str, str]]
    reasons: dict[str, tuple[str, str]]
    rest: tuple[str, str]

    def kind(self, type_: str, reason: str) -> tuple[str, str, str]:
        """Our category, our words, and by what it was found: `type`, `reason` or `rest`."""
        if type_ in self.types:
            return (*self.types[type_], "type")
        if reason in self.reasons:
            return (*self.reasons[reason], "reason")
        return (*self.rest, "rest")

    def categories(self) -> set[str]:
        """All our categories that it can give."""
        pairs = [*self.types.values(), *self.reasons.values(), self.rest]
        return {category for category, _ in pairs}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A readable row. `opened` is wall-clock time without a zone; degrees WGS84."""

    line: int
    id: str
    opened: datetime
    lat: float
    lon: float
    category: str
    description: str
    found_by: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be replayed, and why; `line` is its first."""

    line: int
    reason: str
    detail: str = ""


def read_mapping(path: Path | None) -> Mapping:
    """The mapping file (JSON); the one for Boston's 311 service without a path."""
    document: dict[str, Any] = json.loads((path or DEFAULT_MAPPING).read_text(encoding="utf-8"))
    return Mapping(
        columns=document["columns"],
        date_format=document["date_format"],
        types={name: (pair[0], pair[1]) for name, pair in document["types"].items()},
        reasons={name: (pair[0], pair[1]) for name, pair in document["reasons"].items()},
        rest=(document["rest"][0], document["rest"][1]),
    )


def read_rows(path: Path, mapping: Mapping, limit: int | None) -> Iterator[SourceRow | BadRow]:
    """The rows of a CSV (also `.gz`) in order, at most `limit`; nothing in them stops the reading.

    Lines count as in the file, the header being line 1.
    """
    with _open(path) as file:
        reader = csv.DictReader(_without_nul(file))
        missing = [
            mapping.columns[name]
            for name in _COLUMNS
            if mapping.columns[name] not in (reader.fieldnames or ())
        ]
        if missing:
            yield BadRow(1, "column missing", ", ".join(missing))
            return
        count = 0
        while limit is None or count < limit:
            count += 1
            line = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadRow(line, "not CSV", str(error))
                continue
            except (EOFError, gzip.BadGzipFile, OSError) as error:
                yield BadRow(line, "the file breaks off", str(error))
                return
            row = _read(line, values, mapping)
            if isinstance(row, BadRow) and reader.line_num > line:  # a stray quote eats lines
                row = BadRow(
                    line, row.reason, f"with all up to line {reader.line_num}: {row.detail}"
                )
            yield row


def _read(line: int, values: dict[str, str | None], mapping: Mapping) -> SourceRow | BadRow:
    cells = {name: (values.get(mapping.columns[name]) or "").strip() for name in _COLUMNS}
    if not cells["id"].isdigit():
        return _bad(line, "id missing" if not cells["id"] else "id is no number", cells["id"])
    try:
        opened = datetime.strptime(cells["opened"], mapping.date_format)  # noqa: DTZ007  # wall clock
    except ValueError:
        return _bad(line, "date unreadable" if cells["opened"] else "date missing", cells["opened"])
    place = _place(cells["lat"], cells["lon"])
    if place is None:
        known = cells["lat"] and cells["lon"]
        reason = "coordinates unusable" if known else "coordinates missing"
        return _bad(line, reason, f"{cells['lat']} {cells['lon']}")
    if not cells["type"]:
        return _bad(line, "type missing", "")
    category, words, found_by = mapping.kind(cells["type"], cells["reason"])
    title = " ".join((cells["title"] or cells["type"]).split())
    return SourceRow(
        line, cells["id"], opened, *place, category, f"{words} ({title})"[:2000], found_by
    )


def _bad(line: int, reason: str, detail: str) -> BadRow:
    return BadRow(line, reason, " ".join(detail.split())[:80])


def _place(lat: str, lon: str) -> tuple[float, float] | None:
    try:
        y, x = float(lat), float(lon)
    except ValueError:
        return None
    usable = isfinite(y) and isfinite(x) and abs(y) <= 90 and abs(x) <= 180 and (y, x) != (0, 0)
    return (y, x) if usable else None


def _open(path: Path) -> TextIO:
    # a broken character spoils one word, not the run
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _without_nul(lines: TextIO) -> Iterator[str]:
    for line in lines:
        yield line.replace("\0", "")  # PostgreSQL cannot keep it
