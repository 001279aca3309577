"""Phones on a bad network while API and database are killed: is what was acknowledged there?

    python -m benchmarks.phones [--reports 2000] [--kilobytes 60] [--broken 0.3] [--seed 1]

Each report has one to three photos, sent by tus and resumed where they were cut. A share of all
connections breaks: in the middle of the request, in the middle of the answer, or after the request
arrived twice. Then a control: the same with `synchronous_commit=off` and one crash, which must lose
something, or the check would prove nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.bad_network import BadNetwork
from tests.support.field_day import (
    Site,
    Verdict,
    crash_meanwhile,
    hand_in_all,
    make_reports,
    open_site,
    phones_at,
    verify,
)
from tests.support.phone import QueuedReport

API_KILLS, DATABASE_KILLS = 4, 3
PHONES = 32
CONTROL_REPORTS = 200
# Commits that nobody waits for reach the disk this late: the control's crash comes before.
CARELESS = {"synchronous_commit": "off", "wal_writer_delay": "10s"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=2000)
    parser.add_argument("--kilobytes", type=int, default=60)
    parser.add_argument("--broken", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    console = Console()
    reports = make_reports(options.reports, seed=options.seed, kilobytes=options.kilobytes)
    with (
        tempfile.TemporaryDirectory(prefix="hientruong-bench-") as name,
        open_site(Path(name)) as site,
    ):
        started = time.perf_counter()
        network = asyncio.run(_bad_day(site, reports, options.broken, options.seed))
        seconds = time.perf_counter() - started
        _print(console, network, reports, verify(site, reports), site, seconds)
    lost = _control(options.seed, options.kilobytes)
    console.print(
        f"control, synchronous_commit=off: {lost.reports} acknowledged,"
        f" {len(lost.missing)} of them lost by one crash"
    )
    if not lost.missing:
        raise SystemExit("the control lost nothing: this run proves nothing")


async def _bad_day(site: Site, reports: list[QueuedReport], broken: float, seed: int) -> BadNetwork:
    async with phones_at(site, broken=broken, seed=seed) as network, asyncio.TaskGroup() as group:
        group.create_task(crash_meanwhile(site, reports, api=API_KILLS, database=DATABASE_KILLS))
        await hand_in_all(network, reports, phones=PHONES, seed=seed)
    return network


def _control(seed: int, kilobytes: int) -> Verdict:
    reports = make_reports(CONTROL_REPORTS, seed=seed, kilobytes=kilobytes)

    async def run(site: Site) -> None:
        async with phones_at(site, broken=0, seed=seed) as network:
            await hand_in_all(network, reports, phones=PHONES, seed=seed)
        await site.crash_database()

    with (
        tempfile.TemporaryDirectory(prefix="hientruong-bench-") as name,
        open_site(Path(name), **CARELESS) as site,
    ):
        asyncio.run(run(site))
        return verify(site, reports)


def _print(
    console: Console,
    network: BadNetwork,
    reports: list[QueuedReport],
    verdict: Verdict,
    site: Site,
    seconds: float,
) -> None:
    size = sum(len(photo.data) for report in reports for photo in report.photos)
    table = Table(title=f"{verdict.reports:,} of {len(reports):,} reports acknowledged")
    table.add_column("")
    table.add_column("", justify="right")
    for name, value in (
        ("seconds", f"{seconds:.0f}"),
        ("connections", f"{network.fates.total():,}"),
        ("of them broken", f"{network.broken_share:.1%}"),
        ("what befell them", ", ".join(f"{n:,} {fate}" for fate, n in network.fates.items())),
        ("killed with SIGKILL", ", ".join(f"{n} × {what}" for what, n in site.kills.items())),
        ("tries per report", f"{sum(report.tries for report in reports) / len(reports):.2f}"),
        ("acknowledged but missing", f"{len(verdict.missing)}"),
        ("without case or first event, or twice", f"{len(verdict.not_whole)}"),
        ("under another code than told", f"{len(verdict.wrong_code)}"),
        ("reports that nobody filed", f"{verdict.surplus_reports}"),
        ("photos", f"{verdict.photos:,}"),
        ("photos missing", f"{verdict.photos_missing}"),
        ("photos with other bytes", f"{verdict.photos_differ}"),
        ("bytes sent / size of the photos", f"{network.sent / size:.3f}"),
    ):
        table.add_row(name, value)
    console.print(table)


if __name__ == "__main__":
    main()
