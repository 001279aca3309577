"""The job queue: Procrastinate's own tables and functions, as its installed version ships them.

A later release of Procrastinate brings its changes as SQL files of its own; each becomes a
migration here.

Revision: 0003, after 0002
"""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        SchemaManager.get_schema(), execution_options={"no_parameters": True}
    )
    # What our statements call: they know this function, not the queue behind it.
    op.execute(
        """
        create function enqueue_job(queue text, task text, args jsonb) returns bigint
        language sql
        return (
            public.procrastinate_defer_jobs_v1(array[
                row(queue, task, 0, null, null, args, null)::public.procrastinate_job_to_defer_v1
            ])
        )[1]
        """
    )


def downgrade() -> None:
    op.execute("drop function enqueue_job(text, text, jsonb)")
    op.execute(
        """
        do $$ declare item record; begin
            for item in select tablename from pg_tables
                where schemaname = 'public' and tablename like 'procrastinate\\_%' loop
                execute format('drop table %I cascade', item.tablename);
            end loop;
            for item in select oid::regprocedure as signature from pg_proc
                where pronamespace = 'public'::regnamespace and proname like 'procrastinate\\_%' loop
                execute format('drop function %s cascade', item.signature);
            end loop;
            for item in select typname from pg_type
                where typnamespace = 'public'::regnamespace
                and typname like 'procrastinate\\_%' and typtype in ('e', 'c') loop
                execute format('drop type if exists %I cascade', item.typname);
            end loop;
        end $$
        """
    )
