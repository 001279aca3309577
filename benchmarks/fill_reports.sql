-- A report, its history and its reporter for every case that `fill_cases.sql` made, and a photo for
-- one in five, which somebody has decided on for all but one in a hundred. 20,000 citizens filed them.
with citizens as (
    insert into people (role, name)
    select 'citizen', 'Người dân ' || n from generate_series(1, 20000) as n
    returning id
), numbered as (
    select id, row_number() over () - 1 as i from citizens
), bare as (
    select cases.*, row_number() over () as n from cases
    where not exists (select from reports where reports.case_id = cases.id)
), filed as (
    insert into reports (
        id, code, case_id, category, geom, area_id, description, answers, anonymous, source,
        filed_at, body_hash
    )
    select id, code, id, category, geom, area_id, summary, '{}', false, source, opened_at, '\x00'
    from bare
), known as (
    insert into reporters (report_id, person_id, language)
    select bare.id, numbered.id, 'vi' from bare join numbered on numbered.i = bare.n % 20000
), told as (
    insert into case_events (
        case_id, rev, seq, kind, at, action, actor_role, from_state, to_state, department, form,
        public
    )
    select bare.id, step.rev, 0, 'step', bare.opened_at + step.rev * interval '1 hour', step.action,
           step.role, step.old, step.new, bare.department, '{}', true
    from bare cross join (values
        (1, 'file', 'citizen', null, 'new'), (2, 'route', 'system', 'new', 'assigned'),
        (3, 'accept', 'staff', 'assigned', 'in_progress')
    ) as step (rev, action, role, old, new)
), sent as (
    insert into uploads (
        id, content_type, size, sha256, width, height, store_key, created_at, expires_at, claimed_at
    )
    select id, 'image/jpeg', 200000, '\x00', 1600, 1200, 'originals/' || id, opened_at,
           opened_at + interval '1 day', opened_at
    from bare where n % 5 = 0
)
insert into attachments (
    upload_id, case_id, report_id, purpose, position, state, phash, width, height, original_key,
    large_key, small_key, created_at
)
select id, id, id, 'report', 0, 'ready', (n * 2654435761) % 4611686018427387904, 1600, 1200,
       'originals/' || id, 'derivatives/' || id || '/large.webp',
       'derivatives/' || id || '/small.webp', opened_at
from bare where n % 5 = 0;
update publications set state = 'withheld', examination = 'done'
from attachments
where attachments.id = publications.attachment_id and publications.state = 'waiting'
  and attachments.phash % 100 <> 0
