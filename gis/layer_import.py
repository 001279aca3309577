"""Bringing a layer's features into the database: by their codes, a second run changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import shapely
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db import driver_of
from core.statements import fetch, load_statement
from gis.layer_files import LayerRow
from gis.tables import LayerFeature

PUT = load_statement(Path(__file__).parent / "sql" / "put_layer_features.sql")
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


async def import_layer(
    session: AsyncSession, layer: str, rows: list[LayerRow], *, replace: bool = False
) -> LayerReport:
    """Write `rows` as features of `layer` into the session's transaction, by their codes.

    Features of the layer that are not among them stay, or go with `replace`. Imports wait for each
    other; readers do not wait. The session's role owns the table: it is analysed at the end, so
    that the next report is routed with a plan for what is there.
    """
    await session.execute(text("lock table layer_features in share row exclusive mode"))
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
    if report.changed:
        await session.execute(text("analyze layer_features"))
    return report


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
