"""The trust score in the city's hands: kept with the case, shown to the desk, used by its rules."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import ExifTags, Image
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.db import create_engine, create_session_factory
from media.derivatives import make_derivatives
from media.stores.registry import open_store
from tests.support.city import CENTRE, Draft
from tests.support.client import Api
from tests.support.photos import make_jpeg
from tests.support.rows import fetch, fetch_one, url_of
from workflows.trust import judge_again

HERE = dict(CENTRE)
ACROSS = {"lat": CENTRE["lat"] + 0.03, "lon": CENTRE["lon"]}  # 3.3 km to the north


def photo(*, lat: float, lon: float, taken_at: datetime, picture: bytes) -> bytes:
    """The picture with what a camera writes of where and when it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: f"{taken_at:%Y:%m:%d %H:%M:%S}",
            ExifTags.Base.OffsetTimeOriginal: "+00:00",
        }
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (lat, 0.0, 0.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (lon, 0.0, 0.0),
        }
    )
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(out, "JPEG", exif=exif, quality=90)
    return out.getvalue()


def scene(seed: int, *, quality: int = 90) -> bytes:
    """A picture of its own for each seed: patches of light and dark."""
    chosen = random.Random(seed)
    patches = Image.frombytes("L", (12, 9), chosen.randbytes(12 * 9))
    out = io.BytesIO()
    patches.resize((640, 480), Image.Resampling.BICUBIC).convert("RGB").save(
        out, "JPEG", quality=quality
    )
    return out.getvalue()


async def read_photos(api: Api, *reports: str) -> None:
    """What a worker does once photos have come."""
    engine = create_engine(url_of(api), role="hientruong_worker")
    sessions: async_sessionmaker[Any] = create_session_factory(engine)
    rows = await fetch(
        api, "select id from attachments where report_id = any(%(ids)s)", ids=list(reports)
    )
    ids = [row.id for row in rows]
    store = open_store(api.settings.media)
    assert await make_derivatives(sessions, store, ids, settings=api.settings.media) == []
    for _ in range(2):  # safe to run twice
        await judge_again(sessions, ids)
    await engine.dispose()


async def trust_of(api: Api, case_id: str) -> dict[str, int]:
    """The score, and each reason with its weight, as the desk is shown them."""
    operator = await api.staff("operator")
    case = (await api.http.get(f"/v1/cases/{case_id}", headers=operator)).json()
    assert all(reason["detail"] for reason in case["trust_reasons"])
    reasons = {reason["code"]: reason["weight"] for reason in case["trust_reasons"]}
    assert case["trust"] == max(0, min(100, 50 + sum(reasons.values())))
    return reasons


async def test_what_is_known_at_filing_counts_at_once(api: Api) -> None:
    upload = await api.upload(photo(**HERE, taken_at=datetime.now(UTC), picture=make_jpeg()))
    body = Draft().body(uploads=[upload], location={**HERE, "accuracy_m": 8})
    filed = await api.file(body, headers=await api.citizen())
    assert await trust_of(api, filed["id"]) == {
        "photo_here": 20, "account": 15, "photo_fresh": 10, "place_exact": 5, "photo": 5,
    }  # fmt: skip
    plain = await api.file(Draft().body(contact={"phone": "0912345678"}))
    assert await trust_of(api, plain["id"]) == {"contact": 5}


async def test_a_photo_from_elsewhere_and_of_long_ago_is_told_and_refused_by_nobody(
    api: Api,
) -> None:
    old = datetime.now(UTC) - timedelta(days=60)
    upload = await api.upload(photo(**ACROSS, taken_at=old, picture=make_jpeg()))
    filed = await api.file(Draft().body(uploads=[upload]))
    assert await trust_of(api, filed["id"]) == {
        "photo_elsewhere": -20,
        "photo_old": -15,
        "photo": 5,
    }
    assert filed["status"] == "assigned"  # the demo city's rules do not look at it


