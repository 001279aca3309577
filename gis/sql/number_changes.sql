-- Numbers the oldest changes that are pending, up to :limit of them, from :after on.
with pending as (
    select id, row_number() over (order by id) as n
    from (
        select id from case_changes where seq is null order by id limit CAST(:limit AS int)
    ) as oldest
)
update case_changes set seq = CAST(:after AS bigint) + pending.n
from pending
where case_changes.id = pending.id
returning case_changes.seq
