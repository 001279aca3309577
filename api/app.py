"""The composition root of the API: settings in, a wired application out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api.app_versions import AppVersionMiddleware
from api.conditional import ConditionalMiddleware
from api.cross_origin import CrossOriginMiddleware
from api.deps import Services
from api.errors import add_error_handlers
from api.media_host import MediaHostMiddleware
from api.middleware import RequestMiddleware
from api.openapi import PROBLEMS, complete_document
from api.pages import add_pages
from api.routes import (
    admin_areas,
    admin_audit,
    admin_calendars,
    admin_catalogue,
    admin_layers,
    admin_users,
    admin_versions,
    admin_webhooks,
    alerts,
    answers,
    auth,
    bulk,
    cases,
    city,
    duplicates,
    following,
    health,
    incidents,
    layers,
    linking,
    live,
    me,
    media,
    my_data,
    ogc,
    oidc,
    person_requests,
    photos,
    places,
    presence,
    relatives,
    reports,
    sos,
    staff_factors,
    staff_sessions,
    stats,
    tiles,
    uploads,
    views,
)
from api.session_cookies import SessionCookies
from api.tile_cache import TileCache
from api.uploaded_files import MAX_BYTES
from core.audit import Readings
from core.db import create_engine, create_session_factory, driver_url
from core.limits import Limits
from core.logging import configure_logging
from core.scratch import remove_abandoned
from core.sealing import create_sealer
from core.settings import (
    AppSettings,
    CitySettings,
    DatabaseSettings,
    FilingLimits,
    FirebaseSettings,
    GeocoderSettings,
    IntakeSettings,
    MediaSettings,
    OidcSettings,
    OtpSettings,
    SecuritySettings,
    ServerSettings,
    SmsSettings,
    SosLimits,
    StaffSettings,
)
from gis.features import open_read_pool
from gis.geocoders.registry import open_geocoder
from gis.layer_states import LayerStates
from gis.live import LiveFeed
from identity.firebase import open_firebase
from identity.oidc.client import open_clients
from identity.oidc.providers import Provider, load_providers
from identity.session_lookup import open_session_pool
from media.stores.registry import open_store
from workflows.configuration import ConfigurationCache
from workflows.intake import IntakeRules

MULTIPART_OVERHEAD = 100_000
MAX_BATCH_BYTES = 1_000_000
# Files of areas and layers that administrators bring; of the path below which they do.
GIS_IMPORTS = (r"/v1/admin/areas/import$", r"/v1/admin/layers/[^/]+/import$")
# Paths are looked for in this order: those that are asked for most often come first.
ROUTERS = (
    tiles,
    reports,
    sos,
    bulk,
    cases,
    following,
    relatives,
    duplicates,
    presence,
    answers,
    views,
    auth,
    oidc,
    staff_factors,
    staff_sessions,
    me,
    linking,
    my_data,
    person_requests,
    media,
    photos,
    uploads,
    city,
    incidents,
    ogc,
    layers,
    places,
    live,
    admin_areas,
    admin_audit,
    admin_catalogue,
    admin_layers,
    admin_users,
    admin_versions,
    admin_calendars,
    admin_webhooks,
    stats,
    alerts,
    health,
)


@dataclass(frozen=True)
class ApiSettings:
    """The settings of the API process; by default each is read from the environment."""

    server: ServerSettings = field(default_factory=ServerSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    city: CitySettings = field(default_factory=CitySettings)
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    geocoder: GeocoderSettings = field(default_factory=GeocoderSettings)
    sms: SmsSettings = field(default_factory=SmsSettings)
    filing_limits: FilingLimits = field(default_factory=FilingLimits)
    sos_limits: SosLimits = field(default_factory=SosLimits)
    staff: StaffSettings = field(default_factory=StaffSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    otp: OtpSettings = field(default_factory=OtpSettings)
    firebase: FirebaseSettings = field(default_factory=FirebaseSettings)
    app: AppSettings = field(default_factory=AppSettings)
    database: DatabaseSettings | None = None


def create_app(settings: ApiSettings | None = None) -> FastAPI:
    """The application. Opens its connections when it starts, not before.

    Raises ConfigurationError if a default secret would guard real data.
    """
    settings = settings or ApiSettings()
    settings.security.check()
    create_sealer(settings.security)  # refuses keys that are none, before anything is opened
    settings.geocoder.check()
    settings.media.check()
    providers = load_providers(settings.oidc)
    settings.firebase.check(demo=settings.security.demo)
    configure_logging(json=settings.server.log_json, level=settings.server.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        remove_abandoned()
        async with open_services(settings, providers) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Hiện Trường",
        summary="Phản ánh hiện trường: citizens' field reports",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,  # our own page, `api/pages.py`: the framework's loads from outside
        redoc_url=None,
        responses=PROBLEMS,
    )
    app.add_middleware(ConditionalMiddleware)  # within gzip: the ETag is that of the content
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(AppVersionMiddleware, settings=settings.app)
    app.add_middleware(CrossOriginMiddleware)
    limits = {
        "/v1/media": settings.media.max_photo_bytes,
        r"/v1/uploads(/[^/]{36})?$": settings.media.max_file_bytes,
        "/v1/reports/batch$": MAX_BATCH_BYTES,
    }
    limits |= dict.fromkeys(GIS_IMPORTS, MAX_BYTES)
    if settings.media.url:
        app.add_middleware(MediaHostMiddleware, media_url=settings.media.public_url)
    app.add_middleware(
        RequestMiddleware,
        upload_limits={path: limit + MULTIPART_OVERHEAD for path, limit in limits.items()},
    )
    add_error_handlers(app)
    for module in ROUTERS:
        app.include_router(module.router)
    add_pages(app, settings.server.web_root)
    complete_document(app)
    return app


@asynccontextmanager
async def open_services(
    settings: ApiSettings, providers: dict[str, Provider]
) -> AsyncGenerator[Services]:
    """Pools, store and caches, from the first request to the last."""
    database = settings.database or DatabaseSettings()  # pyright: ignore[reportCallIssue]
    engine = create_engine(database, role="hientruong_app", application_name="hientruong-api")
    lists = create_engine(
        database, role="hientruong_app", application_name="hientruong-lists", for_lists=True
    )
    staff_sessions = await open_session_pool(
        driver_url(database.url, ""), size=database.session_pool_size
    )
    read_pool = await open_read_pool(
        driver_url(database.url, ""),
        size=database.read_pool_size,
        timeout_ms=database.read_timeout_ms,
    )
    # Filters that anybody writes get connections of their own: slow ones delay no map.
    feature_pool = await open_read_pool(
        driver_url(database.url, ""),
        size=database.feature_pool_size,
        timeout_ms=database.feature_timeout_ms,
    )
    sessions = create_session_factory(engine)
    live = LiveFeed(sessions)
    firebase = open_firebase(settings.firebase)
    geocoder = open_geocoder(settings.geocoder, read_pool, sessions)
    clients = AsyncExitStack()
    try:
        yield Services(
            engine=engine,
            sessions=sessions,
            list_sessions=create_session_factory(lists),
            staff_sessions=staff_sessions,
            read_pool=read_pool,
            feature_pool=feature_pool,
            layer_states=LayerStates(read_pool),
            tiles=TileCache(settings.server.tile_cache_bytes),
            live=live,
            geocoder=geocoder,
            store=open_store(settings.media),
            cache=ConfigurationCache(settings.city.folder),
            security=settings.security,
            media=settings.media,
            sms=settings.sms,
            filing_limits=settings.filing_limits,
            sos_limits=settings.sos_limits,
            server=settings.server,
            staff=settings.staff,
            cookies=SessionCookies(settings.server.public_url, demo=settings.security.demo),
            providers=await clients.enter_async_context(
                open_clients(providers, timeout_s=settings.oidc.timeout_s)
            ),
            otp=settings.otp,
            firebase=firebase,
            rules=IntakeRules(settings.intake.tolerance_m),
            limits=Limits(sessions, settings.security.keys.key("limits")),
            sealer=create_sealer(settings.security),
            readings=Readings(),
        )
    finally:
        await clients.aclose()
        if firebase is not None:
            firebase.close()
        await live.close()
        await geocoder.close()
        await feature_pool.close()
        await read_pool.close()
        await staff_sessions.close()
        await lists.dispose()
        await engine.dispose()
