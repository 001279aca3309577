"""Extensions, the number behind the short codes, and the roles that processes act under.

The login user of `DATABASE_URL` owns the tables and becomes one of these roles for the length of
a connection: `app` and `worker` read and write rows but change no structure, `readonly` sees
only what it is granted view by view.

Revision: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = ("hientruong_app", "hientruong_worker", "hientruong_readonly")


def upgrade() -> None:
    for extension in ("postgis", "pg_trgm", "unaccent"):
        op.execute(f"create extension if not exists {extension}")
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
        op.execute(f"grant usage on schema public to {role}")
    op.execute(
        "alter default privileges in schema public grant select, insert, update, delete on tables"
        " to hientruong_app, hientruong_worker"
    )
    op.execute(
        "alter default privileges in schema public grant usage, select on sequences"
        " to hientruong_app, hientruong_worker"
    )
    op.execute("grant select on alembic_version to hientruong_app, hientruong_worker")
    # `unaccent` is only STABLE, because its dictionary can change; ours does not. This wrapper
    # names schema and dictionary, so that it may stand in an index.
    op.execute(
        """
        create function plain_text(value text) returns text
        language sql immutable strict parallel safe
        return lower(public.unaccent('public.unaccent'::regdictionary, value))
        """
    )
    op.execute("create sequence report_code_seq as bigint")


def downgrade() -> None:
    op.execute("drop sequence report_code_seq")
    op.execute("drop function plain_text(text)")
    op.execute(
        "alter default privileges in schema public revoke all on sequences"
        " from hientruong_app, hientruong_worker"
    )
    op.execute(
        "alter default privileges in schema public revoke all on tables"
        " from hientruong_app, hientruong_worker"
    )
    # Roles and extensions belong to the whole server or may serve others: they stay.
