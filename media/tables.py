"""Tables of the media package: what was uploaded, and what it became."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, Instant


class Upload(Base):
    """A received file that nothing points at yet.

    The id is random and told to nobody but the uploader. An upload of an account (`person_id`) is
    claimed by that account only; one without by whoever knows its id, which is secret enough. Unclaimed ones are collected after `expires_at`.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_unclaimed", "expires_at", postgresql_where=text("claimed_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    duration_ms: Mapped[int | None]
    store_key: Mapped[str]
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_place: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)


class Transfer(Base):
    """A file on its way here. Once it is whole and judged, an upload with the same id is made.

    `receiving` → `judging` (all bytes are here) → `ready` or `refused`, whose reason `refusal` keeps
    as `{code, facts}`. `received` counts only bytes that the store holds for good. The id is the
    right to go on with a transfer that belongs to no account. By `tus` the bytes come through us in
    pieces; a `presigned` one lies in the store under `staging/` and is promised a type and a hash.
    `leased_until` is set while somebody judges it.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("way in ('tus', 'presigned')", name="way"),
        CheckConstraint("state in ('receiving', 'judging', 'ready', 'refused')", name="state"),
        CheckConstraint("size > 0 and received between 0 and size", name="received"),
        Index("ix_transfers_expires_at", "expires_at"),
        Index(
            "ix_transfers_person_id", "person_id", postgresql_where=text("person_id is not null")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    way: Mapped[str]
    size: Mapped[int]
    received: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default="receiving")
    refusal: Mapped[dict[str, Any] | None]
    content_type: Mapped[str | None]
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class TransferPiece(Base):
    """A run of bytes of a transfer that the store holds, from byte `start` on."""

    __tablename__ = "transfer_pieces"

    transfer_id: Mapped[UUID] = mapped_column(
        ForeignKey("transfers.id", ondelete="CASCADE"), primary_key=True
    )
    start: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    store_key: Mapped[str]


class Attachment(Base):
    """A photo or a video of a case: its original stays private, its derivatives carry no metadata.

    Those of a video are the video as it may be shown and two sizes of one picture of it.

    `taken_at` and `taken_place` repeat what the file claimed (EXIF): evidence for staff, never
    served to the public. `purpose`: `report` by the citizen, `after` the proof of the work,
    `note` between colleagues. `phash` is alike for photos that look alike. Sizes are bytes and
    hashes SHA-256 of the stored derivative, null of those made before they were kept.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("purpose in ('report', 'after', 'note')", name="purpose"),
        CheckConstraint("state in ('pending', 'ready', 'failed')", name="state"),
        CheckConstraint("kind in ('photo', 'video')", name="kind"),
        Index("ix_attachments_case_id", "case_id"),
        Index("ix_attachments_pending", "created_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_attachments_photo_pieces",
            text("photo_pieces(phash)"),
            postgresql_using="gin",
            postgresql_where=text("phash is not null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id"), unique=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("reports.id"))
    purpose: Mapped[str]
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="photo")
    state: Mapped[str] = mapped_column(server_default="pending")
    failure: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    phash: Mapped[int | None] = mapped_column(BigId)
    blurhash: Mapped[str | None]
    width: Mapped[int]
    height: Mapped[int]
    duration_ms: Mapped[int | None]
    original_key: Mapped[str]
    original_removed_at: Mapped[datetime | None] = mapped_column(Instant)
    large_key: Mapped[str | None]
    large_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    large_size: Mapped[int | None]
    small_key: Mapped[str | None]
    small_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    small_size: Mapped[int | None]
    video_key: Mapped[str | None]
    video_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    video_size: Mapped[int | None]
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_place: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    created_at: Mapped[datetime] = mapped_column(Instant)


class Publication(Base):
    """Whether everybody may see a photo: nobody may until a person has approved it.

    A trigger writes the row when a photo of a report or of finished work becomes `ready`. `found`
    is what detectors found, once `examination` is `done`; `failed` means that nobody but a person
    has looked. `boxes` is what the person had covered, `rev` counts their decisions.

    `picture` is the state of the public pictures of an approved photo, whose keys carry `rev`:
    with another decision the keys of before go to `stale_keys`, until their files are deleted.
    `overruled` says that somebody with the right to made an exception for a photo that is
    otherwise never shown. Of a video everybody sees the covered picture; `video` says that a person
    watched it to its end and approved the whole of it.
    """

    __tablename__ = "publications"
    __table_args__ = (
        CheckConstraint("state in ('waiting', 'approved', 'withheld')", name="state"),
        CheckConstraint("examination in ('pending', 'done', 'failed')", name="examination"),
        CheckConstraint("picture in ('none', 'pending', 'ready', 'failed')", name="picture"),
        CheckConstraint(
            "picture <> 'ready' or (large_key is not null and small_key is not null)",
            name="picture_is_kept",
        ),
        CheckConstraint("picture = 'none' or state = 'approved'", name="picture_is_approved"),
        Index(
            "ix_publications_waiting",
            "created_at",
            "attachment_id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_publications_unexamined",
            "examine_after",
            postgresql_where=text("examination = 'pending'"),
        ),
        Index(
            "ix_publications_unfinished",
            "changed_at",
            postgresql_where=text("picture = 'pending' or stale_keys <> '{}'"),
        ),
    )

    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"), primary_key=True)
    state: Mapped[str] = mapped_column(server_default="waiting")
    rev: Mapped[int] = mapped_column(server_default=text("0"))
    examination: Mapped[str] = mapped_column(server_default="pending")
    examine_after: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    examine_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    found: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    boxes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    shows_children: Mapped[bool] = mapped_column(server_default=text("false"))
    overruled: Mapped[bool] = mapped_column(server_default=text("false"))
    video: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    picture: Mapped[str] = mapped_column(server_default="none")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    large_key: Mapped[str | None]
    small_key: Mapped[str | None]
    blurhash: Mapped[str | None]
    stale_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class FileRemoval(Base):
    """A stored file that no row needs any more. Its row is written by the transaction that gives
    the file up; the file goes after the commit, as often as it takes.
    """

    __tablename__ = "file_removals"

    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
