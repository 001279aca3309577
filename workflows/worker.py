"""The worker process: runs jobs, sweeps due clocks, and puts forgotten rows back in line.

Any number of workers may run; each does the same. Stopping one, even with SIGKILL, loses
nothing: its rows stay pending and its jobs go back to the queue.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import procrastinate
import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory, transaction
from core.jobs import Handler, Task, create_queue, enqueue_forgotten
from core.keys import Keyring
from core.limits import forget_full_budgets
from core.logging import configure_logging
from core.scratch import remove_abandoned
from core.sealing import Sealer, create_sealer
from core.settings import (
    CitySettings,
    DatabaseSettings,
    IntakeSettings,
    MediaSettings,
    PrivacySettings,
    PushSettings,
    RetentionSettings,
    SecuritySettings,
    ServerSettings,
    SmsSettings,
)
from gis.case_days import fold_days
from gis.cells import (
    BATCH,
    count_wrong_cells,
    forget_changes,
    number_changes,
    rebuild_cells,
)
from gis.geocoders.answers import forget_answers
from identity.citizen_sessions import forget_expired
from identity.device_keys import forget_spent_challenges
from identity.devices import forget_token
from identity.upkeep import forget_sign_ins
from media.attachments import list_pending as list_pending_photos
from media.derivatives import make_derivatives
from media.privacy.examining import check_detectors
from media.publications import examine_next, list_unfinished, make_public_pictures
from media.removal import delete_removed_files
from media.stores.base import Store
from media.stores.registry import open_store
from media.transfers import collect_transfers
from media.uploads import collect_unclaimed
from notifications.channels.base import Channel
from notifications.channels.registry import open_channels
from notifications.delivery import deliver, list_announced, list_pending
from notifications.webhooks import finder_of_secrets, retire_address
from workflows import (
    children,
    erasure,
    hotspots,
    migrating,
    person_requests,
    photo_consents,
    presence,
    recounting,
    restricting,
    retention,
    sealing,
    sla,
    sms,
    surges,
    trust,
)
from workflows.announcing import PhotoLinks, announce_failed_photos, fan_out
from workflows.audit_chain import seal_entries
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules
from workflows.linking import move_late_arrivals
from workflows.tables import Worker
from workflows.tasks import (
    CHECK_CELLS,
    DELIVER,
    ERASE,
    FAN_OUT,
    FOLLOW_CONSENTS,
    HANDLE_SMS,
    MAKE_DERIVATIVES,
    MAKE_PUBLIC,
    MARK_RESTRICTED,
    MEDIA,
    MOVE_CASES,
    RECOUNT,
    RESTRICT,
    SETTLE,
)

log = structlog.get_logger()

JOBS_AT_ONCE = 4
# Each keeps a transaction open while its photo is decoded; decoders wait for a processor each.
PHOTOS_AT_ONCE = 3
SWEEP_EVERY_S = 1.0
FOLD_EVERY_S = 0.5
BEAT_EVERY_S = 5.0
RECONCILE_EVERY_S = 10.0
FORGOTTEN_AFTER = timedelta(seconds=30)  # a row pending this long has lost its job
RETRY_GRACE = timedelta(seconds=5)
STOP_WITHIN_S = 15.0
COLLECT_EVERY_S = 600.0
SEAL_EVERY_S = 60.0
SEAL_AUDIT_EVERY_S = 1.0
RETENTION_EVERY_S = 3600.0
REQUESTS_EVERY_S = 5.0
SURGES_EVERY_S = 3.0
EXAMINE_EVERY_S = 2.0
EXAMINED_AT_ONCE = 5  # photos, so that a stop is noticed soon
FOLD_DAYS_EVERY_S = 10.0
HOTSPOTS_EVERY_S = 3600.0
SCHEDULE = {CHECK_CELLS: "0 20 * * *"}  # UTC: three in the morning
FEED_KEPT = timedelta(days=2)  # how long a client of the live feed may be away and still resume


@dataclass(frozen=True)
class Workshop:
    """What the tasks of a worker need: made once, from the settings."""

    sessions: async_sessionmaker[AsyncSession]
    store: Store
    channels: dict[str, Channel]
    links: PhotoLinks
    media: MediaSettings
    cache: ConfigurationCache
    sealer: Sealer
    keys: Keyring
    privacy: PrivacySettings
    rules: IntakeRules = field(default_factory=IntakeRules)
    kept: RetentionSettings = field(default_factory=RetentionSettings)

    def handlers(self) -> dict[Task, Handler]:
        """What each kind of job does with the ids it carries."""
        return {
            FAN_OUT: self.fan_out,
            DELIVER: self.deliver,
            MAKE_DERIVATIVES: self.make_derivatives,
            MAKE_PUBLIC: self.make_public,
            FOLLOW_CONSENTS: self.follow_consents,
            SETTLE: self.settle,
            MOVE_CASES: self.move_cases,
            RECOUNT: self.recount,
            CHECK_CELLS: self.check_cells,
            HANDLE_SMS: self.handle_sms,
            RESTRICT: self.restrict,
            MARK_RESTRICTED: self.mark_restricted,
            ERASE: self.erase,
        }

    async def fan_out(self, ids: list[int]) -> None:
        await fan_out(self.sessions, ids, links=self.links, sealer=self.sealer, now=utc_now())

    async def deliver(self, ids: list[int]) -> None:
        await deliver(
            self.sessions,
            self.channels,
            ids,
            sealer=self.sealer,
            forget_address=forget_address,
            now=utc_now(),
        )

    async def make_derivatives(self, ids: list[str]) -> None:
        photos = [UUID(value) for value in ids]
        failed = await make_derivatives(self.sessions, self.store, photos, settings=self.media)
        await photo_consents.follow_photos(self.sessions, photos, now=utc_now())
        await trust.judge_again(self.sessions, photos)
        if failed:
            await announce_failed_photos(self.sessions, failed, now=utc_now())

    async def make_public(self, ids: list[str]) -> None:
        """Not of a photo whose reporter does not agree, whatever somebody decided on it."""
        photos = [UUID(value) for value in ids]
        await photo_consents.follow_photos(self.sessions, photos, now=utc_now())
        await make_public_pictures(self.sessions, self.store, photos)

    async def follow_consents(self, ids: list[str]) -> None:
        people = [UUID(value) for value in ids]
        await photo_consents.follow_people(self.sessions, people, now=utc_now())

    async def examine(self) -> None:
        """Have detectors look at photos, one after the other, while there is nothing better to do."""
        for _ in range(EXAMINED_AT_ONCE):
            if not await examine_next(
                self.sessions, self.store, settings=self.privacy, now=utc_now()
            ):
                return

    async def settle(self, ids: list[str]) -> None:
        await children.settle(
            self.sessions, self.cache, [UUID(value) for value in ids], now=utc_now()
        )

    async def move_cases(self, ids: list[int]) -> None:
        for migration_id in ids:
            await migrating.move_cases(self.sessions, self.cache, migration_id, now=utc_now())

    async def recount(self, ids: list[int]) -> None:  # noqa: ARG002  # whichever calendar it was
        await recounting.recount(self.sessions, self.cache, now=utc_now())

    async def handle_sms(self, ids: list[str]) -> None:
        desk = sms.SmsDesk(self.cache, self.rules, self.sealer)
        await sms.handle_sms(self.sessions, ids, desk=desk, now=utc_now())

    async def restrict(self, ids: list[str]) -> None:
        requests = [UUID(value) for value in ids]
        await restricting.restrict(self.sessions, requests, now=utc_now())

    async def mark_restricted(self, ids: list[str]) -> None:
        cases = [UUID(value) for value in ids]
        await restricting.mark_cases(self.sessions, cases, now=utc_now())

    async def erase(self, ids: list[str]) -> None:
        for erasure_id in ids:
            await erasure.erase(self.sessions, UUID(erasure_id), now=utc_now())
        await delete_removed_files(self.sessions, self.store)

    async def sweep(self) -> None:
        await sla.sweep(self.sessions, self.cache, now=utc_now())

    async def sweep_requests(self) -> None:
        await person_requests.sweep_requests(self.sessions, self.cache, now=utc_now())
        await person_requests.tell(self.sessions, self.cache, now=utc_now())

    async def reconcile(self) -> None:
        """Enqueue again what has been pending for too long: no row depends on its first job."""
        forgotten = utc_now() - FORGOTTEN_AFTER
        async with transaction(self.sessions) as session:
            announced = await list_announced(session, created_before=forgotten)
            await enqueue_forgotten(session, FAN_OUT, announced)
            # A retry that is not yet due has its time in the row and needs no job until then.
            due = utc_now() - RETRY_GRACE
            await enqueue_forgotten(session, DELIVER, await list_pending(session, due_before=due))
            photos = await list_pending_photos(session, forgotten)
            await enqueue_forgotten(session, MAKE_DERIVATIVES, list(photos))
            decided = await list_unfinished(session, forgotten)
            await enqueue_forgotten(session, MAKE_PUBLIC, list(decided))
            parents = await children.list_unsettled(session, before=forgotten)
            await enqueue_forgotten(session, SETTLE, list(parents))
            running = await migrating.list_running(session, started_before=forgotten)
            await enqueue_forgotten(session, MOVE_CASES, list(running))
            messages = await sms.list_unhandled(session, before=forgotten)
            await enqueue_forgotten(session, HANDLE_SMS, list(messages))
        async with transaction(self.sessions) as session:
            await move_late_arrivals(session, now=utc_now())

    async def fold(self) -> None:
        """Number what changed on the map and count it in its cells."""
        numbered = BATCH
        while numbered == BATCH:
            async with transaction(self.sessions) as session:
                numbered = await number_changes(session)

    async def check_cells(self, ids: list[int]) -> None:  # noqa: ARG002  # all there are
        """Compare the counts of cells with the cases, and count anew if they differ."""
        async with transaction(self.sessions) as session:
            wrong = await count_wrong_cells(session)
        if wrong:
            log.error("cells_were_wrong", cells=wrong)
            async with transaction(self.sessions) as session:
                await rebuild_cells(session)

    async def raise_surges(self) -> None:
        await surges.sweep_surges(self.sessions, now=utc_now())

    async def fold_days(self) -> None:
        """Count anew the days whose cases have changed."""
        await fold_days(self.sessions, zone=await self._zone(), now=utc_now())

    async def find_hotspots(self) -> None:
        await hotspots.find_hotspots(self.sessions, now=utc_now())

    async def _zone(self) -> ZoneInfo:
        async with transaction(self.sessions) as session:
            return (await self.cache.newest(session)).zone

    async def collect(self) -> None:
        """Remove uploads that nobody claimed or finished, answers, sessions and challenges that have
        expired, budgets that are full again, sign-ins that are over, and people and workers that
        are long gone.
        """
        for collect in (collect_transfers, collect_unclaimed):
            collected = 1
            while collected:
                async with transaction(self.sessions) as session:
                    collected = await collect(session, self.store, utc_now())
        collected = 1
        while collected:
            async with transaction(self.sessions) as session:
                collected = await forget_full_budgets(session, now=utc_now())
        await self.go_on_erasing()
        async with transaction(self.sessions) as session:
            now = utc_now()
            await presence.forget_absent(session, before=now - timedelta(hours=1))
            await forget_answers(session, before=now)
            await forget_sign_ins(session, now=now)
            await forget_expired(session, before=now)
            await forget_spent_challenges(session, before=now)
            await forget_changes(session, before=now - FEED_KEPT)
            gone = now - timedelta(days=1)
            await session.execute(delete(Worker).where(Worker.seen_at < gone))

    async def seal(self) -> None:
        """Seal what the release before wrote, also while it still runs beside this one."""
        await sealing.seal_plain(self.sessions, self.sealer)

    async def seal_audit(self) -> None:
        await seal_entries(self.sessions, self.store, self.keys, utc_now())

    async def go_on_erasing(self) -> None:
        """What waited for its case to be closed, or for a hold to be released."""
        async with transaction(self.sessions) as session:
            unfinished = await erasure.list_unfinished(session)
        await self.erase([str(erasure_id) for erasure_id in unfinished])

    async def end_what_is_over(self) -> None:
        await retention.end_what_is_over(self.sessions, self.kept, now=utc_now())
        await photo_consents.sweep(self.sessions, now=utc_now())
        async with transaction(self.sessions) as session:
            requests = await restricting.list_requests(session)
        await restricting.restrict(self.sessions, requests, now=utc_now())
        await delete_removed_files(self.sessions, self.store)

    async def beat(self, name: str) -> None:
        """Say that this worker is alive."""
        now = utc_now()
        async with transaction(self.sessions) as session:
            await session.execute(
                insert(Worker)
                .values(name=name, seen_at=now)
                .on_conflict_do_update(index_elements=[Worker.name], set_={"seen_at": now})
            )


async def forget_address(session: AsyncSession, address: str) -> None:
    """Send no more to a device that is gone, or to another system that says so of itself."""
    await forget_token(session, address)
    await retire_address(session, address)


async def run() -> None:
    """Run a worker until SIGTERM or SIGINT; jobs under way are finished first."""
    server, database, security = ServerSettings(), DatabaseSettings(), SecuritySettings()  # pyright: ignore[reportCallIssue]
    security.check()
    configure_logging(json=server.log_json, level=server.log_level)
    remove_abandoned()
    engine = create_engine(database, role=WORKER, application_name="hientruong-worker")
    media, privacy = MediaSettings(), PrivacySettings()
    await check_detectors(privacy)
    sessions = create_session_factory(engine)
    workshop = Workshop(
        sessions=sessions,
        store=open_store(media),
        channels=open_channels(
            PushSettings(), SmsSettings(), finder_of_secrets(sessions), demo=security.demo
        ),
        links=PhotoLinks(server.public_url, security.keys, media.public_url),
        media=media,
        cache=ConfigurationCache(CitySettings().folder),
        rules=IntakeRules(IntakeSettings().tolerance_m),
        sealer=create_sealer(security),
        keys=security.keys,
        privacy=privacy,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask_to_stop() -> None:
        stop.set()
        loop.call_later(STOP_WITHIN_S, _give_up)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ask_to_stop)
    try:
        await work(workshop, database.url, stop)
    finally:
        for channel in workshop.channels.values():
            await channel.close()
        await engine.dispose()


def _give_up() -> None:
    """End at once: whatever hangs (a database that is gone) left its rows pending."""
    log.warning("stopped_the_hard_way")
    os._exit(1)


async def work(workshop: Workshop, url: str, stop: asyncio.Event) -> None:
    """Jobs, sweeper, reconciler and heartbeat, side by side, until `stop` is set."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    at_once = JOBS_AT_ONCE + PHOTOS_AT_ONCE
    queue = create_queue(url, workshop.handlers(), concurrency=at_once, schedule=SCHEDULE)

    async def beat() -> None:
        await workshop.beat(name)

    async with queue.open_async(), asyncio.TaskGroup() as group:
        jobs = [group.create_task(run_lane(queue, *lane)) for lane in lanes_of(queue)]
        loops = [
            group.create_task(_every(seconds, action, stop))
            for seconds, action in (
                (SWEEP_EVERY_S, workshop.sweep),
                (FOLD_EVERY_S, workshop.fold),
                (BEAT_EVERY_S, beat),
                (RECONCILE_EVERY_S, workshop.reconcile),
                (COLLECT_EVERY_S, workshop.collect),
                (SEAL_EVERY_S, workshop.seal),
                (SEAL_AUDIT_EVERY_S, workshop.seal_audit),
                (RETENTION_EVERY_S, workshop.end_what_is_over),
                (REQUESTS_EVERY_S, workshop.sweep_requests),
                (SURGES_EVERY_S, workshop.raise_surges),
                (EXAMINE_EVERY_S, workshop.examine),
                (FOLD_DAYS_EVERY_S, workshop.fold_days),
                (HOTSPOTS_EVERY_S, workshop.find_hotspots),
            )
        ]
        log.info("worker_started", name=name)
        await stop.wait()
        for lane in jobs:
            lane.cancel()
        for task in loops:
            await task
    log.info("worker_stopped", name=name)


