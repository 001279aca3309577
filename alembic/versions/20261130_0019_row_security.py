"""Row-level security: the second fence, for the day on which a use case forgets a condition.

The API's own role (`hientruong_app`) reaches no row at all. Each of its transactions becomes, in
the message that begins it, one of four roles that do (`core/fence.py`): citizens (whoever files,
with or without an account), departments (staff and supervisors), city (who works for all of it) and
errands (what is done for nobody in particular). Who it is stands in settings of that transaction:
`app.role`, `app.person`, `app.department`, `app.reports`, `app.cases`. A role of its own for each
kind of reader, because PostgreSQL uses no index for a condition of ours (`&&`, `like`, `@>`) before
it has applied a policy, unless the policy is simply `true`: for readers of everything it is.

The worker and the command line act as `hientruong_worker`, which reaches every row. The owner of
the tables is bound too: a migration that changes rows says `set local role hientruong_worker`.
`hientruong_views` owns the views, which say themselves whose rows they show, and the few functions
that look further than their caller may.

A later migration protects its table with one line, and hands each view over with another; a test
fails without:

    call protect_rows('table', citizens => '…', departments => '…', city => 'true')
    call publish_view('public_table', 'hientruong_readonly')

Each text is a condition on a row, for reading; with `_write` behind its name for adding, changing
and deleting. What is left out is closed. Write `(select acting_person())`, not `acting_person()`:
so it is worked out once for a statement, not once for each row. docs/decisions/0009 has the rest.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

GROUPS = ("citizens", "departments", "city", "errands")
VIEWS_ROLE = "hientruong_views"
ROLES = (*(f"hientruong_{group}" for group in GROUPS), VIEWS_ROLE)
STAFF = "hientruong_departments, hientruong_city, hientruong_worker"

OWN_PERSON = "person_id = (select acting_person())"
ADMIN = "(select acting_role()) = 'admin'"
ON_DUTY = "(select acting_role()) in ('operator', 'leader', 'admin')"


def errand(name: str) -> str:
    return f"(select acting_role()) = '{name}'"


def held(column: str = "case_id") -> str:
    """The case at hand: filed, looked up or locked in this transaction."""
    return f"{column} = any ((select held_cases())::uuid[])"


def own(column: str = "case_id") -> str:
    """The case at hand, or another of one's own."""
    return f"{held(column)} or {column} = any ((select own_cases())::uuid[])"


def in_sight(table: str, column: str = "case_id") -> str:
    """The case at hand, or one that the cases' own policy shows."""
    return f"{held(column)} or exists (select from cases where cases.id = {table}.{column})"


def everybody(condition: str) -> dict[str, str]:
    return dict.fromkeys(GROUPS, condition)


def of_case(table: str) -> dict[str, str]:
    return {
        "citizens": own(),
        "citizens_write": held(),
        "departments": in_sight(table),
        "departments_write": in_sight(table),
        "city": "true",
        "city_write": ON_DUTY,
    }


def of_two_cases(table: str, one: str, other: str) -> dict[str, str]:
    either = f"{in_sight(table, one)} or {in_sight(table, other)}"
    return {
        "departments": either,
        "departments_write": either,
        "city": "true",
        "city_write": ON_DUTY,
    }


def of_person(*groups: str, condition: str = OWN_PERSON) -> dict[str, str]:
    return {f"{group}{end}": condition for group in groups for end in ("", "_write")}


