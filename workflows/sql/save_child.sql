-- A child case at the place of its parent, with its history, announcements and the job that tells
-- them. It is never shown to the public: its parent is.
with new_case as (
    insert into cases (
        id, code, category, geom, area_id, address, summary, search, visibility, department,
        co_departments, parent_id, process_id, state, status, priority, case_class, routing, data,
        clocks, due_at, wake_at, overdue, rev, source, opened_at, updated_at
    )
    select
        :id, :code, parent.category, parent.geom, parent.area_id, parent.address, :summary,
        :search, 'hidden', :department, CAST(:co_departments AS text[]), parent.id, :process_id,
        :state, :status, :priority, :case_class, CAST(:routing AS jsonb), CAST(:data AS jsonb),
        CAST(:clocks AS jsonb), :due_at, :wake_at, :overdue, :rev, :source, :now, :now
    from cases as parent
    where parent.id = :parent_id
    returning id
), new_events as (
    insert into case_events (
        case_id, rev, seq, kind, at, action, actor_id, actor_role, from_state, to_state,
        department, form, public
    )
    select
        new_case.id, event.rev, event.seq, event.kind, :now, event.action, event.actor_id,
        event.actor_role, event.from_state, event.to_state, event.department, event.form, false
    from new_case, jsonb_to_recordset(CAST(:events AS jsonb)) as event (
        rev int, seq int, kind text, action text, actor_id uuid, actor_role text,
        from_state text, to_state text, department text, form jsonb
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
