"""What routes ask for: the transaction, the actor, the presenter. Their aliases read like prose.

All are `async`: FastAPI would run a plain function in a thread, which costs more than the function.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import Depends, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from api.presenter import Presenter
from api.session_cookies import SessionCookies
from api.tile_cache import TileCache
from core.actor import Actor, Role
from core.audit import Readings
from core.clock import utc_now
from core.db import transaction
from core.errors import Forbidden, InvalidInput, NotSignedIn
from core.fence import Acting, Errand
from core.i18n import preferred_language
from core.keys import Keyring
from core.limits import Limits
from core.paging import MAX_LIMIT
from core.sealing import Sealer
from core.settings import (
    FilingLimits,
    MediaSettings,
    OtpSettings,
    SecuritySettings,
    ServerSettings,
    SmsSettings,
    SosLimits,
    StaffSettings,
)
from gis.geocoders.base import Geocoder
from gis.layer_states import LayerStates
from gis.live import LiveFeed
from identity.firebase import Firebase
from identity.oidc.client import ProviderClient
from identity.session_lookup import SignedIn, find_by_cookie, get_by_id, note_seen
from identity.tokens import read_access_token
from media.stores.base import Store
from workflows.configuration import Configuration, ConfigurationCache
from workflows.intake import IntakeRules
from workflows.track_tokens import is_track_token


@dataclass(frozen=True)
class Services:
    """What the process holds for all requests; made in `api/app.py`."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    list_sessions: async_sessionmaker[AsyncSession]
    staff_sessions: asyncpg.Pool
    read_pool: asyncpg.Pool
    feature_pool: asyncpg.Pool
    layer_states: LayerStates
    tiles: TileCache
    live: LiveFeed
    geocoder: Geocoder
    store: Store
    cache: ConfigurationCache
    security: SecuritySettings
    media: MediaSettings
    sms: SmsSettings
    filing_limits: FilingLimits
    sos_limits: SosLimits
    server: ServerSettings
    staff: StaffSettings
    cookies: SessionCookies
    providers: dict[str, ProviderClient]
    otp: OtpSettings
    firebase: Firebase | None
    rules: IntakeRules
    limits: Limits
    sealer: Sealer
    readings: Readings

    @property
    def keys(self) -> Keyring:
        return self.security.keys

    def begin(
        self, acting: Acting, *, reports: Iterable[UUID] = ()
    ) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction in somebody's name (`core/fence.py`). For the hottest routes: as a
        dependency it costs 0.4 ms more.
        """
        return transaction(self.sessions, acting, reports=reports)

    def begin_list(self, acting: Acting) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction whose statements are planned for the filters that they are given."""
        return transaction(self.list_sessions, acting)


async def get_services(request: Request) -> Services:
    """What `create_app` made."""
    return services_of(request)


def services_of(request: Request) -> Services:
    """The same, for dependencies: fewer of them below each other make a request cheaper."""
    return request.app.state.services


ServicesDep = Annotated[Services, Depends(get_services)]


async def get_actor(request: Request) -> Actor:
    """Who the bearer token says, or the cookie of staff; somebody without an account if there is
    neither. Forbidden `second_factor_missing` for staff who must set one up first.
    """
    signed = await find_signed_in(request)
    if signed is None:
        return Actor(Role.ANONYMOUS, language=language_of(request))
    if signed.limited:
        raise Forbidden("second_factor_missing")
    return signed.actor


async def find_signed_in(request: Request) -> SignedIn | None:
    """Who sends this request, if anybody does. A citizen's token speaks for itself; what staff show
    is looked up, so that it ends when their session or account does.
    """
    services, language, now = services_of(request), language_of(request), utc_now()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        actor = read_access_token(token.strip(), keys=services.keys, language=language, now=now)
        if not actor.is_staff:
            return SignedIn(actor, limited=False)
        if actor.proof is None:
            raise NotSignedIn("token_invalid")
        asked = actor.proof.session_id
        signed = await get_by_id(
            services.staff_sessions, asked, language=language, settings=services.staff, now=now
        )
    else:
        cookie = services.cookies.find_session(request)
        if cookie is None:
            return None
        signed = await find_by_cookie(
            services.staff_sessions, cookie, language=language, settings=services.staff, now=now
        )
        if signed is None:
            return None
        services.cookies.check_origin(request)
    if signed.unseen and signed.actor.proof is not None:
        async with services.begin(Errand.SIGN_IN) as session:
            await note_seen(session, signed.actor.proof.session_id, now=now)
    return signed


