"""`city load` as a command: what it prints and leaves behind, with commits that are real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from cli.city import find_folder, load_city
from cli.main import app
from core.db import driver_url
from core.errors import ConfigurationError
from tests.support.databases import TestDatabases
from workflows.definition_files import DEFINITIONS, read_consents

Edit = Callable[[Any], None]
WORDS = {"vi": "{city} được hỏi tôi.", "en": "{city} may ask me."}
EVERYTHING = "city", "departments", "categories", "calendars", "process_versions", "canned_answers"


@pytest.fixture
def database(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", committed_database)
    return driver_url(committed_database, "")


@pytest.fixture(scope="module")
def shared_database(databases: TestDatabases, worker_id: str) -> Iterator[str]:
    """A migrated database that every test of this file leaves empty."""
    name = f"refusals_{worker_id}"
    yield databases.clone(name)
    databases.drop(name)


@pytest.fixture
def empty(shared_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", shared_database)
    return driver_url(shared_database, "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Hà Nội's definitions, to be broken."""
    copy = tmp_path / "ha_noi"
    shutil.copytree(DEFINITIONS / "ha_noi", copy)
    own = {"purposes": {"survey": {"versions": {"hn-1": WORDS}}}}
    (copy / "consents.json").write_text(json.dumps(own), encoding="utf-8")
    return copy


def edit(path: Path, change: Edit) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def counts(database: str) -> dict[str, int]:
    with psycopg.connect(database) as connection:
        return {
            table: connection.execute(f"select count(*) from {table}").fetchone()[0]
            for table in EVERYTHING
        }


