"""Layers beside the areas, the asset that a report names, and finding places by their names.

`layers` says of each layer whether the public sees it and for which categories one of its assets
is picked. Layers that were imported before stay unseen until an administrator opens them. A
feature's layer is no foreign key: the release before writes features without knowing of layers.

`search` of a feature is its name as people type it: without diacritics and without the word before
it that only says what it is. What a city's geocoder answered is kept under a hash of what it was
asked; the table is a cache and survives no crash.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _layers()
    _assets()
    _search()
    _views()
    op.create_table(
        "geocoder_answers",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_geocoder_answers")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_geocoder_answers_expires_at", "geocoder_answers", ["expires_at"])


def downgrade() -> None:
    op.drop_table("geocoder_answers")
    for view in ("public_named_features", "public_layer_features", "public_layers"):
        op.execute(f"drop view {view}")
    op.drop_index("ix_layer_features_search", table_name="layer_features")
    op.drop_column("layer_features", "search")
    op.execute("drop function place_words(text)")
    op.drop_constraint(op.f("ck_reports_asset"), "reports")
    op.drop_column("reports", "asset_code")
    op.drop_column("reports", "asset_layer")
    op.drop_table("layers")


def _layers() -> None:
    op.create_table(
        "layers",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="other", nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "categories",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
        sa.Column("min_zoom", sa.SmallInteger(), server_default=sa.text("14"), nullable=False),
        sa.CheckConstraint(
            "kind in ('asset', 'road', 'place', 'other')", name=op.f("ck_layers_kind")
        ),
        sa.CheckConstraint("min_zoom between 0 and 22", name=op.f("ck_layers_min_zoom")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_layers")),
    )
    op.execute(
        "insert into layers (code, name, name_en) select distinct layer, layer, layer"
        " from layer_features"
    )
    op.execute(
        "create trigger next_version after insert or update or delete or truncate on layers"
        " for each statement execute function note_layer_version('features')"
    )


def _assets() -> None:
    op.add_column("reports", sa.Column("asset_layer", sa.Text()))
    op.add_column("reports", sa.Column("asset_code", sa.Text()))
    op.create_check_constraint(
        op.f("ck_reports_asset"), "reports", "(asset_layer is null) = (asset_code is null)"
    )


def _search() -> None:
    op.execute(
        r"""
        create function place_words(value text) returns text
        language sql immutable strict parallel safe
        return btrim(regexp_replace(
            plain_text(normalize(value, NFC)),
            '^\s*((thanh pho|thi tran|thi xa|dai lo|duong|phuong|pho|quan|huyen|tinh|xa)\s+'
            '|(tp|tt|d|p|q|x)\.\s*)(?=\S)',
            ''
        ))
        """
    )
    op.add_column(
        "layer_features",
        sa.Column(
            "search", sa.Text(), sa.Computed("place_words(name)", persisted=True), nullable=False
        ),
    )
    op.create_index(
        "ix_layer_features_search",
        "layer_features",
        ["search"],
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
        postgresql_where=sa.text("name <> ''"),
    )


def _views() -> None:
    # What an owner keeps of a feature beside its name and kind (`properties`) is not shown.
    op.execute(
        """
        create view public_layers as
        select code, name, name_en, kind, categories, min_zoom from layers where public
        """
    )
    op.execute(
        """
        create view public_layer_features as
        select f.id, f.layer, f.code, f.kind, f.name, f.geom
        from layer_features as f
        join layers on layers.code = f.layer and layers.public
        """
    )
    op.execute(
        """
        create view public_named_features as
        select f.id, f.layer, layers.kind as layer_kind, f.code, f.kind, f.name,
               f.search as words, f.geom
        from layer_features as f
        join layers on layers.code = f.layer and layers.public
        where f.name <> ''
        """
    )
    op.execute(
        "grant select on public_layers, public_layer_features, public_named_features"
        " to hientruong_readonly"
    )
