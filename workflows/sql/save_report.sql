-- A report with its case, reporter, history, announcements and the job that tells them: one
-- statement. Nothing at all is written when the id is taken; the answer then has no row.
with new_case as (
    insert into cases (
        id, code, category, geom, area_id, address, summary, search, visibility, department,
        assignee, co_departments, process_id, state, status, priority, case_class, routing, data,
        clocks, due_at, wake_at, overdue, rev, source, opened_at, updated_at, review,
        trust, trust_reasons
    )
    values (
        :report_id, :code, :category,
        ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326),
        :area_id, :address, :summary, :search, :visibility, :department,
        CAST(:assignee AS uuid), CAST(:co_departments AS text[]), :process_id, :state, :status,
        :priority, :case_class, CAST(:routing AS jsonb), CAST(:data AS jsonb), CAST(:clocks AS jsonb),
        :due_at, :wake_at, :overdue, :rev, :source, :filed_at, :now, CAST(:review AS text[]),
        :trust, CAST(:trust_reasons AS jsonb)
    )
    on conflict (id) do nothing
    returning id, code, geom, category, area_id, source
), new_report as (
    insert into reports (
        id, code, case_id, category, geom, accuracy_m, area_id, area_distance_m, description,
        address, answers, anonymous, source, captured_at, filed_at, body_hash, asset_layer,
        asset_code, shows_children
    )
    select
        id, code, id, category, geom, :accuracy_m, area_id, :area_distance_m, :description,
        :address, CAST(:answers AS jsonb), :anonymous, source, :captured_at, :filed_at, :body_hash,
        :asset_layer, :asset_code, :shows_children
    from new_case
), new_reporter as (
    insert into reporters (
        report_id, person_id, name_sealed, phone_sealed, phone_index, email_sealed, language
    )
    select
        id, CAST(:person_id AS uuid), CAST(:name_sealed AS bytea), CAST(:phone_sealed AS bytea),
        CAST(:phone_index AS bytea), CAST(:email_sealed AS bytea), :language
    from new_case
    where CAST(:has_reporter AS boolean)
), new_events as (
    insert into case_events (
        case_id, rev, seq, kind, at, action, actor_id, actor_role, from_state, to_state,
        department, form, public
    )
    select
        new_case.id, event.rev, event.seq, event.kind, :filed_at, event.action, event.actor_id,
        event.actor_role, event.from_state, event.to_state, event.department, event.form,
        event.public
    from new_case, jsonb_to_recordset(CAST(:events AS jsonb)) as event (
        rev int, seq int, kind text, action text, actor_id uuid, actor_role text,
        from_state text, to_state text, department text, form jsonb, public boolean
    )
), new_announcements as (
    insert into announcements (key, case_id, audience, template, data, created_at)
    select
        new_case.id || ':' || item.rev || ':' || item.seq || ':' || item.n, new_case.id,
        item.audience, item.template, item.data, :now
    from new_case, jsonb_to_recordset(CAST(:announcements AS jsonb)) as item (
        rev int, seq int, n int, audience text, template text, data jsonb
    )
    returning id
), job as (
    select enqueue_job('notifications', 'notifications.fan_out', jsonb_build_object('ids', ids))
    from (select jsonb_agg(id) as ids from new_announcements) as pending
    where ids is not null
)
select new_case.id, (select count(*) from job) as jobs from new_case
