-- Figures of the cases opened in a span of days, for each current ward. The median is exact: every
-- case's minutes are kept.
with days as materialized (
    select d.area_id, d.opened, d.open, d.overdue, d.resolved, d.on_time, d.minutes
    from public_case_days as d
    where d.category = any (CAST(:categories AS text[]))
      and d.day between CAST(:first AS date) and CAST(:last AS date)
), sums as (
    select area_id, sum(opened) as opened, sum(open) as open, sum(overdue) as overdue,
           sum(resolved) as resolved, sum(on_time) as on_time
    from days group by area_id
), medians as (
    select area_id, percentile_cont(0.5) within group (order by minute) as minutes
    from days, unnest(days.minutes) as minute group by area_id
)
select
    areas.code, areas.name, areas.name_en, areas.population,
    coalesce(sums.opened, 0)::int as opened, coalesce(sums.open, 0)::int as open,
    coalesce(sums.overdue, 0)::int as overdue, coalesce(sums.resolved, 0)::int as resolved,
    coalesce(sums.on_time, 0)::int as on_time, medians.minutes as median_minutes
from public_areas as areas
left join sums on sums.area_id = areas.id
left join medians on medians.area_id = areas.id
where areas.kind = 'ward'
order by areas.code