CONFIGURATION = everybody("true") | {"city_write": ADMIN}
ACCOUNTS = "citizens", "departments", "city"
DEPARTMENT_CASES = (
    "department = (select acting_department())"
    " or co_departments @> array[(select acting_department())]"
    f" or {held('id')}"
)
OWN_REPORTS = (
    "id = any ((select held_reports())::uuid[])"
    f" or {held()} or id = any ((select own_reports())::uuid[])"
)
OF_A_REPORT = "exists (select from reports where reports.id = sos_calls.report_id)"
OF_A_PHOTO = "exists (select from attachments where attachments.id = publications.attachment_id)"
HELD_REPORT = "report_id = any ((select held_reports())::uuid[])"
MY_VIEW = "owner_id = (select acting_person())"
MY_BULK = "actor_id = (select acting_person())"
MY_BULK_CASES = (
    "exists (select from bulk_actions where bulk_actions.id = bulk_action_cases.bulk_id)"
)
FEED = {"errands": errand("feed"), "errands_write": errand("feed")}
TRANSFER = {"errands": errand("transfer"), "errands_write": errand("transfer")}
# Accounts are also changed where a provider says what staff may; their cases are then let go.
ACCOUNT_ERRANDS = "(select acting_role()) in ('sign_in', 'claims')"
SIGN_IN = {"errands": ACCOUNT_ERRANDS, "errands_write": ACCOUNT_ERRANDS}
CLAIMS = {"errands": errand("claims"), "errands_write": errand("claims")}
OF_STAFF = (
    of_person("departments") | of_person("city", condition=f"{OWN_PERSON} or {ADMIN}") | SIGN_IN
)

