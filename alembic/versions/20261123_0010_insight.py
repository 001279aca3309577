"""What operations watch: counts per day for charts, hotspots, surge alerts.

`case_days` counts, per day of the city, area and category, the cases that the public may see, by
the day they were opened. A day is folded once it is over; a mark, written by the transaction that
changes one of its cases later, has it counted live until it is folded again. So the sums are always
those of the cases, whether or not a worker runs, and nobody waits for a counter.

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# Today's area of a case, which keeps that of its day: of those that took a closed one over, the one
# that it lies in, else the one with the largest share (as `gis/succession.py` lists them).
AREA_NOW = """
    coalesce(
        (
            select heirs.new_id
            from (
                select new_id, row_number() over (order by share desc, new_id) as place
                from area_successors where old_id = cases.area_id
            ) as heirs
            join areas on areas.id = heirs.new_id
            where heirs.place = 1 or ST_Covers(areas.geom, cases.geom)
            order by heirs.place = 1, heirs.place
            limit 1
        ),
        (
            select areas.id from areas as own
            join areas on areas.kind = own.kind and areas.code = own.code
                and areas.valid_to is null
            where own.id = cases.area_id
        ),
        cases.area_id
    )
"""


def upgrade() -> None:
    _days()
    _day_views()
    _day_triggers()
    _hotspots()
    _surges()


def downgrade() -> None:
    op.drop_table("alert_cases")
    op.drop_table("alerts")
    op.drop_table("surge_rules")
    op.execute("drop view public_hotspots")
    op.drop_table("hotspot_cases")
    op.drop_table("hotspots")
    op.execute("drop trigger new_areas on areas")
    op.execute("drop trigger new_areas on area_successors")
    op.execute("drop function unfold_days()")
    op.execute("drop trigger changed_day on cases")
    op.execute("drop trigger new_day on cases")
    op.execute("drop function mark_case_day()")
    for view in (
        "public_case_resolutions", "public_case_openings", "public_case_days", "case_days_counted",
        "case_days_unfolded",
    ):  # fmt: skip
        op.execute(f"drop view {view}")
    op.drop_index("ix_cases_resolved", "cases")
    for table in ("case_day_marks", "folded_days", "case_days"):
        op.drop_table(table)


def _days() -> None:
    op.create_table(
        "case_days",
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("minutes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("category", "day", "area_id", name=op.f("pk_case_days")),
    )
    op.create_index("ix_case_days_day", "case_days", ["day"])
    op.create_table(
        "folded_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_folded_days")),
    )
    op.create_table(
        "case_day_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_day_marks")),
    )
    op.create_index(
        "ix_cases_resolved",
        "cases",
        ["resolved_at"],
        postgresql_where=sa.text("resolved_at is not null"),
    )


def _day_views() -> None:
    # Days from the first case to the last, in the city's time zone, that are not folded, or not
    # any more.
    op.execute(
        """
        create view case_days_unfolded as
        with zone as (
            select calendars.timezone as name
            from city join calendars on calendars.code = city.calendar
        ), days as (
            select generate_series(
                date_trunc('day', (select min(opened_at) from cases) at time zone zone.name),
                date_trunc('day', (select max(opened_at) from cases) at time zone zone.name),
                interval '1 day'
            )::date as day
            from zone
            except
            select day from folded_days
            union
            select (marks.opened_at at time zone zone.name)::date
            from case_day_marks as marks, zone
        )
        select
            days.day,
            days.day::timestamp at time zone zone.name as starts,
            (days.day + 1)::timestamp at time zone zone.name as ends
        from days, zone
        """
    )
    # What those days hold, counted from the cases. A row with category '' counts all of them. Day
    # by day: the planner would rather hold every case against every day.
    op.execute(
        f"""
        create view case_days_counted as
        select
            grain.category, days.day, area.id as area_id,
            count(*)::int as opened,
            (count(*) filter (where cases.open))::int as open,
            (count(*) filter (where cases.open and cases.overdue))::int as overdue,
            count(cases.resolved_at)::int as resolved,
            (count(cases.resolved_at) filter (where not cases.overdue))::int as on_time,
            coalesce(
                array_agg((extract(epoch from cases.resolved_at - cases.opened_at) / 60)::int)
                filter (where cases.resolved_at is not null), '{{}}'
            ) as minutes,
            array_agg(cell_at(world_x(cases.public_geom), world_y(cases.public_geom))) as cells
        from case_days_unfolded as days
        cross join lateral (
            select * from cases
            where cases.opened_at >= days.starts and cases.opened_at < days.ends
            offset 0
        ) as cases
        cross join lateral (select {AREA_NOW} as id offset 0) as area
        cross join lateral (values (''), (cases.category)) as grain (category)
        where cases.visibility <> 'hidden'
        group by 1, 2, 3
        """  # noqa: S608  # of a constant
    )
    op.execute(
        """
        create view public_case_days as
        select * from case_days where day not in (select day from case_days_unfolded)
        union all
        select * from case_days_counted
        """
    )
    op.execute(
        f"""
        create view public_case_openings as
        select
            opened_at, category, {AREA_NOW} as area_id, open, open and overdue as overdue,
            resolved_at is not null as resolved
        from cases
        where visibility <> 'hidden'
        """  # noqa: S608  # of a constant
    )
    op.execute(
        """
        create view public_case_resolutions as
        select resolved_at, category from cases
        where resolved_at is not null and visibility <> 'hidden'
        """
    )
    op.execute(
        "grant select on public_case_days, public_case_openings, public_case_resolutions"
        " to hientruong_readonly"
    )


def _day_triggers() -> None:
    # Days are folded two hours after their end, so that cases of the last hour need no mark.
    op.execute(
        """
        create function mark_case_day() returns trigger language plpgsql as $$
        begin
            insert into case_day_marks (opened_at) values (new.opened_at);
            if tg_op = 'UPDATE' and old.opened_at <> new.opened_at then
                insert into case_day_marks (opened_at) values (old.opened_at);
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger new_day after insert on cases for each row"
        " when (new.opened_at < now() - interval '1 hour') execute function mark_case_day()"
    )
    op.execute(
        """
        create trigger changed_day after update on cases for each row
        when (least(old.opened_at, new.opened_at) < now() - interval '1 hour' and (
            old.open, old.overdue, old.resolved_at, old.category, old.area_id, old.visibility,
            old.geom, old.opened_at
        ) is distinct from (
            new.open, new.overdue, new.resolved_at, new.category, new.area_id, new.visibility,
            new.geom, new.opened_at
        ))
        execute function mark_case_day()
        """
    )
    # Where wards were drawn anew, every day is counted by today's.
    op.execute(
        """
        create function unfold_days() returns trigger language plpgsql as $$
        begin
            delete from folded_days;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger new_areas after insert or update or delete on area_successors"
        " for each row execute function unfold_days()"
    )
    op.execute(
        "create trigger new_areas after insert or update of valid_to on areas"
        " for each row execute function unfold_days()"
    )


def _hotspots() -> None:
    op.create_table(
        "hotspots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=False),
        sa.Column("p_value", sa.Double(), nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("detected_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("geom", Geometry("POLYGON", 4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.code"], name=op.f("fk_hotspots_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspots")),
    )
    op.create_index(
        "ix_hotspots_active", "hotspots", ["id"], postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "hotspot_cases",
        sa.Column("hotspot_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hotspot_id"], ["hotspots.id"], name=op.f("fk_hotspot_cases_hotspot_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_hotspot_cases_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hotspot_id", "case_id", name=op.f("pk_hotspot_cases")),
    )  # fmt: skip
    op.create_index("ix_hotspot_cases_case_id", "hotspot_cases", ["case_id"])
    # Counts only what the public may still see; a hotspot of hidden cases is none.
    op.execute(
        """
        create view public_hotspots as
        select
            hotspots.id, hotspots.category, hotspots.area, shown.cases, hotspots.expected,
            shown.cases / hotspots.expected as ratio, hotspots.since, hotspots.until,
            hotspots.detected_at, hotspots.geom
        from hotspots
        cross join lateral (
            select count(*)::int as cases
            from hotspot_cases as links join cases on cases.id = links.case_id
            where links.hotspot_id = hotspots.id and cases.visibility <> 'hidden'
        ) as shown
        where hotspots.ended_at is null and shown.cases > 0
        """
    )
    op.execute("grant select on public_hotspots to hientruong_readonly")


def _surges() -> None:
    op.create_table(
        "surge_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("area_kind", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("quiet_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "area_kind in ('province', 'ward')", name=op.f("ck_surge_rules_area_kind")
        ),
        sa.CheckConstraint("count between 2 and 10000", name=op.f("ck_surge_rules_count")),
        sa.CheckConstraint("minutes between 1 and 1440", name=op.f("ck_surge_rules_minutes")),
        sa.CheckConstraint(
            "quiet_minutes between 1 and 10080", name=op.f("ck_surge_rules_quiet_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.code"], name=op.f("fk_surge_rules_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge_rules")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("acknowledged_by", sa.Uuid()),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("closed_at", INSTANT),
        sa.CheckConstraint("kind in ('surge')", name=op.f("ck_alerts_kind")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["surge_rules.id"], name=op.f("fk_alerts_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["category"], ["categories.code"], name=op.f("fk_alerts_category")
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_alerts_area_id")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["people.id"], name=op.f("fk_alerts_acknowledged_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )  # fmt: skip
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["rule_id", "area_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    # A case counts for one surge of a rule only, so that none is raised twice.
    op.create_table(
        "alert_cases",
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["surge_rules.id"], name=op.f("fk_alert_cases_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_alert_cases_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_cases_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "case_id", name=op.f("pk_alert_cases")),
    )
    op.create_index("ix_alert_cases_alert_id", "alert_cases", ["alert_id"])
