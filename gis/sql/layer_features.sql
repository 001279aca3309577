-- Features of a public layer ($1) in a bbox ($2…$5: west, south, east, north) as the text of a
-- FeatureCollection: the first $6 by id, `complete` says whether that is all of them. `id + 0`
-- keeps the planner from walking the primary key for a small box.
with found as materialized (
    select id, code, kind, name, geom
    from public_layer_features
    where layer = $1
      and ST_Intersects(
          geom, ST_MakeEnvelope($2::float8, $3::float8, $4::float8, $5::float8, 4326)
      )
    order by id + 0
    limit $6::int + 1
), shown as (
    select * from found order by id limit $6
)
select '{"type":"FeatureCollection","complete":'
    || ((select count(*) from found) <= $6)::text
    || ',"features":[' || coalesce(string_agg(
    json_build_object(
        'type', 'Feature',
        'id', code,
        'geometry', ST_AsGeoJSON(geom, 6)::json,
        'properties', json_build_object('code', code, 'kind', kind, 'name', name)
    )::text, ',' order by id), '') || ']}'
from shown
