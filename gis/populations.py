"""How many people live in an area: read from a table, so that rates can be given per resident."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gis.feature_files import FileRefused, Problem
from gis.tables import Area

_CODE = ("wardcode", "maxa", "madvhc", "code", "ma")
_POPULATION = ("population", "danso", "sodan", "residents")
# 21344, or with separators of thousands as Vietnamese (21.344) and English (21,344) write them
_NUMBER = re.compile(r"\d+|\d{1,3}([., \u00a0]\d{3})+")
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PopulationReport:
    """What a table of populations did: (code, name, before, after) of each that changed, how many
    stayed, the codes that no current area has, and (code, name) of wards still without any.
    """

    changed: list[tuple[str, str, int | None, int]]
    unchanged: int
    unknown: list[str]
    without: list[tuple[str, str]]


def read_populations(path: Path) -> dict[str, int]:
    """Residents by the code of an area, from a CSV (comma or semicolon) with both columns.

    Raises FileRefused naming every line that is no code with a number, or that comes twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileRefused.whole(f"cannot read {path.name}: {error}") from error
    first, *_ = text.splitlines() or [""]
    rows = list(csv.reader(text.splitlines(), delimiter=";" if ";" in first else ","))
    code_at, number_at = _columns(rows[0] if rows else [])
    found: dict[str, int] = {}
    problems: list[Problem] = []
    for index, row in enumerate(rows[1:]):
        code, number = (row[at].strip() if at < len(row) else "" for at in (code_at, number_at))
        if not code and not number:
            continue
        if reason := _fault(code, number, found):
            problems.append(Problem(index, code or None, None, reason))
        else:
            found[code] = _parse(number)
    if problems:
        raise FileRefused(problems)
    return found


async def put_populations(session: AsyncSession, populations: dict[str, int]) -> PopulationReport:
    """Write them to the current areas. A code that lost its leading zeros as a number finds them."""
    current = {
        area.code: area
        for area in await session.scalars(select(Area).where(Area.valid_to.is_(None)))
    }
    changed: list[tuple[str, str, int | None, int]] = []
    unknown: list[str] = []
    for given, number in populations.items():
        area = current.get(given) or current.get(given.zfill(5))
        if area is None:
            unknown.append(given)
        elif area.population != number:
            changed.append((area.code, area.name, area.population, number))
            area.population = number
    await session.flush()
    without = [
        (area.code, area.name)
        for area in sorted(current.values(), key=lambda area: area.code)
        if area.kind == "ward" and area.population is None
    ]
    unchanged = len(populations) - len(changed) - len(unknown)
    return PopulationReport(changed, unchanged, unknown, without)


def _columns(header: list[str]) -> tuple[int, int]:
    plain = [_bare(name) for name in header]
    found = [
        next((plain.index(name) for name in names if name in plain), None)
        for names in (_CODE, _POPULATION)
    ]
    code_at, number_at = found
    if code_at is None or number_at is None:
        named = ", ".join(header) or "none"
        raise FileRefused.whole(f"no columns code and population; there are: {named}")
    return code_at, number_at


def _bare(name: str) -> str:
    """A column's name without case, gaps and diacritics: "Dân số" → "danso"."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return re.sub(r"[^a-z]", "", letters)


def _fault(code: str, number: str, found: dict[str, int]) -> str | None:
    if not code:
        return "the code is missing"
    if code in found:
        return "the code stands twice"
    if not _NUMBER.fullmatch(number) or _parse(number) > _MOST:
        return f"{number!r} is no number of residents"
    return None


def _parse(number: str) -> int:
    return int(re.sub(r"\D", "", number))
