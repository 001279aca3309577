"""Reports that waited: what counts as waiting, and what is marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from workflows.review import (
    AHEAD,
    LONG_AGO,
    UNCERTAIN,
    WAITED_FROM,
    Reason,
    has_waited,
    is_old_catalogue,
    is_uncertain,
    reasons_of_time,
    standing_category,
)

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Kind:
    parent: str | None
    active: bool


@pytest.mark.parametrize(
    ("captured_at", "expected"),
    [
        (None, False),
        (NOW, False),
        (NOW - WAITED_FROM + SECOND, False),
        (NOW - WAITED_FROM, True),
        (NOW + timedelta(days=1), False),
    ],
)
def test_a_report_has_waited_once_it_is_older_than_typing_takes(
    captured_at: datetime | None, *, expected: bool
) -> None:
    assert has_waited(captured_at, now=NOW) is expected


@pytest.mark.parametrize("seen", ['"7"', 'W/"7"', "7", ' "7" '])
def test_the_catalogue_is_told_by_its_etag_however_it_came(seen: str) -> None:
    assert not is_old_catalogue(seen, 7, waited=True)
    assert is_old_catalogue(seen, 8, waited=False)


@pytest.mark.parametrize("waited", [True, False])
def test_a_phone_that_tells_no_catalogue_may_have_had_another_if_its_report_waited(
    *,
    waited: bool,
) -> None:
    assert is_old_catalogue(None, 7, waited=waited) is waited


@pytest.mark.parametrize(
    ("captured_at", "expected"),
    [
        (None, []),
        (NOW, []),
        (NOW + AHEAD, []),
        (NOW + AHEAD + SECOND, [Reason.CAPTURED_IN_FUTURE]),
        (NOW - LONG_AGO, []),
        (NOW - LONG_AGO - SECOND, [Reason.CAPTURED_LONG_AGO]),
    ],
)
def test_an_impossible_or_very_old_time_is_marked(
    captured_at: datetime | None, expected: list[Reason]
) -> None:
    assert reasons_of_time(captured_at, now=NOW) == expected


def test_only_what_a_report_is_about_needs_an_operator_first() -> None:
    assert not is_uncertain([])
    assert {reason for reason in Reason if is_uncertain([reason])} == set(UNCERTAIN)
    assert is_uncertain(["photo_missing", "category_retired"])


def test_a_retired_category_is_routed_by_the_nearest_that_stands() -> None:
    kinds = {
        "a": Kind(None, active=False),
        "a.b": Kind("a", active=False),
        "a.b.c": Kind("a.b", active=False),
        "d": Kind(None, active=True),
        "d.e": Kind("d", active=True),
        "d.e.f": Kind("d.e", active=False),
    }
    assert standing_category("a.b.c", kinds) == "a"
    assert standing_category("d.e.f", kinds) == "d.e"
    assert standing_category("d.e", kinds) == "d.e"
