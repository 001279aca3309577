"""The list of calls for help as JSON, as a map and as a table to print."""

from __future__ import annotations

from typing import Any

from api.csv_cells import BOM, csv_lines, text_cell
from api.presenter import Presenter
from api.schemas.base import Labelled, Position
from api.schemas.sos import SosCallOut, SosLineOut
from core.i18n import translate
from workflows.sos import GROUPS
from workflows.sos_lines import Call, Line

COLUMNS = (
    "called_at", "kind", "open", "people", *GROUPS, "lat", "lon", "place_known", "area", "codes",
    "phones", "notes",
)  # fmt: skip


def line_out(line: Line, presenter: Presenter) -> SosLineOut:
    """One line with its calls, in the reader's language."""
    first = line.first
    english = presenter.language == "en"
    return SosLineOut(
        id=line.calls[0].report_id,
        kind=line.kind,
        kind_label=translate(f"sos_{line.kind}", presenter.language),
        open=line.open,
        people=line.total("people"),
        children=line.total("children"),
        elderly=line.total("elderly"),
        pregnant=line.total("pregnant"),
        injured=line.total("injured"),
        location=Position(lat=first.lat, lon=first.lon),
        accuracy_m=first.accuracy_m,
        place_known=first.place_known,
        area=Labelled(
            code=first.area_code, name=first.area_name_en if english else first.area_name
        ),
        called_at=line.calls[0].called_at,
        updated_at=max(call.updated_at for call in line.calls),
        calls=[_call_out(call, presenter) for call in line.calls],
    )


def to_geojson(lines: list[SosLineOut]) -> dict[str, Any]:
    """The lines as points, for a map that works without a network."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": str(line.id),
                "geometry": {
                    "type": "Point",
                    "coordinates": [line.location.lon, line.location.lat],
                },
                "properties": line.model_dump(mode="json", exclude={"location", "calls"})
                | {
                    "codes": [call.code for call in line.calls],
                    "phones": _phones(line),
                    "notes": [call.note for call in line.calls if call.note],
                },
            }
            for line in lines
        ],
    }


def to_csv(lines: list[SosLineOut]) -> str:
    """The same for a spreadsheet, with the mark by which it knows UTF-8. What people wrote is never
    a formula: a cell that could begin one begins with an apostrophe.
    """
    rows: list[list[object]] = [
        [
            line.called_at.isoformat(timespec="seconds"),
            line.kind_label,
            int(line.open),
            line.people,
            *(getattr(line, name) for name in GROUPS),
            line.location.lat,
            line.location.lon,
            int(line.place_known),
            text_cell(line.area.name),
            " ".join(call.code for call in line.calls),
            text_cell(" ".join(_phones(line))),
            text_cell(" | ".join(call.note for call in line.calls if call.note)),
        ]
        for line in lines
    ]
    return BOM + csv_lines([COLUMNS, *rows])


def _call_out(call: Call, presenter: Presenter) -> SosCallOut:
    state = presenter.city.processes[call.process_id].states[call.state]
    return SosCallOut(
        id=call.report_id,
        case_id=call.case_id,
        code=call.code,
        kind=call.kind,
        people=call.people,
        note=call.note,
        phone=call.phone,
        channel="sms" if call.channel == "sms" else "app",
        called_at=call.called_at,
        updated_at=call.updated_at,
        state_label=state.label.in_language(presenter.language),
        status=call.status,
        rev=call.rev,
    )


def _phones(line: SosLineOut) -> list[str]:
    return list(dict.fromkeys(call.phone for call in line.calls if call.phone))
