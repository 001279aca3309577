-- Numbered changes after :after up to :until, in their order.
select
    seq, at, case_id, code,
    was_category, was_department, was_status, was_overdue, was_visibility,
    ST_Y(was_geom) as was_lat, ST_X(was_geom) as was_lon,
    open, category, department, status, overdue, visibility,
    ST_Y(geom) as lat, ST_X(geom) as lon,
    priority, due_at, opened_at
from case_changes
where seq > CAST(:after AS bigint) and seq <= CAST(:until AS bigint)
order by seq
limit CAST(:limit AS int)
