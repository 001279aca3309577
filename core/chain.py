"""The chain of the audit log: how entries are hashed and its end is signed. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.keys import Keyring

START = bytes(32)  # what the first entry follows
PURPOSE = "audit"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is sealed of an entry: all of it, whatever table it stands in."""

    id: int
    at: datetime
    actor_id: UUID | None
    actor_role: str
    action: str
    subject: str
    facts: Mapping[str, Any]


def hash_entry(previous: bytes, seq: int, entry: Entry) -> bytes:
    """SHA-256 over the hash before it and the entry as JSON without choices: sorted keys, no
    blanks, UTF-8, UTC to the microsecond.
    """
    content = {
        "seq": seq,
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "actor_role": entry.actor_role,
        "action": entry.action,
        "subject": entry.subject,
        "facts": entry.facts,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + canonical.encode()).digest()


def sign_head(keyring: Keyring, seq: int, digest: bytes) -> tuple[str, bytes]:
    """The id of the key and the Ed25519 signature of the chain's end."""
    key = Ed25519PrivateKey.from_private_bytes(keyring.key(PURPOSE))
    return keyring.key_id(PURPOSE), key.sign(_statement(seq, digest))


def find_fault(keyring: Keyring, seq: int, digest: bytes, key_id: str, signature: bytes) -> str:
    """What is wrong with a signed end: "" if nothing, else `unknown_key` or `bad_signature`."""
    secret = keyring.find_key(PURPOSE, key_id)
    if secret is None:
        return "unknown_key"
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    try:
        public.verify(signature, _statement(seq, digest))
    except InvalidSignature:
        return "bad_signature"
    return ""


def _statement(seq: int, digest: bytes) -> bytes:
    return b"hientruong audit head " + str(seq).encode() + b" " + digest
