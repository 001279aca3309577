"""Rights of the person: consents, requests with their clocks, erasures, legal holds.

Reports are never changed and history is only appended, except that the words of somebody who is to
be forgotten are emptied: `forget_words` and `forget_steps` do that and nothing else, for the worker
alone.

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

FUNCTIONS = ("forget_words(uuid[])", "forget_steps(uuid, uuid[])")
EMPTIED = {
    "reports": "description, address, answers, body_hash",
    "case_events": "form, actor_id",
}
OWN = "person_id = (select acting_person())"
OWN_REPORT = (
    "report_id = any ((select held_reports())::uuid[])"
    " or report_id = any ((select own_reports())::uuid[])"
)
OF_DEPARTMENT = "department = (select acting_department())"
OPERATOR = "(select acting_role()) = 'operator'"
OF_REQUEST = "exists (select from person_requests where person_requests.id = request_id)"
HOLDERS = "(select acting_role()) in ('operator', 'leader')"
POLICIES: dict[str, dict[str, str]] = {
    "consents": {
        "citizens": f"{OWN} or {OWN_REPORT}",
        "citizens_write": f"{OWN} or {OWN_REPORT}",
        "departments": OWN,
        "departments_write": OWN,
        "city": OWN,
        "city_write": f"{OWN} or {OPERATOR}",  # what somebody said on the telephone
    },
    "person_requests": {
        "citizens": OWN,
        "citizens_write": OWN,
        "departments": OF_DEPARTMENT,
        "departments_write": OF_DEPARTMENT,
        "city": OPERATOR,
        "city_write": OPERATOR,
    },
    "person_request_events": {
        f"{group}{end}": OF_REQUEST
        for group in ("citizens", "departments", "city")
        for end in ("", "_write")
    },
    "erasures": {"citizens": OWN, "citizens_write": f"{OWN} or person_id is null"},
    "erased_reports": {"citizens": OWN_REPORT, "citizens_write": OWN_REPORT},
    "legal_holds": {"city": "true", "city_write": HOLDERS},
    "file_removals": {},
}
INSTANT = sa.DateTime(timezone=True)
CHANNELS = "('app', 'web', 'call', 'paper')"
KINDS = "('access', 'correction', 'withdrawal', 'restriction', 'erasure', 'complaint')"


def upgrade() -> None:
    _consents()
    _requests()
    _erasures()
    _forgetting()
    _policies()
    op.add_column("attachments", sa.Column("original_removed_at", INSTANT, nullable=True))
    op.drop_constraint(op.f("fk_supports_person_id"), "supports", type_="foreignkey")


def downgrade() -> None:
    """Supports of those who are forgotten by then go: the release before knows no such ones."""
    op.execute("set local role hientruong_worker")
    op.execute("delete from supports where person_id not in (select id from people)")
    op.execute("reset role")
    op.create_foreign_key(
        op.f("fk_supports_person_id"),
        "supports",
        "people",
        ["person_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.drop_column("attachments", "original_removed_at")
    for table, columns in EMPTIED.items():
        op.execute(f"drop policy forgets on {table}")
        op.execute(f"revoke update ({columns}) on {table} from hientruong_views")
    for function in FUNCTIONS:
        op.execute(f"drop function {function}")
    for table in (
        "file_removals", "legal_holds", "erased_reports", "erasures", "person_request_events",
        "person_requests", "consents",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute("drop sequence person_request_code_seq")


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(f"channel in {CHANNELS}", name=op.f("ck_consents_channel")),
        sa.CheckConstraint(
            "num_nonnulls(person_id, report_id) >= 1", name=op.f("ck_consents_of_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_consents_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_consents_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_person_id", "consents", ["person_id", "id"])
    op.create_index("ix_consents_report_id", "consents", ["report_id", "id"])


def _requests() -> None:
    op.create_table(
        "person_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("requester", sa.LargeBinary(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("clocks", postgresql.JSONB(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("wake_at", INSTANT, nullable=True),
        sa.Column("overdue", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint(f"kind in {KINDS}", name=op.f("ck_person_requests_kind")),
        sa.CheckConstraint(f"source in {CHANNELS}", name=op.f("ck_person_requests_source")),
        sa.ForeignKeyConstraint(
            ["department"], ["departments.code"], name=op.f("fk_person_requests_department")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_person_requests_person_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_requests")),
        sa.UniqueConstraint("code", name=op.f("uq_person_requests_code")),
    )
    op.create_index("ix_person_requests_person_id", "person_requests", ["person_id", "opened_at"])
    op.create_index(
        "ix_person_requests_wake_at",
        "person_requests",
        ["wake_at"],
        postgresql_where=sa.text("wake_at is not null"),
    )
    op.create_index(
        "ix_person_requests_open",
        "person_requests",
        ["due_at", "id"],
        postgresql_where=sa.text("closed_at is null"),
    )
    op.execute("create sequence person_request_code_seq")
    op.create_table(
        "person_request_events",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind in ('step', 'mark')", name=op.f("ck_person_request_events_kind")),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["person_requests.id"],
            name=op.f("fk_person_request_events_request_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["people.id"],
            name=op.f("fk_person_request_events_actor_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("request_id", "rev", "seq", name=op.f("pk_person_request_events")),
    )
    op.create_index(
        "ix_person_request_events_untold",
        "person_request_events",
        ["at"],
        postgresql_where=sa.text("told_at is null"),
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("reports", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["person_requests.id"],
            name=op.f("fk_erasures_request_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "uq_erasures_person_id",
        "erasures",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("person_id is not null"),
    )
    op.create_index(
        "ix_erasures_pending",
        "erasures",
        ["id"],
        postgresql_where=sa.text("finished_at is null"),
    )
    op.create_table(
        "erased_reports",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["reports.id"],
            name=op.f("fk_erased_reports_report_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["erasure_id"],
            ["erasures.id"],
            name=op.f("fk_erased_reports_erasure_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_erased_reports")),
    )
    op.create_index("ix_erased_reports_erasure_id", "erased_reports", ["erasure_id"])
    op.create_table(
        "legal_holds",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_legal_holds_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by"], ["people.id"], name=op.f("fk_legal_holds_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_legal_holds")),
    )
    op.create_table(
        "file_removals",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_file_removals")),
    )


def _forgetting() -> None:
    op.execute(
        """
        create function forget_words(report_ids uuid[]) returns void
        language sql security definer set search_path = public, pg_temp as $$
            update reports set description = '', address = null, answers = '{}',
                body_hash = sha256(uuid_send(id) || uuid_send(gen_random_uuid()))
            where id = any(report_ids)
        $$
        """
    )
    op.execute(
        """
        create function forget_steps(person uuid, case_ids uuid[]) returns void
        language sql security definer set search_path = public, pg_temp as $$
            update case_events set form = '{}', actor_id = null
            where case_id = any(case_ids) and (
                actor_id = person
                -- by track token: whose it was can be told where there is one reporter only
                or actor_id is null and actor_role in ('citizen', 'anonymous') and 1 = (
                    select count(*) from reports where reports.case_id = case_events.case_id
                )
            )
        $$
        """
    )
    op.execute("grant create on schema public to hientruong_views")
    for function in FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to hientruong_worker")
        op.execute(f"alter function {function} owner to hientruong_views")
    op.execute("revoke create on schema public from hientruong_views")
    for table, columns in EMPTIED.items():
        op.execute(f"grant update ({columns}) on {table} to hientruong_views")
        op.execute(f"create policy forgets on {table} for update to hientruong_views using (true)")


def _policies() -> None:
    for table, conditions in POLICIES.items():
        names = "".join(f", {name} => :{name}" for name in conditions)
        call = sa.text(f"call protect_rows(CAST(:target AS regclass){names})")
        op.get_bind().execute(call, {"target": table, **conditions})
