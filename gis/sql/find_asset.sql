-- Whether a layer is one that the public sees, and how far its feature lies from a point; a null
-- distance says that there is none of this code.
select
    exists (select from layers where code = CAST(:layer AS text) and public) as layer_known,
    (
        select ST_Distance(
            CAST(geom AS geography),
            CAST(ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) AS geography)
        )
        from layer_features
        where layer = :layer and code = CAST(:code AS text)
    ) as distance_m
