"""Derivatives are known by their bytes; videos beside photos.

Of each derivative its size and SHA-256, and a BlurHash beside them; what an attachment is, how long
it plays, and the video as it may be shown. All nullable or with a default: the release before knows
photos only, and photos that are ready keep the derivatives they have.

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = {
    "blurhash": sa.Text(),
    "duration_ms": sa.Integer(),
    "large_sha256": sa.LargeBinary(),
    "large_size": sa.Integer(),
    "small_sha256": sa.LargeBinary(),
    "small_size": sa.Integer(),
    "video_key": sa.Text(),
    "video_sha256": sa.LargeBinary(),
    "video_size": sa.Integer(),
}


def upgrade() -> None:
    op.add_column("uploads", sa.Column("duration_ms", sa.Integer()))
    op.add_column(
        "attachments", sa.Column("kind", sa.Text(), server_default="photo", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_attachments_kind"), "attachments", "kind in ('photo', 'video')"
    )
    for name, kind in COLUMNS.items():
        op.add_column("attachments", sa.Column(name, kind))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("attachments", name)
    op.drop_constraint(op.f("ck_attachments_kind"), "attachments", type_="check")
    op.drop_column("attachments", "kind")
    op.drop_column("uploads", "duration_ms")
