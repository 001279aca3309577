"""Bringing a case into a state by pressing the buttons that lead there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.city import Draft
from tests.support.client import Api

BUS = "traffic.bus"  # sxd alone; neither photo needed
BUS_DEPARTMENT = "sxd"
NOISE = "environment.noise"  # ubnd with ca; shown rounded; no photo needed
NOISE_DEPARTMENT, NOISE_HELPER = "ubnd", "ca"
OTHER = "urban_order.other"  # no rule matches: waits for an operator
HIDDEN = "security.disorder"  # ca with ubnd; never shown to the public
STATES = (
    "intake", "clarifying", "assigned", "in_progress", "waiting", "approval", "resolved",
    "closed", "rejected", "withdrawn",
)  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """A case that a citizen filed, and who works on it."""

    id: str
    code: str
    department: str
    track_token: str

    @property
    def url(self) -> str:
        return f"/v1/cases/{self.id}"

    @property
    def report_url(self) -> str:
        return f"/v1/reports/{self.id}"


async def stage(
    api: Api,
    state: str = "assigned",
    *,
    category: str = BUS,
    headers: dict[str, str] | None = None,
    **changes: object,
) -> Staged:
    """File a report and bring its case to `state`, one of STATES."""
    if state in ("intake", "clarifying", "rejected"):
        category = OTHER
    filed = await api.file(Draft(category).body(**changes), headers=headers)
    case = Staged(filed["id"], filed["code"], filed["department"]["code"], filed["track_token"])
    for action, role, form in _steps(state):
        answer = await press(api, case, action, form, role)
        assert answer.status_code == 200, answer.text
    return case


async def press(
    api: Api, case: Staged, action: str, form: dict[str, object], role: str = "staff"
) -> httpx.Response:
    """Press a button as `role`: the reporter, staff or supervisor in charge, or a city login."""
    if role == "reporter":
        return await api.http.post(
            f"{case.report_url}/actions/{action}?track_token={case.track_token}", json=form
        )
    return await api.act(case.id, action, form, await login(api, case, role))


async def login(api: Api, case: Staged, role: str) -> dict[str, str]:
    """Headers of somebody with `role`; staff and supervisor of the department in charge."""
    departmental = role in ("staff", "supervisor")
    return await api.staff(f"{role}.{case.department}" if departmental else role)


async def read(api: Api, case: Staged, role: str = "operator") -> dict[str, Any]:
    """The case as `role` sees it."""
    answer = await api.http.get(case.url, headers=await login(api, case, role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def _steps(state: str) -> list[tuple[str, str, dict[str, object]]]:
    accept = ("accept", "staff", {})
    resolve = ("resolve", "staff", {"answer": "Đã xử lý xong."})
    approve = ("approve", "supervisor", {})
    return {
        "intake": [],
        "clarifying": [("ask", "operator", {"question": "Ở đâu?"})],
        "rejected": [("reject", "operator", {"reason": "not_ours", "answer": "Thuộc tỉnh bạn."})],
        "assigned": [],
        "withdrawn": [("withdraw", "reporter", {})],
        "in_progress": [accept],
        "waiting": [accept, ("ask", "staff", {"question": "Ở đâu?"})],
        "approval": [accept, resolve],
        "resolved": [accept, resolve, approve],
        "closed": [accept, resolve, approve, ("rate", "reporter", {"score": 4})],
    }[state]
