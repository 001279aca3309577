-- Adds the changes that were just numbered to the cells.
insert into case_cells (
    level, category, department, cell, public, status, cases, overdue, x, y
)
select
    level, category, department, cell, public, status, sum(cases), sum(overdue), sum(x), sum(y)
from case_cell_deltas
where seq > CAST(:after AS bigint) and seq <= CAST(:until AS bigint)
group by level, category, department, cell, public, status
having sum(cases) <> 0 or sum(overdue) <> 0 or sum(x) <> 0 or sum(y) <> 0
on conflict (level, category, department, cell, public, status) do update set
    cases = case_cells.cases + excluded.cases,
    overdue = case_cells.overdue + excluded.overdue,
    x = case_cells.x + excluded.x,
    y = case_cells.y + excluded.y
