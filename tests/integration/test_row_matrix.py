"""The second fence with real rows: what statements without any condition show to whom, and change.

Three cases stand in three departments. Each reader then asks for everything, as a use case would
that forgot whose rows it may show.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from psycopg.rows import namedtuple_row
from sqlalchemy import CursorResult, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.actor import ANONYMOUS, Actor, Role
from core.db import create_engine, create_session_factory, driver_url, transaction
from core.fence import Acting, Errand
from tests.support.casework import BUS, HIDDEN, NOISE
from tests.support.city import Draft
from tests.support.client import Api, open_api
from tests.support.databases import TestDatabases

ASKED = {
    "cases": "cases",
    "reports": "reports",
    "reporters": "reporters",
    "events": "(select distinct case_id from case_events) as told",
    "photos": "attachments",
    "citizens": "people where role = 'citizen'",
    "devices": "devices",
    "messages": "notifications",
    "tokens": "refresh_tokens",
    "phones": "citizen_sessions",
    "desks": "staff_sessions",
    "audit": "audit_log",
}
UPDATES = {
    "cases": "cases set summary = summary",
    "reports": "reports set case_id = case_id",
    "reporters": "reporters set phone = phone",
    "events": "case_events set case_id = case_id",
    "photos": "attachments set position = position",
    "citizens": "people set name = name where role = 'citizen'",
    "devices": "devices set platform = platform",
    "messages": "notifications set title = title",
    "tokens": "refresh_tokens set family = family",
    "phones": "citizen_sessions set name = name",
    "desks": "staff_sessions set person_id = person_id",
    "audit": "audit_log set facts = facts",
}
TABLES = [
    "cases", "reports", "reporters", "case_events", "attachments", "people", "devices",
    "notifications", "refresh_tokens", "citizen_sessions", "staff_sessions", "audit_log",
]  # fmt: skip
STAFF = (
    "staff_sxd", "supervisor_sxd", "staff_ubnd", "staff_ca", "staff_hepco", "operator", "leader",
    "analyst", "admin",
)  # fmt: skip
# Citizen A filed in sxd, B in ubnd (which ca helps), and somebody without an account in ca (which
# ubnd helps) a case that the public never sees; each with a photo. A, B and staff of sxd and of ubnd
# have a device and a message each and are signed in.
SHOWN = """
                 cases reports reporters events photos citizens devices messages tokens phones desks audit
nobody               0       0         0      0      0        0       0        0      0      0     0     0
anonymous            0       0         0      0      0        0       0        0      0      0     0     0
token_holder         1       1         1      1      1        0       0        0      0      0     0     0
citizen_a            1       1         1      1      1        1       1        1      1      1     0     0
citizen_b            1       1         1      1      1        1       1        1      1      1     0     0
staff_sxd            1       1         0      1      1        0       1        1      0      0     1     0
supervisor_sxd       1       1         0      1      1        0       0        0      0      0     0     0
staff_ubnd           2       2         0      2      2        0       1        1      0      0     1     0
staff_ca             2       2         0      2      2        0       0        0      0      0     0     0
staff_hepco          0       0         0      0      0        0       0        0      0      0     0     0
operator             3       3         3      3      3        2       0        0      0      0     0     0
leader               3       3         0      3      3        0       0        0      0      0     0     0
analyst              3       3         0      3      3        0       0        0      0      0     0     0
admin                3       3         0      3      3        0       0        0      0      0     2     1
sign_in              0       0         0      0      0        2       0        0      2      2     2     0
claims               3       0         0      3      0        2       0        0      2      0     2     0
merge                0       0         3      0      0        2       4        4      2      2     0     0
feed                 0       0         0      0      0        0       0        0      0      0     0     0
link                 3       3         0      0      3        0       0        0      0      0     0     0
transfer             0       0         0      0      0        0       0        0      0      0     0     0
sms                  0       0         0      0      0        0       0        0      0      0     0     0
limits               0       0         0      0      0        0       0        0      0      0     0     0
upkeep               0       0         0      0      0        0       0        0      0      0     0     0
"""
# What an update without a condition changes; "-" where nobody has the right to. That an
# analyst changes no case is the first fence's business: the second one does not keep them from it.
CHANGED = """
                 cases reports reporters events photos citizens devices messages tokens phones desks audit