POLICIES: dict[str, dict[str, str]] = {
    # what the city is like: no secrets, changed by its administrators
    "areas": CONFIGURATION,
    "area_successors": CONFIGURATION,
    "calendars": CONFIGURATION,
    "calendar_days": CONFIGURATION,
    "categories": CONFIGURATION,
    "departments": CONFIGURATION,
    "city": CONFIGURATION | {"errands_write": errand("claims")},
    "process_versions": CONFIGURATION,
    "ruleset_versions": CONFIGURATION,
    "layers": CONFIGURATION,
    "layer_features": CONFIGURATION,
    "process_migrations": {"city": "true", "city_write": ADMIN},
    "surge_rules": {"city": "true", "city_write": ON_DUTY},
    "sos_areas": everybody("true") | {"city_write": ON_DUTY},
    "sms_messages": {"errands": errand("sms"), "errands_write": errand("sms")},
    "webhooks": {"city": ADMIN, "city_write": ADMIN},
    "canned_answers": {
        "departments": "true",
        "departments_write": "department = (select acting_department())",
        "city": "true",
        "city_write": ON_DUTY,
    },
    # cases and what belongs to one
    "cases": {
        "citizens": own("id"),
        "citizens_write": own("id"),
        "departments": DEPARTMENT_CASES,
        "departments_write": DEPARTMENT_CASES,
        "city": "true",
        "city_write": "true",
        "errands": "(select acting_role()) in ('link', 'claims')",
        "errands_write": errand("claims"),
    },
    "reports": {
        "citizens": OWN_REPORTS,
        "citizens_write": OWN_REPORTS,
        "departments": in_sight("reports"),
        "departments_write": in_sight("reports"),
        "city": "true",
        "city_write": ON_DUTY,
        "errands": errand("link"),
    },
    # Rescuers of a department call back whom they are sent to.
    "reporters": {
        "departments": "exists (select from sos_calls where sos_calls.report_id = reporters.report_id)",
        "citizens": f"{OWN_PERSON} or {HELD_REPORT}",
        "citizens_write": f"{OWN_PERSON} or {HELD_REPORT}",
        "city": "(select acting_role()) = 'operator'",
        "city_write": "(select acting_role()) = 'operator'",
    },
    "sos_calls": {
        "citizens": f"{HELD_REPORT} or report_id = any ((select own_reports())::uuid[])",
        "citizens_write": f"{HELD_REPORT} or report_id = any ((select own_reports())::uuid[])",
        "departments": OF_A_REPORT,
        "departments_write": OF_A_REPORT,
        "city": "true",
        "city_write": ON_DUTY,
    },
    "case_events": of_case("case_events") | CLAIMS,
    "announcements": of_case("announcements"),
    "attachments": of_case("attachments") | {"errands": errand("link")},
    "publications": {
        "citizens": OF_A_PHOTO,
        "citizens_write": OF_A_PHOTO,
        "departments": OF_A_PHOTO,
        "departments_write": OF_A_PHOTO,
        "city": "true",
        "city_write": ON_DUTY,
        "errands": errand("link"),
    },
    "case_merges": of_two_cases("case_merges", "source_id", "target_id"),
    "case_links": of_two_cases("case_links", "case_id", "other_id"),
    "hotspot_cases": {"departments": in_sight("hotspot_cases"), "city": "true"},
    "alert_cases": {"departments": in_sight("alert_cases"), "city": "true"},
    # Who knows the id of an upload may use it: it is random, and told to nobody else.
    "uploads": {f"{group}{end}": "true" for group in ACCOUNTS for end in ("", "_write")} | TRANSFER,
    "transfers": dict.fromkeys(ACCOUNTS, "true") | TRANSFER,
    "transfer_pieces": TRANSFER,
    # people and what is theirs
    "people": {
        "citizens": "id = (select acting_person())",
        "citizens_write": "id = (select acting_person())",
        "departments": "role <> 'citizen'",
        "departments_write": "id = (select acting_person())",
        "city": "role <> 'citizen' or (select acting_role()) = 'operator'",
        "city_write": f"role <> 'citizen' and {ADMIN} or id = (select acting_person())",
        **SIGN_IN,
    },
    "one_time_codes": SIGN_IN,
    "identities": of_person("citizens") | SIGN_IN,
    "oidc_transactions": SIGN_IN,
    "oidc_handovers": SIGN_IN,
    "passkey_challenges": SIGN_IN,
    "staff_sessions": OF_STAFF,
    "totp_secrets": OF_STAFF,
    "recovery_codes": OF_STAFF,
    "passkeys": OF_STAFF,
    "refresh_tokens": of_person("citizens") | SIGN_IN,
    "devices": of_person(
        *ACCOUNTS,
        condition=f"{OWN_PERSON} or token = (select nullif(current_setting('app.device', true), ''))",
    ),
    "notifications": of_person(*ACCOUNTS)
    | {end: f"{errand('sign_in')} and person_id is null" for end in ("errands", "errands_write")},
    "supports": of_person("citizens"),
    "follows": of_person("citizens"),
    "saved_views": {
        "departments": f"{MY_VIEW} or (shared and department = (select acting_department()))",
        "departments_write": MY_VIEW,
        "city": f"{MY_VIEW} or (shared and department is null)",
        "city_write": MY_VIEW,
    },
    "case_presence": {
        "departments": f"{OWN_PERSON} or {in_sight('case_presence')}",
        "departments_write": OWN_PERSON,
        "city": "true",
        "city_write": OWN_PERSON,
    },
    "bulk_actions": of_person("departments", "city", condition=MY_BULK),
    "bulk_action_cases": of_person("departments", "city", condition=MY_BULK_CASES),
    # what is counted, and the work of the machinery
    "hotspots": {"departments": "true", "city": "true"},
    "alerts": {"city": "true", "city_write": ON_DUTY},
    "case_changes": FEED,
    "case_cells": FEED,
    "layer_versions": FEED | {"city": ADMIN, "city_write": ADMIN},
    "case_days": {"city": "true"},
    "folded_days": {"city": ADMIN, "city_write": ADMIN},
    "case_day_marks": {},
    "geocoder_answers": {"errands": errand("upkeep"), "errands_write": errand("upkeep")},
    "rate_limits": {"errands": errand("limits"), "errands_write": errand("limits")},
    "workers": {"errands": errand("upkeep")},
}
# Triggers note every change of a case there, whoever makes it.
NOTED_BY_TRIGGERS = ("case_changes", "case_day_marks")
# Views of ours that nobody but staff may read.
STAFF_VIEWS = ("staff_open_cases", "staff_case_cells", "case_outlines")


def upgrade() -> None:
    _roles()
    _settings()
    _functions()
    _procedures()
    for table, conditions in POLICIES.items():
        protect(table, conditions)
    for table in NOTED_BY_TRIGGERS:
        op.execute(
            f"create policy noted on {table} for insert"
            " to hientruong_citizens, hientruong_departments, hientruong_city with check (true)"
        )
    op.execute(f"create policy turns on people for update to {VIEWS_ROLE} using (true)")
    _views()


