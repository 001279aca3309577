-- The next batch of running cases that are not on process :to_id yet, in the order of their ids.
-- Those in states that :moves names are moved here and now, with their history: their clocks stay
-- as they are. The ids of the others are answered: they need the interpreter. `last_id` is null
-- when there was nothing left.
with batch as (
    select id, process_id, state, rev
    from cases
    where closed_at is null and process_id <> :to_id and id > :after
    order by id
    limit :limit
    for no key update
), moves as (
    select * from jsonb_to_recordset(CAST(:moves AS jsonb)) as m (
        process_id int, state text, target text
    )
), moved as (
    update cases set
        process_id = :to_id, state = moves.target, rev = cases.rev + 1,
        data = CAST(:data AS jsonb) || cases.data, updated_at = :now
    from batch
    join moves on moves.process_id = batch.process_id and moves.state = batch.state
    where cases.id = batch.id
    returning cases.id, cases.rev, cases.department, batch.state as before, cases.state
), history as (
    insert into case_events (
        case_id, rev, seq, kind, at, action, actor_id, actor_role, from_state, to_state,
        department, form, public
    )
    select
        id, rev, 0, 'step', :now, 'migrate', :actor_id, 'admin', before, state, department,
        jsonb_build_object('process_version', CAST(:to_version AS int)), false
    from moved
)
select
    (select id from batch order by id desc limit 1) as last_id,
    (select count(*) from moved)::int as moved,
    (
        select array_agg(batch.id order by batch.id)
        from batch
        left join moves on moves.process_id = batch.process_id and moves.state = batch.state
        where moves.target is null
    ) as slow