def language_of(request: Request) -> str:
    """What the reader reads."""
    return preferred_language(request.headers.get("Accept-Language"))


async def get_signed_in(request: Request) -> SignedIn:
    """Staff, also those who have yet to set up a second factor. NotSignedIn for anybody else."""
    signed = await find_signed_in(request)
    if signed is None or not signed.actor.is_staff:
        raise NotSignedIn
    return signed


ActorDep = Annotated[Actor, Depends(get_actor)]
SignedInDep = Annotated[SignedIn, Depends(get_signed_in)]


async def open_session(request: Request, actor: ActorDep) -> AsyncIterator[AsyncSession]:
    """One transaction per request, in the name of whoever sent it."""
    async with services_of(request).begin(_with_shown_token(request, actor)) as session:
        yield session


def _with_shown_token(request: Request, actor: Actor) -> Actor:
    """With the right track token somebody also acts as the reporter of the report in the path."""
    token, report_id = request.query_params.get("track_token"), request.path_params.get("report_id")
    if not token or not report_id:
        return actor
    try:
        report = UUID(str(report_id))
    except ValueError:
        return actor  # the route itself refuses it
    return as_reporter(actor, report, token, services_of(request).keys)


# scope="function": committed before the response is sent, not after
SessionDep = Annotated[AsyncSession, Depends(open_session, scope="function")]


async def open_sign_in(request: Request) -> AsyncIterator[AsyncSession]:
    """A transaction before anybody is somebody: it reaches accounts and what they sign in with."""
    async with services_of(request).begin(Errand.SIGN_IN) as session:
        yield session


SignInSessionDep = Annotated[AsyncSession, Depends(open_sign_in, scope="function")]


async def get_report_actor(
    report_id: UUID,
    actor: ActorDep,
    services: ServicesDep,
    track_token: Annotated[str | None, Query(max_length=200)] = None,
) -> Actor:
    """The actor, and with the right track token also the reporter of this report."""
    return as_reporter(actor, report_id, track_token, services.keys) if track_token else actor


def as_reporter(actor: Actor, report_id: UUID, track_token: str, keys: Keyring) -> Actor:
    """The actor, as the reporter of this report if the token is the right one for it."""
    if is_track_token(report_id, track_token, keys):
        return replace(actor, reports=frozenset({report_id}))
    return actor


ReportActorDep = Annotated[Actor, Depends(get_report_actor)]


async def get_city(services: ServicesDep, session: SessionDep) -> Configuration:
    """The city's configuration as of now."""
    return await services.cache.newest(session)


CityDep = Annotated[Configuration, Depends(get_city)]


async def get_presenter(city: CityDep, actor: ActorDep, services: ServicesDep) -> Presenter:
    """Presents to this request's reader."""
    return make_presenter(city, actor, services)


def make_presenter(city: Configuration, actor: Actor, services: Services) -> Presenter:
    """Presents to this reader now."""
    return Presenter(
        city, actor, services.keys, utc_now(), services.sealer, services.media.public_url
    )


async def presenter_for(session: AsyncSession, actor: Actor, services: Services) -> Presenter:
    """The same, for a route that has begun its own transaction."""
    return make_presenter(await services.cache.newest(session), actor, services)


PresenterDep = Annotated[Presenter, Depends(get_presenter)]


async def get_expected_rev(
    if_match: Annotated[str | None, Header(description='The ETag that was seen, e.g. "3"')] = None,
) -> int | None:
    """The version that the client saw. InvalidInput unless it is one of our ETags."""
    if if_match is None:
        return None
    value = if_match.strip().removeprefix("W/").strip('"')
    if not value.isascii() or not value.isdigit() or len(value) > 9:  # fits in int
        raise InvalidInput.at("#if-match", "if_match_malformed")
    return int(value)


ExpectedRevDep = Annotated[int | None, Depends(get_expected_rev)]
LatQuery = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]
LonQuery = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items per page")]
CursorQuery = Annotated[str | None, Query(max_length=500, description="`next_cursor` of a page")]
