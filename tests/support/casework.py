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
OTHER = "urban_order.other"  # its rule asks for an operator to look first
HIDDEN = "security.disorder"  # ca with ubnd; never shown to the public
CHECKED = "urban_order.food_safety"  # syt; an operator looks at the result before it is published
HELPER = "hepco"  # what "coordinating" cases wait for
STATES = (
    "intake", "clarifying", "assigned", "in_progress", "waiting", "coordinating", "approval",
    "publication", "resolved", "closed", "rejected", "duplicate", "withdrawn",
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
    if state == "publication":
        category = CHECKED
    filed = await api.file(Draft(category).body(**changes), headers=headers)
    case = Staged(filed["id"], filed["code"], filed["department"]["code"], filed["track_token"])
    if state == "duplicate":
        other = await api.file(Draft(category).body())
        merged = await press(api, case, "duplicate", {"into": other["code"]}, "operator")
        assert merged.status_code == 200, merged.text
        return case
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


Step = tuple[str, str, dict[str, object]]  # an action, by whom, with which form


def _steps(state: str) -> list[Step]:
    accept: Step = ("accept", "staff", {})
    resolve: Step = ("resolve", "staff", {"answer": "Đã xử lý xong."})
    approve: Step = ("approve", "supervisor", {})
    steps: dict[str, list[Step]] = {
        "intake": [],
        "clarifying": [("ask", "operator", {"question": "Ở đâu?"})],
        "rejected": [
            (
                "reject",
                "operator",
                {"reason": "not_ours", "responsible": "Quảng Trị", "answer": "Thuộc tỉnh bạn."},
            )
        ],
        "assigned": [],
        "withdrawn": [("withdraw", "reporter", {})],
        "in_progress": [accept],
        "waiting": [accept, ("ask", "staff", {"question": "Ở đâu?"})],
        "coordinating": [
            accept,
            ("coordinate", "staff", {"department": HELPER, "text": "Cắt điện để sửa"}),
        ],
        "approval": [accept, resolve],
        "publication": [accept, resolve, approve],
        "resolved": [accept, resolve, approve],
        "closed": [accept, resolve, approve, ("rate", "reporter", {"score": 4})],
    }
    return steps[state]
