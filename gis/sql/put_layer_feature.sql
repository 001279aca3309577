-- One feature of a layer, added or changed; whether it is new (what this statement inserted has no
-- xmax).
insert into layer_features as f (layer, code, kind, name, properties, geom)
values (
    CAST(:layer AS text), CAST(:code AS text), CAST(:kind AS text), CAST(:name AS text),
    CAST(:properties AS jsonb), ST_GeomFromWKB(:geom, 4326)
)
on conflict (layer, code) do update
set kind = excluded.kind, name = excluded.name, properties = excluded.properties,
    geom = excluded.geom
returning f.xmax = 0 as is_new
