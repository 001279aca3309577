"""Where is more reported than usual? Gamma-Poisson shrinkage with a false discovery rate. Pure.

Each pair of a cell and a kind of problem is compared with its own past. The rate of a cell is
gamma distributed around the mean of its area and kind (empirical Bayes: Clayton and Kaldor 1987,
Biometrics 43, 671-681), so that a cell with little history is judged by its surroundings and one
with much by itself; the number of reports to expect is then negative binomial (the predictive
distribution, as in the gamma-Poisson shrinker of DuMouchel 1999, The American Statistician 53,
177-190). What a whole city reports more of in these days, after a storm, is usual everywhere.
Of all pairs at once those are unusual that the procedure of Benjamini and Hochberg (1995, J. R.
Statist. Soc. B 57, 289-300) rejects: at most FALSE_SHARE of them are expected to be chance.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

LEVEL = 16  # of the quadkeys of cells: 611 m wide at the equator, 590 m in Huế
DAYS = 7
BASELINE_DAYS = 84  # the twelve weeks before
FALSE_SHARE = 0.05
MIN_CASES = 3
MAX_STRENGTH = 1000.0  # of the prior, in cases: beyond, all cells of an area are alike
_TINY = 1e-17  # what a sum in floating point no longer notices

Place = tuple[int, int]  # column and row of a cell


@dataclass(frozen=True, slots=True)
class Count:
    """Reports of a kind in a cell: `before` in the baseline, `now` in the last days."""

    place: Place
    category: str
    area: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Unusual:
    """A cell with more reports of a kind than `expected`; `p` is the chance of so many."""

    count: Count
    expected: float
    p: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Unusual cells of a kind that touch each other."""

    category: str
    members: tuple[Unusual, ...]

    @property
    def cases(self) -> int:
        return sum(member.count.now for member in self.members)

    @property
    def expected(self) -> float:
        return sum(member.expected for member in self.members)

    @property
    def ratio(self) -> float:
        return self.cases / self.expected

    @property
    def p(self) -> float:
        """That of its most unusual cell: its cells are judged one by one."""
        return min(member.p for member in self.members)

    @property
    def area(self) -> str:
        """The area with most of its cases."""
        cases: dict[str, int] = defaultdict(int)
        for member in self.members:
            cases[member.count.area] += member.count.now
        return max(sorted(cases), key=lambda area: cases[area])


@dataclass(frozen=True, slots=True)
class Active:
    """A hotspot that an earlier run found."""

    id: int
    category: str
    places: frozenset[Place]


def find_clusters(counts: Sequence[Count], *, false_share: float = FALSE_SHARE) -> list[Cluster]:
    """The clusters of unusual cells, the least likely first. Needs every pair of cell and kind with
    a report in either span.
    """
    unusual = discoveries(judge(counts), false_share)
    by_category: dict[str, dict[Place, Unusual]] = defaultdict(dict)
    for found in unusual:
        by_category[found.count.category][found.count.place] = found
    clusters = [
        Cluster(category, members)
        for category, cells in by_category.items()
        for members in _touching(cells)
    ]
    return sorted(clusters, key=lambda cluster: (cluster.p, cluster.category))


def match_clusters(
    clusters: Sequence[Cluster], active: Sequence[Active]
) -> list[tuple[Cluster, int | None]]:
    """Which active hotspot each cluster is: the first of its kind that shares a cell with it, and
    that no other cluster is; None for a new one.
    """
    left = list(active)
    matched: list[tuple[Cluster, int | None]] = []
    for cluster in clusters:
        same = next((hotspot for hotspot in left if _is_same(cluster, hotspot)), None)
        if same is not None:
            left.remove(same)
        matched.append((cluster, same.id if same else None))
    return matched


def judge(counts: Sequence[Count]) -> list[Unusual]:
    """What to expect of each count in the last days, and the chance of at least as much."""
    by_category: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        by_category[count.category].append(count)
    return [judged for each in by_category.values() for judged in _judge_category(each)]


def discoveries(judged: Sequence[Unusual], false_share: float) -> list[Unusual]:
    """Those that Benjamini and Hochberg reject, with MIN_CASES at least."""
    ranked = sorted(judged, key=lambda each: each.p)
    last = 0
    for rank, each in enumerate(ranked, start=1):
        if each.p <= false_share * rank / len(ranked):
            last = rank
    return [each for each in ranked[:last] if each.count.now >= MIN_CASES]


def upper_tail(at_least: int, *, shape: float, mean: float) -> float:
    """P(X >= at_least) of a negative binomial with this mean and variance mean + mean^2 / shape."""
    if at_least <= 0:
        return 1.0
    success = mean / (mean + shape)
    term = math.exp(
        math.lgamma(at_least + shape) - math.lgamma(shape) - math.lgamma(at_least + 1)
        + at_least * math.log(success) + shape * math.log1p(-success)
    )  # fmt: skip
    total, k = 0.0, at_least
    while term > _TINY * total or k < mean:
        total += term
        term *= success * (k + shape) / (k + 1)
        k += 1
    return min(total, 1.0)


def _is_same(cluster: Cluster, hotspot: Active) -> bool:
    return cluster.category == hotspot.category and any(
        member.count.place in hotspot.places for member in cluster.members
    )


def _judge_category(counts: list[Count]) -> list[Unusual]:
    before, now = (sum(getattr(count, name) for count in counts) for name in ("before", "now"))
    if before == 0:
        return []  # a kind that is new has nothing usual
    exposure = now / before  # of the last days against the baseline, for the whole city
    means = _means(counts)
    strength = _strength(counts, means)
    judged: list[Unusual] = []
    for count in counts:
        shape = strength + count.before
        mean = exposure * shape / (strength / means[count.area] + 1)
        tail = upper_tail(count.now, shape=shape, mean=mean) if mean > 0 else 1.0
        judged.append(Unusual(count, mean, tail))
    return judged


def _means(counts: list[Count]) -> dict[str, float]:
    """Reports per cell of each area in the baseline; where there were none, half of one in all."""
    cells: dict[str, int] = defaultdict(int)
    cases: dict[str, int] = defaultdict(int)
    for count in counts:
        cells[count.area] += 1
        cases[count.area] += count.before
    return {area: max(cases[area], 0.5) / number for area, number in cells.items()}


def _strength(counts: list[Count], means: dict[str, float]) -> float:
    """How many reports the prior weighs (the shape of the gamma), by the method of moments: what
    counts vary beyond Poisson is how much cells of an area differ.
    """
    squares = sum(means[count.area] ** 2 for count in counts)
    excess = sum((count.before - means[count.area]) ** 2 - means[count.area] for count in counts)
    return squares / max(excess, squares / MAX_STRENGTH)


def _touching(cells: dict[Place, Unusual]) -> Iterable[tuple[Unusual, ...]]:
    """Groups of cells that touch, also by a corner."""
    left = dict(cells)
    while left:
        group: list[Unusual] = []
        edge = [min(left)]
        while edge:
            place = edge.pop()
            if (found := left.pop(place, None)) is None:
                continue
            group.append(found)
            x, y = place
            edge += [(x + i, y + j) for i, j in product((-1, 0, 1), repeat=2)]
        yield tuple(group)
