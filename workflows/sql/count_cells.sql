-- Reports of the last days and of the baseline before, by cell, root category and the area that most
-- of them are in. Only what the public may see, where the public sees it. Positions have 30 bits.
with recursive roots as (
    select code as root, code from categories where parent is null
    union all
    select roots.root, categories.code
    from roots join categories on categories.parent = roots.code
)
select
    world_x(cases.public_geom) >> (30 - CAST(:level AS int)) as x,
    world_y(cases.public_geom) >> (30 - CAST(:level AS int)) as y,
    roots.root as category,
    mode() within group (order by areas.code) as area,
    (count(*) filter (where cases.opened_at < CAST(:since AS timestamptz)))::int as before,
    (count(*) filter (where cases.opened_at >= CAST(:since AS timestamptz)))::int as now
from cases
join roots on roots.code = cases.category
join areas on areas.id = cases.area_id
where cases.opened_at >= CAST(:baseline_since AS timestamptz)
  and cases.opened_at < CAST(:until AS timestamptz)
  and cases.visibility <> 'hidden' and cases.parent_id is null
group by 1, 2, 3
