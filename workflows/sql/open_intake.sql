-- What filing needs to know at once: the configuration's revision, the next number of the short
-- code, and the report that already has this id, if any.
select
    city.revision,
    nextval('report_code_seq') as number,
    reports.body_hash,
    reports.case_id
from city
left join reports on reports.id = :report_id
where city.id = 1
