-- Current areas in a tile: provinces, and from zoom 8 on wards. Simplified to a quarter of a unit of
-- the tile before anything else, then cut to the tile with a margin, so that the cost follows what
-- is drawn and not how exactly the area was surveyed.
with frame as (
    select
        ST_MakeEnvelope(:west, :south, :east, :north, 4326) as box,
        ST_TileEnvelope(:z, :x, :y) as tile,
        (CAST(:east AS float8) - CAST(:west AS float8)) / 4096 as unit
)
select ST_AsMVT(tile, 'areas', 4096, 'geom', 'id')
from (
    select
        ST_AsMVTGeom(
            ST_Transform(
                ST_ClipByBox2D(
                    ST_Simplify(areas.geom, frame.unit / 4, true),
                    ST_Expand(frame.box, frame.unit * 256)
                ), 3857
            ),
            frame.tile, 4096, 64, true
        ) as geom,
        areas.id, areas.code, areas.kind, areas.name, areas.name_en, areas.approximate
    from public_areas as areas, frame
    where areas.geom && ST_Expand(frame.box, frame.unit * 64)
      and (areas.kind = 'province' or CAST(:z AS int) >= 8)
) as tile
where geom is not null
