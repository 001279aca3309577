"""The cases of today's areas: a case keeps the area of its day, lists go by today's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from gis.succession import AreaScope, SplitArea
from gis.tables import Area
from workflows.tables import Case


def in_areas(scope: AreaScope) -> ColumnElement[bool]:
    """Condition on `cases`. Only where an area was split among several does it look at places.

    The planner takes ST_Covers to keep next to none, and so goes through the index of areas: no
    page costs more than the cases of the split areas themselves, however few it finds.
    """
    whole, split = scope.rows, [part for part in scope.split if part.area not in scope.rows]
    if not split:
        return Case.area_id.in_(whole)
    here = Case.area_id.in_((*whole, *{part.area for part in split}))
    return and_(here, or_(Case.area_id.in_(whole), *map(_of_split, split)))


def _of_split(part: SplitArea) -> ColumnElement[bool]:
    # A scalar subquery is run once, and PostGIS prepares its polygon for all cases.
    shapes = (select(Area.geom).where(Area.id == row).scalar_subquery() for row in part.shapes)
    covered = or_(*(func.ST_Covers(shape, Case.geom) for shape in shapes))
    return and_(Case.area_id == part.area, covered if part.covered else not_(covered))
