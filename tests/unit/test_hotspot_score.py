"""Judging hotspots: what is usual, what is chance, which cells belong together."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.hotspot_score import (
    FALSE_SHARE,
    MIN_CASES,
    Active,
    Cluster,
    Count,
    Unusual,
    discoveries,
    find_clusters,
    judge,
    match_clusters,
    upper_tail,
)

CELLS = [(x, y) for x in range(20) for y in range(20)]


def quiet(seed: int = 1, *, mean: float = 6.0, category: str = "waste") -> list[Count]:
    """A city where nothing has changed: a twelfth of the baseline in the last days."""
    chance = random.Random(seed)
    counts: list[Count] = []
    for place in CELLS:
        rate = chance.gammavariate(1.5, mean / 1.5)
        before, now = poisson(chance, rate), poisson(chance, rate / 12)
        if before or now:
            counts.append(Count(place, category, f"ward {place[0] // 5}", before, now))
    return counts


def poisson(chance: random.Random, mean: float) -> int:
    number, product = 0, chance.random()
    while product > math.exp(-mean):
        number, product = number + 1, product * chance.random()
    return number


def burst(counts: list[Count], *places: tuple[int, int], now: int = 12) -> list[Count]:
    """The same with as many reports in these cells in the last days."""
    rest = [count for count in counts if count.place not in places]
    before = {count.place: count.before for count in counts}
    return rest + [Count(p, "waste", "ward 0", before.get(p, 0), now) for p in places]


@pytest.mark.parametrize(("shape", "mean"), [(1.0, 0.3), (2.5, 4.0), (40.0, 40.0), (0.2, 7.0)])
def test_the_tail_is_that_of_the_negative_binomial(shape: float, mean: float) -> None:
    success = mean / (mean + shape)

    def chance(k: int) -> float:
        return math.exp(
            math.lgamma(k + shape) - math.lgamma(shape) - math.lgamma(k + 1)
            + k * math.log(success) + shape * math.log1p(-success)
        )  # fmt: skip

    for at_least in (0, 1, 2, 5, 20):
        tail = upper_tail(at_least, shape=shape, mean=mean)
        assert tail == pytest.approx(1 - sum(chance(k) for k in range(at_least)), abs=1e-12)


@given(shape=st.floats(0.01, 1e4), mean=st.floats(1e-6, 1e3), at_least=st.integers(0, 200))
def test_the_tail_is_a_chance_and_falls(shape: float, mean: float, at_least: int) -> None:
    here = upper_tail(at_least, shape=shape, mean=mean)
    assert 0 <= upper_tail(at_least + 1, shape=shape, mean=mean) <= here + 1e-8 <= 1 + 1e-8


def test_a_quiet_city_has_no_hotspots() -> None:
    alarms = [seed for seed in range(40) if find_clusters(quiet(seed))]
    assert len(alarms) <= 40 * FALSE_SHARE + 2


def test_a_burst_is_found_with_what_is_usual_there() -> None:
    [cluster] = find_clusters(burst(quiet(), (3, 3)))
    assert (cluster.category, cluster.area, cluster.cases) == ("waste", "ward 0", 12)
    assert [member.count.place for member in cluster.members] == [(3, 3)]
    assert cluster.ratio == cluster.cases / cluster.expected > 4
    assert cluster.p == cluster.members[0].p < 1e-4


def test_cells_that_touch_are_one_hotspot_and_others_are_not() -> None:
    clusters = find_clusters(burst(quiet(), (3, 3), (4, 4), (5, 4), (15, 15)))
    places = sorted(sorted(m.count.place for m in cluster.members) for cluster in clusters)
    assert places == [[(3, 3), (4, 4), (5, 4)], [(15, 15)]]
    assert [cluster.p for cluster in clusters] == sorted(cluster.p for cluster in clusters)


def test_the_area_is_that_of_most_cases() -> None:
    def member(x: int, area: str, now: int) -> Unusual:
        return Unusual(Count((x, 0), "waste", area, 0, now), 1.0, 0.001 * x)

    cluster = Cluster("waste", (member(1, "b", 4), member(2, "a", 3), member(3, "b", 1)))
    assert (cluster.area, cluster.p) == ("b", 0.001)
    assert Cluster("waste", (member(1, "b", 4), member(2, "a", 4))).area == "a"


def test_what_rises_everywhere_is_usual() -> None:
    storm = [
        Count(count.place, count.category, count.area, count.before, 5 * count.now)
        for count in quiet(mean=120.0)
    ]
    expected = sum(judged.expected for judged in judge(storm))
    assert expected == pytest.approx(sum(count.now for count in storm), rel=0.1)


def test_a_cell_with_little_history_is_judged_by_its_area() -> None:
    busy = [Count((x, 0), "waste", "busy", 60 + x % 3, 5) for x in range(30)]
    calm = [Count((x, 9), "waste", "calm", 2 + x % 2, 0) for x in range(30)]
    new = [Count((50, 0), "waste", "busy", 0, 4), Count((50, 9), "waste", "calm", 0, 4)]
    in_busy, in_calm = judge([*busy, *calm, *new])[-2:]
    assert in_busy.expected > 2 * in_calm.expected
    assert in_busy.p > in_calm.p


def test_cells_that_differ_are_judged_by_themselves() -> None:
    """The more cells of an area differ, the less its mean says of any of them."""
    alike = [Count((x, 0), "waste", "a", 10, 1) for x in range(30)]
    apart = [Count((x, 0), "waste", "a", 20 * (x % 2), 1) for x in range(30)]
    new = Count((50, 0), "waste", "a", 0, 1)
    assert judge([*alike, new])[-1].expected > 3 * judge([*apart, new])[-1].expected


def test_a_kind_that_is_new_has_nothing_usual() -> None:
    assert judge([Count((1, 1), "waste", "a", 0, 9)]) == []
    assert find_clusters([]) == []


def test_a_kind_that_nobody_reports_now_is_not_unusual() -> None:
    [judged] = judge([Count((1, 1), "waste", "a", 9, 0)])
    assert (judged.expected, judged.p) == (0.0, 1.0)


def test_an_area_where_nothing_was_before() -> None:
    judged = judge(
        [*(Count((x, 0), "waste", "a", 5, 1) for x in range(20)), Count((9, 9), "waste", "b", 0, 3)]
    )
    assert judged[-1].expected > 0
    assert judged[-1].p < min(each.p for each in judged[:-1])


def of(p: float, now: int = MIN_CASES) -> Unusual:
    return Unusual(Count((0, 0), "waste", "a", 0, now), 1.0, p)


@pytest.mark.parametrize(
    ("chances", "found"),
    [
        ([], 0),
        ([0.06], 0),
        ([0.05], 1),
        ([0.01, 0.04, 0.04, 0.9], 1),  # 0.04 > 3/4 of 0.05
        ([0.01, 0.03, 0.037, 0.9], 3),  # the third lets the second pass: step-up
        ([0.2, 0.3], 0),
    ],
)
def test_benjamini_and_hochberg(chances: list[float], found: int) -> None:
    assert len(discoveries([of(p) for p in reversed(chances)], 0.05)) == found


def test_two_reports_are_no_hotspot() -> None:
    assert discoveries([of(1e-9, now=MIN_CASES - 1)], 0.05) == []


def cluster_at(*places: tuple[int, int], category: str = "waste") -> Cluster:
    members = (Unusual(Count(place, category, "a", 0, 3), 1.0, 0.01) for place in places)
    return Cluster(category, tuple(members))


def test_a_hotspot_is_found_again() -> None:
    active = [
        Active(1, "traffic", frozenset({(1, 1)})),
        Active(2, "waste", frozenset({(1, 1), (2, 1)})),
        Active(3, "waste", frozenset({(2, 2)})),
    ]
    grown, split, new = cluster_at((2, 1), (2, 2)), cluster_at((1, 1)), cluster_at((9, 9))
    assert match_clusters([grown, split, new], active) == [(grown, 2), (split, None), (new, None)]
    assert match_clusters([], active) == []
