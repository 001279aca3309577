-- Open cases in a tile, one point each. A tile has its western and northern edge, not the others,
-- so that every case is in one tile: the positions decide; `&&` finds them by the index.
select ST_AsMVT(tile, 'open_cases', 4096, 'geom')
from (
    select
        ST_MakePoint(
            (place.x & ((1::bigint << CAST(:shift AS int)) - 1)) * 4096 >> CAST(:shift AS int),
            (place.y & ((1::bigint << CAST(:shift AS int)) - 1)) * 4096 >> CAST(:shift AS int)
        ) as geom,
        cases.id::text as id,
        cases.code,
        cases.category,
        cases.status,
        cases.priority,
        cases.overdue,
        to_char(cases.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as due_at
    from {open_cases} as cases
    cross join lateral (
        select world_x(cases.geom) as x, world_y(cases.geom) as y offset 0
    ) as place
    where {matches}
      and place.x >> CAST(:shift AS int) = CAST(:x AS bigint)
      and place.y >> CAST(:shift AS int) = CAST(:y AS bigint)
) as tile
