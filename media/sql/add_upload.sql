-- One received file. Its place is what the file claims, or null. What an account sends that has just
-- been joined with another is that one's.
insert into uploads (
    id, person_id, content_type, size, sha256, width, height, duration_ms, store_key,
    taken_at, taken_place, created_at, expires_at
)
values (
    :id,
    coalesce(
        (select p.merged_into from people p where p.id = cast(:person_id as uuid)),
        cast(:person_id as uuid)
    ),
    :content_type, :size, :sha256, :width, :height, :duration_ms,
    :store_key,
    :taken_at,
    st_setsrid(
        st_makepoint(
            cast(:taken_lon as double precision), cast(:taken_lat as double precision)
        ),
        4326
    ),
    :now, :expires_at
)
on conflict (id) do nothing