nobody               0       0         0      -      0        0       0        0      0      0     0     -
anonymous            0       0         0      -      0        0       0        0      0      0     0     -
token_holder         1       1         1      -      1        0       0        0      0      0     0     -
citizen_a            1       1         1      -      0        1       1        1      1      1     0     -
citizen_b            1       1         1      -      0        1       1        1      1      1     0     -
staff_sxd            1       1         0      -      1        0       1        1      0      0     1     -
supervisor_sxd       1       1         0      -      1        0       0        0      0      0     0     -
staff_ubnd           2       2         0      -      2        0       1        1      0      0     1     -
staff_ca             2       2         0      -      2        0       0        0      0      0     0     -
staff_hepco          0       0         0      -      0        0       0        0      0      0     0     -
operator             3       3         3      -      3        0       0        0      0      0     0     -
leader               3       3         0      -      3        0       0        0      0      0     0     -
analyst              3       0         0      -      0        0       0        0      0      0     0     -
admin                3       3         0      -      3        0       0        0      0      0     2     -
sign_in              0       0         0      -      0        2       0        0      2      2     2     -
claims               3       0         0      -      0        2       0        0      2      0     2     -
merge                0       0         3      -      0        2       4        4      2      2     0     -
feed                 0       0         0      -      0        0       0        0      0      0     0     -
link                 0       0         0      -      0        0       0        0      0      0     0     -
transfer             0       0         0      -      0        0       0        0      0      0     0     -
sms                  0       0         0      -      0        0       0        0      0      0     0     -
limits               0       0         0      -      0        0       0        0      0      0     0     -
upkeep               0       0         0      -      0        0       0        0      0      0     0     -
"""


@dataclass(frozen=True)
class Town:
    """Sessions of the API's own role, who reads, and the cases by the department in charge."""

    url: str
    sessions: async_sessionmaker[AsyncSession]
    readers: Mapping[str, Acting | None]
    cases: Mapping[str, UUID]

    async def count(self, reader: str) -> list[int]:
        numbers = ", ".join(f"(select count(*) from {what})" for what in ASKED.values())
        async with transaction(self.sessions, self.readers[reader]) as session:
            return list((await session.execute(text(f"select {numbers}"))).one())

    async def try_out(self, reader: str, sql: str, **values: object) -> int | None:
        """How many rows a statement changes in the name of `reader`, None if it is refused. All
        of it is undone.
        """
        changed = None
        with suppress(_Undone, ProgrammingError):
            async with transaction(self.sessions, self.readers[reader]) as session:
                result = await session.execute(text(sql), values)
                changed = cast("CursorResult[Any]", result).rowcount
                raise _Undone
        return changed

    def as_superuser(self, sql: str, *values: object) -> list[Any]:
        with psycopg.connect(
            driver_url(self.url, ""), autocommit=True, row_factory=namedtuple_row
        ) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


