"""Accounts on the wire."""

from __future__ import annotations

from api.schemas.base import Labelled
from api.schemas.identity import PersonOut
from core.sealing import Sealer
from identity.numbers import phone_of
from identity.tables import Person
from workflows.configuration import Configuration


def person_out(person: Person, city: Configuration, language: str, sealer: Sealer) -> PersonOut:
    """An account as its owner sees it."""
    view = city.departments.get(person.department or "")
    name = (view.name_en if language == "en" else view.name) if view else ""
    return PersonOut(
        id=person.id,
        name=person.name,
        role=person.role,
        phone=phone_of(person, sealer),
        department=Labelled(code=view.code, name=name) if view else None,
    )
