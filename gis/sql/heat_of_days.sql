-- Cases opened in a span of days per cell of a level, in runs of cells. Days keep cells of level 18.
select cell, count(*)::int as cases
from public_case_days as d
cross join lateral (
    select c >> (2 * (18 - CAST(:level AS int))) as cell from unnest(d.cells) as c
) as here
join unnest(CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) as span (first, last)
  on cell between span.first and span.last
where d.category = any (CAST(:categories AS text[]))
  and d.day between CAST(:since AS date) and CAST(:until AS date)
group by cell
limit CAST(:limit AS int)
