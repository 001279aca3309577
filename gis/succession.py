"""What became of areas that are no more: by geometry, always in terms of today's areas.

A case keeps the area of its day, and lists go by today's: `AreaScope` says how to find the cases
of one of today's areas, `list_mapping` says it for people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.statements import fetch, load_statement
from gis.boundary_files import AreaKind
from gis.tables import Area, AreaSuccessor

SLIVER = 0.005  # of the old area's surface: less was not taken over, only drawn anew
_SQL = Path(__file__).parent / "sql"
_PUT = load_statement(_SQL / "put_successors.sql")
_MAPPING = load_statement(_SQL / "area_mapping.sql")


@dataclass(frozen=True, slots=True)
class SplitArea:
    """A part of a closed area that several of today's share: the cases of the row `area` that lie
    in one of the rows `shapes`, or, not `covered`, that lie in none of them.
    """

    area: int
    shapes: tuple[int, ...]
    covered: bool


@dataclass(frozen=True, slots=True)
class AreaScope:
    """Where the cases of an area are: in `rows` of `areas` as a whole, in `split` ones by place."""

    rows: tuple[int, ...]
    split: tuple[SplitArea, ...] = ()


NOWHERE = AreaScope(())


def join_scopes(scopes: Iterable[AreaScope]) -> AreaScope:
    """The cases of any of them."""
    every = list(scopes)
    return AreaScope(
        rows=tuple(sorted({row for scope in every for row in scope.rows})),
        split=tuple(dict.fromkeys(part for scope in every for part in scope.split)),
    )


@dataclass(frozen=True, slots=True)
class Takeover:
    """One line of the mapping from old to new; `new_code` None says that nobody took it over.

    `share` is the part of the old area's surface, `km2` that part on the ground.
    """

    old_code: str
    old_name: str
    valid_from: date
    valid_to: date
    new_code: str | None
    new_name: str | None
    share: float | None
    km2: float


async def put_successors(session: AsyncSession, kind: AreaKind) -> None:
    """Work out anew what became of all closed areas of a kind. Call it after areas have changed."""
    closed = select(Area.id).where(Area.kind == kind, Area.valid_to.is_not(None))
    await session.execute(delete(AreaSuccessor).where(AreaSuccessor.old_id.in_(closed)))
    await fetch(session, _PUT, {"kind": kind, "sliver": SLIVER})


async def list_mapping(session: AsyncSession, kind: AreaKind) -> list[Takeover]:
    """What became of every closed area, those that were closed first first."""
    return [Takeover(**row) for row in await fetch(session, _MAPPING, {"kind": kind})]


async def list_scopes(session: AsyncSession) -> dict[str, AreaScope]:
    """Where the cases of each area are, by its code: today's areas with what they took over, and
    areas that are no more, under the code that they had.
    """
    rows = (await session.execute(select(Area.id, Area.code, Area.valid_to))).all()
    largest_first = (AreaSuccessor.share.desc(), AreaSuccessor.new_id)
    taken = await session.execute(
        select(AreaSuccessor.old_id, AreaSuccessor.new_id).order_by(*largest_first)
    )
    heirs: defaultdict[int, list[int]] = defaultdict(list)
    for old, new in taken:
        heirs[old].append(new)
    taken_over = scopes_of_current(heirs)
    current = {area.code for area in rows if area.valid_to is None}
    scopes: defaultdict[str, list[AreaScope]] = defaultdict(list)
    for area in rows:
        if area.valid_to is None:
            scopes[area.code].append(taken_over.get(area.id, NOWHERE))
        elif area.id in heirs and area.code in current:
            continue  # its land says whose it is now, not its code
        scopes[area.code].append(AreaScope((area.id,)))
    return {code: join_scopes(each) for code, each in scopes.items()}


def scopes_of_current(heirs: dict[int, list[int]]) -> dict[int, AreaScope]:
    """What each current row has of closed ones; `heirs` are the rows that took over a closed one,
    the largest share first.

    The first has whatever lies in none of the others, so that each case is found under one area:
    also one in a sliver, or one that was never inside its own area.
    """
    scopes: defaultdict[int, list[AreaScope]] = defaultdict(list)
    for old, (first, *others) in heirs.items():
        if not others:
            scopes[first].append(AreaScope((old,)))
            continue
        remainder = SplitArea(old, tuple(others), covered=False)
        scopes[first].append(AreaScope((), (remainder,)))
        for other in others:
            scopes[other].append(AreaScope((), (SplitArea(old, (other,), covered=True),)))
    return {row: join_scopes(each) for row, each in scopes.items()}
