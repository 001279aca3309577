"""Pages and features as GeoJSON, put together as text around what the database built. Pure."""

from __future__ import annotations

import json
from datetime import datetime

from gis.ogc.links import Link
from gis.ogc.page import Page


def feature_collection(page: Page, links: list[Link]) -> str:
    """A page without the instant it was made at and the closing brace, see `stamped`."""
    matched = "" if page.matched is None else f'"numberMatched":{page.matched},'
    return (
        f'{{"type":"FeatureCollection","numberReturned":{page.returned},{matched}'
        f'"links":{json.dumps(links, ensure_ascii=False)},"features":[{page.features}]'
    )


def stamped(collection: str, now: datetime) -> str:
    """The whole document; two that differ only in this are the same to a cache."""
    return f'{collection},"timeStamp":"{now.isoformat(timespec="seconds")}"}}'


def feature(text: str, links: list[Link]) -> str:
    """A feature, given without its closing brace, with its links."""
    return f'{text},"links":{json.dumps(links, ensure_ascii=False)}}}'
