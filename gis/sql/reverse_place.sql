-- The nearest named road of a public layer within $3 metres of a point ($1 lon, $2 lat), and the
-- ward and province that cover it; no row outside of all wards. The box (degrees, see
-- nearby_features.sql) lets the index choose, metres decide.
with point as materialized (
    select
        ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326) as geom,
        110000 * cos(radians($2::float8)) as metres_east,
        110000 as metres_north
)
select
    street.name as street, street.kind, street.distance_m, street.lat, street.lon,
    ward.name as ward, ward.name_en as ward_en,
    province.name as province, province.name_en as province_en
from point
join lateral (
    select name, name_en from public_areas
    where kind = 'ward' and ST_Covers(geom, point.geom) order by id limit 1
) as ward on true
left join lateral (
    select name, name_en from public_areas
    where kind = 'province' and ST_Covers(geom, point.geom) order by id limit 1
) as province on true
left join lateral (
    select
        f.name, f.kind,
        ST_Distance(CAST(f.geom AS geography), CAST(point.geom AS geography)) as distance_m,
        ST_Y(ST_ClosestPoint(f.geom, point.geom)) as lat,
        ST_X(ST_ClosestPoint(f.geom, point.geom)) as lon
    from public_named_features as f
    where f.layer_kind = 'road'
      and f.geom && ST_Expand(
              point.geom, $3::float8 / point.metres_east, $3::float8 / point.metres_north
          )
      and ST_DWithin(CAST(f.geom AS geography), CAST(point.geom AS geography), $3)
    order by distance_m, f.id
    limit 1
) as street on true
