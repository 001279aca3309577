-- The ward that contains a point (SRID 4326), else the nearest one with its distance in metres.
-- A point on a border belongs to the ward with the lowest id, always the same one.
with point as (
    select ST_SetSRID(ST_MakePoint(CAST(:lon AS double precision), CAST(:lat AS double precision)), 4326) as geom
), covering as (
    select areas.id, areas.kind, areas.code, areas.name, areas.name_en, areas.approximate,
           areas.parent_code, 0.0 as distance_m
    from areas, point
    where areas.valid_to is null and areas.kind = 'ward' and ST_Covers(areas.geom, point.geom)
    order by areas.id
    limit 1
), nearest as (
    select areas.id, areas.kind, areas.code, areas.name, areas.name_en, areas.approximate,
           areas.parent_code,
           ST_Distance(CAST(areas.geom AS geography), CAST(point.geom AS geography)) as distance_m
    from areas, point
    where areas.valid_to is null and areas.kind = 'ward' and not exists (select from covering)
    order by areas.geom <-> point.geom
    limit 1
)
select * from covering
union all
select * from nearest
