-- Cases by the day on which they were opened, as they stand.
select
    day, sum(opened)::int as opened, sum(open)::int as open, sum(overdue)::int as overdue,
    sum(resolved)::int as resolved
from public_case_days
where category = any (CAST(:categories AS text[]))
  and day between CAST(:first AS date) and CAST(:last AS date)
  and (CAST(:area_ids AS int[]) is null or area_id = any (CAST(:area_ids AS int[])))
group by day
