-- The province that contains a point (SRID 4326); none for a point in no province.
select id, kind, code, name, name_en, approximate, parent_code, 0.0 as distance_m
from areas
where valid_to is null and kind = 'province' and ST_Covers(
    geom,
    ST_SetSRID(ST_MakePoint(CAST(:lon AS double precision), CAST(:lat AS double precision)), 4326)
)
order by id
