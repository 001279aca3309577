"""What became of areas that are no more, and how many live in those that are.

`area_successors` says which share of a closed area's surface which current area took over: written
anew by every import that changes areas (`gis/succession.py`), so it always leads to today's.

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PUBLIC_AREAS = """
    create or replace view public_areas as
    select id, kind, code, name, name_en, parent_code, approximate, valid_from, geom{more}
    from areas
    where valid_to is null
"""


def upgrade() -> None:
    op.add_column("areas", sa.Column("population", sa.Integer()))
    op.create_check_constraint(op.f("ck_areas_population"), "areas", "population >= 0")
    op.create_table(
        "area_successors",
        sa.Column("old_id", sa.Integer(), nullable=False),
        sa.Column("new_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double, nullable=False),
        sa.CheckConstraint("share > 0 and share <= 1", name=op.f("ck_area_successors_share")),
        sa.ForeignKeyConstraint(
            ["old_id"], ["areas.id"], name=op.f("fk_area_successors_old_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["new_id"], ["areas.id"], name=op.f("fk_area_successors_new_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("old_id", "new_id", name=op.f("pk_area_successors")),
    )
    op.create_index("ix_area_successors_new_id", "area_successors", ["new_id"])
    op.execute(PUBLIC_AREAS.format(more=", population"))


def downgrade() -> None:
    op.execute("drop view public_areas")
    op.drop_table("area_successors")
    op.drop_constraint(op.f("ck_areas_population"), "areas")
    op.drop_column("areas", "population")
    op.execute(PUBLIC_AREAS.format(more=""))
    op.execute("grant select on public_areas to hientruong_readonly")
