"""What the second fence costs, made less: read in the plans at a million cases (docs/decisions/0009).

The staff by name, in a view: who did what stands in every history, and only the name is needed. The
policy of `people` asks about reporters as well; joined to a history it made the plan ten times as
large as the statement itself.

The cases of a department: its index of those that others help with holds only rows with such others,
which the policy must say for itself, or every open case of the city is read for a department's list.

An index of all cases by their last change, which lists can be sorted by.

Revision: 0028, after 0027
"""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

HELD = "id = any ((select held_cases())::uuid[])"
OWN = "department = (select acting_department())"
HELPED = "co_departments @> array[(select acting_department())]"


def upgrade() -> None:
    op.execute("create view colleagues as select id, name from people where role <> 'citizen'")
    op.execute(
        "call publish_view('colleagues', 'hientruong_departments', 'hientruong_city',"
        " 'hientruong_worker')"
    )
    _let_departments_see(f"{OWN} or (co_departments <> '{{}}' and {HELPED}) or {HELD}")
    op.create_index("ix_cases_updated", "cases", ["updated_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_cases_updated", table_name="cases")
    _let_departments_see(f"{OWN} or {HELPED} or {HELD}")
    op.execute("drop view colleagues")


def _let_departments_see(cases: str) -> None:
    for name, part in (
        ("read", "using"), ("change", "using"), ("delete", "using"), ("add", "with check"),
    ):  # fmt: skip
        op.execute(f"alter policy departments_{name} on cases {part} ({cases})")
