-- Brings what was copied into incoming_features into a layer: new and changed rows, and whether
-- each of them is new (a row that this statement inserted has no xmax).
insert into layer_features as f (layer, code, kind, name, properties, geom)
select CAST(:layer AS text), i.code, i.kind, i.name, i.properties, ST_GeomFromWKB(i.geom, 4326)
from incoming_features as i
order by i.position
on conflict (layer, code) do update
set kind = excluded.kind, name = excluded.name, properties = excluded.properties,
    geom = excluded.geom
where (f.kind, f.name, f.properties) is distinct from (excluded.kind, excluded.name, excluded.properties)
   or ST_AsBinary(f.geom) <> ST_AsBinary(excluded.geom)
returning f.code, f.xmax = 0 as is_new
