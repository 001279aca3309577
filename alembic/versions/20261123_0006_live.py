"""The live map: every change of an open case as a row, and counts of open cases per cell.

A trigger writes a row of `case_changes` whenever the map's picture of a case changes, in the
transaction that changes it and whoever makes it. One at a time, sequencers number what has been
committed (`seq`) and fold it into `case_cells`; until then a row is pending, and counted beside
the cells. Nothing waits for a hot cell, and no number is ever skipped or late.

Cells are quadkeys (Morton codes) of the Web Mercator square. `x` and `y` are positions in it, from
the north-west corner, in units of 1 / 2^30 of its side (about 4 cm); a cell's sums over its cases
give their mean. A row with category and department '' counts all of them.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
POINT = Geometry("POINT", 4326, spatial_index=False)
VERSIONED = {"areas": "areas", "layer_features": "features"}


def upgrade() -> None:
    _tables()
    _functions()
    _views()
    _triggers()
    op.execute("insert into layer_versions values ('open_cases', 0), ('areas', 1), ('features', 1)")
    op.execute("insert into case_cells select * from case_cell_counts")


def downgrade() -> None:
    for table in VERSIONED:
        op.execute(f"drop trigger next_version on {table}")
    op.execute("drop trigger change_of_map on cases")
    op.execute("drop trigger new_on_map on cases")
    for view in (
        "layer_states", "staff_open_cases", "public_case_cells", "case_cells_now",
        "case_cell_counts", "case_cell_deltas",
    ):  # fmt: skip
        op.execute(f"drop view {view}")
    for function in (
        "note_layer_version()", "note_case_change()", "cell_at(bigint, bigint)",
        "world_y(geometry)", "world_x(geometry)", "cell_levels()",
    ):  # fmt: skip
        op.execute(f"drop function {function}")
    for table in ("layer_versions", "case_cells", "case_changes"):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "case_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("was_category", sa.Text()),
        sa.Column("was_department", sa.Text()),
        sa.Column("was_status", sa.Text()),
        sa.Column("was_overdue", sa.Boolean()),
        sa.Column("was_visibility", sa.Text()),
        sa.Column("was_geom", POINT),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("geom", POINT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_changes")),
    )
    op.create_index("uq_case_changes_seq", "case_changes", ["seq"], unique=True)
    op.create_index(
        "ix_case_changes_pending", "case_changes", ["id"], postgresql_where=sa.text("seq is null")
    )
    op.create_index("ix_case_changes_at", "case_changes", ["at"])
    # Every row is updated once, soon after it was written: the pending ones must stay few pages.
    op.execute(
        "alter table case_changes set (autovacuum_vacuum_scale_factor = 0,"
        " autovacuum_vacuum_threshold = 5000)"
    )
    op.create_table(
        "case_cells",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("x", sa.BigInteger(), nullable=False),
        sa.Column("y", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "level", "category", "department", "cell", "public", "status",
            name=op.f("pk_case_cells"),
        ),
    )  # fmt: skip
    op.create_index("ix_case_cells_department", "case_cells", ["level", "department", "cell"])
    op.create_index("ix_case_cells_cell", "case_cells", ["level", "cell"])
    op.create_index(
        "ix_case_cells_empty", "case_cells", ["level"], postgresql_where=sa.text("cases = 0")
    )
    op.execute("alter table case_cells set (fillfactor = 70)")
    op.create_table(
        "layer_versions",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer_versions")),
    )


def _functions() -> None:
    # Levels whose cells are kept: 16 × 16 of level z + 4 make a tile of zoom z.
    op.execute(
        """
        create function cell_levels() returns smallint[] language sql immutable parallel safe
        return array[8, 10, 12, 14, 16, 18]::smallint[]
        """
    )
    op.execute(
        """
        create function world_x(place geometry) returns bigint
        language sql immutable strict parallel safe
        return least(floor((ST_X(place) + 180) / 360 * 1073741824)::bigint, 1073741823)
        """
    )
    # EPSG:3857 is square between these latitudes (OGC 17-083r4, WebMercatorQuad).
    op.execute(
        """
        create function world_y(place geometry) returns bigint
        language sql immutable strict parallel safe
        return least(greatest(floor((1 - ln(tan(
            pi() / 4 + radians(greatest(least(ST_Y(place), 85.0511287), -85.0511287)) / 2
        )) / pi()) / 2 * 1073741824)::bigint, 0), 1073741823)
        """
    )
    # The quadkey of level 18 as a number: bits of y and x in turn, each spread by doubling steps.
    op.execute(
        """
        create function cell_at(x bigint, y bigint) returns bigint
        language plpgsql immutable strict parallel safe as $$
        declare
            a bigint := x >> 12;
            b bigint := y >> 12;
        begin
            a := (a | (a << 16)) & 281470681808895;
            a := (a | (a << 8)) & 71777214294589695;
            a := (a | (a << 4)) & 1085102592571150095;
            a := (a | (a << 2)) & 3689348814741910323;
            a := (a | (a << 1)) & 6148914691236517205;
            b := (b | (b << 16)) & 281470681808895;
            b := (b | (b << 8)) & 71777214294589695;
            b := (b | (b << 4)) & 1085102592571150095;
            b := (b | (b << 2)) & 3689348814741910323;
            b := (b | (b << 1)) & 6148914691236517205;
            return a | (b << 1);
        end $$
        """
    )


def _views() -> None:
    # What each change adds to the cells (+1) and takes from them (-1).
    op.execute(
        """
        create view case_cell_deltas as
        select
            changes.seq, levels.level, grain.category, grain.department,
            place.cell >> (2 * (18 - levels.level)) as cell,
            side.visibility <> 'hidden' as public, side.status,
            side.sign as cases, side.sign * side.overdue::int as overdue,
            side.sign * place.x as x, side.sign * place.y as y
        from case_changes as changes
        cross join lateral (values
            (-1, was_geom, was_category, was_department, was_status, was_overdue, was_visibility),
            (1, case when open then geom end, category, department, status, overdue, visibility)
        ) as side (sign, geom, category, department, status, overdue, visibility)
        cross join lateral (
            select at.x, at.y, cell_at(at.x, at.y) as cell
            from (select world_x(side.geom) as x, world_y(side.geom) as y offset 0) as at
            offset 0
        ) as place
        cross join lateral (
            values ('', ''), (side.category, side.department)
        ) as grain (category, department)
        cross join unnest(cell_levels()) as levels (level)
        where side.geom is not null
        """
    )
    # What the cells hold: the folded ones, and what is still pending.
    op.execute(
        """
        create view case_cells_now as
        select level, category, department, cell, public, status, cases, overdue, x, y
        from case_cells
        union all
        select level, category, department, cell, public, status, cases, overdue, x, y
        from case_cell_deltas
        where seq is null
        """
    )
    op.execute(
        """
        create view public_case_cells as
        select level, category, department, cell, status, cases, overdue, x, y
        from case_cells_now
        where public
        """
    )
    # What they should hold, counted from the cases themselves: for rebuilding and checking.
    op.execute(
        """
        create view case_cell_counts as
        select
            levels.level, grain.category, grain.department,
            place.cell >> (2 * (18 - levels.level)) as cell,
            cases.visibility <> 'hidden' as public, cases.status, count(*)::int as cases,
            (count(*) filter (where cases.overdue))::int as overdue,
            sum(place.x)::bigint as x, sum(place.y)::bigint as y
        from cases
        cross join lateral (
            select at.x, at.y, cell_at(at.x, at.y) as cell
            from (
                select world_x(coalesce(cases.public_geom, cases.geom)) as x,
                       world_y(coalesce(cases.public_geom, cases.geom)) as y
                offset 0
            ) as at
            offset 0
        ) as place
        cross join lateral (
            values ('', ''), (cases.category, cases.department)
        ) as grain (category, department)
        cross join unnest(cell_levels()) as levels (level)
        where cases.open
        group by 1, 2, 3, 4, 5, 6
        """
    )
    # Two halves, each with an index of its own: `public_geom` is null for hidden ones.
    op.execute(
        """
        create view staff_open_cases as
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
    # What a layer stood at: changes with every change of it, the pending ones too. A number that is
    # drawn early and committed late leaves the highest as it was, but not how many there are.
    op.execute(
        """
        create view layer_states as
        select layer, version, case when layer = 'open_cases' then pending.count else 0 end as pending,
               case when layer = 'open_cases' then pending.last else 0 end as last_pending
        from layer_versions
        cross join (
            select count(*) as count, coalesce(max(id), 0) as last
            from case_changes where seq is null
        ) as pending
        union all
        select 'city', revision, 0, 0 from city
        """
    )
    op.execute("grant select on public_case_cells, layer_states to hientruong_readonly")


