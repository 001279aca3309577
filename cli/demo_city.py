"""The demo city itself: its definitions, its approximate wards, its demo logins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.actor import Actor, Role
from core.sealing import Sealer
from gis.boundaries import ImportOrder, ImportReport, import_boundaries
from gis.demo_boundaries import approximate_wards
from identity.numbers import phone_of, sealed_phone
from identity.passwords import hash_password
from identity.tables import Person
from workflows.canned_answers import add_first_answers
from workflows.catalogue import (
    DEFINITIONS,
    Document,
    list_departments,
    load_definitions,
    read_document,
)
from workflows.configuration import count_revision

DIRECTORY = DEFINITIONS / "hue"
PASSWORD = "demo"  # noqa: S105  # printed at start; such accounts exist in demo mode only
CITY_LOGINS = {
    "admin": (Role.ADMIN, "Quản trị hệ thống"),
    "operator": (Role.OPERATOR, "Trực tổng đài"),
    "leader": (Role.LEADER, "Lãnh đạo thành phố"),
    "analyst": (Role.ANALYST, "Phân tích dữ liệu"),
}
CITIZENS = 80


@dataclass(frozen=True, slots=True)
class People:
    """The demo's accounts as actors: staff by username, citizens in order."""

    staff: dict[str, Actor]
    citizens: list[Actor]


async def load_city(session: AsyncSession, *, now: datetime) -> ImportReport:
    """Definitions and wards; may run again. Surveyed boundaries are left alone, and so are the
    canned answers once there are any.
    """
    await load_definitions(session, DIRECTORY, now=now)
    answers = read_document(DIRECTORY / "answers.json")["answers"]
    await add_first_answers(session, answers, now=now)
    city, wards = read_document(DIRECTORY / "city.json"), read_wards()
    order = ImportOrder(
        kind="ward",
        source=wards["source"],
        today=date.fromisoformat(wards["valid_from"]),
        approximate=True,
        province=city["code"],
        province_name=(city["name"], city["name_en"]),
    )
    report = await import_boundaries(session, approximate_wards(wards, city["code"]), order)
    if report.changed:
        await count_revision(session)
    return report


def read_wards() -> Document:
    """The wards' definition: names, codes, points and the city's outline."""
    return read_document(DIRECTORY / "wards.json")


async def load_people(session: AsyncSession, names: list[str], sealer: Sealer) -> People:
    """The demo logins and some citizens; accounts that exist already stay as they are."""
    password_hash = hash_password(PASSWORD)  # once: argon2 is slow on purpose
    rows = [
        {"username": username, "role": role.value, "name": name, "department": None}
        for username, (role, name) in CITY_LOGINS.items()
    ]
    for department in await list_departments(session):
        rows += [
            {
                "username": f"{role.value}.{department.code}",
                "role": role.value,
                "name": f"{title} {department.name}",
                "department": department.code,
            }
            for role, title in ((Role.STAFF, "Cán bộ"), (Role.SUPERVISOR, "Phụ trách"))
        ]
    common = {"password_hash": password_hash, "language": "vi"}
    await session.execute(
        insert(Person)
        .values([row | common for row in rows])
        .on_conflict_do_nothing(index_elements=[Person.username])
    )
    await _add_citizens(session, names, sealer)
    return await _actors(session, sealer)


async def _add_citizens(session: AsyncSession, names: list[str], sealer: Sealer) -> None:
    # 0999 is given to no operator: no message of the demo can reach anybody
    rows = [
        {
            "role": Role.CITIZEN.value,
            "name": names[number % len(names)],
            "language": "en" if number % 20 == 0 else "vi",
            **sealed_phone(f"+849990{number:05d}", sealer),
        }
        for number in range(CITIZENS)
    ]
    statement = insert(Person).values(rows)
    await session.execute(statement.on_conflict_do_nothing(index_elements=[Person.phone_index]))


async def _actors(session: AsyncSession, sealer: Sealer) -> People:
    staff: dict[str, Actor] = {}
    citizens: list[tuple[str, Actor]] = []
    for person in await session.scalars(select(Person).where(Person.active)):
        actor = _actor(person.id, person.role, person.department, person.language)
        if person.username is None:
            citizens.append((phone_of(person, sealer) or "", actor))
        else:
            staff[person.username] = actor
    citizens.sort(key=lambda citizen: citizen[0])
    return People(staff, [actor for _, actor in citizens])


def _actor(person_id: UUID, role: str, department: str | None, language: str) -> Actor:
    return Actor(Role(role), person_id=person_id, department=department, language=language)
