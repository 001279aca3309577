"""The composition root of the API: settings in, a wired application out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api.deps import Services
from api.errors import add_error_handlers
from api.middleware import RequestMiddleware
from api.openapi import describe_sign_in
from api.pages import add_pages
from api.routes import (
    admin_calendars,
    admin_catalogue,
    admin_users,
    admin_versions,
    admin_webhooks,
    answers,
    auth,
    bulk,
    cases,
    city,
    duplicates,
    following,
    health,
    incidents,
    me,
    media,
    presence,
    relatives,
    reports,
    views,
)
from api.schemas.base import Problem
from core.db import create_engine, create_session_factory, driver_url
from core.logging import configure_logging
from core.settings import (
    DatabaseSettings,
    IntakeSettings,
    MediaSettings,
    SecuritySettings,
    ServerSettings,
)
from gis.features import open_read_pool
from media.stores.registry import open_store
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules

MULTIPART_OVERHEAD = 100_000
ROUTERS = (
    reports,
    bulk,
    cases,
    following,
    relatives,
    duplicates,
    presence,
    answers,
    views,
    auth,
    me,
    media,
    city,
    incidents,
    admin_catalogue,
    admin_users,
    admin_versions,
    admin_calendars,
    admin_webhooks,
    health,
)


@dataclass(frozen=True)
class ApiSettings:
    """The settings of the API process; by default each is read from the environment."""

    server: ServerSettings = field(default_factory=ServerSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    database: DatabaseSettings | None = None


def create_app(settings: ApiSettings | None = None) -> FastAPI:
    """The application. Opens its connections when it starts, not before.

    Raises ConfigurationError if a default secret would guard real data.
    """
    settings = settings or ApiSettings()
    settings.security.check()
    configure_logging(json=settings.server.log_json, level=settings.server.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Hiện Trường",
        summary="Phản ánh hiện trường: citizens' field reports",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,  # our own page, `api/pages.py`: the framework's loads from outside
        redoc_url=None,
        responses={"4XX": {"model": Problem, "description": "What was wrong, field by field"}},
    )
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(
        RequestMiddleware, max_upload_bytes=settings.media.max_photo_bytes + MULTIPART_OVERHEAD
    )
    add_error_handlers(app)
    for module in ROUTERS:
        app.include_router(module.router)
    add_pages(app, settings.server.web_root)
    describe_sign_in(app)
    return app


@asynccontextmanager
async def open_services(settings: ApiSettings) -> AsyncGenerator[Services]:
    """Pools, store and caches, from the first request to the last."""
    database = settings.database or DatabaseSettings()  # pyright: ignore[reportCallIssue]
    engine = create_engine(database, role="hientruong_app", application_name="hientruong-api")
    lists = create_engine(
        database, role="hientruong_app", application_name="hientruong-lists", for_lists=True
    )
    read_pool = await open_read_pool(
        driver_url(database.url, ""),
        size=database.read_pool_size,
        timeout_ms=database.read_timeout_ms,
    )
    try:
        yield Services(
            engine=engine,
            sessions=create_session_factory(engine),
            list_sessions=create_session_factory(lists),
            read_pool=read_pool,
            store=open_store(settings.media),
            cache=ConfigurationCache(),
            security=settings.security,
            media=settings.media,
            server=settings.server,
            rules=IntakeRules(settings.intake.tolerance_m),
        )
    finally:
        await read_pool.close()
        await lists.dispose()
        await engine.dispose()
