"""Files on their way here, as their sender sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Input, Output
from api.schemas.reports import UploadOut


class RefusalOut(Output):
    """Why a file was not taken."""

    code: str
    detail: str


class TransferOut(Output):
    """How far a file has come. `upload` is there once it is `ready`: what it is, and where and when
    it says that it was taken, to be offered as the place of the report.
    """

    upload_id: UUID
    state: Literal["receiving", "judging", "ready", "refused"]
    size: int
    received: int
    expires_at: datetime
    refusal: RefusalOut | None
    upload: UploadOut | None


class PresignedIn(Input):
    """What will be put straight into the store: its exact type, size and, to be sure, SHA-256."""

    content_type: Annotated[str, Field(max_length=100)]
    size: Annotated[int, Field(strict=True, gt=0)]
    sha256: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$", description="hexadecimal")] = None


class PresignedOut(Output):
    """A form to be posted to `url` as multipart/form-data: all `fields` first, then the file under
    the name `file`. Good for this one file until `form_expires_at`.
    """

    upload_id: UUID
    url: str
    fields: dict[str, str]
    form_expires_at: datetime
