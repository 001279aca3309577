"""The collections of `/ogc`: all cases that the public may see, and Vietnam's local projections.

`public_cases` holds back what `public_open_cases` does and adds how a case ended and its area. Its
left join costs nothing where the area is not asked for: the planner drops it.

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# VN-2000 / TM-3, the zones of Vietnam's provinces, which PostGIS 3.3 lacks: EPSG code and central
# meridian in degrees and minutes. The shift to WGS84 is the one that PostGIS has for EPSG:3405.
TM3_ZONES = {
    9205: "103-00",
    9206: "104-00",
    9207: "104-30",
    9208: "104-45",
    9209: "105-30",
    9210: "105-45",
    9211: "106-00",
    9212: "106-15",
    9213: "106-30",
    9214: "107-00",
    9215: "107-15",
    9216: "107-30",
    9217: "108-15",
    9218: "108-30",
}
TO_WGS84 = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
SRTEXT = (
    'PROJCS["VN-2000 / TM-3 {zone}",GEOGCS["VN-2000",DATUM["Vietnam_2000",'
    'SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],TOWGS84[{shift}],'
    'AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4756"]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
    'PARAMETER["central_meridian",{lon}],PARAMETER["scale_factor",0.9999],'
    'PARAMETER["false_easting",500000],PARAMETER["false_northing",0],'
    'UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],'
    'AUTHORITY["EPSG","{srid}"]]'
)
PROJ4 = (
    "+proj=tmerc +lat_0=0 +lon_0={lon} +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84"
    " +towgs84={shift} +units=m +no_defs"
)


def upgrade() -> None:
    op.create_index(
        "ix_cases_public_geom",
        "cases",
        ["public_geom"],
        postgresql_using="gist",
        postgresql_where=sa.text("visibility <> 'hidden'"),
    )
    # Pages of open cases go along their ids.
    op.create_index("ix_cases_open_id", "cases", ["id"], postgresql_where=sa.text("open"))
    op.execute(
        """
        create view public_cases as
        select
            cases.id,
            cases.code,
            cases.category,
            cases.department,
            areas.code as area,
            cases.status,
            cases.priority,
            cases.open,
            cases.overdue,
            cases.opened_at,
            cases.due_at,
            cases.updated_at,
            cases.resolved_at,
            cases.closed_at,
            cases.public_geom as geom
        from cases
        left join areas on areas.id = cases.area_id
        where cases.visibility <> 'hidden'
        """
    )
    op.execute("grant select on public_cases to hientruong_readonly")
    op.get_bind().execute(
        sa.text(
            "insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)"
            " values (:srid, 'EPSG', :srid, :srtext, :proj4text) on conflict (srid) do nothing"
        ),
        [_zone(srid, zone) for srid, zone in TM3_ZONES.items()],
    )


def _zone(srid: int, zone: str) -> dict[str, object]:
    degrees, minutes = zone.split("-")
    lon = f"{int(degrees) + int(minutes) / 60:g}"
    return {
        "srid": srid,
        "srtext": SRTEXT.format(srid=srid, zone=zone, lon=lon, shift=TO_WGS84),
        "proj4text": PROJ4.format(lon=lon, shift=TO_WGS84),
    }


def downgrade() -> None:
    # The projections stay: they belong to the extension's table, and others may use them.
    op.execute("drop view public_cases")
    op.drop_index("ix_cases_open_id", "cases")
    op.drop_index("ix_cases_public_geom", "cases")
