-- Every file that some row says the store has, in the order of the keys' bytes; with :key only that
-- one. Size and hash where they are known. `optional` may be missing: it is on its way in or out.
select key, size, sha256, optional from (
    select store_key as key, size, sha256, false as optional from uploads
    union all
    select large_key, large_size, large_sha256, false from attachments
    union all
    select small_key, small_size, small_sha256, false from attachments
    union all
    select video_key, video_size, video_sha256, false from attachments
    union all
    select large_key, null, null, picture <> 'ready' from publications
    union all
    select small_key, null, null, picture <> 'ready' from publications
    union all
    select unnest(stale_keys), null, null, true from publications
    union all
    select store_key, size, null, false from transfer_pieces
    union all
    select 'staging/' || id, null, null, true from transfers where way = 'presigned'
) as files (key, size, sha256, optional)
where key is not null and (cast(:key as text) is null or key = :key)
order by key collate "C"
