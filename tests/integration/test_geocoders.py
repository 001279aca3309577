"""A city's own geocoding service: asked politely, believed within the city, done without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import psycopg
import pytest

from core.clock import utc_now
from core.db import create_engine, create_session_factory, driver_url, transaction
from core.errors import ConfigurationError
from core.settings import GeocoderSettings
from gis.features import open_read_pool
from gis.geocoders.answers import forget_answers
from gis.geocoders.base import Geocoder
from gis.geocoders.breaker import FAILURES, PAUSE_S, CircuitBreaker
from gis.geocoders.nominatim import AT_ONCE
from gis.geocoders.registry import open_geocoder
from gis.locate import Place
from tests.support.nominatim import ELSEWHERE, HIT, StandIn, running_nominatim
from tests.support.server import serving

HERE = Place(16.4600, 107.5850)
STREET = "Lê Lợi"


@dataclass
class Setting:
    """A geocoder on a city's database, and that database."""

    geocoder: Geocoder
    sessions: Any
    url: str

    async def sources(self, query: str = STREET, near: Place | None = None) -> list[str]:
        return [found.source for found in await self.geocoder.search(query, near, 5, "vi")]

    async def rows(self, sql: str) -> list[Any]:
        owner = await psycopg.AsyncConnection.connect(driver_url(self.url, ""))
        async with owner:
            return await (await owner.execute(sql.encode())).fetchall()


@asynccontextmanager
async def opened(url: str, service: str, **settings: Any) -> AsyncGenerator[Setting]:
    engine = create_engine(url, role="hientruong_app")
    pool = await open_read_pool(driver_url(url, ""), size=8, timeout_ms=5000)
    sessions = create_session_factory(engine)
    said: dict[str, Any] = {"url": service, "timeout_s": 0.3} | settings
    made = GeocoderSettings(**said)
    geocoder = open_geocoder(made, pool, sessions)
    try:
        yield Setting(geocoder, sessions, url)
    finally:
        await geocoder.close()
        await pool.close()
        await engine.dispose()


@pytest.fixture
def city(city_database: str) -> str:
    """A city with one street in a public layer."""
    with psycopg.connect(driver_url(city_database, "")) as connection:
        connection.execute(
            "insert into layers (code, name, name_en, kind, public)"
            " values ('roads', 'Đường', 'Roads', 'road', true)"
        )
        connection.execute(
            "insert into layer_features (layer, code, kind, name, properties, geom) values"
            " ('roads', '1', 'street', 'Đường Lê Lợi', '{}',"
            " ST_GeomFromText('LINESTRING(107.584 16.46, 107.586 16.46)', 4326))"
        )
    return city_database


async def test_the_service_is_asked_within_the_city_and_under_our_name(city: str) -> None:
    async with (
        running_nominatim() as service,
        opened(city, service.url, contact="gis@hue.vn") as at,
    ):
        [found] = await at.geocoder.search("12 Lê Lợi", HERE, 5, "vi")
    assert (found.name, found.house_number, found.area) == ("Lê Lợi", "12", "Phường Thuận Hóa")
    assert (found.lat, found.lon, found.source) == (16.4635, 107.5859, "nominatim")
    assert found.bounds == (107.5858, 16.4634, 107.5860, 16.4636)
    assert found.distance_m == pytest.approx(400, abs=5)
    [(path, asked)] = service.asked
    assert path == "/nominatim/search"
    west, south, east, north = map(float, asked.pop("viewbox").split(","))
    assert west < HERE.lon < east
    assert south < HERE.lat < north
    assert asked == {
        "q": "12 Lê Lợi", "format": "jsonv2", "limit": "5", "bounded": "1", "addressdetails": "1",
        "accept-language": "vi",
    }  # fmt: skip
    assert service.agents == ["hientruong/0.1 (gis@hue.vn)"]


async def test_a_place_is_named(city: str) -> None:
    async with running_nominatim() as service, opened(city, service.url) as at:
        found = await at.geocoder.reverse(HERE, "en")
        assert found is not None
        assert (found.label, found.source) == (HIT["display_name"], "nominatim")
        assert service.asked[0][1]["accept-language"] == "en"
        assert await at.geocoder.reverse(Place(10.77, 106.69), "vi") is None
    assert len(service.asked) == 1  # nobody asks about another city


@pytest.mark.parametrize(
    "moods",
    [
        {"hangs": True},
        {"drips": True},
        {"delay_s": 1.0},
        {"status": "500 Internal Server Error"},
        {"status": "302 Found\r\nLocation: http://127.0.0.1:9/"},
        {"body": b"<html>busy</html>"},
        {"body": b'[{"lat": "north"}]'},
        {"body": b'[{"lat": "NaN", "lon": "1", "display_name": "x"}]'},
        {"body": b"[" + b" " * 1_100_000 + b"]"},
        {"search": [], "reverse": {"error": "Unable to geocode"}},
        {"search": [ELSEWHERE], "reverse": ELSEWHERE},
    ],
    ids=lambda moods: "-".join(moods) + str(moods.get("status", ""))[:3],
)
async def test_without_a_good_answer_the_gazetteer_answers(
    city: str, moods: dict[str, Any]
) -> None:
    async with running_nominatim(**moods) as service, opened(city, service.url) as at:
        assert await at.sources() == ["gazetteer"]
        found = await at.geocoder.reverse(HERE, "vi")
        assert found is not None
        assert (found.name, found.source) == ("Đường Lê Lợi", "gazetteer")
        assert len(service.asked) == 2


