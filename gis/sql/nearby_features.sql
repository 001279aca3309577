-- Features of the wanted layers within each layer's distance of a point, nearest first. The box
-- (degrees, a little too wide up to 30 degrees of latitude) lets the index choose; metres decide.
with point as (
    select ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) as geom
), wanted as (
    select * from unnest(CAST(:layers AS text[]), CAST(:metres AS float8[])) as w (layer, metres)
)
select
    f.layer, f.kind, f.code, f.name,
    ST_Distance(CAST(f.geom AS geography), CAST(point.geom AS geography)) as distance_m
from point, wanted
join layer_features as f on f.layer = wanted.layer
where f.geom && ST_Expand(point.geom, wanted.metres / 90000.0)
  and ST_DWithin(CAST(f.geom AS geography), CAST(point.geom AS geography), wanted.metres)
order by distance_m, f.id
limit 50
