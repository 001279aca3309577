"""Bringing a layer's features into the database: by their codes, a second run changes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import driver_of
from core.statements import fetch, fetch_one, load_statement
from gis.layer_files import LayerRow
from gis.tables import LayerFeature

_SQL = Path(__file__).parent / "sql"
PUT = load_statement(_SQL / "put_layer_features.sql")
PUT_ONE = load_statement(_SQL / "put_layer_feature.sql")
PUT_LAYER = load_statement(_SQL / "put_layer.sql")
_WAIT_FOR_TURN = text("select pg_advisory_xact_lock(hashtextextended('layer ' || :layer, 0))")
_OWNS = text(
    "select pg_has_role(relowner, 'usage') from pg_class where oid = 'layer_features'::regclass"
)
_INCOMING = text(
    """
    create temporary table incoming_features (
        position integer, code text, kind text, name text, properties jsonb, geom bytea
    ) on commit drop
    """
)
_COLUMNS = ("position", "code", "kind", "name", "properties", "geom")


class Outcome(StrEnum):
    """What an import did with one feature."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class LayerLine:
    """What became of one feature of the file."""

    row: LayerRow
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LayerReport:
    """What an import did: a line per feature, and (code, name) of those that the file does not
    have; `removed` says whether they are gone.
    """

    lines: list[LayerLine]
    missing: list[tuple[str, str]]
    removed: bool

    def count(self, outcome: Outcome) -> int:
        """How many features had this outcome."""
        return sum(line.outcome is outcome for line in self.lines)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return self.count(Outcome.UNCHANGED) < len(self.lines) or (
            self.removed and bool(self.missing)
        )


@dataclass(frozen=True, slots=True)
class LayerNote:
    """What somebody who imports says of the layer; None says nothing."""

    name: str | None = None
    name_en: str | None = None
    kind: str | None = None
    public: bool | None = None
    categories: tuple[str, ...] | None = None
    min_zoom: int | None = None


async def import_layer(
    session: AsyncSession,
    layer: str,
    rows: list[LayerRow],
    *,
    replace: bool = False,
    note: LayerNote | None = None,
) -> LayerReport:
    """Write `rows` as features of `layer` into the session's transaction, by their codes.

    The layer itself is added if it is missing. Features of it that are not among `rows` stay, or
    go with `replace`. Imports of a layer wait for each other; readers do not wait. Where the
    session's role owns the table it is analysed at the end, so that the next report is routed with
    a plan for what is there; for others autovacuum does so, in its time.
    """
    await wait_for_turn(session, layer)
    await put_layer(session, layer, note or LayerNote())
    await _copy(session, rows)
    written = {
        record["code"]: Outcome.NEW if record["is_new"] else Outcome.CHANGED
        for record in await fetch(session, PUT, {"layer": layer})
    }
    await session.execute(text("drop table incoming_features"))
    missing = await _list_missing(session, layer, {row.code for row in rows})
    if replace and missing:
        gone = [code for code, _ in missing]
        await session.execute(
            delete(LayerFeature).where(LayerFeature.layer == layer, LayerFeature.code.in_(gone))
        )
    lines = [LayerLine(row, written.get(row.code, Outcome.UNCHANGED)) for row in rows]
    report = LayerReport(lines, missing, removed=replace)
    if report.changed and await session.scalar(_OWNS):
        await session.execute(text("analyze layer_features"))
    return report


async def wait_for_turn(session: AsyncSession, layer: str) -> None:
    """Be the only one who writes features of `layer` until the transaction ends."""
    await session.execute(_WAIT_FOR_TURN, {"layer": layer})


async def put_layer(session: AsyncSession, layer: str, note: LayerNote) -> None:
    """Add the layer if it is missing, and keep of it what the note says."""
    said = asdict(note) | {"code": layer}
    said["categories"] = None if note.categories is None else list(note.categories)
    await fetch(session, PUT_LAYER, said)


async def put_layer_feature(
    session: AsyncSession,
    layer: str,
    code: str,
    *,
    kind: str,
    name: str,
    properties: dict[str, Any],
    geometry: BaseGeometry,
) -> bool:
    """Add one feature or change it; whether it is new. `geometry` as `clean_feature` leaves it;
    call `wait_for_turn` before.
    """
    row = await fetch_one(
        session,
        PUT_ONE,
        {
            "layer": layer,
            "code": code,
            "kind": kind,
            "name": name,
            "properties": json.dumps(properties, ensure_ascii=False),
            "geom": shapely.to_wkb(geometry),
        },
    )
    assert row is not None  # it is inserted or updated
    return row["is_new"]


async def _copy(session: AsyncSession, rows: list[LayerRow]) -> None:
    await session.execute(_INCOMING)
    driver = await driver_of(session)
    records = [
        (
            row.index,
            row.code,
            row.kind,
            row.name,
            json.dumps(row.properties, ensure_ascii=False),
            shapely.to_wkb(row.geometry),
        )
        for row in rows
    ]
    await driver.copy_records_to_table("incoming_features", records=records, columns=_COLUMNS)


async def _list_missing(
    session: AsyncSession, layer: str, codes: set[str]
) -> list[tuple[str, str]]:
    query = select(LayerFeature.code, LayerFeature.name).where(LayerFeature.layer == layer)
    rows = await session.execute(query.order_by(LayerFeature.code))
    return [(code, name) for code, name in rows if code not in codes]