async def test_nobody_listens(city: str) -> None:
    async with opened(city, "http://127.0.0.1:9/") as at:
        assert await at.sources() == ["gazetteer"]


async def test_what_fails_again_and_again_is_left_alone(city: str) -> None:
    async with running_nominatim(status="503 Busy") as service, opened(city, service.url) as at:
        for number in range(FAILURES + 4):
            assert await at.sources(f"{STREET} {number}"[: len(STREET)] + " " * number) is not None
            assert (await at.geocoder.reverse(HERE, "vi")) is not None
        assert len(service.asked) == FAILURES


def test_after_a_pause_one_finds_out() -> None:
    breaker = CircuitBreaker()
    for _ in range(FAILURES):
        assert not breaker.is_open(100)
        breaker.note_failure(100)
    assert breaker.is_open(100 + PAUSE_S - 1)
    assert not breaker.is_open(100 + PAUSE_S)
    breaker.note_failure(200)
    assert breaker.is_open(201)  # one more failure is enough
    breaker.note_success()
    breaker.note_failure(300)
    assert not breaker.is_open(301)


async def test_an_answer_is_kept_and_nothing_says_what_was_asked(city: str) -> None:
    async with running_nominatim() as service, opened(city, service.url) as at:
        for query in ("12 Lê Lợi", "  12  LÊ LỢI"):
            assert await at.sources(query, HERE) == ["nominatim"]
        assert await at.sources("12 Lê Lợi", Place(16.4601, 107.5849)) == ["nominatim"]
        assert len(service.asked) == 1
        first = await at.geocoder.search("12 Lê Lợi", HERE, 5, "vi")
        assert first[0].bounds == (107.5858, 16.4634, 107.5860, 16.4636)
        await at.geocoder.search("12 Lê Lợi", HERE, 5, "en")
        await at.geocoder.search("12 Lê Lợi", HERE, 6, "vi")
        assert len(service.asked) == 3
        for _ in range(2):
            assert await at.geocoder.reverse(HERE, "vi") is not None
        assert len(service.asked) == 4
        keys = await at.rows("select key from geocoder_answers")
        assert {len(key) for (key,) in keys} == {32}
        assert len(keys) == 4


async def test_an_empty_answer_is_kept_too(city: str) -> None:
    moods: dict[str, Any] = {"search": [], "reverse": {"error": "Unable to geocode"}}
    async with running_nominatim(**moods) as service, opened(city, service.url) as at:
        for _ in range(3):
            assert await at.sources() == ["gazetteer"]
            assert await at.geocoder.reverse(HERE, "vi") is not None
        assert len(service.asked) == 2


async def test_old_answers_are_asked_again_and_removed(city: str) -> None:
    async with running_nominatim() as service, opened(city, service.url, cache_hours=0) as at:
        for _ in range(2):
            assert await at.sources() == ["nominatim"]
        assert len(service.asked) == 2
        engine = create_engine(city, role="hientruong_worker")
        sessions = create_session_factory(engine)
        async with transaction(sessions) as session:
            await forget_answers(session, before=utc_now() - timedelta(hours=1))
        assert len(await at.rows("select from geocoder_answers")) == 1
        async with transaction(sessions) as session:
            await forget_answers(session, before=utc_now())
        await engine.dispose()
        assert await at.rows("select from geocoder_answers") == []


async def test_no_transaction_is_open_while_the_service_is_waited_for(city: str) -> None:
    async with (
        running_nominatim(hangs=True) as service,
        opened(city, service.url, timeout_s=5) as at,
    ):
        waiting = asyncio.create_task(at.sources())
        async with asyncio.timeout(5):
            while not service.asked:
                await asyncio.sleep(0.01)
        open_ones = await at.rows(
            "select query from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and xact_start is not null"
        )
        waiting.cancel()
        assert open_ones == []


async def test_only_so_many_ask_at_once(city: str) -> None:
    moods = {"delay_s": 0.05}
    async with running_nominatim(**moods) as service, opened(city, service.url, timeout_s=5) as at:
        await asyncio.gather(*(at.sources(f"đường {number}") for number in range(20)))
    assert len(service.asked) == 20
    assert service.most_at_once <= AT_ONCE


async def test_nothing_is_logged_of_a_query(city: str, tmp_path: Path) -> None:
    async with running_nominatim(hangs=True) as service:
        settings = {
            "HIENTRUONG_GEOCODER_URL": service.url,
            "HIENTRUONG_GEOCODER_TIMEOUT_S": "0.2",
            "HIENTRUONG_LOG_LEVEL": "DEBUG",
        }
        with serving(city, tmp_path, **settings) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
                answer = await http.get("/v1/places/search", params={"q": "nhà riêng của tôi"})
            assert answer.status_code == 200
    assert "geocoder_failed" in server.said()
    assert "riêng" not in unquote(server.said())


@pytest.mark.parametrize("url", ["ftp://x/", "nominatim.vn", "http://", "file:///etc/passwd"])
def test_an_address_that_is_none_stops_the_start(url: str) -> None:
    with pytest.raises(ConfigurationError):
        GeocoderSettings(url=url).check()


def test_no_service_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HIENTRUONG_GEOCODER_URL", raising=False)
    settings = GeocoderSettings()
    settings.check()
    assert settings.url == ""
    assert StandIn().url == ""
