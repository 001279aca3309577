"""The staff by name, in a view: who did what stands in every history, and only the name is needed.

The policy of `people` asks about reporters as well, where the city shows them to departments; joined
to a history it made that statement's plan ten times as large as the statement itself.

Revision: 0028, after 0027
"""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create view colleagues as select id, name from people where role <> 'citizen'")
    op.execute(
        "call publish_view('colleagues', 'hientruong_departments', 'hientruong_city',"
        " 'hientruong_worker')"
    )


def downgrade() -> None:
    op.execute("drop view colleagues")