class _Undone(Exception):
    """No error: leaving by it undoes the transaction."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(
    databases: TestDatabases,
    city_template: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Town]:
    """For tests that leave it as it is."""
    name = f"fenced_{worker_id}"
    url = databases.clone(name, template=city_template)
    async with open_api(url, tmp_path_factory.mktemp("fenced")) as api:
        cases = await _file(api)
    engine = create_engine(url, role="hientruong_app")
    made = Town(url, create_session_factory(engine), {}, cases)
    yield replace(made, readers=_readers(made))
    await engine.dispose()
    databases.drop(name)


async def _file(api: Api) -> dict[str, UUID]:
    """One case each in sxd, ubnd and ca, with a photo; two of staff sign in."""
    citizens = [await api.citizen(f"+8490500000{number}") for number in (1, 2)]
    cases: dict[str, UUID] = {}
    for category, headers in zip((BUS, NOISE, HIDDEN), (*citizens, None), strict=True):
        body = Draft(category).body(
            uploads=[await api.upload()], contact={"name": "Lê Thị Bình", "phone": "0905000009"}
        )
        filed = await api.file(body, headers=headers)
        cases[filed["department"]["code"]] = UUID(filed["id"])
    for department in ("sxd", "ubnd"):
        await api.staff(f"staff.{department}")
    assert list(cases) == ["sxd", "ubnd", "ca"]
    return cases


def _readers(town: Town) -> dict[str, Acting | None]:
    people = town.as_superuser(
        "select id, username, role, department from people where username is not null"
    )
    staff: dict[str, Actor] = {
        row.username.replace(".", "_"): Actor(Role(row.role), row.id, row.department)
        for row in people
    }
    citizens: dict[str, Actor] = {}
    for name, department in (("citizen_a", "sxd"), ("citizen_b", "ubnd")):
        [row] = town.as_superuser(
            "select person_id from reporters where report_id = %s", town.cases[department]
        )
        citizens[name] = Actor(Role.CITIZEN, row.person_id)
    town.as_superuser(
        "delete from people where role = 'citizen' and id <> all (%s)",
        [citizen.person_id for citizen in citizens.values()],
    )
    town.as_superuser("delete from notifications")  # of filing; each gets one of the same kind
    for number, actor in enumerate((*citizens.values(), staff["staff_sxd"], staff["staff_ubnd"])):
        town.as_superuser(
            "insert into devices (token, person_id, platform) values (%s, %s, 'web')",
            f"token {number}",
            actor.person_id,
        )
        town.as_superuser(
            "insert into notifications (key, person_id, channel, address, language, title, body,"
            " data, next_attempt_at, created_at)"
            " values (%s, %s, 'inbox', '', 'vi', 'x', 'x', '{}', now(), now())",
            f"message {number}", actor.person_id,
        )  # fmt: skip
    town.as_superuser(
        "insert into audit_log (actor_role, action, subject, facts)"
        " values ('admin', 'privacy.change', 'city', '{}')"
    )
    return {
        "nobody": None,
        "anonymous": ANONYMOUS,
        "token_holder": replace(ANONYMOUS, reports=frozenset({town.cases["ca"]})),
        **citizens,
        **{name: staff[name] for name in STAFF},
        **{errand.value: errand for errand in Errand},
    }


def _table(rows: Mapping[str, list[Any]]) -> str:
    lines = ["".join(["                 ", *(f"{name} " for name in ASKED)]).rstrip()]
    for reader, numbers in rows.items():
        cells = [
            f"{'-' if number is None else number:>{len(name)}}"
            for name, number in zip(ASKED, numbers, strict=True)
        ]
        lines.append(f"{reader:<16} {' '.join(cells)}")
    return "\n".join(["", *lines, ""])


async def test_whoever_asks_for_everything_is_shown_what_is_theirs(town: Town) -> None:
    assert _table({reader: await town.count(reader) for reader in town.readers}) == SHOWN


async def test_whoever_changes_everything_changes_what_is_theirs(town: Town) -> None:
    found = {
        reader: [await town.try_out(reader, f"update {update}") for update in UPDATES.values()]
        for reader in town.readers
    }
    assert _table(found) == CHANGED


async def test_nobody_writes_into_another_departments_cases(town: Town) -> None:
    """By whatever condition a statement finds them."""
    touched: list[tuple[str, str, str]] = []
    statements = {
        "update": "update cases set summary = 'x' where id = :case",
        "take": "update cases set department = 'hepco' where id = :case",
        "move": "update reports set case_id = case_id where case_id = :case",
        "hide": "delete from attachments where case_id = :case",
        "tell": (
            "insert into announcements (key, case_id, audience, template, data, created_at)"
            " values ('x', :case, 'reporter', 'x', '{}', now())"
        ),
    }
    for reader in ("anonymous", "citizen_a", "staff_sxd", "supervisor_sxd", "staff_hepco"):
        for department in ("ubnd", "ca"):
            for what, sql in statements.items():
                if await town.try_out(reader, sql, case=town.cases[department]):
                    touched.append((reader, department, what))
    assert touched == []
    assert await town.try_out("staff_ubnd", statements["tell"], case=town.cases["ca"]) == 1


async def test_what_is_in_sight_is_not_given_away_unless_it_was_at_hand(town: Town) -> None:
    give = "update cases set department = 'hepco' where department = 'sxd'"
    assert await town.try_out("staff_sxd", give) is None
    held = f"set_config('app.cases', '{town.cases['sxd']}', true) is not null"
    assert await town.try_out("staff_sxd", f"{give} and {held}") == 1


async def test_nobody_notes_in_anothers_name(town: Town) -> None:
    sql = (
        "insert into audit_log (actor_id, actor_role, action, subject, facts)"
        " select CAST(:actor AS uuid), 'admin', 'x', 'x', '{}'"
    )
    admin = town.readers["admin"]
    assert isinstance(admin, Actor)
    for reader in ("citizen_a", "staff_sxd", "operator", "leader", "anonymous"):
        assert await town.try_out(reader, sql, actor=admin.person_id) is None
    assert await town.try_out("admin", sql, actor=admin.person_id) == 1


async def test_a_weakened_policy_would_be_noticed(town: Town) -> None:
    """Each reading policy of the tables above in turn becomes `true`: some number must change."""
    policies = town.as_superuser(
        "select tablename, policyname, qual, roles[1]::text as role from pg_policies"
        " where tablename = any (%s) and cmd = 'SELECT' and qual <> 'true'",
        TABLES,
    )
    assert len(policies) > 25
    unnoticed: list[str] = []
    for policy in policies:
        name = f'"{policy.policyname}" on "{policy.tablename}"'
        town.as_superuser(f"alter policy {name} using (true)")
        try:
            found = _table({reader: await town.count(reader) for reader in town.readers})
        finally:
            town.as_superuser(f"alter policy {name} using ({policy.qual})")
        if found == SHOWN:
            unnoticed.append(name)
    assert unnoticed == []
