"""What the public may see of cases and areas: the privacy filter, in one place.

A case of a `hidden` category does not appear; of a `rounded` one only its rounded place does (the
generated column `public_geom` of `cases`, which has an index of its own). No view names a person, a description or an address. The
views belong to the owner of the tables, so the read-only role needs no right on the tables.

Revision: 0004, after 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create view public_open_cases as
        select
            cases.id,
            cases.code,
            cases.category,
            cases.department,
            cases.status,
            cases.priority,
            cases.overdue,
            cases.due_at,
            cases.opened_at,
            cases.updated_at,
            cases.public_geom as geom
        from cases
        where cases.open and cases.visibility <> 'hidden'
        """
    )
    op.execute(
        """
        create view public_areas as
        select id, kind, code, name, name_en, parent_code, approximate, valid_from, geom
        from areas
        where valid_to is null
        """
    )
    op.execute(
        "create view public_categories as"
        " select code, parent, name, name_en, position from categories"
    )
    op.execute(
        "grant select on public_open_cases, public_areas, public_categories to hientruong_readonly"
    )


def downgrade() -> None:
    op.execute("drop view public_categories")
    op.execute("drop view public_areas")
    op.execute("drop view public_open_cases")
