"""The secret of the tests, and what it seals."""

from __future__ import annotations

from pydantic import SecretStr

from core.sealing import create_sealer
from core.settings import SecuritySettings

SECRET = "a secret of the tests, long enough to be accepted"
SEALER = create_sealer(SecuritySettings(secret_key=SecretStr(SECRET)))
