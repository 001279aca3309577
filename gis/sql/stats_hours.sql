-- Cases by the hour in which they were opened, as they stand.
select
    date_trunc('hour', opened_at) as hour, count(*)::int as opened,
    (count(*) filter (where open))::int as open,
    (count(*) filter (where overdue))::int as overdue,
    (count(*) filter (where resolved))::int as resolved
from public_case_openings
where opened_at >= CAST(:starts AS timestamptz) and opened_at < CAST(:ends AS timestamptz)
  and (CAST(:leaves AS text[]) is null or category = any (CAST(:leaves AS text[])))
  and (CAST(:area_ids AS int[]) is null or area_id = any (CAST(:area_ids AS int[])))
group by 1
