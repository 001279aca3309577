"""A server whose map is full of cases, for clients that are programs of their own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.databases import TestDatabases
from tests.support.map import PublicCase, scatter_in
from tests.support.server import serving

NUMBER = 300


@dataclass(frozen=True)
class LiveMap:
    """Where it is, and the open cases that it shows the public."""

    url: str
    database: str
    cases: list[PublicCase]


@contextmanager
def open_live_map(
    databases: TestDatabases, name: str, template: str, folder: Path
) -> Generator[LiveMap]:
    """A server over a copy of `template` called `name`, with NUMBER cases scattered over it."""
    database = databases.clone(name, template=template)
    cases = scatter_in(database, NUMBER, 1)
    with serving(database, folder) as server:
        yield LiveMap(server.url, database, cases)
    databases.drop(name)
