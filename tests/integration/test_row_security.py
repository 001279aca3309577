"""The second fence: what the database itself shows to whom, whatever a statement forgets to ask."""

from __future__ import annotations

import re
from uuid import UUID

import asyncpg
import psycopg
import pytest

from core.actor import Actor, Role
from core.fence import Errand, begin_statement
from identity.session_lookup import open_session_pool

FOREIGN = "('alembic_version', 'spatial_ref_sys')"
OUR_TABLES = f"""
    select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity
    from pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and c.relname not like 'procrastinate\\_%' and c.relname not in {FOREIGN}
"""


def test_every_table_of_ours_is_fenced_for_its_owner_too(city_database: str) -> None:
    with psycopg.connect(city_database) as connection:
        open_ones = connection.execute(
            f"select relname from ({OUR_TABLES}) as ours"
            " where not relrowsecurity or not relforcerowsecurity"
            " or not exists ("
            "     select from pg_policy where polrelid = ours.oid and polname = 'worker')"
        ).fetchall()
    assert open_ones == [], "call protect_rows in the migration that makes the table"


def test_no_policy_is_for_the_role_that_connections_have(city_database: str) -> None:
    with psycopg.connect(city_database) as connection:
        rows = connection.execute(
            "select tablename, policyname, roles::text from pg_policies"
            " where roles && array['public', 'hientruong_app', 'hientruong_readonly']::name[]"
        ).fetchall()
    assert rows == []


def test_policies_work_out_who_acts_once_for_a_statement(city_database: str) -> None:
    """A function called outside a subselect is called for each row."""
    with psycopg.connect(city_database) as connection:
        policies = connection.execute(
            "select tablename, policyname, coalesce(qual, '') || coalesce(with_check, '')"
            " from pg_policies"
        ).fetchall()
    call = r"(acting_\w+|held_\w+|own_\w+|sees_city|current_setting)\("
    bare = [
        (table, policy)
        for table, policy, text in policies
        if len(re.findall(call, text)) != len(re.findall(rf"SELECT (NULLIF\()?{call}", text))
    ]
    assert bare == []


def test_every_view_belongs_to_the_role_that_policies_let_through(city_database: str) -> None:
    with psycopg.connect(city_database) as connection:
        others = connection.execute(
            """
            select c.relname from pg_class as c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
              and pg_get_userbyid(c.relowner) <> 'hientruong_views'
              and not exists (
                  select from pg_depend as d
                  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
              )
            """
        ).fetchall()
    assert others == [], "call publish_view in the migration that makes the view"


@pytest.mark.parametrize("role", ["hientruong_app", "hientruong_readonly"])
def test_without_a_name_no_table_shows_a_row(city_database: str, role: str) -> None:
    with psycopg.connect(city_database) as connection:
        names = [row[1] for row in connection.execute(OUR_TABLES).fetchall()]
        connection.execute("select set_config('role', %s, false)", [role])
        seen: dict[str, int] = {}
        for name in names:
            try:
                with connection.transaction():
                    row = connection.execute(f'select count(*) from "{name}"').fetchone()
            except psycopg.errors.InsufficientPrivilege:
                continue
            assert row is not None
            seen |= {name: row[0]} if row[0] else {}
    assert len(names) > 40
    assert seen == {}


def test_a_name_lasts_as_long_as_its_transaction(city_database: str) -> None:
    with psycopg.connect(city_database, autocommit=True) as connection:
        connection.execute("set role hientruong_app")
        connection.execute(begin_statement(Actor(Role.OPERATOR)))
        inside = connection.execute("select count(*) from people").fetchone()
        connection.execute("commit")
        after = connection.execute("select count(*) from people").fetchone()
    assert inside is not None
    assert inside[0] > 1
    assert after == (0,)


def test_an_errand_reaches_what_it_is_about_and_nothing_else(city_database: str) -> None:
    with psycopg.connect(city_database, autocommit=True) as connection:
        connection.execute("set role hientruong_app")
        reach: dict[str, bool] = {}
        for errand in Errand:
            connection.execute(begin_statement(errand))
            row = connection.execute("select exists (select from people)").fetchone()
            assert row is not None
            reach[errand.value] = row[0]
            connection.execute("rollback")
    accounts = {Errand.SIGN_IN, Errand.MERGE, Errand.CLAIMS}
    assert reach == {errand.value: errand in accounts for errand in Errand}


async def test_connections_that_look_sessions_up_reach_what_signing_in_does_and_change_nothing(
    city_database: str,
) -> None:
    pool = await open_session_pool(city_database, size=1)
    try:
        assert await pool.fetchval("select exists (select from people)")
        assert not await pool.fetchval("select exists (select from case_events)")
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await pool.execute("update staff_sessions set seen_at = now()")
    finally:
        await pool.close()


@pytest.mark.parametrize("actor", [Actor(Role.STAFF, department="sxd"), Actor(Role.OPERATOR)])
def test_staff_are_named_to_those_who_work_with_them(city_database: str, actor: Actor) -> None:
    with psycopg.connect(city_database, autocommit=True) as connection:
        connection.execute("insert into people (role, name) values ('citizen', 'Named Nowhere')")
        connection.execute("set role hientruong_app")
        connection.execute(begin_statement(actor))
        named = {row[0] for row in connection.execute("select name from colleagues")}
    assert named
    assert "Named Nowhere" not in named


def test_staff_are_not_named_to_citizens(city_database: str) -> None:
    with psycopg.connect(city_database, autocommit=True) as connection:
        connection.execute("set role hientruong_app")
        connection.execute(begin_statement(Actor(Role.CITIZEN, person_id=UUID(int=1))))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select from colleagues")


def test_a_department_cannot_break_out_of_its_quotes(city_database: str) -> None:
    actor = Actor(Role.STAFF, department="x'; set local role hientruong_worker; --")
    with psycopg.connect(city_database, autocommit=True) as connection:
        connection.execute("set role hientruong_app")
        connection.execute(begin_statement(actor))
        row = connection.execute("select current_user, acting_department()").fetchone()
    assert row == ("hientruong_departments", actor.department)