async def test_a_photo_of_another_report_is_found_when_the_photos_were_read(own_api: Api) -> None:
    api = own_api
    first = await api.file(Draft().body(uploads=[await api.upload(scene(1))]))
    again = await api.file(Draft().body(uploads=[await api.upload(scene(1, quality=40))]))
    away = await api.file(
        Draft().body(uploads=[await api.upload(scene(1, quality=60))], location=ACROSS)
    )
    other = await api.file(Draft().body(uploads=[await api.upload(scene(90))]))
    for filed in (first, again, away, other):
        assert await trust_of(api, filed["id"]) == {"photo": 5}
    await read_photos(api, *(filed["id"] for filed in (first, again, away, other)))
    hashes = await fetch(api, "select phash from attachments")
    assert len({row.phash for row in hashes}) >= 2  # the scenes differ
    assert await trust_of(api, first["id"]) == {"photo": 5}  # it was the first
    assert await trust_of(api, again["id"]) == {"photo": 5, "photo_known": -5}
    assert await trust_of(api, away["id"]) == {"photo_reused": -30, "photo": 5}
    assert await trust_of(api, other["id"]) == {"photo": 5}


async def test_the_desk_lists_the_doubtful_first(own_api: Api) -> None:
    api = own_api
    vague = await api.file(Draft().body(location={**HERE, "accuracy_m": 900}))
    plain = [await api.file() for _ in range(3)]
    known = await api.file(headers=await api.citizen())
    operator = await api.staff("operator")

    async def pages(**params: object) -> list[str]:
        ids: list[str] = []
        cursor: dict[str, object] = {}
        while True:
            answer = await api.http.get(
                "/v1/cases",
                params={"sort": "trust", "limit": 2, **params, **cursor},  # type: ignore[dict-item]
                headers=operator,
            )
            assert answer.status_code == 200, answer.text
            ids += [item["id"] for item in answer.json()["items"]]
            if answer.json()["next_cursor"] is None:
                return ids
            cursor = {"cursor": answer.json()["next_cursor"]}

    expected = [vague["id"], *sorted(case["id"] for case in plain), known["id"]]
    assert await pages() == expected
    assert await pages(trust_below=50) == expected[:1]
    assert await pages(trust_below=51) == expected[:4]


async def test_the_public_is_told_nothing_of_it(api: Api) -> None:
    filed = await api.file()
    token = {"track_token": filed["track_token"]}
    seen = await api.http.get(f"/v1/reports/{filed['id']}", params=token)
    looked_up = await api.http.get("/v1/reports/lookup", params={"code": filed["code"]})
    for text in (seen.text, looked_up.text):
        assert "trust" not in text.replace("track_token", "")
        assert "review" not in text


async def test_a_rule_of_the_city_may_send_the_doubtful_to_somebody_first(own_api: Api) -> None:
    api = own_api
    admin = await api.staff("admin")
    current = await fetch_one(
        api, "select document from ruleset_versions v join city on city.ruleset_id = v.id"
    )
    document = current.document
    doubtful = {
        "id": "doubtful",
        "when": {"trust_below": 45, "category": ["traffic"]},
        "then": {
            "department": "ioc",
            "priority": 4,
            "class": "normal",
            "hours": 40,
            "verify": True,
        },
        "reason": {"vi": "Cần kiểm tra thông tin trước", "en": "To be checked first"},
    }
    document["rows"].insert(0, doubtful)
    draft = await api.http.post(
        "/v1/admin/routing", json={"document": document, "note": "x"}, headers=admin
    )
    assert draft.status_code == 201, draft.text
    version = draft.json()["version"]
    published = await api.http.post(f"/v1/admin/routing/{version}/publish", json={}, headers=admin)
    assert published.status_code == 200, published.text
    vague = await api.file(Draft().body(location={**HERE, "accuracy_m": 900}))
    assert (vague["status"], vague["department"]["code"]) == ("received", "ioc")
    assert (await api.file())["status"] == "assigned"
