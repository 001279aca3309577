"""The roles that every operation is asked under, and what each is meant to be answered."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.casework import NOISE_DEPARTMENT, NOISE_HELPER
from tests.support.client import Api

OWN_PHONE, OTHER_PHONE = "+84905111111", "+84905222222"
# As they meet a case of NOISE that `citizen_own` filed.
USERNAMES = {
    "staff_own": f"staff.{NOISE_DEPARTMENT}",
    "staff_co": f"staff.{NOISE_HELPER}",
    "staff_other": "staff.hepco",
    "supervisor_own": f"supervisor.{NOISE_DEPARTMENT}",
    "supervisor_co": f"supervisor.{NOISE_HELPER}",
    "supervisor_other": "supervisor.hepco",
    "operator": "operator",
    "leader": "leader",
    "analyst": "analyst",
    "admin": "admin",
}
CITIZENS = ("citizen_own", "citizen_other")
ROLES = ("anonymous", *CITIZENS, *USERNAMES)
IN_CHARGE = ("staff_own", "supervisor_own")
HELPING = ("staff_co", "supervisor_co")
ELSEWHERE = ("staff_other", "supervisor_other")


def all_roles(
    status: int, exceptions: Mapping[str | tuple[str, ...], int] | None = None
) -> dict[str, int]:
    """`status` for every role but those in `exceptions`."""
    expected = dict.fromkeys(ROLES, status)
    for roles, other in (exceptions or {}).items():
        expected |= dict.fromkeys((roles,) if isinstance(roles, str) else roles, other)
    return expected


async def headers_of(api: Api, role: str) -> dict[str, str]:
    """Headers of somebody with `role`, one of ROLES."""
    if role == "anonymous":
        return {}
    if role in CITIZENS:
        return await api.citizen(OWN_PHONE if role == "citizen_own" else OTHER_PHONE)
    return await api.staff(USERNAMES[role])
