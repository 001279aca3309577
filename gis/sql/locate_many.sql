-- For each place of a batch, in the order given, what `locate.sql` finds for one: the row of the ward
-- that contains it, else of the nearest one, with the distance in metres.
select coalesce(covering.id, nearest.id) as id, coalesce(nearest.distance_m, 0.0) as distance_m
from unnest(CAST(:lats AS double precision[]), CAST(:lons AS double precision[]))
    with ordinality as place (lat, lon, n)
cross join lateral (select ST_SetSRID(ST_MakePoint(place.lon, place.lat), 4326) as geom) as point
left join lateral (
    select areas.id
    from areas
    where areas.valid_to is null and areas.kind = 'ward' and ST_Covers(areas.geom, point.geom)
    order by areas.id
    limit 1
) as covering on true
left join lateral (
    select areas.id,
           ST_Distance(CAST(areas.geom AS geography), CAST(point.geom AS geography)) as distance_m
    from areas
    where covering.id is null and areas.valid_to is null and areas.kind = 'ward'
    order by areas.geom <-> point.geom
    limit 1
) as nearest on true
order by place.n
