-- Later reports of a surge join the alert that is open for it.
with recursive below as (
    select code as top, code from categories
    union all
    select below.top, categories.code
    from below join categories on categories.parent = below.code
), joined as (
    insert into alert_cases (rule_id, case_id, alert_id)
    select alerts.rule_id, cases.id, alerts.id
    from alerts
    join surge_rules as rules on rules.id = alerts.rule_id and rules.active
    join cases
      on cases.opened_at >= alerts.since
     and cases.parent_id is null
     and cases.source <> all (CAST(:silent AS text[]))
     and (rules.area_kind = 'province' or cases.area_id = alerts.area_id)
     and (rules.category is null or (rules.category, cases.category) in (select top, code from below))
    where alerts.closed_at is null
    on conflict do nothing
    returning alert_id, case_id
), grown as (
    select joined.alert_id, count(*) as cases, max(cases.opened_at) as until
    from joined join cases on cases.id = joined.case_id
    group by joined.alert_id
)
update alerts set count = alerts.count + grown.cases, until = greatest(alerts.until, grown.until)
from grown where alerts.id = grown.alert_id
