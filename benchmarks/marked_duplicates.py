"""Boston's reports of 2015 in memory: where, when, what, and which the city marked as duplicates."""

from __future__ import annotations

import csv
import gzip
import math
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cli.replay_source import SourceRow, read_mapping, read_rows
from workflows.duplicate_score import WINDOW_HOURS

ROOT = Path(__file__).parent.parent
RADIUS_M = 150.0
# A place that one report in a hundred has is where the file puts what it could not locate.
DEFAULT_PLACE_SHARE = 0.01

_METRES_PER_DEGREE = 111_195.0
_BOSTON = math.cos(math.radians(42.32))
_NEVER = math.inf
_MARK = re.compile(r"duplicat", re.IGNORECASE)
# Case numbers as staff write them: all twelve digits, the last seven, or the last six.
_NUMBER = re.compile(r"(?<!\d)(?:10100)?(1\d{6})(?!\d)|(?<!\d)(\d{6})(?!\d)")
_CLOSED_AT = re.compile(r"Closed date : [\d-]+ [\d:.]+")


@dataclass(frozen=True, slots=True)
class Filed:
    """A report: `opened` and `closed` in hours, `x` and `y` in metres, our category."""

    id: str
    opened: float
    closed: float
    x: float
    y: float
    category: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another report near in place and time: `hours` is negative where it was filed later."""

    index: int
    distance_m: float
    hours: float


@dataclass
class City:
    """All located reports in the order of filing. `named`: by a marked report, the ones that its
    closing remark names; `marked` also those that name none.
    """

    reports: list[Filed]
    marked: set[int]
    named: dict[int, set[int]]
    counts: dict[str, int]
    _grid: dict[tuple[int, int], list[int]] = field(
        default_factory=dict[tuple[int, int], list[int]]
    )
    _group: list[int] = field(default_factory=list[int])
    _parents: dict[str, str | None] = field(default_factory=dict[str, str | None])

    def __post_init__(self) -> None:
        grid: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, report in enumerate(self.reports):
            grid[_cell(report)].append(index)
        self._grid = dict(grid)
        self._group = list(range(len(self.reports)))
        kinds = {report.category for report in self.reports}
        self._parents = {kind: kind.partition(".")[0] for kind in kinds}
        for index, others in self.named.items():
            for other in others:
                self._group[self._first(index)] = self._first(other)

    @property
    def parents(self) -> dict[str, str | None]:
        """The parent of each category, as its code says it: `traffic` of `traffic.sign`."""
        return self._parents

    def same(self, one: int, other: int) -> bool:
        """Whether the marks join the two, also by way of a third."""
        return self._first(one) == self._first(other)

    def candidates(self, index: int, *, earlier_only: bool) -> Iterator[Candidate]:
        """Reports within RADIUS_M and the window that were open at some time while this one was;
        `earlier_only`: that were open when this one was filed, which is what intake can see.
        """
        here = self.reports[index]
        for other in self._around(here):
            there = self.reports[other]
            hours = here.opened - there.opened
            if other == index or abs(hours) > WINDOW_HOURS or there.closed < here.opened:
                continue
            if there.opened > here.closed or (earlier_only and other > index):
                continue
            distance = math.hypot(here.x - there.x, here.y - there.y)
            if distance <= RADIUS_M:
                yield Candidate(other, distance, hours)

    def why_missed(self, one: int, other: int) -> str:
        """What keeps `other` from the candidates of `one`."""
        here, there = self.reports[one], self.reports[other]
        if math.hypot(here.x - there.x, here.y - there.y) > RADIUS_M:
            return f"further than {RADIUS_M:.0f} m"
        if abs(here.opened - there.opened) > WINDOW_HOURS:
            return f"more than {WINDOW_HOURS // 24} days apart"
        return "never open together"

    def _around(self, report: Filed) -> Iterator[int]:
        column, row = _cell(report)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                yield from self._grid.get((x, y), ())

    def _first(self, index: int) -> int:
        while self._group[index] != index:
            self._group[index] = self._group[self._group[index]]
            index = self._group[index]
        return index


def data_file() -> Path:
    """The file in HIENTRUONG_TEST_DATA (default ../shared/data). SystemExit if it is not there."""
    folder = Path(os.environ.get("HIENTRUONG_TEST_DATA", ROOT.parent / "shared" / "data"))
    path = folder / "boston311_2015.csv.gz"
    if not path.exists():
        raise SystemExit(f"no {path}: set HIENTRUONG_TEST_DATA to the folder of the test data")
    return path


def read_city() -> City:
    """All its located reports. SystemExit if the file is not there."""
    path = data_file()
    mapping = read_mapping(None)
    rows = [row for row in read_rows(path, mapping, None) if isinstance(row, SourceRow)]
    closings = _closings(path, mapping.date_format)
    places = Counter((row.lat, row.lon) for row in rows)
    nowhere = {place for place, n in places.items() if n > len(rows) * DEFAULT_PLACE_SHARE}
    located = sorted(
        (_filed(row, closings) for row in rows if (row.lat, row.lon) not in nowhere),
        key=lambda report: (report.opened, report.id),
    )
    return _marked(located, closings, total=len(rows))


def _marked(located: list[Filed], closings: dict[str, tuple[float, str]], *, total: int) -> City:
    index_of = {report.id: index for index, report in enumerate(located)}
    all_marked = {key: text for key, (_, text) in closings.items() if _MARK.search(text)}
    names = {key: _names(key, text, closings) for key, text in all_marked.items()}
    named: dict[int, set[int]] = {}
    for key, others in names.items():
        found = {index_of[other] for other in others if other in index_of}
        if key in index_of and found:
            named[index_of[key]] = found
    counts = {
        "reports in the file": total,
        "at the place that stands for none, left out": total - len(located),
        "marked as duplicates": len(all_marked),
        "of these naming a report of the file": sum(bool(others) for others in names.values()),
        "of these with both located": len(named),
    }
    return City(located, {index_of[key] for key in all_marked if key in index_of}, named, counts)


def _names(key: str, text: str, known: dict[str, tuple[float, str]]) -> set[str]:
    """The reports that a closing remark names by their number."""
    numbers = _NUMBER.findall(_CLOSED_AT.sub("", text))
    full = {f"10100{seven}" if seven else f"101001{six}" for seven, six in numbers}
    return {number for number in full if number in known and number != key}


def _closings(path: Path, date_format: str) -> dict[str, tuple[float, str]]:
    """When each report was closed (hours), and the remark."""
    with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        return {
            row["CASE_ENQUIRY_ID"]: (
                _hours(datetime.strptime(row["CLOSED_DT"], date_format))  # noqa: DTZ007  # wall clock
                if row["CLOSED_DT"]
                else _NEVER,
                row["CLOSURE_REASON"],
            )
            for row in csv.DictReader(file)
        }


def _filed(row: SourceRow, closings: dict[str, tuple[float, str]]) -> Filed:
    return Filed(
        row.id,
        _hours(row.opened),
        closings[row.id][0],
        row.lon * _METRES_PER_DEGREE * _BOSTON,
        row.lat * _METRES_PER_DEGREE,
        row.category,
    )


def _hours(at: datetime) -> float:
    return at.replace(tzinfo=UTC).timestamp() / 3600


def _cell(report: Filed) -> tuple[int, int]:
    return int(report.x // RADIUS_M), int(report.y // RADIUS_M)
