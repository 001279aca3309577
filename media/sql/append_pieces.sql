-- Counts pieces of a transfer as received, if it still stands where they begin. They follow each
-- other without a gap from :start on. No row: somebody was faster, or the transfer has ended.
with moved as (
    update transfers
    set received = received + :size,
        state = case when received + :size = size then 'judging' else state end
    where id = :id and state = 'receiving' and received = :start
    returning id
)
insert into transfer_pieces (transfer_id, start, size, store_key)
select m.id, p.start, p.size, p.store_key
from moved m
cross join unnest(
    cast(:starts as int[]), cast(:sizes as int[]), cast(:keys as text[])
) as p (start, size, store_key)
returning transfer_id
