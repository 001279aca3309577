-- The nearest feature of each kind in the wanted layers, within each layer's distance of a point
-- and nearest first: one per kind, so that no crowd of lamp posts hides the road. The box lets the
-- index choose, metres on the ellipsoid decide. A degree of latitude is 110.57 to 111.69 km and
-- one of longitude 111.32 km times the cosine of the latitude, or a little more: with 110 km the
-- box is always wide enough.
-- The point is materialized and the arrays stand in subqueries so that the planner guesses the same
-- with and without knowing them: it then keeps one plan instead of making a new one for each
-- report, which costs twice what running it does.
with point as materialized (
    select
        ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) as geom,
        110000 * cos(radians(CAST(:lat AS float8))) as metres_east,
        110000 as metres_north
), wanted as (
    select *
    from unnest(
        (select CAST(:layers AS text[])), (select CAST(:metres AS float8[]))
    ) as w (layer, metres)
), found as (
    select distinct on (f.layer, f.kind)
        f.layer, f.kind, f.code, f.name, f.id,
        ST_Distance(CAST(f.geom AS geography), CAST(point.geom AS geography)) as distance_m
    from point, wanted
    join layer_features as f on f.layer = wanted.layer
    where f.geom && ST_Expand(
              point.geom, wanted.metres / point.metres_east, wanted.metres / point.metres_north
          )
      and ST_DWithin(CAST(f.geom AS geography), CAST(point.geom AS geography), wanted.metres)
    order by f.layer, f.kind, distance_m, f.id
)
select layer, kind, code, name, distance_m from found
order by distance_m, id
limit 50
