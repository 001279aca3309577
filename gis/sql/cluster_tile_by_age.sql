-- The same clusters counted from the open cases themselves, for filters by age, which no row of
-- cells knows: grouped by the :cell_shift bits above a cell's own. :west … :north are degrees.
select ST_AsMVT(tile, 'open_cases', 4096, 'geom', 'cell')
from (
    select
        cell,
        ST_MakePoint(
            (avg(x)::bigint & ((1::bigint << CAST(:shift AS int)) - 1)) * 4096 >> CAST(:shift AS int),
            (avg(y)::bigint & ((1::bigint << CAST(:shift AS int)) - 1)) * 4096 >> CAST(:shift AS int)
        ) as geom,
        count(*)::int as count,
        (count(*) filter (where overdue))::int as overdue
    from (
        select
            place.x, place.y, cases.overdue,
            cell_at(place.x, place.y) >> (2 * (18 - CAST(:level AS int))) as cell
        from {open_cases} as cases
        cross join lateral (
            select world_x(cases.geom) as x, world_y(cases.geom) as y offset 0
        ) as place
        where {matches}
    ) as placed
    where cell between CAST(:first AS bigint) and CAST(:last AS bigint)
    group by cell
) as tile
