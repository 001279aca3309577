-- Features of one public layer in a tile: cut to it with a margin, lines and polygons simplified to
-- a quarter of a unit of the tile.
with frame as (
    select
        ST_MakeEnvelope(:west, :south, :east, :north, 4326) as box,
        ST_TileEnvelope(:z, :x, :y) as tile,
        (CAST(:east AS float8) - CAST(:west AS float8)) / 4096 as unit
)
select ST_AsMVT(tile, CAST(:layer AS text), 4096, 'geom', 'id')
from (
    select
        ST_AsMVTGeom(
            ST_Transform(ST_Simplify(features.geom, frame.unit / 4, true), 3857),
            frame.tile, 4096, 64, true
        ) as geom,
        features.id, features.code, features.kind, features.name
    from public_layer_features as features, frame
    where features.layer = CAST(:layer AS text)
      and features.geom && ST_Expand(frame.box, frame.unit * 64)
) as tile
where geom is not null
