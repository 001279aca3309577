"""The demo city plays its stories through the real use cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

import cli.demo
from cli.demo import load
from cli.demo_city import DIRECTORY, load_city, load_people
from cli.demo_play import Player
from cli.demo_stories import Storyteller
from core.clock import utc_now
from core.errors import ConfigurationError
from core.settings import MediaSettings
from media.stores.local import LocalStore
from media.tables import Attachment
from notifications.tables import Announcement
from tests.support.sealing import SEALER
from workflows.catalogue import read_document
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules
from workflows.tables import Case, CaseEvent, Report


def test_well_known_logins_are_for_demos_only(monkeypatch):
    monkeypatch.delenv("HIENTRUONG_DEMO", raising=False)
    with pytest.raises(ConfigurationError):
        load(empty=True)


def test_an_empty_demo_has_a_city_and_no_reports(committed_database, monkeypatch, capsys):
    monkeypatch.setenv("HIENTRUONG_DEMO", "1")
    monkeypatch.setenv("DATABASE_URL", committed_database)
    for _ in range(2):
        load(empty=True)
    assert "loaded without reports" in capsys.readouterr().out


@pytest.mark.asyncio(loop_scope="session")
async def test_stories_become_cases_in_many_states(session, tmp_path):
    now = utc_now()
    texts = read_document(Path(cli.demo.__file__).parent / "demo_texts.json")
    await load_city(session, now=now)
    people = await load_people(session, texts["names"], SEALER)
    media = MediaSettings(root=tmp_path)
    player = Player(
        session, people, LocalStore(tmp_path), media, IntakeRules(), SEALER, ConfigurationCache()
    )
    rows = read_document(DIRECTORY / "categories.json")["categories"]
    wards = await cli.demo._list_wards(session, texts)  # the demo's own wards
    teller = Storyteller(5, wards, [row for row in rows if row["parent"]], texts)
    await player.play(teller.tell(60, now=now), now=now)

    assert await session.scalar(select(func.count()).select_from(Report)) == 60
    statuses = set(await session.scalars(select(Case.status)))
    assert {"assigned", "in_progress", "closed"} <= statuses
    assert await session.scalar(select(func.max(CaseEvent.at))) <= now
    assert player.tally.photos == await session.scalar(select(func.count()).select_from(Attachment))
    untold = select(func.count()).where(Announcement.fanned_out_at.is_(None))
    assert await session.scalar(untold) == 0
    telling = "select count(*) from procrastinate_jobs where queue_name = 'notifications'"
    assert await session.scalar(text(telling)) == 0
