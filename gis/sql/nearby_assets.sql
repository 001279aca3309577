-- Features of public layers whose assets are picked for one of the categories $3, within $4 metres
-- of a point ($1 lon, $2 lat), nearest first, each with the place on it that is nearest. The box
-- lets the index choose, metres decide; see nearby_features.sql.
with point as materialized (
    select
        ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326) as geom,
        110000 * cos(radians($2::float8)) as metres_east,
        110000 as metres_north
)
select
    f.layer, f.code, f.kind, f.name,
    ST_Distance(CAST(f.geom AS geography), CAST(point.geom AS geography)) as distance_m,
    ST_Y(ST_ClosestPoint(f.geom, point.geom)) as lat,
    ST_X(ST_ClosestPoint(f.geom, point.geom)) as lon
from point
join public_layers as l on l.categories && $3::text[]
join public_layer_features as f on f.layer = l.code
where f.geom && ST_Expand(
          point.geom, $4::float8 / point.metres_east, $4::float8 / point.metres_north
      )
  and ST_DWithin(CAST(f.geom AS geography), CAST(point.geom AS geography), $4)
order by distance_m, f.layer, f.code
limit $5
