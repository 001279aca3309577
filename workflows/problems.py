"""What speaks against a draft of a process or of routing rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `pointer` (RFC 6901) is its place in the document, "" the whole. An `error`
    keeps the version from being published. Each `code` has its sentence in `core/messages/`.
    """

    code: str
    pointer: str
    severity: Literal["error", "warning"] = "error"
    facts: dict[str, object] = field(default_factory=dict[str, object])
