"""`hientruong demo load`: Huế with its wards, departments and logins, and some weeks of reports."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from time import perf_counter

from geoalchemy2.shape import to_shape
from rich.console import Console
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cli.demo_city import DIRECTORY, load_city, load_people, read_wards
from cli.demo_derivatives import Sessions, make_shared_derivatives
from cli.demo_play import Player, Tally
from cli.demo_publications import approve_some
from cli.demo_store import WriteBehindStore
from cli.demo_stories import Storyteller, Ward
from core.clock import utc_now
from core.db import WORKER, create_engine, create_session_factory, transaction
from core.errors import ConfigurationError
from core.sealing import create_sealer
from core.settings import DatabaseSettings, IntakeSettings, MediaSettings, SecuritySettings
from gis.tables import Area
from media.stores.registry import open_store
from workflows.catalogue import Document, read_document
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules
from workflows.tables import Case, City

REPORTS = 400
SEED = 1993  # the year in which Huế's monuments became world heritage
_TEXTS = Path(__file__).parent / "demo_texts.json"


def load(*, empty: bool) -> None:
    """Load the demo city into the database of the settings, unless it has cases already.

    Everything but the photos' derivatives is one transaction: there whole, or not at all. Raises
    ConfigurationError outside demo mode, for it creates logins with a known password.
    """
    if not SecuritySettings().demo:
        raise ConfigurationError("the demo city has well-known logins: set HIENTRUONG_DEMO=1 first")
    asyncio.run(_load(Console(), empty=empty))


async def _load(console: Console, *, empty: bool) -> None:
    engine = create_engine(DatabaseSettings(), role=WORKER)  # pyright: ignore[reportCallIssue]
    sessions = create_session_factory(engine)
    started, now = perf_counter(), utc_now()
    try:
        async with transaction(sessions) as session:
            if await session.scalar(select(exists().where(Case.id.is_not(None)))):
                console.print("The database has cases already: the demo city is left as it is.")
                return
            tally = await _fill(session, now=now, empty=empty)
        if tally:
            await _show_photos(sessions)
    finally:
        await engine.dispose()
    took = f"{perf_counter() - started:.1f} s"
    if tally is None:
        console.print(f"Demo city loaded without reports, {took}.")
        return
    console.print(
        f"Demo city loaded: {tally.reports} reports, {tally.steps} steps, {tally.photos} photos, {took}."
    )


async def _fill(session: AsyncSession, *, now: datetime, empty: bool) -> Tally | None:
    """Everything into the session's transaction; None without reports."""
    texts = read_document(_TEXTS)
    areas = await load_city(session, now=now)
    if areas.changed:
        await session.execute(update(City).values(revision=City.revision + 1))
    sealer = create_sealer(SecuritySettings())
    people = await load_people(session, texts["names"], sealer)
    if empty:
        return None
    media = MediaSettings()
    store = WriteBehindStore(open_store(media))
    player = Player(
        session=session,
        people=people,
        store=store,
        media=media,
        rules=IntakeRules(IntakeSettings().tolerance_m),
        sealer=sealer,
        cache=ConfigurationCache(),
    )
    rows: list[Document] = read_document(DIRECTORY / "categories.json")["categories"]
    leaves = [row for row in rows if row["parent"]]
    teller = Storyteller(SEED, await _list_wards(session, texts), leaves, texts)
    await player.play(teller.tell(REPORTS, now=now), now=now)
    await store.settle()
    return player.tally


async def _show_photos(sessions: Sessions) -> None:
    media = MediaSettings()
    store = open_store(media)
    await make_shared_derivatives(sessions, store, media)
    await approve_some(sessions, store)


async def _list_wards(session: AsyncSession, texts: Document) -> list[Ward]:
    """The wards with their present boundaries; those with named streets send most reports."""
    query = select(Area.code, Area.geom).where(Area.kind == "ward", Area.valid_to.is_(None))
    shapes = {code: to_shape(geom) for code, geom in await session.execute(query)}
    wards: list[Ward] = []
    for row in read_wards()["wards"]:
        streets: list[str] = texts["streets"].get(row["code"], [])
        points = [(lon, lat) for lon, lat in row["points"]] if streets else []
        wards.append(
            Ward(
                code=row["code"],
                shape=shapes[row["code"]],
                points=points or [(row["lon"], row["lat"])],
                streets=streets or texts["rural"],
                weight=max(1, len(streets) * 2),
            )
        )
    return wards