def protect(table: str, conditions: dict[str, str]) -> None:
    names = "".join(f", {name} => :{name}" for name in conditions)
    call = sa.text(f"call protect_rows(CAST(:target AS regclass){names})")
    op.get_bind().execute(call, {"target": table, **conditions})


def _roles() -> None:
    for role in ROLES:
        op.execute(
            f"""
            do $$ begin
                if not exists (select from pg_roles where rolname = '{role}') then
                    create role {role} nologin;
                end if;
                if not pg_has_role(current_user, '{role}', 'member') then
                    grant {role} to current_user;
                end if;
            exception
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then
                    raise exception 'role {role} is missing and this login may not create it'
                    using hint = 'as a superuser: create role {role} nologin; '
                        || 'grant {role} to ' || quote_ident(current_user);
            end $$
            """
        )
    for group in GROUPS:
        op.execute(
            f"""
            do $$ begin
                if not pg_has_role('hientruong_{group}', 'hientruong_app', 'member') then
                    grant hientruong_app to hientruong_{group};
                end if;
            exception
                when unique_violation then null;
                when insufficient_privilege then
                    raise exception 'hientruong_{group} needs the rights of hientruong_app'
                    using hint = 'as a superuser: grant hientruong_app to hientruong_{group}';
            end $$
            """
        )
    op.execute(f"grant usage on schema public to {VIEWS_ROLE}")
    op.execute(f"grant select on all tables in schema public to {VIEWS_ROLE}")
    op.execute(f"alter default privileges in schema public grant select on tables to {VIEWS_ROLE}")


def _settings() -> None:
    op.execute(
        "create function acting_role() returns text language sql stable parallel safe"
        " return nullif(current_setting('app.role', true), '')"
    )
    op.execute(
        "create function acting_person() returns uuid language sql stable parallel safe"
        " return nullif(current_setting('app.person', true), '')::uuid"
    )
    op.execute(
        "create function acting_department() returns text language sql stable parallel safe"
        " return nullif(current_setting('app.department', true), '')"
    )
    op.execute(
        "create function sees_city() returns boolean language sql stable parallel safe"
        " return coalesce(acting_role() in ('operator', 'leader', 'analyst', 'admin'), false)"
    )
    op.execute(
        "create function held_reports() returns uuid[] language sql stable parallel safe"
        " return string_to_array(coalesce(current_setting('app.reports', true), ''), ',')::uuid[]"
    )
    # The first case of a report has its id.
    op.execute(
        "create function held_cases() returns uuid[] language sql stable parallel safe"
        " return held_reports()"
        " || string_to_array(coalesce(current_setting('app.cases', true), ''), ',')::uuid[]"
    )


def _procedures() -> None:
    parameters = ", ".join(
        f"{group}{end} text default null" for group in GROUPS for end in ("", "_write")
    )
    pairs = ", ".join(f"('{group}', {group}, {group}_write)" for group in GROUPS)
    op.execute(
        f"""
        create procedure protect_rows(target regclass, {parameters}) language plpgsql as $$
        declare
            old name;
            reader record;
        begin
            for old in select polname from pg_policy where polrelid = target loop
                execute format('drop policy %I on %s', old, target);
            end loop;
            execute format('alter table %s enable row level security', target);
            execute format('alter table %s force row level security', target);
            execute format('create policy worker on %s to hientruong_worker using (true)', target);
            execute format('create policy views on %s for select to {VIEWS_ROLE} using (true)', target);
            for reader in select * from (values {pairs}) as r (role, reads, writes) loop
                if reader.reads is not null then
                    execute format('create policy %I on %s for select to %I using (%s)',
                        reader.role || '_read', target, 'hientruong_' || reader.role, reader.reads);
                end if;
                if reader.writes is not null then
                    execute format('create policy %I on %s for insert to %I with check (%s)',
                        reader.role || '_add', target, 'hientruong_' || reader.role, reader.writes);
                    execute format('create policy %I on %s for update to %I using (%s)',
                        reader.role || '_change', target, 'hientruong_' || reader.role, reader.writes);
                    execute format('create policy %I on %s for delete to %I using (%s)',
                        reader.role || '_delete', target, 'hientruong_' || reader.role, reader.writes);
                end if;
            end loop;
        end $$
        """  # noqa: S608  # of constants
    )
    # To own something one must be allowed to make it: for as long as it takes to hand it over.
    op.execute(
        f"""
        create procedure publish_view(target regclass, variadic readers name[]) language plpgsql as $$
        declare
            reader name;
        begin
            grant create on schema public to {VIEWS_ROLE};
            execute format('alter view %s owner to {VIEWS_ROLE}', target);
            revoke create on schema public from {VIEWS_ROLE};
            execute format('revoke all on %s from public, hientruong_app, hientruong_worker', target);
            foreach reader in array readers loop
                execute format('grant select on %s to %I', target, reader);
            end loop;
        end $$
        """
    )