def lanes_of(queue: procrastinate.App) -> tuple[tuple[list[str], int], ...]:
    """The queues that are worked on side by side, with how many of their jobs at once: however many
    photos wait, what is told to people does not wait for them.
    """
    queues = {str(task.queue) for task in queue.tasks.values()}  # pyright: ignore[reportUnknownVariableType]
    return ([MEDIA], PHOTOS_AT_ONCE), (sorted(queues - {MEDIA}), JOBS_AT_ONCE)


async def run_lane(queue: procrastinate.App, queues: list[str], at_once: int) -> None:
    """Run the jobs of some queues until cancelled; a lost database connection only pauses it."""
    while True:
        try:
            await queue.run_worker_async(
                queues=queues,
                concurrency=at_once,
                install_signal_handlers=False,
                delete_jobs="successful",
                update_heartbeat_interval=5.0,
                stalled_worker_timeout=20.0,
                shutdown_graceful_timeout=8.0,
            )
        except Exception:
            log.exception("queue_failed")
            own = asyncio.current_task()
            if own is not None and own.cancelling():
                return  # the database is gone as well, and ending failed instead
            await asyncio.sleep(SWEEP_EVERY_S)


async def _every(
    seconds: float, action: Callable[[], Awaitable[None]], stop: asyncio.Event
) -> None:
    """Run `action` again and again. A failure is logged and the next round tries again: a
    database that restarts must not end the worker.
    """
    while not stop.is_set():
        try:
            await action()
        except Exception:
            log.exception("round_failed", action=getattr(action, "__name__", str(action)))
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue
