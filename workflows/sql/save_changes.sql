-- What steps and marks did to a batch of cases: compare-and-set on `rev`, history, announcements
-- and the job that tells them. Answers the ids that were changed: a case that somebody else moved
-- meanwhile is missing from the answer, and nothing of it is written.
with change as (
    select * from jsonb_to_recordset(CAST(:changes AS jsonb)) as c (
        id uuid, base_rev int, rev int, state text, status text, department text, assignee uuid,
        priority int, case_class text, answer text, rating int, data jsonb, clocks jsonb,
        due_at timestamptz, wake_at timestamptz, overdue boolean, resolved boolean, closed boolean
    )
), changed as (
    update cases set
        rev = change.rev, state = change.state, status = change.status,
        department = change.department, assignee = change.assignee, priority = change.priority,
        case_class = change.case_class, answer = change.answer, rating = change.rating,
        data = change.data, clocks = change.clocks, due_at = change.due_at,
        wake_at = change.wake_at, overdue = change.overdue, updated_at = :now,
        resolved_at = case
            when not change.resolved then null
            else coalesce(cases.resolved_at, :now)
        end,
        closed_at = case when change.closed then coalesce(cases.closed_at, :now) end
    from change
    where cases.id = change.id and cases.rev = change.base_rev
    returning cases.id
), new_events as (
    insert into case_events (
        case_id, rev, seq, kind, at, action, actor_id, actor_role, from_state, to_state,
        department, form, public
    )
    select
        changed.id, event.rev, event.seq, event.kind, :now, event.action, event.actor_id,
        event.actor_role, event.from_state, event.to_state, event.department, event.form,
        event.public
    from jsonb_to_recordset(CAST(:events AS jsonb)) as event (
        case_id uuid, rev int, seq int, kind text, action text, actor_id uuid, actor_role text,
        from_state text, to_state text, department text, form jsonb, public boolean
    )
    join changed on changed.id = event.case_id
), new_announcements as (
    insert into announcements (key, case_id, audience, template, data, created_at)
    select
        changed.id || ':' || item.rev || ':' || item.seq || ':' || item.n, changed.id,
        item.audience, item.template, item.data, :now
    from jsonb_to_recordset(CAST(:announcements AS jsonb)) as item (
        case_id uuid, rev int, seq int, n int, audience text, template text, data jsonb
    )
    join changed on changed.id = item.case_id
    returning id
), job as (
    select enqueue_job('notifications', 'notifications.fan_out', jsonb_build_object('ids', ids))
    from (select jsonb_agg(id) as ids from new_announcements) as pending
    where ids is not null
)
select changed.id, (select count(*) from job) as jobs from changed
