-- For each closed area of a kind, which current ones took over which share of its surface. Shares
-- below :sliver come from outlines that were drawn anew, not from land that changed hands.
insert into area_successors (old_id, new_id, share)
select old.id, new.id, least(part.share, 1)
from areas as old
join areas as new on new.kind = old.kind and new.valid_to is null and ST_Intersects(new.geom, old.geom)
cross join lateral (
    select ST_Area(CAST(ST_CollectionExtract(ST_Intersection(old.geom, new.geom), 3) AS geography))
        / ST_Area(CAST(old.geom AS geography)) as share
) as part
where old.kind = :kind and old.valid_to is not null
  and part.share >= CAST(:sliver AS double precision)
