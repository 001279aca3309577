"""Links from a figure to the cases behind it: the work list with just their filter. Pure."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlencode

from gis.periods import Period

Value = str | int | bool | datetime | date | tuple[str, ...] | None


def cases_url(period: Period | None = None, **filters: Value) -> str:
    """The address of `GET /v1/cases` that lists the cases of `filters` (None does not filter),
    opened in `period`. Figures of the map count what the public sees: say `public=True`.
    """
    if period is not None:
        filters = {"opened_from": period.starts, "opened_to": period.ends} | filters
    query = {name: _text(value) for name, value in filters.items() if value not in (None, ())}
    return f"/v1/cases?{urlencode(query)}"


def _text(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
