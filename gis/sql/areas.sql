-- The current areas of a kind ($1) as the text of a FeatureCollection. Simplified by 0.0001
-- degrees (about 10 m), for drawing only: neighbours may overlap by as much.
select '{"type":"FeatureCollection","features":[' || coalesce(string_agg(
    json_build_object(
        'type', 'Feature',
        'id', code,
        'geometry', ST_AsGeoJSON(ST_SimplifyPreserveTopology(geom, 0.0001), 5)::json,
        'properties', json_build_object(
            'code', code, 'kind', kind, 'name', name, 'name_en', name_en,
            'parent', parent_code, 'approximate', approximate
        )
    )::text, ',' order by code), '') || ']}'
from public_areas
where kind = $1
