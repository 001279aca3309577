-- Marks uploads as claimed and attaches them in the order given. Only what is unclaimed, unexpired
-- and nobody else's is attached: the caller compares the rows with what it asked for. Uploads of an
-- account that was joined with another are that one's, also for the phone that has yet to hear of it.
-- Rows are locked in the order of their ids, so that two claims of the same uploads cannot
-- deadlock; the one that waited finds them claimed.
with wanted as (
    select w.id, w.position
    from unnest(cast(:upload_ids as uuid[])) with ordinality as w (id, position)
),
free as (
    select u.id
    from uploads u
    where u.id = any(cast(:upload_ids as uuid[]))
      and u.claimed_at is null
      and u.expires_at > :now
      and (
          u.person_id is null
          or u.person_id = cast(:person_id as uuid)
          or u.person_id = (
              select p.merged_into from people p where p.id = cast(:person_id as uuid)
          )
      )
    order by u.id
    for update
),
claimed as (
    update uploads u
    set claimed_at = :now
    from free
    where u.id = free.id
    returning
        u.id, u.content_type, u.width, u.height, u.duration_ms, u.store_key, u.taken_at,
        u.taken_place
),
attached as (
    insert into attachments (
        upload_id, case_id, report_id, purpose, position, kind, width, height, duration_ms,
        original_key, taken_at, taken_place, created_at
    )
    select
        c.id, :case_id, :report_id, :purpose, w.position - 1,
        case when c.content_type like 'video/%' then 'video' else 'photo' end,
        c.width, c.height, c.duration_ms,
        c.store_key, c.taken_at, c.taken_place, :now
    from claimed c
    join wanted w on w.id = c.id
    returning id, upload_id
)
select upload_id, id as attachment_id
from attached
