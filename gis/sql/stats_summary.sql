-- Per category: how many cases are open, how many of those overdue, and what today brought.
select category, sum(open)::int as open, sum(overdue)::int as overdue,
       sum(opened)::int as opened, sum(resolved)::int as resolved
from (
    select category, cases as open, overdue, 0 as opened, 0 as resolved
    from public_case_cells where level = CAST(:level AS smallint) and category <> ''
    union all
    select category, 0, 0, 1, 0
    from public_case_openings
    where opened_at >= CAST(:starts AS timestamptz) and opened_at < CAST(:ends AS timestamptz)
    union all
    select category, 0, 0, 0, 1
    from public_case_resolutions
    where resolved_at >= CAST(:starts AS timestamptz) and resolved_at < CAST(:ends AS timestamptz)
) as counted
group by category
