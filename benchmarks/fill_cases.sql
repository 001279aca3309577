-- Cases until there are :total of them: opened over three years in the wards and categories that
-- there are, :open in 100 open (the latest), the others closed. A clock and words like real ones.
with numbers as (
    select n, n * 2654435761 % 4294967296 as spread
    from generate_series((select count(*) from cases) + 1, CAST(:total AS bigint)) as n
), leaves as (
    select code, row_number() over (order by code) - 1 as i, count(*) over () as total
    from categories as c where not exists (select from categories as d where d.parent = c.code)
), owners as (
    select code, row_number() over (order by code) - 1 as i, count(*) over () as total
    from departments where code in ('hepco', 'sxd', 'ubnd', 'csgt', 'cvcx', 'snnmt', 'dienluc')
), wards as (
    select id, ST_PointOnSurface(geom) as geom,
           row_number() over (order by id) - 1 as i, count(*) over () as total
    from areas where kind = 'ward' and valid_to is null
), made as (
    select
        numbers.n, numbers.spread, numbers.spread % 100 < :open as is_open,
        now() - case
            when numbers.spread % 100 < :open then (numbers.spread % 2400000) * interval '1 second'
            else (numbers.spread % 94000000) * interval '1 second'
        end as opened_at,
        leaves.code as category, owners.code as department, wards.id as area_id, wards.geom
    from numbers
    join leaves on leaves.i = (numbers.spread / 7) % leaves.total
    join owners on owners.i = (numbers.spread / 11) % owners.total
    join wards on wards.i = (numbers.spread / 13) % wards.total
)
insert into cases (
    id, code, category, geom, area_id, address, summary, search, visibility, department,
    process_id, state, status, priority, case_class, routing, data, clocks, due_at, wake_at,
    overdue, rev, source, opened_at, updated_at, resolved_at, closed_at
)
select
    gen_random_uuid(), 'B' || made.n, made.category,
    ST_Translate(made.geom, (made.spread % 1000) / 100000.0, (made.spread % 777) / 100000.0),
    made.area_id, 'Số ' || made.spread % 300 || ' Lê Lợi',
    'Đèn đường hỏng số ' || made.n,
    'b' || made.n || ' den duong hong tru so ' || made.spread % 5000 || ' le loi',
    'exact', made.department, city.process_id,
    case when made.is_open then 'in_progress' else 'closed' end,
    case when made.is_open then 'in_progress' else 'closed' end,
    (made.spread % 4)::int + 1, 'normal',
    jsonb_build_object(
        'row', 't', 'certain', true, 'hours', 24, 'department', made.department, 'words', '[]',
        'co_departments', jsonb_build_array(), 'priority', 3, 'class', 'normal',
        'ruleset_version', 1, 'reason', jsonb_build_object('vi', '', 'en', '')
    ),
    '{"reopens": 0}',
    case when not made.is_open then '{}' else jsonb_build_object(
        'resolution', jsonb_build_object(
            'started_at', to_char(made.opened_at, 'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00',
            'due_at', to_char(made.opened_at + interval '20 days', 'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00',
            'seconds', 300000, 'since',
            to_char(made.opened_at, 'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00', 'left', 300000,
            'remaining', null, 'marks_done', 0
        )
    ) end,
    made.opened_at + interval '20 days',
    case when made.is_open then now() + interval '300 days' end,
    made.is_open and made.spread % 5 = 0, 4, 'app', made.opened_at, made.opened_at,
    case when not made.is_open then made.opened_at + interval '9 days' end,
    case when not made.is_open then made.opened_at + interval '9 days' end
from made, city
