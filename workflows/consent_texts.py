"""The texts that people consent to, by purpose and version. Pure; the file is read once.

A text that was published is never changed: another wording is another version, added below the
old ones, which stay to prove what was agreed to. The newest one is asked for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from core.i18n import LANGUAGES

TEXTS = Path(__file__).parent / "definitions" / "consents.json"
# What a message to somebody goes by, and the purpose that they may refuse it under.
CHANNEL_PURPOSES = {"sms": "contact_phone", "zalo": "contact_zalo"}
IDENTITY = "identity"
PUBLISH_PHOTO = "publish_photo"
Basis = Literal["duty", "consent"]


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What somebody reads before they decide. With the basis `duty` nothing is asked: the text
    says what a state agency does by law.
    """

    purpose: str
    basis: Basis
    version: str
    vi: str
    en: str

    def in_language(self, language: str, city: str) -> str:
        """The text as it is shown."""
        return (self.en if language == "en" else self.vi).format(city=city)

    @property
    def sha256(self) -> bytes:
        """Of both languages, so that one hash proves one version."""
        return hashlib.sha256(f"{self.vi}\n{self.en}".encode()).digest()


@lru_cache(maxsize=4)
def load_texts(path: Path = TEXTS) -> dict[str, tuple[ConsentText, ...]]:
    """All versions of each purpose, the newest last."""
    purposes = json.loads(path.read_text(encoding="utf-8"))["purposes"]
    return {
        purpose: tuple(
            ConsentText(purpose, entry["basis"], version, *(words[code] for code in LANGUAGES))
            for version, words in entry["versions"].items()
        )
        for purpose, entry in purposes.items()
    }


def newest_texts(path: Path = TEXTS) -> list[ConsentText]:
    """What is asked for now, in the order of the file."""
    return [versions[-1] for versions in load_texts(path).values()]


def find_text(purpose: str, version: str, path: Path = TEXTS) -> ConsentText | None:
    """One version of one purpose."""
    return next(
        (text for text in load_texts(path).get(purpose, ()) if text.version == version), None
    )
