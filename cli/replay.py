"""`hientruong reports replay FILE`: historic reports of a real city through the real intake."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from geoalchemy2.shape import to_shape
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from cli.replay_source import BadRow, Mapping, SourceRow, read_mapping, read_rows
from cli.replay_verify import list_present, verify
from core.actor import SYSTEM
from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory, transaction
from core.errors import ConfigurationError, Conflict, Error, InvalidInput
from core.sealing import Sealer, create_sealer
from core.settings import CitySettings, DatabaseSettings, IntakeSettings, SecuritySettings
from gis.locate import Place
from gis.tables import Area
from gis.transplant import Similarity, fit_similarity, smallest_quarter
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules, ReportDraft, file_report

REPLAY = UUID("b6a1f0c4-3c57-4c55-8d0e-5a6d1f1f3110")  # namespace of replayed reports' ids
BATCH = 200
SHOWN = 20
ERRORS_FILE = Path("replay-errors.csv")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to every row, and how many there are."""

    similarity: Similarity
    inside: float
    shift: timedelta
    rows: int
    first: datetime
    last: datetime


@dataclass(slots=True)
class Outcome:
    """What became of the rows."""

    acknowledged: list[UUID] = field(default_factory=list[UUID])
    present: list[UUID] = field(default_factory=list[UUID])
    bad: list[BadRow] = field(default_factory=list[BadRow])
    found_by: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0


def replay(file: Path, *, limit: int | None, mapping: Path | None, concurrency: int) -> None:
    """Replay `file` and verify it; exits with 1 if an acknowledged report is not whole.

    A report's id is made from the file's own, so a second run files only what is missing. Rows
    that cannot be read or are refused are listed, and all of them written to `replay-errors.csv`.
    """
    asyncio.run(_replay(file, limit, read_mapping(mapping), concurrency))


async def _replay(file: Path, limit: int | None, mapping: Mapping, concurrency: int) -> None:
    console = Console()
    database = DatabaseSettings()  # pyright: ignore[reportCallIssue]
    engine = create_engine(database.model_copy(update={"pool_size": concurrency}), role=WORKER)
    sessions = create_session_factory(engine)
    try:
        async with sessions() as session:
            plan = await _plan(session, file, mapping, limit)
        _print_plan(console, file, plan)
        outcome = await _file_all(sessions, file, mapping, limit, plan, concurrency, console)
        broken = await verify(sessions, [*outcome.acknowledged, *outcome.present])
    finally:
        await engine.dispose()
    _print_bad(console, outcome.bad)
    _print_outcome(console, outcome, broken)
    if broken:
        raise SystemExit(1)


