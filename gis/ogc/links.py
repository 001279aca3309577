"""Links between the documents of `/ogc`, absolute and each with its media type. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gis.ogc.words import Words

Link = dict[str, str]

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
AS_HTML = {"f": "html"}
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
_THIS = Words("Tài liệu này", "This document")
_AS_PAGE = Words("Dạng trang web", "As a web page")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the service is, as the reader sees it, and the language that they read."""

    root: str  # e.g. https://city.example/ogc
    language: str

    def url(self, *path: str, query: Mapping[str, str] | None = None) -> str:
        """The address of a document below the root."""
        where = "/".join([self.root, *(quote(part, safe="") for part in path)])
        return f"{where}?{urlencode(query)}" if query else where

    def say(self, words: Words) -> str:
        return words.say(self.language)

    def link(self, rel: str, media_type: str, title: Words, href: str) -> Link:
        """One link of a document."""
        return {
            "href": href,
            "rel": rel,
            "type": media_type,
            "title": self.say(title),
            "hreflang": self.language,
        }

    def here(
        self, media_type: str, *path: str, query: Mapping[str, str] | None = None
    ) -> list[Link]:
        """The links of a document to itself and to its page."""
        asked = {name: value for name, value in (query or {}).items() if name != "f"}
        page = self.url(*path, query=asked | AS_HTML)
        return [
            self.link("self", media_type, _THIS, self.url(*path, query=asked)),
            self.link("alternate", HTML, _AS_PAGE, page),
        ]
