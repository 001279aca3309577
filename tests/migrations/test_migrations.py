"""The migrations: one line of them, each way and back, the same tables as the code's, the rights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from tests.support.databases import TestDatabases

from cli.database import current, upgrade
from core.migrations import head

ROOT = Path(__file__).parents[2]
APP, WORKER, READONLY = "hientruong_app", "hientruong_worker", "hientruong_readonly"
PUBLIC_VIEWS = {"public_open_cases", "public_areas", "public_categories"}
# Every user may read these: they say which projections and geometry columns there are.
OF_POSTGIS = {"spatial_ref_sys", "geometry_columns", "geography_columns"}


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def revisions() -> list[str]:
    """All of them, the oldest first."""
    scripts = ScriptDirectory.from_config(alembic_config(""))
    return [script.revision for script in scripts.walk_revisions()][::-1]


SNAPSHOT = {
    "relations": """
        select c.relname, c.relkind, c.relpersistence, c.relacl::text, a.attname,
               format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
               pg_get_expr(d.adbin, d.adrelid), a.attacl::text
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'S', 'p')
          and c.relname not in ('spatial_ref_sys', 'geometry_columns', 'geography_columns')
    """,
    "indexes": "select indexname, indexdef from pg_indexes where schemaname = 'public'",
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace and conrelid <> 0
    """,
    "views": """
        select viewname, definition from pg_views where schemaname = 'public'
        and viewname not in ('geometry_columns', 'geography_columns')
    """,
    "functions": """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proacl::text from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and not exists (
            select from pg_depend where objid = p.oid and deptype = 'e')
    """,
    "triggers": """
        select tgrelid::regclass::text, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    """,
    "types": """
        select t.typname, t.typtype, array(select enumlabel::text from pg_enum
               where enumtypid = t.oid order by enumsortorder)
        from pg_type t where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
          and not exists (select from pg_depend where objid = t.oid and deptype = 'e')
    """,
    "default rights": "select defaclobjtype, defaclacl::text from pg_default_acl",
}


def snapshot(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that migrations make, whatever order it was made in."""
    with psycopg.connect(url) as connection:
        return {
            name: sorted(connection.execute(query).fetchall(), key=repr)
            for name, query in SNAPSHOT.items()
        }


def test_there_is_one_newest_revision() -> None:
    scripts = ScriptDirectory.from_config(alembic_config(""))
    assert scripts.get_heads() == [head()]
    assert scripts.get_bases() == [revisions()[0]]


def test_every_revision_goes_up_down_and_up_again(empty_database: str) -> None:
    config = alembic_config(empty_database)
    before = snapshot(empty_database)
    for revision in revisions():
        command.upgrade(config, revision)
        first = snapshot(empty_database)
        command.downgrade(config, "-1")
        down = snapshot(empty_database)
        down["relations"] = [r for r in down["relations"] if r[0] != "alembic_version"]
        if revision == revisions()[0]:
            assert down["relations"] == before["relations"], revision
        command.upgrade(config, revision)
        assert snapshot(empty_database) == first, revision
    assert current(empty_database) == head()


def test_all_the_way_down_leaves_nothing_of_ours(empty_database: str) -> None:
    upgrade(empty_database)
    newest = snapshot(empty_database)
    command.downgrade(alembic_config(empty_database), "base")
    left = snapshot(empty_database)
    assert {row[0] for row in left["relations"]} <= {"alembic_version"}
    for kind in ("views", "functions", "triggers", "types"):
        assert left[kind] == [], kind
    upgrade(empty_database)
    assert snapshot(empty_database) == newest


def test_the_tables_are_those_of_the_code(
    committed_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command.check(alembic_config(committed_database))  # raises if a revision would change anything
    assert "No new upgrade operations detected" in capsys.readouterr().out


def test_upgrading_is_done_once(empty_database: str) -> None:
    assert current(empty_database) is None
    assert upgrade(empty_database) is True
    assert upgrade(empty_database) is False
    assert current(empty_database) == head()


def test_two_that_upgrade_at_once_wait_for_each_other(empty_database: str) -> None:
    code = "import sys; from cli.database import upgrade; upgrade(sys.argv[1])"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, empty_database], cwd=ROOT, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    outcomes = [(process.communicate()[1].decode(), process.returncode) for process in both]
    assert [status for _, status in outcomes] == [0, 0], outcomes
    assert current(empty_database) == head()


# Rights ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(databases: TestDatabases, city_template: str, worker_id: str) -> Iterator[str]:
    """A database with a city and one case in it; what a test changes is rolled back."""
    name = f"rights_{worker_id}"
    url = databases.clone(name, template=city_template)
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            insert into cases (id, code, category, geom, area_id, summary, search, visibility,
                department, co_departments, process_id, state, status, priority, case_class,
                routing, data, clocks, due_at, overdue, rev, source, opened_at, updated_at)
            select gen_random_uuid(), 'AAA-0000', 'traffic.bus',
                st_setsrid(st_makepoint(107.585, 16.46), 4326), areas.id, '', '', 'exact', 'sxd',
                '{}', city.process_id, 'assigned', 'assigned', 3, 'normal', '{}', '{}', '{}',
                now(), false, 1, 'app', now(), now()
            from areas, city where areas.code = '19789'
            """
        )
        connection.execute(
            """
            insert into reports (id, code, case_id, category, geom, area_id, description, answers,
                anonymous, source, filed_at, body_hash)
            select id, code, id, category, geom, area_id, 'Nguyên văn', '{}', false, 'app', now(), ''
            from cases
            """
        )
        connection.execute(
            """
            insert into case_events (case_id, rev, seq, kind, at, action, actor_role, form, public)
            select id, 1, 0, 'step', now(), 'file', 'citizen', '{}', true from cases
            """
        )
    yield url
    databases.drop(name)