def _views() -> None:
    op.execute(f"grant create on schema public to {VIEWS_ROLE}")
    op.execute(
        f"""
        do $$ declare item name; begin
            for item in select viewname from pg_views
                where schemaname = 'public' and viewowner = current_user
                and viewname not in (
                    select c.relname from pg_class c
                    join pg_depend d on d.objid = c.oid and d.classid = 'pg_class'::regclass
                        and d.deptype = 'e'
                ) loop
                execute format('alter view %I owner to {VIEWS_ROLE}', item);
            end loop;
        end $$
        """  # noqa: S608  # of constants
    )
    op.execute(f"revoke create on schema public from {VIEWS_ROLE}")
    # The map of staff: what the public sees, and hidden cases of the own department.
    op.execute(
        """
        create or replace view staff_open_cases as
        select id, code, category, department, status, priority, overdue, due_at, opened_at,
               updated_at, true as public, public_geom as geom
        from cases
        where open and visibility <> 'hidden'
        union all
        select id, code, category, department, status, priority, overdue, due_at, opened_at,
               updated_at, false, geom
        from cases
        where open and visibility = 'hidden'
          and ((select sees_city()) or department = (select acting_department()))
        """
    )
    op.execute(
        """
        create view staff_case_cells as
        select level, category, department, cell, public, status, cases, overdue, x, y
        from case_cells_now
        where public or (select sees_city()) or department = (select acting_department())
        """
    )
    # How cases and reports hang together, whoever's they are: what counts them must not depend on
    # who asks. Nothing of what somebody wrote.
    op.execute(
        """
        create view case_outlines as
        select id, code, department, status, state, process_id, opened_at, open, parent_id,
               merged_into
        from cases
        """
    )
    op.execute("create view report_outlines as select id, case_id from reports")
    op.execute(
        """
        create view case_supports as
        select reports.case_id, count(distinct supports.person_id) as people
        from supports join reports on reports.id = supports.report_id
        group by reports.case_id
        """
    )
    # What anybody may look up, and finds by its code.
    op.execute(
        """
        create view public_reports as
        select reports.id, reports.code, reports.case_id
        from reports join cases on cases.id = reports.case_id
        where cases.visibility <> 'hidden'
        """
    )
    # Open cases that everybody may see at their place, with the text that others are compared to.
    op.execute(
        """
        create view nearby_cases as
        select id, code, category, status, opened_at, geom, search, address
        from cases
        where open and visibility = 'exact'
        """
    )
    op.execute(f"call publish_view('staff_open_cases', {_listed(STAFF)})")
    op.execute(f"call publish_view('staff_case_cells', {_listed(STAFF)})")
    everywhere = _listed(f"hientruong_citizens, {STAFF}")
    for view in (
        "case_outlines", "report_outlines", "case_supports", "public_reports", "nearby_cases",
    ):  # fmt: skip
        op.execute(f"call publish_view('{view}', {everywhere})")


def _listed(roles: str) -> str:
    return ", ".join(f"'{role}'" for role in roles.split(", "))


