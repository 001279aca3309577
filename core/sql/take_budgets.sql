-- The arithmetic of core/gcra.py, on all rows at once. A row that comes back was taken; one that
-- does not would have been overdrawn, and is locked as it stands. Rows are visited in the order of
-- the arrays.
with wanted as (
    select * from unnest(
        CAST(:keys AS text[]), CAST(:steps AS interval[]), CAST(:pers AS interval[])
    ) with ordinality as w (key, step, per, place)
)
insert into rate_limits as mine (key, full_at)
select key, CAST(:now AS timestamptz) + step from wanted order by place
on conflict (key) do update
set full_at = greatest(mine.full_at, :now) + (excluded.full_at - :now)
where greatest(mine.full_at, :now) + (excluded.full_at - :now)
    <= :now + (select per from wanted where wanted.key = mine.key)
returning key
