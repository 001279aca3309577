-- Clusters of open cases in a tile: a point for each cell between :first and :last of :level, at
-- the mean of its cases. `x` and `y` are sums of positions in 1 / 2^30 of the world's side; the
-- :shift bits below the tile's own become its 4096 units. Counts by category or department stand
-- in rows of their own; those with '' in both count all.
select ST_AsMVT(tile, 'open_cases', 4096, 'geom', 'cell')
from (
    select
        cell,
        ST_MakePoint(
            ((sum(x) / sum(cases))::bigint & ((1::bigint << CAST(:shift AS int)) - 1)) * 4096
                >> CAST(:shift AS int),
            ((sum(y) / sum(cases))::bigint & ((1::bigint << CAST(:shift AS int)) - 1)) * 4096
                >> CAST(:shift AS int)
        ) as geom,
        sum(counted)::int as count,
        sum(late)::int as overdue
    from (
        select
            cell, x, y, cases,
            case
                when CAST(:overdue AS boolean) then overdue
                when not CAST(:overdue AS boolean) then cases - overdue
                else cases
            end as counted,
            case when CAST(:overdue AS boolean) is not false then overdue else 0 end as late
        from {case_cells}
        where level = CAST(:level AS smallint)
          and cell between CAST(:first AS bigint) and CAST(:last AS bigint)
          and {wanted_rows}
          and (CAST(:categories AS text[]) is null or category = any (CAST(:categories AS text[])))
          and (CAST(:departments AS text[]) is null or department = any (CAST(:departments AS text[])))
          and (CAST(:statuses AS text[]) is null or status = any (CAST(:statuses AS text[])))
    ) as rows
    group by cell
    having sum(counted) > 0
) as tile
