-- Writes these days of `case_days` anew. Alone in its time (see `gis/case_days.py`), and after their
-- old rows are gone: `case_days_counted` counts them from the cases, for they are not folded yet or
-- are marked.
with written as (
    insert into case_days (
        category, day, area_id, opened, open, overdue, resolved, on_time, minutes, cells
    )
    select category, day, area_id, opened, open, overdue, resolved, on_time, minutes, cells
    from case_days_counted
    where day = any (CAST(:days AS date[]))
)
insert into folded_days (day)
select unnest(CAST(:days AS date[]))
on conflict do nothing
