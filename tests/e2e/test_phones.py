"""Phones on a bad network, API and database killed: the small sister of `benchmarks/phones.py`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.bad_network import Fate
from tests.support.field_day import (
    crash_meanwhile,
    hand_in_all,
    make_reports,
    open_site,
    phones_at,
    verify,
)

REPORTS, KILOBYTES, SEED = 60, 40, 20261130
PHONES = 5  # each loses what it has on the line when API or database dies
MOST_BYTES = 1.2  # sent, for each byte of the photos: what is cut is resumed, not begun anew


@pytest.mark.long
@pytest.mark.xdist_group("field_day")
async def test_every_acknowledged_report_is_there_once_with_its_photos(tmp_path: Path) -> None:
    reports = make_reports(REPORTS, seed=SEED, kilobytes=KILOBYTES)
    with open_site(tmp_path) as site:
        async with (
            phones_at(site, broken=0.3, seed=SEED) as network,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(crash_meanwhile(site, reports, api=1, database=1))
            await hand_in_all(network, reports, phones=PHONES, seed=SEED)
        verdict = verify(site, reports)
        assert site.kills == {"api": 1, "database": 1}
    size = sum(len(photo.data) for report in reports for photo in report.photos)
    print(
        f"\n{verdict.reports} reports with {verdict.photos} photos, {network.broken_share:.0%} of"
        f" {network.fates.total()} connections broken: {verdict.faults} faults,"
        f" {network.sent / size:.2f} bytes sent per byte"
    )
    assert network.broken_share > 0.2
    assert all(network.fates[fate] for fate in Fate), "each fate befell somebody"
    assert verdict.reports == REPORTS
    assert verdict.faults == 0, verdict
    assert network.sent <= MOST_BYTES * size


@pytest.mark.long
@pytest.mark.xdist_group("field_day")
async def test_a_database_that_does_not_wait_for_its_disk_loses_reports(tmp_path: Path) -> None:
    """The control: a check that finds nothing here would find nothing above."""
    reports = make_reports(30, seed=SEED, kilobytes=KILOBYTES)
    with open_site(tmp_path, synchronous_commit="off", wal_writer_delay="10s") as site:
        async with phones_at(site, broken=0, seed=SEED) as network:
            await hand_in_all(network, reports, phones=PHONES, seed=SEED)
        assert verify(site, reports).faults == 0
        await site.crash_database()
        verdict = verify(site, reports)
    assert verdict.reports == len(reports)
    assert verdict.missing
