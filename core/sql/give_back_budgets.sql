-- What a taking moved, moved back. Rows are locked in the order of the arrays, as takings lock them.
with wanted as (
    select * from unnest(CAST(:keys AS text[]), CAST(:steps AS interval[])) with ordinality
        as w (key, step, place)
),
locked as (
    select rate_limits.key, wanted.step
    from wanted
    join rate_limits on rate_limits.key = wanted.key
    order by wanted.place
    for update of rate_limits
)
update rate_limits set full_at = full_at - locked.step
from locked
where rate_limits.key = locked.key
