-- Open cases per cell of a level, in runs of cells. A row for '' counts all categories.
select cell, sum(cases)::int as cases
from public_case_cells
join unnest(CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) as span (first, last)
  on cell between span.first and span.last
where level = CAST(:level AS smallint)
  and category = any (CAST(:categories AS text[]))
  and (department = '') = (category = '')
group by cell
having sum(cases) > 0
limit CAST(:limit AS int)
