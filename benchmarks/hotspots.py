"""Do hotspots tell something that a map of the usual places does not? Boston 2015, held out.

    python -m benchmarks.hotspots

Level, length of the baseline and share of false alarms (`gis/hotspot_score.py`) were chosen on
April to June; what is printed for July to December was measured with them afterwards. Each week is
judged with what was filed until then, and held against the week after. Takes about a minute and
needs `boston311_2015.csv.gz` (HIENTRUONG_TEST_DATA, default ../shared/data).

A cell stands for a pair of a cell of the grid and a root category; there are as many `usual`,
`latest` and `chance` cells each week as there are hotspot cells.

PAI       predictive accuracy index (Chainey, Tompson and Uhlig 2008): the share of next week's
          reports that the cells catch, divided by the share of all cells that they are
excess    next week's reports in the cells, divided by what is usual there by the same model
above     of the cells: next week too had more reports than usual

What it cannot tell:
- Seasons. One year has each season once: autumn leaves are unusual every year, and here nobody can
  know. The baseline of twelve weeks follows a season, with a lag.
- Whether an alarm was useful: nobody at the city said what was a hotspot. A place that stays above
  its usual level next week was at least no accident.
- Anything about descriptions, about Huế, or about phones' positions: addresses, 11 m by 8 m.
- Reports without an address stand at one point (14 %); they are left out.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rich.console import Console
from rich.table import Table

from benchmarks.located_reports import Located, read_located
from gis.hotspot_score import (
    BASELINE_DAYS,
    DAYS,
    FALSE_SHARE,
    LEVEL,
    Count,
    Place,
    Unusual,
    discoveries,
    find_clusters,
    judge,
)

CHOSEN = ("April to June (chosen on)", range(92, 182, DAYS))  # days of the year
HELD_OUT = ("July to December (held out)", range(183, 359, DAYS))
SHUFFLES = 10
SEED = 20151231
Key = tuple[Place, str]


@dataclass(frozen=True, slots=True)
class Week:
    """One run: what was judged, what was found, and how often each cell was reported next."""

    judged: list[Unusual]
    found: list[Unusual]
    clusters: int
    following: Counter[Key]


@dataclass
class Tally:
    """Sums over weeks of the cells that one way of choosing has chosen."""

    cells: int = 0
    caught: int = 0
    usual: float = 0.0
    above: int = 0

    def add(self, chosen: Sequence[Unusual], following: Counter[Key]) -> None:
        for each in chosen:
            number = following[key_of(each)]
            self.cells += 1
            self.caught += number
            self.usual += each.expected
            self.above += number > each.expected


@dataclass
class Half:
    """What a half year of weeks showed."""

    weeks: list[Week]
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def __post_init__(self) -> None:
        chance = random.Random(SEED)
        for week in self.weeks:
            number = len(week.found)
            for name, chosen in (
                ("hotspots", week.found),
                ("usual", _most(week.judged, number, "before")),
                ("latest", _most(week.judged, number, "now")),
                ("chance", chance.sample(week.judged, number)),
            ):
                self.tallies[name].add(chosen, week.following)

    def accuracy(self, name: str) -> float:
        """The predictive accuracy index of a way of choosing."""
        reports = sum(week.following.total() for week in self.weeks)
        cells = sum(len(week.judged) for week in self.weeks)
        tally = self.tallies[name]
        return (tally.caught / reports) / (tally.cells / cells)


def main() -> None:
    console = Console(width=100)
    reports = read_located(LEVEL)
    console.print(
        f"{len(reports):,} reports with a place; cells of level {LEVEL}, {DAYS} days against the"
        f" {BASELINE_DAYS} before, false share {FALSE_SHARE}",
        highlight=False,
    )
    for title, ends in (CHOSEN, HELD_OUT):
        print_half(console, title, Half(run(reports, ends)))
    print_false_alarms(console, reports, HELD_OUT[1])
    console.print((__doc__ or "").partition("PAI ")[1] + (__doc__ or "").partition("PAI ")[2])


def run(reports: Sequence[Located], ends: range) -> list[Week]:
    """Judge the weeks before each of these days of the year."""
    by_day: dict[int, list[Located]] = defaultdict(list)
    for report in reports:
        by_day[report.day].append(report)
    return [judge_week(by_day, end) for end in ends]


def judge_week(by_day: dict[int, list[Located]], end: int) -> Week:
    """What a run on day `end` finds, and what the following days bring."""
    since = end - DAYS
    before = _count(by_day, range(since - BASELINE_DAYS, since))
    now = _count(by_day, range(since, end))
    areas = {
        (report.place, report.category): report.area
        for day in range(since - BASELINE_DAYS, end)
        for report in by_day[day]
    }
    counts = [Count(*key, area, before[key], now[key]) for key, area in areas.items()]
    judged = judge(counts)
    return Week(
        judged,
        discoveries(judged, FALSE_SHARE),
        len(find_clusters(counts)),
        _count(by_day, range(end, end + DAYS)),
    )


def shuffled(reports: Sequence[Located], chance: random.Random) -> list[Located]:
    """The same places and the same days, in a new order within each category: nothing is unusual
    any more but by chance.
    """
    by_category: dict[str, list[Located]] = defaultdict(list)
    for report in reports:
        by_category[report.category].append(report)
    mixed: list[Located] = []
    for each in by_category.values():
        days = [report.day for report in each]
        chance.shuffle(days)
        mixed += [replace(report, day=day) for report, day in zip(each, days, strict=True)]
    return mixed


def key_of(each: Unusual) -> Key:
    return each.count.place, each.count.category


def print_half(console: Console, title: str, half: Half) -> None:
    weeks = len(half.weeks)
    table = Table(title=title, title_justify="left")
    for name in ("", "cells a week", "PAI", "excess", "above", "of next week's reports"):
        table.add_column(name, justify="right" if name else "left")
    reports = sum(week.following.total() for week in half.weeks)
    for name, tally in half.tallies.items():
        table.add_row(
            name,
            f"{tally.cells / weeks:.1f}",
            f"{half.accuracy(name):.1f}",
            f"{tally.caught / tally.usual:.2f}",
            f"{tally.above / tally.cells:.0%}",
            f"{tally.caught / reports:.1%}",
        )
    console.print(table)
    hotspots = sum(week.clusters for week in half.weeks) / weeks
    console.print(f"{hotspots:.1f} hotspots a week in {weeks} weeks\n", highlight=False)


def print_false_alarms(console: Console, reports: Sequence[Located], ends: range) -> None:
    """With shuffled days every alarm is false, so that the share of weeks with any is the false
    discovery rate.
    """
    chance = random.Random(SEED)
    weeks = [week for _ in range(SHUFFLES) for week in run(shuffled(reports, chance), ends)]
    alarms = [week for week in weeks if week.found]
    console.print(
        f"days shuffled {SHUFFLES} times: {len(alarms)} of {len(weeks)} weeks with an alarm"
        f" ({len(alarms) / len(weeks):.1%}; at most {FALSE_SHARE:.0%} by the method),"
        f" {sum(len(week.found) for week in alarms)} cells\n",
        highlight=False,
    )


def _most(judged: list[Unusual], number: int, by: str) -> list[Unusual]:
    return sorted(judged, key=lambda each: -getattr(each.count, by))[:number]


def _count(by_day: dict[int, list[Located]], days: range) -> Counter[Key]:
    return Counter((report.place, report.category) for day in days for report in by_day[day])


if __name__ == "__main__":
    main()
