"""The words of a message, from a template and facts. Pure; the templates are read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody reads."""

    title: str
    body: str


def render(template: str, language: str, facts: dict[str, str]) -> Message:
    """The message of `template` in `language` (Vietnamese for any that we do not have).

    Facts that the case has not got yet are left out together with their line. Raises KeyError for
    an unknown template.
    """
    words = load_templates(language if language in LANGUAGES else "vi")[template]
    return Message(_fill(words["title"], facts), _fill(words["body"], facts))


@lru_cache(maxsize=len(LANGUAGES))
def load_templates(language: str) -> dict[str, dict[str, str]]:
    """All templates of a language: name -> {"title", "body"}."""
    return json.loads((TEMPLATES / f"{language}.json").read_text(encoding="utf-8"))


def _fill(words: str, facts: dict[str, str]) -> str:
    lines: list[str] = []
    for line in words.split("\n"):
        template = Template(line)
        names = template.get_identifiers()
        if all(facts.get(name) for name in names):
            lines.append(template.substitute(facts))
    return "\n".join(lines)
