"""Running cases move to another version of the process: planned, in batches, resumable."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from core.actor import Actor, Role
from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from core.errors import Conflict, Forbidden, InvalidInput
from tests.support.casework import Staged, press, read, stage
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one, url_of
from workflows import migrating, versions
from workflows.catalogue import DEFINITIONS, read_document
from workflows.configuration import ConfigurationCache
from workflows.process_document import Process
from workflows.versions import PROCESS

ADMIN = Actor(Role.ADMIN)
Document = dict[str, Any]


class City:
    """The database behind an API, for whoever shapes the process."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.engine = create_engine(url_of(api))
        self.sessions = create_session_factory(self.engine)
        self.cache = ConfigurationCache()

    async def publish(self, document: Document) -> int:
        """A version without the checks of publishing; new cases stay on the old one."""
        async with transaction(self.sessions) as session:
            draft = await versions.add_draft(
                session, PROCESS, document, note="", actor=ADMIN, now=utc_now()
            )
        await execute(
            self.api,
            "update process_versions set state = 'published' where version = %(version)s",
            version=draft.version,
        )
        await execute(self.api, "update city set revision = revision + 1")
        return draft.version

    async def plan(self, version: int) -> dict[str, tuple[int, str | None]]:
        async with transaction(self.sessions) as session:
            counts = await migrating.plan(session, version, actor=ADMIN, cache=self.cache)
        return {count.state: (count.cases, count.target) for count in counts}

    async def start(self, version: int, states: dict[str, str] | None = None) -> int:
        async with transaction(self.sessions) as session:
            started = await migrating.start(
                session, version, states or {}, actor=ADMIN, now=utc_now(), cache=self.cache
            )
        return started.id

    async def move(self, migration: int) -> None:
        await migrating.move_cases(self.sessions, self.cache, migration, now=utc_now())

    async def migrate(self, version: int, states: dict[str, str] | None = None) -> None:
        await self.move(await self.start(version, states))


@pytest.fixture
async def city(own_api: Api):
    made = City(own_api)
    yield made
    await made.engine.dispose()


def changed(change: Callable[[Document], None]) -> Document:
    """The default process with a change."""
    document = copy.deepcopy(read_document(DEFINITIONS / "process.json"))
    change(document)
    return document


def without_coordination(document: Document) -> None:
    """A version in which the state `coordinating` is no more."""
    del document["states"]["coordinating"]
    for name in ("coordinate", "coordinated"):
        del document["actions"][name]
    for action in document["actions"].values():
        action["from"] = [state for state in action["from"] if state != "coordinating"]
    for clock in document["clocks"].values():
        clock["runs_in"] = [state for state in clock["runs_in"] if state != "coordinating"]


def with_new_label(document: Document) -> None:
    document["states"]["in_progress"]["label"]["vi"] = "Đang làm"


def with_longer_acceptance(document: Document) -> None:
    """Another mark on a clock: every case on it needs the interpreter."""
    document["clocks"]["resolution"]["marks"][1]["at"] = 0.9


async def coordinating(api: Api) -> Staged:
    case = await stage(api, "in_progress")
    answer = await press(
        api, case, "coordinate", {"department": "hepco", "text": "Cắt điện"}, "staff"
    )
    assert answer.status_code == 200, answer.text
    return case


async def test_the_plan_counts_by_state_and_asks_where_removed_states_go(city):
    for state in ("assigned", "assigned", "in_progress", "closed"):
        await stage(city.api, state)
    await coordinating(city.api)
    version = await city.publish(changed(without_coordination))
    # three and the child case, which its department has not accepted yet
    assert await city.plan(version) == {
        "assigned": (3, "assigned"),
        "in_progress": (1, "in_progress"),
        "coordinating": (1, None),
    }


async def test_a_removed_state_needs_a_target(city):
    await coordinating(city.api)
    version = await city.publish(changed(without_coordination))
    with pytest.raises(InvalidInput) as refused:
        await city.start(version)
    assert [field.pointer for field in refused.value.fields] == ["/states/coordinating"]
    with pytest.raises(InvalidInput) as refused:
        await city.start(version, {"coordinating": "nowhere"})
    assert [field.code for field in refused.value.fields] == ["state_unknown"]
    assert await fetch(city.api, "select 1 from process_migrations") == []