def allowed(url: str, role: str, sql: str) -> bool:
    """Whether `role` may run `sql`; it is undone at once. Any other fault is the test's."""
    with psycopg.connect(url) as connection:
        connection.execute(f"set local role {role}")
        try:
            connection.execute(sql)
        except psycopg.errors.InsufficientPrivilege:
            return False
        finally:
            connection.rollback()
    return True


NEW_EVENT = (
    "insert into case_events (case_id, rev, seq, kind, at, action, actor_role, form)"
    " select id, 1, 1, 'note', now(), 'note', 'staff', '{}' from cases"
)


@pytest.mark.parametrize("role", [APP, WORKER])
@pytest.mark.parametrize(
    ("sql", "may"),
    [
        ("select * from case_events", True),
        (NEW_EVENT, True),
        ("update case_events set action = 'x'", False),
        ("update case_events set form = '{}'", False),
        ("delete from case_events", False),
        ("truncate case_events", False),
        ("update cases set rev = rev + 1", True),
        ("update reports set replays = replays + 1", True),
        ("update reports set case_id = case_id", True),
        ("update reports set description = 'x'", False),
        ("update reports set filed_at = now()", False),
        ("delete from reports", False),
        ("truncate reports cascade", False),
        ("delete from reporters", True),
        ("select nextval('report_code_seq')", True),
        ("select setval('report_code_seq', 1)", False),
        ("select enqueue_job('q', 't', '{}')", True),
        ("create table mine (id int)", False),
        ("create view mine as select 1", False),
        ("create function mine() returns int language sql as 'select 1'", False),
        ("create schema mine", False),
        ("alter table cases add column mine int", False),
        ("drop table cases cascade", False),
        ("drop view public_open_cases", False),
        ("alter view public_open_cases rename to mine", False),
        ("grant select on cases to public", False),
        ("create role mine", False),
        ("update alembic_version set version_num = 'x'", False),
        ("select version_num from alembic_version", True),
    ],
)
def test_what_the_processes_may_do(city: str, role: str, sql: str, *, may: bool) -> None:
    assert allowed(city, role, sql) is may


def test_the_public_role_reads_the_public_views_and_nothing_else(city: str) -> None:
    with psycopg.connect(city) as connection:
        rows = connection.execute(
            """
            select relname, has_table_privilege(%(role)s, oid, 'select'),
                has_any_column_privilege(%(role)s, oid, 'select'),
                has_table_privilege(%(role)s, oid, 'insert, update, delete, truncate')
                or has_any_column_privilege(%(role)s, oid, 'insert, update')
            from pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'p', 'f')
            """,
            {"role": READONLY},
        ).fetchall()
        sequences = connection.execute(
            """
            select relname from pg_class
            where relnamespace = 'public'::regnamespace and relkind = 'S'
              and has_sequence_privilege(%s, oid, 'usage, select, update')
            """,
            [READONLY],
        ).fetchall()
    assert len(rows) > 25
    assert {name for name, *reads, _ in rows if any(reads)} == PUBLIC_VIEWS | OF_POSTGIS
    assert {name for name, *_, writes in rows if writes} == set()
    assert sequences == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from cases",
        "select * from reports",
        "select * from reporters",
        "select * from people",
        "select * from case_events",
        "select nextval('report_code_seq')",
        "select enqueue_job('q', 't', '{}')",
        "create table mine (id int)",
        "insert into public_categories select * from public_categories",
    ],
)
def test_the_public_role_is_refused(city: str, sql: str) -> None:
    assert not allowed(city, READONLY, sql)


def test_the_public_views_show_rows_but_no_words_and_no_people(city: str) -> None:
    with psycopg.connect(city) as connection:
        connection.execute(f"set local role {READONLY}")
        names = {
            view: [
                column.name
                for column in connection.execute(f"select * from {view}").description or ()
            ]
            for view in PUBLIC_VIEWS
        }
        found = connection.execute("select code from public_open_cases").fetchall()
    assert found == [("AAA-0000",)]
    assert names["public_open_cases"] == [
        "id", "code", "category", "department", "status", "priority", "overdue", "due_at",
        "opened_at", "updated_at", "geom",
    ]  # fmt: skip
    told = {column for columns in names.values() for column in columns}
    assert not told & {
        "description", "address", "summary", "search", "answers", "name_of_reporter", "phone",
        "person_id", "routing", "assignee",
    }  # fmt: skip
