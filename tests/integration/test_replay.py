"""Replaying into a real city: nothing lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from cli.replay import ERRORS_FILE, replay
from core.db import driver_url

HEADER = "CASE_ENQUIRY_ID,OPEN_DT,CASE_TITLE,REASON,TYPE,LATITUDE,LONGITUDE"


@pytest.fixture
def database(city_database, monkeypatch, tmp_path) -> str:
    monkeypatch.setenv("DATABASE_URL", city_database)
    monkeypatch.chdir(tmp_path)  # the list of errors is written there
    return driver_url(city_database, "")


@pytest.fixture
def file(tmp_path) -> Path:
    lines = [
        f"{1000 + n},01/{1 + n % 28:02}/2015 10:{n % 60:02}:00 AM,T,Trees,Tree,"
        f"{42.3 + n * 0.0004:.4f},{-71.1 + n * 0.0005:.4f}"
        for n in range(120)
    ]
    path = tmp_path / "r.csv"
    path.write_text("\n".join([HEADER, *lines, ",,,,,,", lines[0]]), encoding="utf-8")
    return path


def one(database: str, query: str) -> tuple:
    with psycopg.connect(database) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row


def test_every_readable_row_becomes_a_whole_report(database, file, capsys):
    replay(file, limit=None, mapping=None, concurrency=4)
    out = capsys.readouterr().out
    assert "120" in out
    assert "fall inside the city" in " ".join(out.split())
    whole = """
        select count(*) from reports
        join cases on cases.id = case_id and cases.source = 'replay'
        join case_events e on e.case_id = cases.id and e.rev = 1 and e.seq = 0
        join areas on areas.id = reports.area_id and areas.kind = 'ward'
        where e.at = reports.filed_at and cases.due_at > reports.filed_at
    """
    assert one(database, whole) == (120,)
    assert one(database, "select count(*) from announcements") == (0,)
    errors = ERRORS_FILE.read_text(encoding="utf-8")
    assert "122,id missing," in errors
    assert "123,id stands twice in the file,1000" in errors


def test_a_second_run_doubles_nothing_and_goes_on(database, file, capsys):
    replay(file, limit=50, mapping=None, concurrency=4)
    replay(file, limit=80, mapping=None, concurrency=4)
    assert one(database, "select count(*), max(replays) from reports") == (80, 0)
    assert "already there" in capsys.readouterr().out


def test_hours_and_weekdays_of_the_pattern_are_kept(database, file):
    replay(file, limit=7, mapping=None, concurrency=2)
    query = """
        select min(extract(hour from filed_at at time zone 'Asia/Ho_Chi_Minh')),
               min(extract(isodow from filed_at at time zone 'Asia/Ho_Chi_Minh')
                   order by filed_at)
        from reports
    """
    query = """
        select extract(hour from first)::int, extract(isodow from first)::int
        from (select min(filed_at) at time zone 'Asia/Ho_Chi_Minh' as first from reports) x
    """
    assert one(database, query) == (10, 4)  # 1 January 2015 was a Thursday
    assert one(database, "select max(filed_at) <= now() from reports") == (True,)
