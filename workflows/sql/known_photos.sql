-- What the trust score asks of the photos of a case's first report: where and when each says that
-- it was taken, what its file was, and how far away the nearest other report is that had a photo
-- like it before. Two photos are alike up to seven different bits of their 64: then one of the four
-- pieces of sixteen bits differs in one bit or none, so that the index is asked for 68 pieces and
-- finds all there are.
select
    a.case_id, u.content_type, a.width, a.height, a.taken_at,
    ST_Distance(CAST(a.taken_place AS geography), CAST(mine.geom AS geography)) as distance_m,
    (
        select min(ST_Distance(CAST(mine.geom AS geography), CAST(theirs.geom AS geography)))
        from attachments as b
        join reports as theirs on theirs.id = b.report_id
        where photo_pieces(b.phash) && photo_probes(a.phash)
          and b.phash is not null
          and bit_count(CAST(a.phash # b.phash AS bit(64))) <= :bits
          and b.purpose = 'report'
          and b.report_id <> a.report_id
          and b.created_at < a.created_at
    ) as known_m
from attachments as a
join uploads as u on u.id = a.upload_id
join reports as mine on mine.id = a.report_id
where a.case_id = any(CAST(:case_ids AS uuid[])) and a.report_id = a.case_id
  and a.purpose = 'report' and a.state <> 'failed'
order by a.case_id, a.position
