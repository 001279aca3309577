"""Staff passwords: argon2id, in a thread and not more than two at once (each takes 64 MiB)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash

_HASHER = PasswordHash.recommended()
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
# Verified against when there is no such user, so that both answers take the same time.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$rBnB4GS1t6gtq3R5+Pv1OA"
    "$2cXqQiK/ol3OTXc0Tjlvybdf8FP7yHs0ADgdD/Zxoe0"
)


def hash_password(password: str) -> str:
    """A salted argon2id hash; takes about 150 ms of CPU."""
    return _HASHER.hash(password)


async def make_hash(password: str) -> str:
    """The same without holding up anybody else."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, hash_password, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Whether the password fits; False, after the same work, when there is no hash."""
    loop = asyncio.get_running_loop()
    fits = await loop.run_in_executor(_THREADS, _HASHER.verify, password, password_hash or _NOBODY)
    return fits and password_hash is not None