@pytest.mark.parametrize("change", [with_new_label, with_longer_acceptance])
async def test_cases_move_with_their_clocks_and_history(city, change):
    cases = [await stage(city.api, state) for state in ("assigned", "in_progress", "waiting")]
    before = [await read(city.api, case) for case in cases]
    version = await city.publish(changed(change))
    await city.migrate(version)
    for old, case in zip(before, cases, strict=True):
        new = await read(city.api, case)
        assert new["rev"] == old["rev"] + 1
        for name in ("state", "status", "due_at", "overdue", "clocks", "department", "priority"):
            assert new[name] == old[name]
        step = new["timeline"][-1]
        assert (step["action"], step["from_state"]) == ("migrate", old["state"])
        assert step["form"] in ({"process_version": version}, {})
    row = await fetch_one(city.api, "select * from process_migrations")
    assert (row.total, row.moved, row.finished_at is not None) == (3, 3, True)
    assert await city.plan(version) == {}


async def test_new_marks_are_told_at_the_new_time(city):
    case = await stage(city.api, "in_progress")
    woken = await wake_at(city.api, case)
    await execute(
        city.api,
        "update cases set clocks = jsonb_set(clocks, '{resolution,marks_done}', '1')",
    )
    await city.migrate(await city.publish(changed(with_longer_acceptance)))
    assert await wake_at(city.api, case) > woken


async def test_a_case_goes_where_the_plan_says(city):
    case = await coordinating(city.api)
    version = await city.publish(changed(without_coordination))
    await city.migrate(version, {"coordinating": "in_progress"})
    moved = await read(city.api, case)
    assert moved["state"] == "in_progress"
    assert "coordinate" not in [action["action"] for action in moved["actions"]]
    assert (await press(city.api, case, "resolve", {"answer": "Xong."})).status_code == 200


async def test_closed_cases_stay_on_the_version_that_they_ended_with(city):
    case = await stage(city.api, "closed")
    before = await fetch_one(city.api, "select process_id, rev from cases")
    await city.migrate(await city.publish(changed(with_new_label)))
    assert await fetch_one(city.api, "select process_id, rev from cases") == before
    assert (await read(city.api, case))["state"] == "closed"


async def test_a_migration_killed_in_the_middle_goes_on(city):
    for _ in range(5):
        await stage(city.api, "assigned")
    version = await city.publish(changed(with_new_label))
    migration = await city.start(version)
    async with transaction(city.sessions) as session:  # the first batch, and then the power goes
        assert await migrating.move_batch(session, city.cache, migration, now=utc_now(), limit=2)
    assert (await fetch_one(city.api, "select moved from process_migrations")).moved == 2
    await city.move(migration)
    row = await fetch_one(city.api, "select moved, finished_at from process_migrations")
    assert (row.moved, row.finished_at is not None) == (5, True)
    revs = await fetch(city.api, "select rev, count(*) from case_events group by case_id, rev")
    assert {row.count for row in revs} == {1}


async def test_a_second_migration_waits_for_the_first(city):
    await stage(city.api)
    version = await city.publish(changed(with_new_label))
    migration = await city.start(version)
    with pytest.raises(Conflict, match="migration_running"):
        await city.start(version)
    await city.move(migration)
    await city.start(version)


async def test_a_finished_migration_moves_nothing_again(city):
    case = await stage(city.api)
    migration = await city.start(await city.publish(changed(with_new_label)))
    await city.move(migration)
    rev = (await read(city.api, case))["rev"]
    await city.move(migration)
    assert (await read(city.api, case))["rev"] == rev


async def test_nobody_migrates_to_a_draft(city):
    async with transaction(city.sessions) as session:
        draft = await versions.add_draft(
            session, PROCESS, changed(with_new_label), note="", actor=ADMIN, now=utc_now()
        )
    with pytest.raises(Conflict, match="version_is_draft"):
        await city.start(draft.version)


async def test_only_administrators_migrate(city):
    version = await city.publish(changed(with_new_label))
    for role in set(Role) - {Role.ADMIN, Role.ANONYMOUS}:
        async with transaction(city.sessions) as session:
            with pytest.raises(Forbidden):
                await migrating.start(
                    session, version, {}, actor=Actor(role), now=utc_now(), cache=city.cache
                )


def test_a_state_keeps_its_clocks_only_where_nothing_to_come_differs():
    before = Process.model_validate(changed(lambda _: None))
    same = Process.model_validate(changed(with_new_label))
    other = Process.model_validate(changed(with_longer_acceptance))
    assert migrating.keeps_clocks(before, same, "in_progress", "in_progress")
    assert not migrating.keeps_clocks(before, other, "in_progress", "in_progress")
    assert not migrating.keeps_clocks(before, same, "in_progress", "waiting")
    assert not migrating.keeps_clocks(before, same, "approval", "publication")  # goes on by itself
    assert migrating.keeps_clocks(before, other, "resolved", "closed") is False


async def wake_at(api: Api, case: Staged) -> Any:
    row = await fetch_one(api, "select wake_at from cases where id = %(id)s", id=case.id)
    return row.wake_at
