"""Huế and Hà Nội side by side: each from its files, with wards that are made up or surveyed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from shapely import box

from cli.demo_city import load_people
from core.actor import ANONYMOUS, Actor, Role
from core.clock import utc_now
from core.db import create_engine, create_session_factory, transaction
from gis.boundaries import ImportOrder, import_boundaries
from gis.boundary_files import Boundary, read_boundaries
from gis.geometry import clean_multipolygon
from gis.locate import Place
from tests.support.client import Api, open_api
from tests.support.office import Office, open_office
from tests.support.sealing import SEALER
from workflows import casework, intake
from workflows.catalogue import load_definitions
from workflows.definition_files import DEFINITIONS, read_definitions
from workflows.intake import IntakeRules, ReportDraft

NAMES = ("hue", "ha_noi")
CENTRE = {"hue": Place(16.4600, 107.5850), "ha_noi": Place(21.0285, 105.8523)}
COUNTRY = {"hue": Place(16.199, 107.454), "ha_noi": Place(20.714, 105.891)}
# The wards around these places, under their official codes.
_WARDS = {
    "hue": {"19789": ("Phường Thuận Hóa", CENTRE), "20050": ("Xã A Lưới 5", COUNTRY)},
    "ha_noi": {"00070": ("Phường Hoàn Kiếm", CENTRE), "10330": ("Xã Chuyên Mỹ", COUNTRY)},
}
_FILES = {"hue": "wards_46_hue_full.geojson", "ha_noi": "wards_01_ha_noi_full.geojson"}
_HALF = 0.01  # degrees: half the side of a made-up ward


def made_up_wards(name: str) -> list[Boundary]:
    """Two squares with official codes: one in the middle of the city, one out in the country."""
    return [
        Boundary(index, code, ward, ward, _square(places[name]))
        for index, (code, (ward, places)) in enumerate(_WARDS[name].items())
    ]


def surveyed_wards(name: str, data_dir: Path) -> list[Boundary]:
    """The real ones."""
    return read_boundaries(data_dir / _FILES[name], "ward")


def _square(place: Place) -> Any:
    bounds = (place.lon - _HALF, place.lat - _HALF, place.lon + _HALF, place.lat + _HALF)
    return clean_multipolygon(box(*bounds))


async def load_city(url: str, name: str, wards: list[Boundary]) -> None:
    """Fill a migrated database with a shipped city, these wards and the demo's accounts."""
    city = read_definitions(DEFINITIONS / name).city
    now = utc_now()
    order = ImportOrder(
        kind="ward",
        source="test",
        today=now.date(),
        province=city.code,
        province_name=(city.name, city.name_en),
    )
    engine = create_engine(url)
    async with transaction(create_session_factory(engine)) as session:
        await load_definitions(session, DEFINITIONS / name, now=now)
        await import_boundaries(session, wards, order)
        await load_people(session, ["Nguyễn Văn An"], SEALER)
    await engine.dispose()


@dataclass
class Town:
    """One of the cities at work: its use cases at instants of a test's choosing, and its API."""

    name: str
    office: Office
    api: Api

    async def file(
        self,
        category: str,
        at: datetime,
        text: str = "Người dân phản ánh",
        *,
        country: bool = False,
        **details: Any,
    ) -> UUID:
        """File a report as somebody on the telephone does: no photo is asked for."""
        report_id = uuid4()
        place = (COUNTRY if country else CENTRE)[self.name]
        async with transaction(self.office.sessions) as session:
            await intake.file_report(
                session,
                ReportDraft(category, place, text, **details),
                report_id=report_id,
                actor=ANONYMOUS,
                now=at,
                cache=self.office.cache,
                rules=IntakeRules(),
                sealer=SEALER,
                source="call",
            )
        return report_id

    async def act(self, case: UUID, action: str, at: datetime, role: str, **form: object) -> None:
        """Press a button as somebody of the department in charge, or as a city login."""
        department = (await self.office.case(case)).department
        mine = department if role in ("staff", "supervisor") else None
        await self.office.act(case, action, at, Actor(Role(role), department=mine), **form)

    async def act_as_reporter(self, case: UUID, action: str, at: datetime, **form: object) -> None:
        async with transaction(self.office.sessions) as session:
            await casework.perform_reporter_action(
                session,
                case,
                action,
                form,
                actor=Actor(Role.ANONYMOUS, reports=frozenset({case})),
                now=at,
                cache=self.office.cache,
            )

    async def case(self, case: UUID) -> Any:
        return await self.office.case(case)

    async def buttons(self, case: UUID, role: str) -> set[str]:
        """What the API offers `role`, of the department in charge, on a case."""
        department = (await self.office.case(case)).department
        departmental = role in ("staff", "supervisor")
        headers = await self.api.staff(f"{role}.{department}" if departmental else role)
        answer = await self.api.http.get(f"/v1/cases/{case}", headers=headers)
        assert answer.status_code == 200, answer.text
        return {action["action"] for action in answer.json()["actions"]}

    async def steps(self, case: UUID) -> list[str]:
        """The case's history of actions."""
        rows = await self.office.rows(
            "select action from case_events where case_id = :id and kind = 'step' order by rev",
            id=case,
        )
        return [row.action for row in rows]


@dataclass
class Cities:
    """Both of them; a test asks each the same."""

    hue: Town
    ha_noi: Town


@asynccontextmanager
async def open_town(url: str, name: str, folder: Path) -> AsyncIterator[Town]:
    async with open_office(url) as office, open_api(url, folder) as api:
        yield Town(name, office, api)
