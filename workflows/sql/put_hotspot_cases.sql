-- Makes the cases of the last days in these cells those of a hotspot; answers how many they are, and
-- when the first and the last was opened. Counts as `count_cells.sql` does.
with recursive below as (
    select CAST(:category AS text) as code
    union all
    select categories.code from below join categories on categories.parent = below.code
), found as (
    select cases.id, cases.opened_at
    from cases
    where cases.opened_at >= CAST(:since AS timestamptz)
      and cases.opened_at < CAST(:until AS timestamptz)
      and cases.visibility <> 'hidden' and cases.parent_id is null
      and cases.category in (select code from below)
      and cell_at(world_x(cases.public_geom), world_y(cases.public_geom))
          >> (2 * (18 - CAST(:level AS int))) = any (CAST(:cells AS bigint[]))
), dropped as (
    delete from hotspot_cases
    where hotspot_id = CAST(:hotspot_id AS bigint) and case_id not in (select id from found)
), added as (
    insert into hotspot_cases (hotspot_id, case_id)
    select CAST(:hotspot_id AS bigint), id from found
    on conflict do nothing
)
update hotspots set
    cases = span.cases, until = span.last,
    since = least(hotspots.since, span.first)
from (select count(*) as cases, min(opened_at) as first, max(opened_at) as last from found) as span
where hotspots.id = CAST(:hotspot_id AS bigint) and span.cases > 0
