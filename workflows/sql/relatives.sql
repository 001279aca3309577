-- The cases that a row of `cases` has to do with, as one JSON value, whoever may see them.
coalesce((
    select jsonb_agg(
        jsonb_build_object(
            'relation', r.relation, 'id', r.id, 'code', r.code, 'department', r.department,
            'status', r.status, 'state', r.state, 'process_id', r.process_id
        )
        order by r.relation, r.opened_at, r.id
    )
    from (
        select 'parent' as relation, c.id, c.code, c.department, c.status, c.state, c.process_id,
               c.opened_at
        from case_outlines as c where c.id = cases.parent_id
        union all
        select 'child', c.id, c.code, c.department, c.status, c.state, c.process_id, c.opened_at
        from case_outlines as c where c.parent_id = cases.id
        union all
        select 'merged_into', c.id, c.code, c.department, c.status, c.state, c.process_id,
               c.opened_at
        from case_outlines as c where c.id = cases.merged_into
        union all
        select 'duplicate', c.id, c.code, c.department, c.status, c.state, c.process_id,
               c.opened_at
        from case_outlines as c where c.merged_into = cases.id
        union all
        select 'same_cause', c.id, c.code, c.department, c.status, c.state, c.process_id,
               c.opened_at
        from case_links as l
        join case_outlines as c
            on c.id = case when l.case_id = cases.id then l.other_id else l.case_id end
        where l.case_id = cases.id or l.other_id = cases.id
    ) as r
), '[]'::jsonb)
