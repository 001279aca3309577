"""SQL of the open cases that statements share: whose rows they read, and which of them match."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from core.statements import Statement, load_statement
from gis.case_filter import CaseFilter, MapScope

_SQL = Path(__file__).parent / "sql"
_MATCHES = """
    cases.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    and (CAST(:categories AS text[]) is null or cases.category = any (CAST(:categories AS text[])))
    and (CAST(:departments AS text[]) is null
        or cases.department = any (CAST(:departments AS text[])))
    and (CAST(:statuses AS text[]) is null or cases.status = any (CAST(:statuses AS text[])))
    and (CAST(:overdue AS boolean) is null or cases.overdue = CAST(:overdue AS boolean))
    and (CAST(:min_age_h AS int) is null
        or cases.opened_at <= now() - make_interval(hours => CAST(:min_age_h AS int)))
    and (CAST(:max_age_h AS int) is null
        or cases.opened_at > now() - make_interval(hours => CAST(:max_age_h AS int)))
"""
# Rows of totals, or those by category and department when one of them is filtered.
_CELLS = "case when CAST(:grained AS boolean) then category <> '' else category = '' end"
_PARTS = {
    "public": {
        "open_cases": "public_open_cases",
        "case_cells": "public_case_cells",
        "matches": _MATCHES,
        "wanted_rows": _CELLS,
    },
    "staff": {
        "open_cases": "staff_open_cases",
        "case_cells": "staff_case_cells",
        "matches": _MATCHES
        + "and (cases.public or CAST(:hidden AS boolean)"
        + " or cases.department = CAST(:hidden_of AS text))",
        # Hidden cases of one department are never in the totals of all.
        "wanted_rows": f"""case
            when public or CAST(:hidden AS boolean) then {_CELLS}
            else category <> '' and department = CAST(:hidden_of AS text)
        end""",
    },
}


class Reads(Protocol):
    """Whatever runs a statement for a reader: a pool, a connection, a transaction of its own."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...

    async def fetchrow(self, query: str, *args: Any) -> Any: ...


def load_for_readers(name: str, **parts: str) -> dict[bool, Statement]:
    """The statement `sql/<name>.sql` for the public (True) and for staff (False)."""
    path = _SQL / f"{name}.sql"
    return {
        reader == "public": load_statement(path, **own, **parts) for reader, own in _PARTS.items()
    }


def filter_parameters(wanted: CaseFilter, scope: MapScope) -> dict[str, object]:
    """The values of the names in `matches` and `wanted_rows`, but for the box."""
    return {
        "grained": wanted.categories is not None or wanted.departments is not None,
        "categories": wanted.categories,
        "departments": wanted.departments,
        "statuses": wanted.statuses,
        "overdue": wanted.overdue,
        "min_age_h": wanted.min_age_h,
        "max_age_h": wanted.max_age_h,
        "hidden": scope.hidden,
        "hidden_of": scope.hidden_of,
    }


def box_parameters(box: tuple[float, float, float, float]) -> dict[str, object]:
    """West, south, east, north by name."""
    return dict(zip(("west", "south", "east", "north"), box, strict=True))
