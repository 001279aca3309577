-- Named features of public layers and current areas whose name is like $1, the likeliest first and
-- then the nearest to a point ($2 lon, $3 lat, both or none). With a ward's name ($4) only what lies
-- in wards of such a name. At most $5.
-- Names are compared as `place_words` leaves them, by the trigram index; `gis/geocoders/gazetteer.py`
-- says how. Pieces of one street that are at most 500 m (0.005 degrees) from each other are one
-- result. $6 features are looked at closely, those with the best names and of these the nearest.
with wanted as materialized (
    select
        place_words($1) as sought,
        case when $2::float8 is not null
            then ST_SetSRID(ST_MakePoint($2, $3::float8), 4326) end as near
), wards as materialized (
    select geom from public_areas, (select place_words($4::text) as words) as ward
    where kind = 'ward' and $4 is not null and word_similarity(ward.words, place_words(name)) >= 0.6
    order by similarity(ward.words, place_words(name)) desc, id
    limit 3
), candidates as (
    select
        f.layer, f.kind, f.name, f.words, f.geom, {score} as score,
        f.geom <-> wanted.near as degrees_off
    from wanted, public_named_features as f
    where {matches}
      and ($4 is null or exists (select from wards where ST_Intersects(wards.geom, f.geom)))
    order by score desc, degrees_off nulls last, f.id
    limit $6
), pieces as (
    select *, ST_ClusterDBSCAN(geom, 0.005, 1) over (partition by layer, kind, words) as cluster
    from candidates
), features as (
    select
        kind, min(name) as name, max(score) as score,
        ST_Collect(geom) as geom, wanted.near
    from pieces, wanted
    group by layer, kind, words, cluster, wanted.near
), areas as (
    select f.kind, f.name, f.name_en, {score} as score, f.geom, wanted.near
    from wanted, (select *, place_words(name) as words from public_areas) as f
    where $4 is null and {matches}
), found as (
    select
        kind, name, null as name_en, score, geom,
        case
            when near is not null then ST_ClosestPoint(geom, near)
            when ST_Dimension(geom) = 1 then ST_ClosestPoint(geom, ST_Centroid(geom))
            else ST_PointOnSurface(geom)
        end as at,
        near
    from features
    union all
    select kind, name, name_en, score, geom, ST_PointOnSurface(geom), near from areas
), ranked as (
    select
        *, ST_Distance(CAST(at as geography), CAST(near as geography)) as distance_m
    from found
    order by round(CAST(score as numeric), 2) desc, distance_m nulls last, name
    limit $5
)
select
    ranked.kind, ranked.name, ranked.name_en, ST_Y(at) as lat, ST_X(at) as lon, distance_m,
    ST_XMin(ranked.geom) as west, ST_YMin(ranked.geom) as south,
    ST_XMax(ranked.geom) as east, ST_YMax(ranked.geom) as north,
    ward.name as ward, ward.name_en as ward_en, province.name as province,
    province.name_en as province_en
from ranked
left join lateral (
    select name, name_en, parent_code from public_areas
    where kind = 'ward' and ST_Covers(geom, at) order by id limit 1
) as ward on true
left join lateral (
    select name, name_en from public_areas
    where kind = 'province' and ST_Covers(geom, at) order by id limit 1
) as province on true
order by round(CAST(score as numeric), 2) desc, distance_m nulls last, ranked.name