def _functions() -> None:
    # Both look at all reporters, whoever asks, so that policies can ask them.
    op.execute(
        """
        create function own_reports() returns uuid[]
        language sql stable security definer set search_path = public, pg_temp as $$
            select held_reports()
                || array(select report_id from reporters where person_id = acting_person())
        $$
        """
    )
    op.execute(
        """
        create function own_cases() returns uuid[]
        language sql stable security definer set search_path = public, pg_temp as $$
            select held_cases() || array(select case_id from reports where id = any (own_reports()))
        $$
        """
    )
    # Whose turn it is in a department: somebody who files knows nothing of who works there.
    op.execute(
        """
        create function take_turn(of_department text, fewest_first boolean, at timestamptz)
        returns uuid
        language sql volatile security definer set search_path = public, pg_temp as $$
            update people set assigned_at = at
            where id = (
                select id from people
                where department = of_department and role = 'staff' and active
                order by
                    case when fewest_first then (
                        select count(*) from cases where cases.assignee = people.id and cases.open
                    ) end,
                    assigned_at nulls first, id
                limit 1
                for update of people skip locked
            )
            returning id
        $$
        """
    )
    op.execute(f"grant update (assigned_at) on people to {VIEWS_ROLE}")
    op.execute(f"grant create on schema public to {VIEWS_ROLE}")
    for function in ("own_reports()", "own_cases()", "take_turn(text, boolean, timestamptz)"):
        op.execute(f"revoke execute on function {function} from public")
        op.execute(f"grant execute on function {function} to hientruong_app, hientruong_worker")
        op.execute(f"alter function {function} owner to {VIEWS_ROLE}")
    op.execute(f"revoke create on schema public from {VIEWS_ROLE}")


def downgrade() -> None:
    for table in POLICIES:
        op.execute(
            f"""
            do $$ declare old name; begin
                for old in select polname from pg_policy where polrelid = '{table}'::regclass loop
                    execute format('drop policy %I on {table}', old);
                end loop;
            end $$
            """  # noqa: S608  # of constants
        )
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
    for view in (
        "nearby_cases", "public_reports", "case_supports", "report_outlines", "case_outlines",
        "staff_case_cells",
    ):  # fmt: skip
        op.execute(f"drop view {view}")
    op.execute(
        """
        create or replace view staff_open_cases as
        select id, code, category, department, status, priority, overdue, due_at, opened_at,
               updated_at, true as public, public_geom as geom
        from cases
        where open and visibility <> 'hidden'
        union all
        select id, code, category, department, status, priority, overdue, due_at, opened_at,
               updated_at, false, geom
        from cases
        where open and visibility = 'hidden'
        """
    )
    op.execute(
        f"""
        do $$ declare item name; begin
            for item in select viewname from pg_views
                where schemaname = 'public' and viewowner = '{VIEWS_ROLE}' loop
                execute format('alter view %I owner to current_user', item);
            end loop;
        end $$
        """  # noqa: S608  # of constants
    )
    op.execute(f"revoke all on staff_open_cases from {STAFF}")
    op.execute(
        "grant select, insert, update, delete on staff_open_cases"
        " to hientruong_app, hientruong_worker"
    )
    for function in (
        "take_turn(text, boolean, timestamptz)", "own_cases()", "own_reports()", "held_cases()",
        "held_reports()", "sees_city()", "acting_department()", "acting_person()", "acting_role()",
    ):  # fmt: skip
        op.execute(f"drop function {function}")
    op.execute("drop procedure publish_view(regclass, name[])")
    arguments = ", ".join("text" for _ in range(2 * len(GROUPS)))
    op.execute(f"drop procedure protect_rows(regclass, {arguments})")
    op.execute(
        f"alter default privileges in schema public revoke select on tables from {VIEWS_ROLE}"  # noqa: S608
    )
    op.execute(f"revoke update (assigned_at) on people from {VIEWS_ROLE}")
    op.execute(f"revoke select on all tables in schema public from {VIEWS_ROLE}")  # noqa: S608
    op.execute(f"revoke usage on schema public from {VIEWS_ROLE}")
    # The roles belong to the whole server: they stay.
