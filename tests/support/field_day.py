"""A bad day in the field: many phones on a bad network, while API and database are killed.

Afterwards every acknowledgement is held against what is there. Used by tests (few reports) and by
`benchmarks/phones.py` (2,000).
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg
from PIL import Image

from cli.cluster import LocalCluster, free_port
from cli.database import upgrade
from cli.postmaster import processes_of
from tests.support.bad_network import BadNetwork, bad_network
from tests.support.city import CENTRE, Draft, load_test_city
from tests.support.phone import Phone, Photo, QueuedReport
from tests.support.server import UNLIMITED, ServerProcess


@dataclass
class Site:
    """A city's database and API, either of which can be made to crash and come back."""

    cluster: LocalCluster
    server: ServerProcess
    hands: ThreadPoolExecutor  # the kernel ends the cluster with the thread that started it
    kills: Counter[str] = field(default_factory=Counter[str])

    async def crash_api(self) -> None:
        """SIGKILL to the API, and a start as its supervisor would make it."""
        self.kills["api"] += 1
        await self._do(self.server.kill)
        await self._do(self.server.start)

    async def crash_database(self) -> None:
        """SIGKILL to every process of the database at once, then recovery on the same port."""
        self.kills["database"] += 1
        await self._do(lambda: kill_cluster(self.cluster))
        await self._do(self.cluster.start)

    async def _do(self, work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self.hands, work)


@dataclass(frozen=True)
class Verdict:
    """What became of acknowledged reports; all but `reports` and `photos` must be empty or 0."""

    reports: int
    photos: int
    missing: list[UUID]
    not_whole: list[UUID]
    wrong_code: list[UUID]
    photos_missing: int
    photos_differ: int
    surplus_reports: int

    @property
    def faults(self) -> int:
        lists = (self.missing, self.not_whole, self.wrong_code)
        counts = (self.photos_missing, self.photos_differ, self.surplus_reports)
        return sum(map(len, lists)) + sum(counts)


def kill_cluster(cluster: LocalCluster) -> None:
    """End the server with all its children as a power cut does, but for the kernel's own cache."""
    for pid in processes_of(cluster.data):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    cluster.stop()


@contextmanager
def open_site(folder: Path, **database: str) -> Iterator[Site]:
    """A durable cluster (settings `database` above its own) with a city, and the API on it."""
    folder.chmod(0o755)  # PostgreSQL runs under another user
    cluster = LocalCluster(folder / "pg", port=free_port(), settings=database)
    with ThreadPoolExecutor(max_workers=1) as hands:
        url = hands.submit(cluster.start).result()
        try:
            upgrade(url)
            hands.submit(load_test_city, url).result()
            server = ServerProcess(url, folder, free_port(), UNLIMITED)
            server.start()
            try:
                yield Site(cluster, server, hands)
            finally:
                server.stop()
        finally:
            cluster.destroy()


@asynccontextmanager
async def phones_at(site: Site, *, broken: float, seed: int) -> AsyncIterator[BadNetwork]:
    """The network between the phones and the site's API."""
    async with bad_network(site.server.port, broken=broken, seed=seed) as network:
        yield network


async def hand_in_all(
    network: BadNetwork, reports: list[QueuedReport], *, phones: int, seed: int
) -> None:
    """Let so many phones hand in the reports, each one after the other."""
    queue = iter(reports)

    async def use(phone: Phone) -> None:
        try:
            for report in queue:
                await phone.hand_in(report)
        finally:
            await phone.close()

    async with asyncio.TaskGroup() as group:
        for number in range(phones):
            group.create_task(use(Phone(network.url, seed + number)))


async def crash_meanwhile(
    site: Site, reports: list[QueuedReport], *, api: int, database: int
) -> None:
    """Kill API and database in turns, spread over the run: at equal shares of acknowledgements."""
    crashes = [site.crash_api] * api + [site.crash_database] * database
    random.Random(len(reports)).shuffle(crashes)
    for number, crash in enumerate(crashes, start=1):
        share = number * len(reports) // (len(crashes) + 1)
        while sum(report.answer is not None for report in reports) < share:
            await asyncio.sleep(0.02)
        await crash()


def make_reports(count: int, *, seed: int, kilobytes: int) -> list[QueuedReport]:
    """Reports with one to three photos each; no two photos have the same bytes."""
    chance = random.Random(seed)
    picture = _noisy_jpeg(kilobytes, seed)
    reports: list[QueuedReport] = []
    for number in range(count):
        place = {key: value + chance.uniform(-0.01, 0.01) for key, value in CENTRE.items()}
        body = Draft(description=f"Biển báo gãy số {number}").body(location=place)
        photos = [
            Photo(_with_comment(picture, f"{number}.{each}".encode()))
            for each in range(chance.randint(1, 3))
        ]
        reports.append(QueuedReport(body, photos))
    return reports


def verify(site: Site, reports: list[QueuedReport]) -> Verdict:
    """Hold what was acknowledged against the database and the files."""
    acknowledged = {report.id: report for report in reports if report.answer is not None}
    found = _rows(
        site,
        """
        select reports.id, reports.code, count(distinct cases.id) as cases,
            count(distinct events.seq) as events
        from reports
        left join cases on cases.id = reports.case_id
        left join case_events as events
            on events.case_id = cases.id and events.rev = 1 and events.seq = 0
        group by reports.id
        """,
    )
    present = {row[0]: row for row in found}
    whole = {key for key, row in present.items() if row[2:] == (1, 1)}
    wrong_code = [
        key for key, report in acknowledged.items()
        if key in present and report.answer and present[key][1] != report.answer["code"]
    ]  # fmt: skip
    photos_missing, photos_differ = _hold_photos(site, acknowledged)
    return Verdict(
        reports=len(acknowledged),
        photos=sum(len(report.photos) for report in acknowledged.values()),
        missing=[key for key in acknowledged if key not in present],
        not_whole=[key for key in acknowledged if key in present and key not in whole],
        wrong_code=wrong_code,
        photos_missing=photos_missing,
        photos_differ=photos_differ,
        surplus_reports=len(present.keys() - {report.id for report in reports}),
    )


def _hold_photos(site: Site, acknowledged: dict[UUID, QueuedReport]) -> tuple[int, int]:
    """How many photos are not there, and how many are not what was sent, byte for byte."""
    stored = _rows(site, "select report_id, position, original_key from attachments")
    keys = {(report_id, position): key for report_id, position, key in stored}
    missing = differ = 0
    for report_id, report in acknowledged.items():
        for position, photo in enumerate(report.photos):
            key = keys.pop((report_id, position), None)
            path = site.server.folder / "media" / key if key else None
            if path is None or not path.is_file():
                missing += 1
            elif path.read_bytes() != photo.data:
                differ += 1
    return missing, differ + sum(report_id in acknowledged for report_id, _ in keys)


def _rows(site: Site, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(site.cluster.dsn()) as connection:
        return connection.execute(query).fetchall()


def _noisy_jpeg(kilobytes: int, seed: int) -> bytes:
    """A picture that does not compress: as large as asked for, within some percent."""
    side = int((kilobytes * 1000 / 0.43) ** 0.5)
    noise = random.Random(seed).randbytes(side * side)
    buffer = io.BytesIO()
    Image.frombytes("L", (side, side), noise).save(buffer, "JPEG", quality=50)
    return buffer.getvalue()


def _with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """The JPEG with a comment behind its first marker: other bytes, the same picture."""
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return jpeg[:2] + segment + jpeg[2:]
