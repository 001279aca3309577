-- Cells that do not hold what the cases say, both as of this one moment.
with held as (
    select level, category, department, cell, public, status,
           sum(cases) as cases, sum(overdue) as overdue, sum(x) as x, sum(y) as y
    from case_cells_now
    group by level, category, department, cell, public, status
    having sum(cases) <> 0 or sum(overdue) <> 0 or sum(x) <> 0 or sum(y) <> 0
)
select count(*)
from held
full join case_cell_counts as right_ones
    using (level, category, department, cell, public, status)
where (held.cases, held.overdue, held.x, held.y)
    is distinct from (right_ones.cases, right_ones.overdue, right_ones.x, right_ones.y)
