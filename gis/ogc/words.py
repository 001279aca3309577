"""Words that a reader of the service sees, Vietnamese first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in both languages."""

    vi: str
    en: str

    def say(self, language: str) -> str:
        """In `language`, `vi` or `en`."""
        return self.en if language == "en" else self.vi
