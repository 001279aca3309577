"""Shaping the city over the API: draft, check, publish, and what each refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.casework import press, read, stage
from tests.support.city import SIGN, Draft
from tests.support.client import Api
from tests.support.rows import execute, fetch, fetch_one
from workflows.catalogue import DEFINITIONS, read_document

Document = dict[str, Any]
ROLES = ("operator", "leader", "analyst", "staff.sxd", "supervisor.sxd")


def process(change: Callable[[Document], None] = lambda _: None) -> Document:
    document = copy.deepcopy(read_document(DEFINITIONS / "process.json"))
    change(document)
    return document


def routing(change: Callable[[Document], None] = lambda _: None) -> Document:
    document = copy.deepcopy(read_document(DEFINITIONS / "hue" / "routing.json"))
    change(document)
    return document


async def call(
    api: Api, method: str, path: str, user: str = "admin", **extra: Any
) -> httpx.Response:
    headers = {**await api.staff(user), **extra.pop("headers", {})}
    return await api.http.request(method, f"/v1/admin/{path}", headers=headers, **extra)


async def draft(api: Api, kind: str, document: Document) -> int:
    answer = await call(api, "POST", kind, json={"document": document, "note": "thử"})
    assert answer.status_code == 201, answer.text
    return answer.json()["version"]


async def publish(api: Api, kind: str, document: Document) -> int:
    version = await draft(api, kind, document)
    answer = await call(api, "POST", f"{kind}/{version}/publish")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["current"]) == ("published", True)
    return version


def sign_to_hepco(document: Document) -> None:
    row = next(row for row in document["rows"] if row["id"] == "t-sign")
    row["then"]["department"] = "hepco"


def quick_acceptance(document: Document) -> None:
    document["actions"]["accept"]["to"] = "approval"


async def test_a_published_process_holds_for_new_cases_alone(own_api):
    old = await stage(own_api, "assigned")
    version = await publish(own_api, "processes", process(quick_acceptance))
    new = await stage(own_api, "assigned")
    for case, state in ((old, "in_progress"), (new, "approval")):
        answer = await press(own_api, case, "accept", {})
        assert answer.json()["state"] == state
    versions = (await call(own_api, "GET", "processes")).json()["items"]
    assert [(v["version"], v["current"]) for v in versions] == [(version, True), (1, False)]


async def test_published_routing_holds_at_once(own_api):
    before = await own_api.file(Draft(SIGN).body())
    version = await publish(own_api, "routing", routing(sign_to_hepco))
    after = await own_api.file(Draft(SIGN).body())
    assert [r["department"]["code"] for r in (before, after)] == ["sxd", "hepco"]
    headers = await own_api.staff("operator")
    why = (await own_api.http.get(f"/v1/cases/{after['id']}/explain", headers=headers)).json()
    assert (why["rule"], why["ruleset_version"]) == ("t-sign", version)


async def test_an_older_version_comes_back(own_api):
    await publish(own_api, "routing", routing(sign_to_hepco))
    answer = await call(own_api, "POST", "routing/1/publish")
    assert answer.status_code == 200, answer.text
    report = await own_api.file(Draft(SIGN).body())
    assert report["department"]["code"] == "sxd"


async def test_a_dry_run_shows_what_would_go_elsewhere(own_api):
    filed = [await own_api.file(Draft(SIGN).body()) for _ in range(3)]
    await stage(own_api)
    version = await draft(own_api, "routing", routing(sign_to_hepco))
    check = (await call(own_api, "POST", f"routing/{version}/check")).json()
    assert (check["publishable"], check["problems"]) == (True, [])
    assert (check["trial"]["tried"], check["trial"]["different"]) == (4, 3)
    shown = check["trial"]["differences"]
    assert {item["code"] for item in shown} == {report["code"] for report in filed}
    assert [shown[0][side]["department"]["code"] for side in ("before", "after")] == [
        "sxd",
        "hepco",
    ]
    # Nothing of it happened.
    report = await own_api.file(Draft(SIGN).body())
    assert report["department"]["code"] == "sxd"


async def test_an_unreachable_state_keeps_a_process_from_being_published(own_api):
    def island(document: Document) -> None:
        document["states"]["island"] = copy.deepcopy(document["states"]["in_progress"])

    await refused(own_api, "processes", process(island), "/document/states/island")


async def test_an_expression_that_runs_long_is_refused_and_holds_up_nobody(own_api):
    def endless(document: Document) -> None:
        document["actions"]["accept"]["when"] = "sum(map([1..30000000], # * 2)) > 0"

    await refused(own_api, "processes", process(endless), "/document/actions/accept/when")


@pytest.mark.parametrize("expression", ["os.environ != null", "$root != null", "date('now') > 0"])
async def test_an_expression_that_reaches_outside_is_refused(own_api, expression):
    def reach(document: Document) -> None:
        document["actions"]["accept"]["when"] = expression

    await refused(own_api, "processes", process(reach), "/document/actions/accept/when")


async def test_a_shadowed_rule_is_named(own_api):
    def shadowed(document: Document) -> None:
        row = copy.deepcopy(next(row for row in document["rows"] if row["id"] == "t-sign"))
        document["rows"].append(row | {"id": "never"})

    index = len(routing()["rows"])
    await refused(own_api, "routing", routing(shadowed), f"/document/rows/{index}")


async def test_a_category_without_an_owner_keeps_the_rules_from_being_published(own_api):
    def unowned(document: Document) -> None:
        document["rows"] = [row for row in document["rows"] if row["id"] != "t-sign"]

    version = await draft(own_api, "routing", routing(unowned))
    answer = await call(own_api, "POST", f"routing/{version}/publish")
    assert answer.status_code == 409
    assert "Biển báo" in answer.text


async def test_a_department_without_contact_keeps_the_rules_from_being_published(own_api):
    await execute(own_api, "update departments set email = null, phone = null where code = 'sxd'")
    await execute(own_api, "update city set revision = revision + 1")
    version = await draft(own_api, "routing", routing(sign_to_hepco))
    answer = await call(own_api, "POST", f"routing/{version}/publish")
    assert (answer.status_code, answer.json()["code"]) == (409, "version_has_problems")
    assert "Sở Xây dựng" in answer.text


async def test_a_document_of_another_shape_is_no_draft(own_api):
    def broken(document: Document) -> None:
        document["states"]["intake"]["status"] = "unheard_of"
        document["actions"]["accept"]["form"].append({"name": "x", "type": "poem"})

    answer = await call(own_api, "POST", "processes", json={"document": process(broken)})
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert "/document/states/intake/status" in pointers
    assert any(pointer.startswith("/document/actions/accept/form/1") for pointer in pointers)
    assert [v["version"] for v in (await call(own_api, "GET", "processes")).json()["items"]] == [1]


async def test_a_draft_is_thrown_away_and_a_published_version_is_not(own_api):
    version = await draft(own_api, "processes", process(quick_acceptance))
    assert (await call(own_api, "DELETE", f"processes/{version}")).status_code == 204
    assert (await call(own_api, "GET", f"processes/{version}")).status_code == 404
    kept = await call(own_api, "DELETE", "processes/1")
    assert (kept.status_code, kept.json()["code"]) == (409, "version_is_published")


@pytest.mark.parametrize("table", ["process_versions", "ruleset_versions"])
@pytest.mark.parametrize(
    "change", ["set document = '{}'", "set version = 99", "set state = 'draft'"]
)
async def test_the_database_itself_keeps_what_is_published(own_api, table, change):
    with pytest.raises(psycopg.errors.RestrictViolation):
        await execute(own_api, f"update {table} {change}")
    with pytest.raises(psycopg.errors.RestrictViolation):
        await execute(own_api, f"delete from {table}")


async def test_the_plan_and_the_migration_over_the_api(own_api):
    case = await stage(own_api, "in_progress")
    version = await publish(own_api, "processes", process(quick_acceptance))
    plan = (await call(own_api, "GET", f"processes/{version}/migrate")).json()["items"]
    assert [(item["state"], item["cases"], item["target"]) for item in plan] == [
        ("in_progress", 1, "in_progress")
    ]
    started = await call(own_api, "POST", f"processes/{version}/migrate", json={"states": {}})
    assert started.status_code == 202, started.text
    assert (started.json()["total"], started.json()["moved"]) == (1, 0)
    listed = (await call(own_api, "GET", "processes/migrations")).json()["items"]
    assert listed[0]["to_version"] == version
    assert (await read(own_api, case))["state"] == "in_progress"  # a worker will move it


async def test_overruled_rules_are_listed(own_api):
    for _ in range(2):
        case = await stage(own_api, "in_progress", category=SIGN)
        form = {"department": "hepco", "reason": "Thuộc HEPCO"}
        assert (await press(own_api, case, "transfer", form, "operator")).is_success
    await stage(own_api, category=SIGN)
    headers = await own_api.staff("analyst")
    answer = await own_api.http.get("/v1/admin/routing/overruled", headers=headers)
    [rule] = answer.json()["items"]
    assert (rule["rule"], rule["cases"], rule["overruled"]) == ("t-sign", 3, 2)
    assert rule["usually"]["code"] == "hepco"


@pytest.mark.parametrize("user", ROLES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "processes"),
        ("GET", "routing"),
        ("GET", "processes/schema"),
        ("GET", "processes/1"),
        ("POST", "processes"),
        ("DELETE", "processes/1"),
        ("POST", "routing/1/check"),
        ("POST", "routing/1/publish"),
        ("GET", "processes/1/migrate"),
        ("POST", "processes/1/migrate"),
        ("GET", "processes/migrations"),
    ],
)
async def test_only_administrators_shape_the_city(api, user, method, path):
    body = {"document": process()} if path == "processes" else {}
    answer = await call(api, method, path, user, **({"json": body} if method == "POST" else {}))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")


async def test_the_shape_of_a_document_is_told_as_json_schema(api):
    for kind, name in (("processes", "Process"), ("routing", "Ruleset")):
        schema = (await call(api, "GET", f"{kind}/schema")).json()
        assert schema["title"] == name


async def refused(api: Api, kind: str, document: Document, pointer: str) -> None:
    """Publishing it fails, names the place, and leaves the city as it was."""
    before = await fetch_one(api, "select process_id, ruleset_id, revision from city")
    version = await draft(api, kind, document)
    check = (await call(api, "POST", f"{kind}/{version}/check")).json()
    assert check["publishable"] is False
    assert "/document" + pointer_of(check, pointer) == pointer
    answer = await call(api, "POST", f"{kind}/{version}/publish")
    assert (answer.status_code, answer.json()["code"]) == (409, "version_has_problems")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await fetch_one(api, "select process_id, ruleset_id, revision from city") == before
    assert len(await fetch(api, "select 1 from process_versions where state = 'published'")) == 1


def pointer_of(check: dict[str, Any], wanted: str) -> str:
    """The pointer of the problem at `wanted`, as the check tells it."""
    pointers = [problem["pointer"] for problem in check["problems"]]
    return next((p for p in pointers if "/document" + p == wanted), f" not among {pointers}")
