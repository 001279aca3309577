"""The texts that people consent to, by purpose and version.

What is asked, and on what basis, is the same everywhere; `definitions/consents.json` has words for
it. A city may have words of its own beside its other definitions. A text that was published is never
changed: another wording is another version, added below the old ones, which stay to prove what was
agreed to. The newest one is asked for: the city's, if it has one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.validation import to_pointer

TEXTS = Path(__file__).parent / "definitions" / "consents.json"
# What a message to somebody goes by, and the purpose that they may refuse it under.
CHANNEL_PURPOSES = {"sms": "contact_phone", "zalo": "contact_zalo"}
IDENTITY = "identity"
PUBLISH_PHOTO = "publish_photo"
Basis = Literal["duty", "consent"]
# The built-in versions are numbers, so those of a city never get in the way of a later one.
_OWN_VERSION = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_WANTED = "a city's version begins with a small letter, such as 'hue-1': numbers are built in"
_BRACES = re.compile(r"[{}]")
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Part):
    """One version; `{city}` in it is the city's name."""

    vi: Words
    en: Words


class BuiltInPurpose(_Part):
    """A purpose with all its versions, the newest last."""

    basis: Basis
    versions: Annotated[dict[str, Wording], Field(min_length=1)]


class BuiltInFile(_Part):
    purposes: dict[str, BuiltInPurpose]


class OwnPurpose(_Part):
    versions: Annotated[dict[str, Wording], Field(min_length=1)]


class ConsentsFile(_Part):
    """A city's own versions of purposes that there are; what it leaves out is as built in."""

    purposes: dict[str, OwnPurpose] = {}


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


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """All versions of each purpose in the order in which they are asked, the newest last."""

    versions: dict[str, tuple[ConsentText, ...]]

    def newest(self) -> list[ConsentText]:
        """What is asked for now."""
        return [versions[-1] for versions in self.versions.values()]

    def find(self, purpose: str, version: str) -> ConsentText | None:
        """One version of one purpose, however old."""
        return next(
            (text for text in self.versions.get(purpose, ()) if text.version == version), None
        )

    def with_own(self, own: ConsentsFile) -> ConsentTexts:
        """These, and below them what a city's file adds; see `faults_of`."""
        return ConsentTexts(
            {
                purpose: versions + _texts(purpose, versions[0].basis, own.purposes.get(purpose))
                for purpose, versions in self.versions.items()
            }
        )


@lru_cache(maxsize=1)
def built_in_texts() -> ConsentTexts:
    """Those that come with the source."""
    file = BuiltInFile.model_validate_json(TEXTS.read_text(encoding="utf-8"))
    return ConsentTexts(
        {name: _texts(name, purpose.basis, purpose) for name, purpose in file.purposes.items()}
    )


def faults_of(own: ConsentsFile) -> Iterator[tuple[str, str]]:
    """What is wrong with a city's file, as JSON pointer and reason."""
    known = built_in_texts().versions
    for purpose, texts in own.purposes.items():
        at = ("purposes", purpose)
        if purpose not in known:
            yield to_pointer(at), f"there is no purpose {purpose!r}; there are {', '.join(known)}"
        for version, wording in texts.versions.items():
            below = (*at, "versions", version)
            if not _OWN_VERSION.fullmatch(version):
                yield to_pointer(below), _WANTED
            for language in ("vi", "en"):
                words: str = getattr(wording, language)
                if _BRACES.search(words.replace("{city}", "")):
                    yield to_pointer((*below, language)), "only {city} may stand in braces"


def _texts(
    purpose: str, basis: Basis, file: BuiltInPurpose | OwnPurpose | None
) -> tuple[ConsentText, ...]:
    if file is None:
        return ()
    return tuple(
        ConsentText(purpose, basis, version, wording.vi, wording.en)
        for version, wording in file.versions.items()
    )
