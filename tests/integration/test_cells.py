"""The worker keeps the counts of cells right, and the command line looks after them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cli.cluster import free_port
from core.db import driver_url
from core.jobs import create_queue
from tests.support.client import Api
from tests.support.map import scatter, shuffle
from tests.support.rows import execute, fetch_one, url_of
from tests.support.worker import open_workshop, running_worker, until_true
from workflows.tasks import CHECK_CELLS
from workflows.worker import SCHEDULE

WRONG = "update case_cells set cases = cases + 1 where level = 12"


async def pending(api: Api) -> int:
    return (await fetch_one(api, "select count(*) as n from case_changes where seq is null")).n


async def test_a_worker_folds_what_has_changed(own_api: Api) -> None:
    await scatter(own_api, 50, 1)
    assert await pending(own_api) > 0
    async with running_worker(own_api):
        await until_true(lambda: is_folded(own_api))
        await shuffle(own_api)
        await until_true(lambda: is_folded(own_api))


async def is_folded(api: Api) -> bool:
    return await pending(api) == 0


async def test_the_nightly_check_counts_anew_what_is_wrong(own_api: Api) -> None:
    await scatter(own_api, 50, 1)
    async with open_workshop(own_api, {}) as workshop:
        await workshop.fold()
        await workshop.check_cells([])
        before = await fetch_one(own_api, "select sum(cases) as n from case_cells")
        await execute(own_api, WRONG)
        await workshop.handlers()[CHECK_CELLS]([])
    assert await fetch_one(own_api, "select sum(cases) as n from case_cells") == before


def test_the_check_is_on_the_schedule_of_every_worker() -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"  # nothing is opened

    async def check(ids: list[int]) -> None:
        del ids

    queue = create_queue(url, {CHECK_CELLS: check}, concurrency=1, schedule=SCHEDULE)
    assert f"{CHECK_CELLS.name}.scheduled" in queue.tasks
    scheduled = queue.periodic_registry.periodic_tasks.values()
    assert SCHEDULE[CHECK_CELLS] in {task.cron for task in scheduled}


async def test_the_command_says_what_is_wrong_and_mends_it(own_api: Api) -> None:
    await scatter(own_api, 50, 1)
    environment = os.environ | {"DATABASE_URL": driver_url(url_of(own_api), "")}
    program = Path(sys.executable).with_name("hientruong")

    def run(command: str) -> tuple[int, str]:
        done = subprocess.run(
            [program, "cells", command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    assert run("check") == (0, "all cells are right\n")
    assert run("rebuild")[0] == 0
    await execute(own_api, WRONG)
    status, said = run("check")
    assert status == 1
    assert "cells are wrong" in said
    assert run("rebuild")[0] == 0
    assert run("check")[0] == 0
