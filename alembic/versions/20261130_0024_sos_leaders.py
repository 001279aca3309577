"""Leaders see whom to call back of a call for help, as operators and rescuing departments do.

Revision: 0024, after 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create policy leaders_of_rescues on reporters for select to hientruong_city using (
            (select acting_role()) = 'leader'
            and exists (select from sos_calls where sos_calls.report_id = reporters.report_id)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop policy leaders_of_rescues on reporters")