async def _plan(session: AsyncSession, file: Path, mapping: Mapping, limit: int | None) -> Plan:
    """Read the file once for the transforms.

    They hang on the whole file, so that runs with different limits put a report at the same place.
    """
    query = select(Area.kind, Area.geom).where(Area.valid_to.is_(None))
    shapes = [(kind, to_shape(geom)) for kind, geom in await session.execute(query)]
    wards = [shape for kind, shape in shapes if kind == "ward"]
    city = next((shape for kind, shape in shapes if kind == "province"), None)
    if city is None or not wards:
        raise ConfigurationError("the database has no city: run `hientruong demo load` first")
    lats: list[float] = []
    lons: list[float] = []
    opened: list[datetime] = []
    count = 0
    for row in read_rows(file, mapping, None):
        count += 1
        if isinstance(row, SourceRow):
            lats.append(row.lat)
            lons.append(row.lon)
            if limit is None or count <= limit:
                opened.append(row.opened)
    if not opened:
        raise ConfigurationError(f"{file.name} holds no row that can be read")
    similarity, inside = fit_similarity(lats, lons, smallest_quarter(wards), city)
    # whole weeks keep the hour of the day and the day of the week
    age = utc_now().astimezone(ZONE).replace(tzinfo=None) - max(opened)
    shift = timedelta(weeks=age // timedelta(weeks=1))
    rows = count if limit is None else min(count, limit)
    return Plan(similarity, inside, shift, rows, min(opened) + shift, max(opened) + shift)


async def _file_all(  # one call, at the heart of the command
    sessions: Sessions,
    file: Path,
    mapping: Mapping,
    limit: int | None,
    plan: Plan,
    concurrency: int,
    console: Console,
) -> Outcome:
    outcome, started = Outcome(), perf_counter()
    queue: asyncio.Queue[SourceRow | None] = asyncio.Queue(maxsize=BATCH)
    columns = (TextColumn("{task.fields[rate]:>6} reports/s"), TimeRemainingColumn())
    progress = Progress(BarColumn(), MofNCompleteColumn(), *columns, console=console)
    cache, rules = (
        ConfigurationCache(CitySettings().folder),
        IntakeRules(IntakeSettings().tolerance_m),
    )
    sealer = create_sealer(SecuritySettings())
    with progress:
        bar = progress.add_task("replay", total=plan.rows, rate="0")

        def advance(rows: int) -> None:
            rate = len(outcome.acknowledged) / (perf_counter() - started)
            progress.update(bar, advance=rows, rate=f"{rate:.0f}")

        async def work() -> None:
            while (row := await queue.get()) is not None:
                await _file(sessions, row, plan, outcome, cache, rules, sealer)
                advance(1)

        async with asyncio.TaskGroup() as workers:
            for _ in range(concurrency):
                workers.create_task(work())
            async for row in _new_rows(sessions, read_rows(file, mapping, limit), outcome, advance):
                await queue.put(row)
            for _ in range(concurrency):
                await queue.put(None)
    outcome.seconds = perf_counter() - started
    return outcome


async def _new_rows(
    sessions: Sessions,
    rows: Iterable[SourceRow | BadRow],
    outcome: Outcome,
    advance: Callable[[int], None],
) -> AsyncIterator[SourceRow]:
    """The readable rows that have no report yet; the others are noted in `outcome`."""
    batch: dict[UUID, SourceRow] = {}

    async def fresh() -> list[SourceRow]:
        present = set(await list_present(sessions, list(batch)))
        outcome.present += present
        advance(len(present))
        new = [row for report_id, row in batch.items() if report_id not in present]
        batch.clear()
        return new

    for row in rows:
        if isinstance(row, BadRow):
            outcome.bad.append(row)
            advance(1)
            continue
        report_id = report_id_of(row)
        if report_id in batch:
            outcome.bad.append(BadRow(row.line, "id stands twice in the file", row.id))
            advance(1)
            continue
        batch[report_id] = row
        if len(batch) >= BATCH:
            for new in await fresh():
                yield new
    for new in await fresh():
        yield new


async def _file(  # what a worker holds
    sessions: Sessions,
    row: SourceRow,
    plan: Plan,
    outcome: Outcome,
    cache: ConfigurationCache,
    rules: IntakeRules,
    sealer: Sealer,
) -> None:
    """File one row in a transaction of its own; whatever is wrong with it is noted."""
    report_id = report_id_of(row)
    try:
        async with transaction(sessions) as session:
            await file_report(
                session,
                draft_of(row, plan.similarity),
                report_id=report_id,
                actor=SYSTEM,
                now=utc_now(),
                filed_at=(row.opened + plan.shift).replace(tzinfo=ZONE),
                cache=cache,
                rules=rules,
                sealer=sealer,
                source="replay",
                notify=False,
            )
    except Conflict:  # filed by another run meanwhile, or earlier with other words
        outcome.present.append(report_id)
    except InvalidInput as error:
        fault = error.fields[0]
        outcome.bad.append(BadRow(row.line, f"refused: {fault.code}", f"{row.lat} {row.lon}"))
    except (Error, ConfigurationError, SQLAlchemyError, OSError) as error:
        outcome.bad.append(BadRow(row.line, f"failed: {type(error).__name__}", str(error)[:200]))
    else:
        outcome.acknowledged.append(report_id)
        outcome.found_by[row.found_by] += 1


def report_id_of(row: SourceRow) -> UUID:
    """The same report id for the same row, whenever it is replayed."""
    return uuid5(REPLAY, row.id)


def draft_of(row: SourceRow, similarity: Similarity) -> ReportDraft:
    """What the row says, laid into our city."""
    lat, lon = similarity.apply(row.lat, row.lon)
    return ReportDraft(
        category=row.category,
        place=Place(round(lat, 6), round(lon, 6)),
        description=row.description,
    )


def _print_plan(console: Console, file: Path, plan: Plan) -> None:
    console.print(f"[b]{file.name}[/]: {plan.rows} rows", highlight=False)
    console.print(f"places  {plan.similarity}; {plan.inside:.2%} of them fall inside the city")
    console.print(
        f"times   wall clock plus {plan.shift.days} days (whole weeks): "
        f"{plan.first:%Y-%m-%d %H:%M} to {plan.last:%Y-%m-%d %H:%M}"
    )


def _print_bad(console: Console, bad: list[BadRow]) -> None:
    if not bad:
        return
    bad.sort(key=lambda row: row.line)
    with ERRORS_FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", "detail"])
        writer.writerows([row.line, row.reason, row.detail] for row in bad)
    table = Table("line", "reason", "detail", title=f"Not replayed: {len(bad)} rows")
    for row in bad[:SHOWN]:
        table.add_row(str(row.line), row.reason, row.detail)
    console.print(table)
    if len(bad) > SHOWN:
        console.print(f"… and {len(bad) - SHOWN} more in {ERRORS_FILE}")


def _print_outcome(console: Console, outcome: Outcome, broken: list[UUID]) -> None:
    table = Table("what", "rows", title="Replay")
    table.add_row("acknowledged", str(len(outcome.acknowledged)))
    for found_by, count in sorted(outcome.found_by.items()):
        table.add_row(f"  mapped by {found_by}", str(count))
    table.add_row("already there", str(len(outcome.present)))
    for reason, count in Counter(row.reason for row in outcome.bad).most_common():
        table.add_row(reason, str(count))
    rate = len(outcome.acknowledged) / outcome.seconds if outcome.seconds else 0.0
    table.add_row("reports/s", f"{rate:.0f}")
    table.add_row(
        "verified whole", str(len(outcome.acknowledged) + len(outcome.present) - len(broken))
    )
    table.add_row(
        "[red]missing or not whole[/]" if broken else "missing or not whole", str(len(broken))
    )
    console.print(table)
    for report_id in broken[:SHOWN]:
        console.print(f"[red]not whole: {report_id}[/]")
