"""Alerts over HTTP: listed, read with their cases, acknowledged; and the rules behind them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from core.clock import utc_now
from tests.support.casework import BUS
from tests.support.city import Draft
from tests.support.client import Api
from tests.support.rows import execute
from tests.support.worker import worker_sessions
from workflows.surges import sweep_surges

RULES = "/v1/admin/surge-rules"
RULE: dict[str, Any] = {
    "category": "traffic", "area_kind": "ward", "count": 3, "minutes": 15, "quiet_minutes": 60,
    "active": True,
}  # fmt: skip


async def raise_surge(api: Api) -> list[str]:
    """Three reports of one kind in one ward; their cases."""
    assert api.settings.database is not None
    await execute(api, "delete from surge_rules")
    added = await api.http.post(RULES, json=RULE, headers=await api.staff("admin"))
    assert added.status_code == 201, added.text
    ids = [(await api.file(Draft(BUS).body()))["id"] for _ in range(3)]
    async with worker_sessions(api) as sessions:
        assert len(await sweep_surges(sessions, now=utc_now())) == 1
    return ids


async def get(api: Api, path: str, user: str = "operator", **headers: str) -> Any:
    answer = await api.http.get(path, headers={**(await api.staff(user)), **headers})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_alert_with_its_cases(own_api: Api) -> None:
    ids = await raise_surge(own_api)
    [alert] = (await get(own_api, "/v1/alerts?open=true"))["items"]
    assert (alert["count"], alert["minutes"], alert["kind"]) == (3, 15, "surge")
    assert alert["category"] == {"code": "traffic", "name": "Giao thông"}
    assert alert["area"] == {"code": "19789", "name": "Phường Thuận Hoá"}
    assert (alert["closed_at"], alert["acknowledged_at"]) == (None, None)
    detail = await get(own_api, f"/v1/alerts/{alert['id']}")
    assert {case["id"] for case in detail["items"]} == set(ids)
    assert detail | {"items": None} == alert | {"items": None}
    query = urlsplit(alert["cases"])
    listed = await get(own_api, f"{query.path}?{query.query}", "leader")
    assert {case["id"] for case in listed["items"]} == set(ids)
    english = await get(own_api, f"/v1/alerts/{alert['id']}", **{"Accept-Language": "en"})
    assert english["category"]["name"] == "Traffic"
    assert (await get(own_api, "/v1/alerts?open=false"))["items"] == []


async def test_the_first_who_acknowledges_stays(own_api: Api) -> None:
    await raise_surge(own_api)
    [alert] = (await get(own_api, "/v1/alerts"))["items"]
    url = f"/v1/alerts/{alert['id']}/acknowledge"
    first = await own_api.http.post(url, headers=await own_api.staff("operator"))
    again = await own_api.http.post(url, headers=await own_api.staff("leader"))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["acknowledged_by"] == "Trực tổng đài"
    assert first.json()["acknowledged_at"] is not None
    assert first.json()["closed_at"] is None


async def test_alerts_by_pages(own_api: Api) -> None:
    await raise_surge(own_api)
    for _ in range(4):
        await execute(
            own_api,
            "insert into alerts (kind, rule_id, category, area_id, count, since, until, raised_at,"
            " closed_at) select kind, rule_id, category, area_id, count, since, until, raised_at,"
            " now() from alerts limit 1",
        )
    seen: list[int] = []
    path = "/v1/alerts?limit=2"
    while True:
        page = await get(own_api, path)
        seen += [alert["id"] for alert in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/v1/alerts?limit=2&cursor={page['next_cursor']}"
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5


async def test_rules_are_rows(own_api: Api) -> None:
    admin = await own_api.staff("admin")
    first = (await get(own_api, RULES, "admin"))["items"]
    assert {rule["category"] for rule in first} > {"traffic", "security", None}
    added = await own_api.http.post(RULES, json=RULE, headers=admin)
    url = f"{RULES}/{added.json()['id']}"
    changed = await own_api.http.put(url, json=RULE | {"count": 9, "category": None}, headers=admin)
    assert changed.json() == added.json() | {"count": 9, "category": None}
    assert (await own_api.http.delete(url, headers=admin)).status_code == 204
    [retired] = [r for r in (await get(own_api, RULES, "admin"))["items"] if r["count"] == 9]
    assert retired["active"] is False


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"category": "nonsense"}, "/category", "category_unknown"),
        ({"area_kind": "street"}, "/area_kind", "not_a_choice"),
        ({"count": 1}, "/count", "field_invalid"),
        ({"count": "5"}, "/count", "not_a_number"),
        ({"minutes": 0}, "/minutes", "field_invalid"),
        ({"quiet_minutes": 10_081}, "/quiet_minutes", "field_invalid"),
        ({"every": 1}, "/every", "field_unknown"),
    ],
)
async def test_a_wrong_rule_is_refused(
    api: Api, changes: dict[str, object], pointer: str, code: str
) -> None:
    answer = await api.http.post(RULES, json=RULE | changes, headers=await api.staff("admin"))
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


async def test_there_is_no_such_alert_or_rule(api: Api) -> None:
    headers = await api.staff("operator")
    for method, path in (("GET", "/v1/alerts/999999"), ("POST", "/v1/alerts/999999/acknowledge")):
        answer = await api.http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "alert_not_found")
    answer = await api.http.put(f"{RULES}/999999", json=RULE, headers=await api.staff("admin"))
    assert (answer.status_code, answer.json()["code"]) == (404, "surge_rule_not_found")
