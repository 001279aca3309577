-- Open cases around a place (SRID 4326) that everybody may see there, the nearest first. The box
-- (degrees, a little too wide up to 30 degrees of latitude) lets the index choose, metres decide.
-- Of a description that is told to nobody the answer must not give anything away: whole texts are
-- compared, without their digits (telephones, number plates, houses), and all that is answered is
-- whether they are alike.
with place as (
    select ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) as geom
), near as (
    select
        cases.id, cases.code, cases.category, cases.status, cases.opened_at,
        ST_Distance(CAST(cases.geom AS geography), CAST(place.geom AS geography)) as distance_m,
        translate(
            left(
                substr(search, length(code) + 2,
                       greatest(length(search) - length(code) - 2 - coalesce(length(address), 0),
                                0)),
                :letters
            ),
            '0123456789', ''
        ) as words
    from place
    join nearby_cases as cases
        on cases.geom && ST_Expand(place.geom, CAST(:radius_m AS float8) / 90000.0)
        and ST_DWithin(CAST(cases.geom AS geography), CAST(place.geom AS geography), :radius_m)
        and (CAST(:category AS text) is null or cases.category = :category)
    order by distance_m, cases.id
    limit :nearest
)
select
    id, code, category, status, opened_at, distance_m,
    coalesce((select people from case_supports where case_id = near.id), 0) as supports,
    least(length(words), length(CAST(:words AS text))) >= :least_letters
        and similarity(words, CAST(:words AS text)) >= :alike as alike
from near
order by distance_m, id
