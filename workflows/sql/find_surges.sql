-- Surges that no open alert tells of: by active rule and area, the reports of its kind within its
-- minutes. A case that an alert of the rule has counted counts for no other.
with recursive below as (
    select code as top, code from categories
    union all
    select below.top, categories.code
    from below join categories on categories.parent = below.code
), recent as (
    select rules.id as rule_id, cases.id as case_id, cases.opened_at,
           case rules.area_kind when 'ward' then cases.area_id else province.id end as area_id
    from surge_rules as rules
    join cases
      on cases.opened_at > CAST(:now AS timestamptz) - rules.minutes * interval '1 minute'
     and cases.parent_id is null
     and cases.source <> all (CAST(:silent AS text[]))
     and (rules.category is null or (rules.category, cases.category) in (select top, code from below))
    left join areas as province on province.kind = 'province' and province.valid_to is null
    where rules.active
      and not exists (
        select from alert_cases as taken
        where taken.rule_id = rules.id and taken.case_id = cases.id
      )
)
select
    rules.id as rule_id, rules.category, rules.minutes, recent.area_id,
    min(recent.opened_at) as since, max(recent.opened_at) as until,
    array_agg(recent.case_id order by recent.opened_at, recent.case_id) as case_ids,
    categories.name as kind_vi, categories.name_en as kind_en,
    areas.name as place_vi, areas.name_en as place_en
from recent
join surge_rules as rules on rules.id = recent.rule_id
join areas on areas.id = recent.area_id
left join categories on categories.code = rules.category
where not exists (
    select from alerts
    where alerts.rule_id = recent.rule_id and alerts.area_id = recent.area_id
      and alerts.closed_at is null
)
group by rules.id, recent.area_id, categories.code, areas.id
having count(*) >= rules.count
order by rules.id, recent.area_id