def _triggers() -> None:
    op.execute(
        """
        create function note_case_change() returns trigger language plpgsql as $$
        declare
            was cases := case when tg_op = 'UPDATE' and old.open then old end;
        begin
            insert into case_changes (
                case_id, code, was_category, was_department, was_status, was_overdue,
                was_visibility, was_geom, open, category, department, status, overdue, visibility,
                geom, priority, due_at, opened_at
            )
            values (
                new.id, new.code, was.category, was.department, was.status, was.overdue,
                was.visibility, coalesce(was.public_geom, was.geom), new.open, new.category,
                new.department, new.status, new.overdue, new.visibility,
                coalesce(new.public_geom, new.geom), new.priority, new.due_at, new.opened_at
            );
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger new_on_map after insert on cases for each row when (new.open)"
        " execute function note_case_change()"
    )
    op.execute(
        """
        create trigger change_of_map after update on cases for each row
        when ((old.open or new.open) and (
            old.category, old.department, old.status, old.overdue, old.visibility, old.priority,
            old.due_at, old.geom
        ) is distinct from (
            new.category, new.department, new.status, new.overdue, new.visibility, new.priority,
            new.due_at, new.geom
        ))
        execute function note_case_change()
        """
    )
    op.execute(
        """
        create function note_layer_version() returns trigger language plpgsql as $$
        begin
            update layer_versions set version = version + 1 where layer = tg_argv[0];
            return null;
        end $$
        """
    )
    for table, layer in VERSIONED.items():
        op.execute(
            f"create trigger next_version after insert or update or delete or truncate on {table}"
            f" for each statement execute function note_layer_version('{layer}')"
        )