def revision(database: str) -> int:
    with psycopg.connect(database) as connection:
        return connection.execute("select revision from city").fetchone()[0]


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed about a folder that must be refused."""
    capsys.readouterr()
    with pytest.raises(SystemExit, match="1"):
        load_city(str(folder), dry_run=False)
    out = capsys.readouterr().out
    assert "Refused, nothing was written" in out
    return out


def test_a_city_starts_from_its_files(database, capsys):
    load_city("ha_noi", dry_run=False)
    out = capsys.readouterr().out
    for line in (
        "Thành phố Hà Nội (01)", "27 of 27 departments", "48 of 48 categories",
        "3 new calendars", "process: new version 1", "routing: new version 1", "revision 1",
    ):  # fmt: skip
        assert line in out
    assert counts(database)["city"] == 1
    assert counts(database)["canned_answers"] > 0


def test_a_second_load_says_that_nothing_has_changed(database, capsys):
    for _ in range(2):
        load_city("ha_noi", dry_run=False)
    out = capsys.readouterr().out.split("Thành phố Hà Nội")[-1]
    assert "0 of 27 departments" in out
    assert "process: unchanged" in out
    assert "nothing has changed" in out
    assert revision(database) == 1


def test_what_changed_is_told(database, folder, capsys):
    load_city(str(folder), dry_run=False)

    def rename(document: Any) -> None:
        document["departments"][1]["name"] = "Sở Xây dựng Hà Nội"

    def shorten(document: Any) -> None:
        document["clocks"]["rating"]["hours"] = 72

    edit(folder / "departments.json", rename)
    edit(folder / "process.json", shorten)
    load_city(str(folder), dry_run=False)
    out = capsys.readouterr().out.split("Thành phố Hà Nội")[-1]
    assert "1 of 27 departments" in out
    assert "process: new version 2" in out
    assert "routing: unchanged" in out
    assert revision(database) == 2


def test_a_dry_run_says_the_same_and_writes_nothing(empty, capsys):
    load_city("ha_noi", dry_run=True)
    out = capsys.readouterr().out
    assert "48 of 48 categories" in out
    assert "dry run, nothing written" in out
    assert set(counts(empty).values()) == {0}


def test_what_the_files_no_longer_name_stays_and_is_told(database, folder, capsys):
    load_city("ha_noi", dry_run=False)
    edit(folder / "departments.json", lambda d: d["departments"].pop())  # ubnd: used everywhere
    assert "there is no department 'ubnd'" in refused(folder, capsys)
    shutil.copy(DEFINITIONS / "ha_noi" / "departments.json", folder)
    edit(folder / "categories.json", lambda d: d["categories"].pop())  # urban_order.other
    edit(folder / "routing.json", lambda d: d["rows"].pop())
    load_city(str(folder), dry_run=False)
    assert "left as they are: urban_order.other" in capsys.readouterr().out


def change_at(*path: str | int, value: Any) -> Edit:
    """An edit that puts `value` at a place of a document."""

    def change(document: Any) -> None:
        *parents, last = path
        for step in parents:
            document = document[step]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("process", change_at("initial", value="nowhere"), "process.json: not declared: state"),
        (
            "process",
            change_at("clocks", "rating", "hours", value=-1),
            "process.json /clocks/rating/hours/constrained-float: Input should be greater",
        ),
        (
            "routing",
            change_at("rows", 3, "then", "hours", value=0),
            "routing.json /rows/3/then/hours: Input should be greater than 0",
        ),
        (
            "routing",
            change_at("rows", 20, "then", "co_departments", value=["nasa"]),
            "routing.json /rows/20/then/co_departments/0: there is no department 'nasa'",
        ),
        (
            "routing",
            change_at("rows", 1, "when", "category", value=["security.moon"]),
            "routing.json /rows/1/when/category/0: there is no category 'security.moon'",
        ),
        (
            "routing",
            change_at("default", "then", "department", value="nasa"),
            "routing.json /default/then/department: there is no department 'nasa'",
        ),
        ("routing", change_at("rows", 1, "id", value="k-sos"), "two routing rows have the same id"),
        (
            "categories",
            change_at("categories", 4, "parent", value="moon"),
            "categories.json /categories/4/parent: there is no category 'moon'",
        ),
        (
            "categories",
            change_at("categories", 4, "parent", value="traffic.sign"),
            "categories.json /categories/4/parent: the category lies below itself",
        ),
        (
            "categories",
            change_at("categories", 1, "questions", "properties", "width", "type", value="colour"),
            "categories.json /categories/1/questions/properties/width",
        ),
        ("categories", change_at("categories", 0, "code", value="road"), "the roots must be"),
        (
            "departments",
            change_at("departments", 3, "deputy", value="nasa"),
            "departments.json /departments/3/deputy: there is no department 'nasa'",
        ),
        (
            "departments",
            change_at("departments", 3, "code", value="ioc"),
            "departments.json /departments/3/code: 'ioc' stands twice",
        ),
        ("departments", change_at("departments", 3, "colour", value=1), "/departments/3/colour"),
        ("city", change_at("default_department", value="nasa"), "city.json /default_department"),
        ("city", change_at("calendar", value="lunar"), "city.json /calendar: there is no calendar"),
        (
            "calendar",
            change_at("calendars", 0, "week", 2, value=[["12:00", "08:00"]]),
            "calendar.json /calendars/0/week/2: open hours out of order",
        ),
        ("calendar", change_at("calendars", 0, "timezone", value="Mars/Base"), "no time zone"),
        ("calendar", change_at("calendars", 2, "code", value="never"), "a calendar 'always'"),
        ("answers", change_at("answers", 0, "state", value="moon"), "/answers/0/state"),
        (
            "consents",
            change_at("purposes", value={"selling": {"versions": {"hn-1": WORDS}}}),
            "consents.json /purposes/selling: there is no purpose 'selling'",
        ),
        (
            "consents",
            change_at("purposes", "survey", "versions", "2", value=WORDS),
            "consents.json /purposes/survey/versions/2: a city's version begins with",
        ),
        (
            "consents",
            change_at("purposes", "survey", "versions", "hn-1", "vi", value="{name} đồng ý"),
            "consents.json /purposes/survey/versions/hn-1/vi: only {city} may stand in braces",
        ),
        (
            "consents",
            change_at("purposes", "survey", "versions", "hn-1", value={"vi": "Tôi đồng ý"}),
            "consents.json /purposes/survey/versions/hn-1/en: Field required",
        ),
        (
            "consents",
            change_at("purposes", "survey", "basis", value="duty"),
            "consents.json /purposes/survey/basis: Extra inputs are not permitted",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_named_with_its_place(
    empty: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    change: Edit,
    says: str,
) -> None:
    edit(folder / f"{file}.json", change)
    assert says in refused(folder, capsys)
    assert set(counts(empty).values()) == {0}


def test_a_folder_with_words_of_its_own_says_how_they_are_found(database, folder, capsys):
    load_city(str(folder), dry_run=False)
    out = capsys.readouterr().out
    assert f"HIENTRUONG_CITY_FOLDER={folder}" in out.replace("\n", "")
    load_city("ha_noi", dry_run=False)
    assert "HIENTRUONG_CITY_FOLDER" not in capsys.readouterr().out


def test_words_that_somebody_agreed_to_must_stay(database, folder, capsys):
    load_city(str(folder), dry_run=False)
    texts = read_consents(folder)
    agreed = [texts.find("survey", "hn-1"), texts.find("survey", "1")]
    with psycopg.connect(database) as connection:
        [person] = connection.execute(
            "insert into people (id, name, role, language) values"
            " (gen_random_uuid(), 'An', 'citizen', 'vi') returning id"
        ).fetchone()
        for text in agreed:
            connection.execute(
                "insert into consents (person_id, purpose, version, text_sha256, given, channel,"
                " language, at) values (%s, 'survey', %s, %s, true, 'app', 'vi', now())",
                (person, text.version, text.sha256),
            )
    load_city(str(folder), dry_run=False)
    edit(folder / "consents.json", change_at("purposes", "survey", "versions", "hn-2", value=WORDS))
    load_city(str(folder), dry_run=False)
    lost = "consents.json /purposes/survey/versions/hn-1: people have decided on this version"
    edit(
        folder / "consents.json",
        change_at("purposes", "survey", "versions", "hn-1", "en", value="We may."),
    )
    assert lost in refused(folder, capsys).replace("\n", " ")
    edit(folder / "consents.json", lambda d: d["purposes"]["survey"]["versions"].pop("hn-1"))
    assert lost in refused(folder, capsys).replace("\n", " ")
    (folder / "consents.json").unlink()
    assert lost in refused(folder, capsys).replace("\n", " ")


def test_all_that_is_wrong_is_told_at_once(empty, folder, capsys):
    (folder / "city.json").write_text('{"code": "01",', encoding="utf-8")
    (folder / "routing.json").unlink()
    (folder / "departments.json").write_bytes("Sở".encode("utf-16"))
    out = refused(folder, capsys)
    assert "city.json: line 1, column 15: Expecting property name" in out
    assert "routing.json: the file is missing" in out
    assert "departments.json: the file is not UTF-8" in out
    assert set(counts(empty).values()) == {0}


def test_a_database_holds_one_city(database, capsys):
    load_city("ha_noi", dry_run=False)
    before = counts(database)
    assert "holds the city 01, not 46" in refused(DEFINITIONS / "hue", capsys)
    assert (counts(database), revision(database)) == (before, 1)


def test_a_change_that_comes_too_late_leaves_nothing_behind(database, folder, capsys):
    """A process that is fine by itself, with hours that no calendar reaches: refused at the end."""
    load_city("ha_noi", dry_run=False)
    edit(folder / "calendar.json", lambda d: d["calendars"].append(_lunar()))
    edit(folder / "departments.json", change_at("departments", 3, "calendar", value="lunar"))
    assert "at least one open hour" in refused(folder, capsys)
    assert counts(database)["calendars"] == 3


def _lunar() -> dict[str, Any]:
    zone = "Asia/Ho_Chi_Minh"
    return {"code": "lunar", "name": "Không", "timezone": zone, "holidays": None, "week": [[]] * 7}


def test_a_folder_is_a_name_or_a_path(tmp_path):
    assert find_folder("hue") == DEFINITIONS / "hue"
    assert find_folder(str(tmp_path)) == tmp_path
    with pytest.raises(ConfigurationError, match="none of ha_noi, hue"):
        find_folder("atlantis")


def test_the_command_line_knows_it(empty):
    answer = CliRunner().invoke(app, ["city", "load", "hue", "--dry-run"])
    assert answer.exit_code == 0
    assert "Thành phố Huế (46)" in answer.output
    answer = CliRunner().invoke(app, ["city", "load", "atlantis"])
    assert answer.exit_code == 1
    assert "no folder atlantis" in answer.output
    assert counts(empty)["city"] == 0
