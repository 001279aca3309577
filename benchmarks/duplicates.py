"""Do suggestions of duplicates find what a city's staff marked? Boston 2015, held out.

    python -m benchmarks.duplicates

The weights of `workflows/duplicate_score.py` were chosen on what was filed from January to June, once
as the file has it and once with places shaken as by phones; what is printed for July to December
was measured with them afterwards. Takes about a minute and needs `boston311_2015.csv.gz`
(HIENTRUONG_TEST_DATA, default ../shared/data).

How duplicates are marked there: the closing remark of a report says "duplicate" and often the
number of the other one ("Duplicate of case # 1519874": the last seven, or six, of twelve digits).

What the measure can tell: of the pairs that staff found and wrote down, how many are among the
candidates, at which rank and with which score.

What it cannot tell:
- The true precision. Most duplicates are marked nowhere, and half of the marks name no report: a
  suggestion that counts as wrong here may be right. The precisions are lower bounds.
- The true recall. Staff found these pairs by the address and the kind on their screens, so that
  what is alike in these is what is found.
- Anything about words and photos: the file has no descriptions and no pictures. Only place, time
  and kind are judged; no score exceeds 0.81.
- How it is with phones' positions. Boston's are those of addresses (four decimals, 11 m by 8 m):
  three pairs in four are at exactly the same place. Places shaken by 10 m stand in for phones.
- Anything about the 14 % of reports at one point, that of reports without an address. They are left
  out: a place shared by thousands is none.
- A wholly unseen half: an earlier shape of "near" was given up after a look at the last table. The
  shape in use was then chosen among eighteen, and its weights fitted, on the first half alone.
- Intake as a whole: one marked report in four names one that was filed after it, and kinds are
  those of our replay mapping, coarser than the city's own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp

from rich.console import Console
from rich.table import Table

from benchmarks.logistic import fit
from benchmarks.marked_duplicates import Candidate, City, read_city
from workflows.duplicate_score import WINDOW_HOURS, Pair, judge, kinship

HALF = datetime(2015, 7, 1, tzinfo=UTC).timestamp() / 3600
CHOSEN, HELD_OUT = "January to June (chosen on)", "July to December (held out)"
# Those of the score: base, near, recent, same category, same parent.
WEIGHTS = (-8.5, 5.3, 1.2, 3.4, 1.2)
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8)
SHOWN = 20
SHAKEN_M = 10.0
LEGEND = """
recall   of the marked reports that name another: that one is among the desk's 20 best
A        of the desk's suggestions to these reports: right by the marks
B        of the best suggestion to each of these reports: right by the marks
C        of all reports with a suggestion at intake: marked by the city, naming or not (3 % are)
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate with its score, and whether the marks say that it is right."""

    index: int
    score: float
    right: bool


def main() -> None:
    console = Console(width=100)
    city = read_city()
    shaken = _shaken(city)
    for words, count in city.counts.items():
        console.print(f"{count:>8,} {words}", highlight=False)
    first = [index for index in city.named if city.reports[index].opened < HALF]
    second = [index for index in city.named if city.reports[index].opened >= HALF]
    fitted = fit(_rows(city, first) + _rows(shaken, first))
    console.print(_weights("fitted on January to June", fitted), highlight=False)
    console.print(_weights("in use", WEIGHTS), highlight=False)
    _print_recall(console, city, first, CHOSEN)
    _print_recall(console, city, second, HELD_OUT)
    _print_thresholds(console, city, first, CHOSEN)
    _print_thresholds(console, city, second, HELD_OUT)
    _print_thresholds(console, shaken, second, f"{HELD_OUT}, places shaken by {SHAKEN_M:.0f} m")
    console.print(LEGEND, highlight=False)
    console.print("".join((__doc__ or "").partition("What the measure")[1:]), highlight=False)


def suggestions(
    city: City, index: int, *, earlier_only: bool = False, by_distance: bool = False
) -> list[Suggestion]:
    """What the desk (or, with `earlier_only`, intake) is shown for a report, best first;
    `by_distance` ranks without the score, to compare.
    """
    found = [
        (candidate, judge(_pair(city, index, candidate)).score)
        for candidate in city.candidates(index, earlier_only=earlier_only)
    ]
    found.sort(key=lambda pair: pair[0].distance_m if by_distance else -pair[1])
    return [
        Suggestion(candidate.index, score, city.same(index, candidate.index))
        for candidate, score in found[:SHOWN]
    ]


def _pair(city: City, index: int, candidate: Candidate) -> Pair:
    one, other = city.reports[index].category, city.reports[candidate.index].category
    return Pair(candidate.distance_m, candidate.hours, kinship(one, other, city.parents))


def _rows(city: City, marked: Iterable[int]) -> list[tuple[tuple[float, ...], bool]]:
    """For the regression: what is compared, and whether the marks say that it is the same."""
    rows: list[tuple[tuple[float, ...], bool]] = []
    for index in marked:
        for candidate in city.candidates(index, earlier_only=False):
            pair = _pair(city, index, candidate)
            values = (
                1.0,
                exp(-((pair.distance_m / 50) ** 2)),
                1 - abs(pair.hours_apart) / WINDOW_HOURS,
                float(pair.kinship == "category"),
                float(pair.kinship == "parent"),
            )
            rows.append((values, city.same(index, candidate.index)))
    return rows


def _weights(title: str, weights: Sequence[float]) -> str:
    names = ("base", "near", "recent", "category", "parent")
    values = ", ".join(f"{n} {w:+.2f}" for n, w in zip(names, weights, strict=True))
    return f"weights {title}:\n  {values}"


def _shaken(city: City) -> City:
    """The same city with every position off by a normal error of SHAKEN_M in x and in y."""
    draw = random.Random(1)
    moved = [
        replace(report, x=report.x + draw.gauss(0, SHAKEN_M), y=report.y + draw.gauss(0, SHAKEN_M))
        for report in city.reports
    ]
    return City(moved, city.marked, city.named, city.counts)


def _print_recall(console: Console, city: City, marked: list[int], title: str) -> None:
    """Is the named report among the candidates, and at which rank is one that the marks join?"""
    table = Table(title=f"Candidates, {title}: {len(marked):,} marked reports")
    for column in (
        "seen from",
        "candidates",
        "named one among them",
        "right 1st",
        "≤ 3",
        "≤ 5",
        "≤ 20",
    ):
        table.add_column(column, justify="right")
    views = (("intake", True, False), ("desk", False, False), ("desk by distance", False, True))
    for view, earlier_only, by_distance in views:
        ranks: list[int] = []
        shown = among = 0
        for index in marked:
            all_of_them = list(city.candidates(index, earlier_only=earlier_only))
            shown += len(all_of_them)
            among += any(one.index in city.named[index] for one in all_of_them)
            best = suggestions(city, index, earlier_only=earlier_only, by_distance=by_distance)
            right = [rank for rank, one in enumerate(best, 1) if one.right]
            ranks += right[:1]
        within = [sum(rank <= limit for rank in ranks) for limit in (1, 3, 5, SHOWN)]
        table.add_row(
            view,
            f"{shown / len(marked):.1f}",
            _share(among, len(marked)),
            *(_share(n, len(marked)) for n in within),
        )
    console.print(table)
    _print_missed(console, city, marked)


def _print_missed(console: Console, city: City, marked: list[int]) -> None:
    missed = Counter(
        city.why_missed(index, min(city.named[index]))
        for index in marked
        if not any(
            one.index in city.named[index] for one in city.candidates(index, earlier_only=False)
        )
    )
    why = ", ".join(f"{count} {reason}" for reason, count in missed.most_common())
    console.print(f"not among the desk's candidates: {why}", highlight=False)


def _print_thresholds(console: Console, city: City, marked: list[int], title: str) -> None:
    """Recall among the marked reports and three readings of precision, by score."""
    later = city.reports[marked[0]].opened >= HALF
    half = [n for n, report in enumerate(city.reports) if (report.opened >= HALF) == later]
    for_marked = [(city.named[index], suggestions(city, index)) for index in marked]
    for_all = [(index, suggestions(city, index, earlier_only=True)) for index in half]
    table = Table(title=title)
    for column in ("score from", "recall", "A", "B", "C", "reports with any", "per report"):
        table.add_column(column, justify="right")
    for threshold in THRESHOLDS:
        kept = [[one for one in best if one.score >= threshold] for _, best in for_marked]
        hits = sum(
            any(one.index in named for one in best)
            for (named, _), best in zip(for_marked, kept, strict=True)
        )
        first = [best[0].right for best in kept if best]
        warned = [index for index, best in for_all if best and best[0].score >= threshold]
        shown = sum(one.score >= threshold for _, best in for_all for one in best)
        table.add_row(
            f"{threshold:.2f}",
            _share(hits, len(marked)),
            _share(sum(one.right for best in kept for one in best), sum(map(len, kept))),
            _share(sum(first), len(first)),
            _share(sum(index in city.marked for index in warned), len(warned)),
            _share(len(warned), len(half)),
            f"{shown / len(half):.2f}",
        )
    console.print(table)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


if __name__ == "__main__":
    main()
