"""Sentences for people, Vietnamese first and English beside it.

`messages/vi.json` and `messages/en.json` hold them by code; `{name}` takes a fact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("vi", "en")
_MESSAGES = Path(__file__).parent / "messages"


@lru_cache(maxsize=len(LANGUAGES))
def load_messages(language: str) -> dict[str, str]:
    """All sentences of one of LANGUAGES."""
    return json.loads((_MESSAGES / f"{language}.json").read_text(encoding="utf-8"))


def translate(
    code: str, language: str, facts: Mapping[str, object] | None = None, *, default: str = ""
) -> str:
    """The sentence of `code` with its facts; that of `default`, or the code, if there is none."""
    messages = load_messages(language if language in LANGUAGES else "vi")
    sentence = messages.get(code) or messages.get(default, code)
    return sentence.format_map(_Facts(facts or {}))


def preferred_language(accept_language: str | None) -> str:
    """The first of our languages that the header `Accept-Language` names; Vietnamese otherwise.

    Weights are honoured: `en;q=0.3, vi` is Vietnamese.
    """
    best, best_weight = "vi", 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(parameters)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class _Facts(dict[str, object]):
    """Facts by name; one that is missing shows its name, which a test would notice."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"
