-- Every closed area of a kind with the current ones that took it over, the largest share first; a
-- closed one that nobody took over has no new code.
select
    old.code as old_code, old.name as old_name, old.valid_from, old.valid_to,
    new.code as new_code, new.name as new_name, successors.share,
    coalesce(successors.share, 1) * ST_Area(CAST(old.geom AS geography)) / 1e6 as km2
from areas as old
left join area_successors as successors on successors.old_id = old.id
left join areas as new on new.id = successors.new_id
where old.kind = :kind and old.valid_to is not null
order by old.valid_to, old.code, old.id, successors.share desc, new.code
