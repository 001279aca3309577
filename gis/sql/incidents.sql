-- Open incidents in a bbox ($1…$4: west, south, east, north) as the text of a FeatureCollection.
-- A null filter lets everything through. `&&` compares boxes in single precision, so the edge is
-- checked again by ST_Intersects.
select '{"type":"FeatureCollection","features":[' || coalesce(string_agg(
    json_build_object(
        'type', 'Feature',
        'id', incidents.id,
        'geometry', json_build_object(
            'type', 'Point',
            'coordinates', json_build_array(
                round(ST_X(incidents.geom)::numeric, 6), round(ST_Y(incidents.geom)::numeric, 6)
            )
        ),
        'properties', json_build_object(
            'id', incidents.id,
            'code', incidents.code,
            'category', incidents.category,
            'category_name', categories.name,
            'category_name_en', categories.name_en,
            'root', split_part(incidents.category, '.', 1),
            'status', incidents.status,
            'priority', incidents.priority,
            'overdue', incidents.overdue,
            'due_at', incidents.due_at,
            'opened_at', incidents.opened_at,
            'department', incidents.department
        )
    )::text, ',' order by incidents.id), '') || ']}'
from public_open_cases as incidents
join public_categories as categories on categories.code = incidents.category
where ST_Intersects(incidents.geom, ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326))
  and ($5::text[] is null or incidents.category = any($5))
  and ($6::text[] is null or incidents.department = any($6))
  and ($7::text[] is null or incidents.status = any($7))
  and ($8::boolean is null or incidents.overdue = $8)
