"""Messages that wait for another system follow its new address: administrators may redirect them.

Revision: 0027, after 0026
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create policy webhooks on notifications to hientruong_city"
        " using (channel = 'webhook' and (select acting_role()) = 'admin')"
    )


def downgrade() -> None:
    op.execute("drop policy webhooks on notifications")
