"""Files on their way here, as their sender sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from api.schemas.base import Output
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
