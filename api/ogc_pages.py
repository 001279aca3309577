"""The documents of `/ogc` as web pages, Vietnamese or English, for people without a GIS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gis.ogc.words import Words

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "ogc"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(page: str, language: str, **shown: Any) -> str:
    """The page `page` with what it shows; in it `say("…", "…")` picks the reader's language."""

    def say(vi: str, en: str) -> str:
        return Words(vi, en).say(language)

    return _PAGES.get_template(f"{page}.html").render(language=language, say=say, **shown)
