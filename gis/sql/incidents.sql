-- Open cases in a box (:west … :north in degrees) as the text of GeoJSON features, the first :limit
-- in an order, with the last one's id and their number. `&&` compares boxes in single precision,
-- so the edge is checked again.
with page as (
    select cases.*, row_number() over (order by {order}) as n
    from {open_cases} as cases
    where {matches}
      and ST_Intersects(cases.geom, ST_MakeEnvelope(:west, :south, :east, :north, 4326))
      and {after}
    order by {order}
    limit CAST(:limit AS int)
)
select
    string_agg(
        json_build_object(
            'type', 'Feature',
            'id', page.id,
            'geometry', json_build_object(
                'type', 'Point',
                'coordinates', json_build_array(
                    round(ST_X(page.geom)::numeric, 6), round(ST_Y(page.geom)::numeric, 6)
                )
            ),
            'properties', json_build_object(
                'id', page.id,
                'code', page.code,
                'category', page.category,
                'category_name', categories.name,
                'category_name_en', categories.name_en,
                'root', split_part(page.category, '.', 1),
                'status', page.status,
                'priority', page.priority,
                'overdue', page.overdue,
                'due_at', page.due_at,
                'opened_at', page.opened_at,
                'department', page.department
            )
        )::text, ',' order by page.n
    ) as features,
    (array_agg(page.id order by page.n desc))[1] as last,
    count(*)::int as count
from page
join public_categories as categories on categories.code = page.category
