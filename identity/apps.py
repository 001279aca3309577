"""The app that sends a request, as the header `X-App-Version` names it: `android/1.4.0`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLATFORMS = ("android", "ios", "web")
_VERSION = re.compile(rf"({'|'.join(PLATFORMS)})/([0-9]{{1,5}}(?:\.[0-9]{{1,5}}){{0,3}})")


@dataclass(frozen=True, slots=True)
class App:
    """A platform with the version of the app on it, as numbers: (1, 4, 0)."""

    platform: str
    version: tuple[int, ...]

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))


def read_app(header: str) -> App | None:
    """The app that a header names; None if it is not written as it should be."""
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        return None
    return App(match[1], tuple(int(part) for part in match[2].split(".")))


def is_older(version: tuple[int, ...], minimum: tuple[int, ...]) -> bool:
    """Whether a version comes before another; 1.4 is 1.4.0."""
    length = max(len(version), len(minimum))
    return _padded(version, length) < _padded(minimum, length)


def _padded(version: tuple[int, ...], length: int) -> tuple[int, ...]:
    return version + (0,) * (length - len(version))
