"""Signing in at an identity provider: leaving for it, coming back, and an app's exchange."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from pydantic import WithJsonSchema
from starlette.responses import RedirectResponse

from api.app_versions import AppDep
from api.deps import Services, ServicesDep, language_of
from api.negotiation import wants_html
from api.routes.auth import citizen_out
from api.schemas.base import Text
from api.schemas.identity import CitizenSessionOut
from api.schemas.oidc import ExchangeIn, ProviderOut, ProvidersOut
from api.staff_answers import client_of, replace_session, sign_in_tools
from core.clock import utc_now
from core.errors import Error, InvalidInput, NotFound, NotSignedIn
from core.fence import Errand
from identity import citizen_sessions
from identity.citizen_sessions import Phone
from identity.oidc import transactions
from identity.oidc.citizens import find_or_add_citizen
from identity.oidc.client import ProviderClient
from identity.oidc.id_tokens import Profile
from identity.oidc.transactions import TakenUp
from identity.sign_in import get_person
from identity.staff_sign_in import open_vouched
from workflows.staff_sign_in import find_staff

router = APIRouter(prefix="/v1/auth", tags=["auth"])
SEE_OTHER = 303
PROVED_WITHIN = timedelta(hours=8)  # how long ago staff may have typed their password over there
ProviderName = Annotated[Text, Path(max_length=30)]
_S256 = r"^[A-Za-z0-9_-]{43}$"
Challenge = Annotated[
    str | None,
    Query(pattern=_S256, description="S256 of the app's own verifier"),
    # Left out or a text, never null: an address has no word for that.
    WithJsonSchema({"type": "string", "pattern": _S256}),
]
Parameter = Annotated[Text | None, Query(max_length=4096)]


@router.get("/providers")
async def list_providers(
    services: ServicesDep,
    request: Request,
    audience: Literal["citizens", "staff"] | None = None,
) -> ProvidersOut:
    """Where people may sign in instead of here."""
    language = language_of(request)
    return ProvidersOut(
        items=[
            ProviderOut(
                name=name,
                label=client.provider.label.en if language == "en" else client.provider.label.vi,
                audience=client.provider.audience,
                login_url=f"/v1/auth/oidc/{name}/login",
            )
            for name, client in services.providers.items()
            if audience in (None, client.provider.audience)
        ]
    )


@router.get("/oidc/{provider}/login", status_code=SEE_OTHER, response_class=RedirectResponse)
async def begin_login(
    provider: ProviderName,
    services: ServicesDep,
    return_to: Annotated[Text, Query(max_length=500)],
    code_challenge: Challenge = None,
    *,
    fresh: Annotated[bool, Query(description="Have staff prove anew who they are")] = False,
) -> RedirectResponse:
    """Send the browser to the provider."""
    client, now = _client(services, provider), utc_now()
    transactions.check_return(client.provider, return_to)
    staff = client.provider.audience == "staff"
    if not staff and code_challenge is None:
        raise InvalidInput.at("?code_challenge", "field_required")
    max_age = (timedelta(0) if fresh else PROVED_WITHIN) if staff else None
    async with services.begin(Errand.SIGN_IN) as session:
        begun = await transactions.begin(
            session,
            client.provider,
            return_to=return_to,
            app_challenge=None if staff else code_challenge,
            max_age=max_age,
            now=now,
        )
    url = await client.authorization_url(begun.login, _redirect_uri(services, provider), now=now)
    response = RedirectResponse(url, SEE_OTHER, {"Cache-Control": "no-store"})
    services.cookies.set_login(
        response, begun.browser, seconds=int(transactions.LIFE.total_seconds())
    )
    return response


@router.get("/oidc/{provider}/callback", status_code=SEE_OTHER, response_class=RedirectResponse)
async def finish_login(
    provider: ProviderName,
    services: ServicesDep,
    request: Request,
    state: Annotated[Text, Query(max_length=200)],
    code: Parameter = None,
    error: Parameter = None,
    iss: Parameter = None,
) -> RedirectResponse:
    """Where the provider sends the browser back to. What goes wrong from here on is told to the
    page that the sign-in was begun from, by its `code`.
    """
    client, now = _client(services, provider), utc_now()
    browser = services.cookies.find_login(request)
    try:
        async with services.begin(Errand.SIGN_IN) as session:  # used up, whatever comes of it
            taken = await transactions.take_up(session, client.provider, state, browser, now=now)
    except NotSignedIn as problem:
        if not wants_html(None, request.headers.get("Accept")):
            raise
        # Whoever took longer than a sign-in lives; where they began is forgotten.
        return _back_to(client.provider.pages[0], "sign-in", problem=problem.code)
    try:
        await client.check_sender(iss, now=now)
        if error is not None or code is None:
            raise NotSignedIn("oidc_refused")
        redirect_uri = _redirect_uri(services, provider)
        profile = await client.find_profile(code, taken.login, redirect_uri, now=now)
        if client.provider.audience == "staff":
            response = await _sign_in_staff(client, taken, profile, services, request)
        else:
            response = await _hand_over(client, taken, profile, services, request)
    except Error as problem:
        response = _back_to(taken.return_to, "sign-in", problem=problem.code)
    services.cookies.clear_login(response)
    return response


@router.post("/oidc/exchange")
async def exchange(body: ExchangeIn, services: ServicesDep, app: AppDep) -> CitizenSessionOut:
    """Tokens for the code that an app was sent back with; only for the app that began it."""
    now = utc_now()
    async with services.begin(Errand.SIGN_IN) as session:
        person_id = await transactions.redeem(session, body.code, body.code_verifier, now=now)
    if person_id is None:
        raise NotSignedIn("handover_invalid")
    async with services.begin(Errand.SIGN_IN) as session:
        signed = await citizen_sessions.open_session(
            session,
            await get_person(session, person_id),
            method="oidc",
            phone=Phone(app=app),
            settings=services.security,
            now=now,
        )
    return citizen_out(signed)


async def _hand_over(
    client: ProviderClient, taken: TakenUp, profile: Profile, services: Services, request: Request
) -> RedirectResponse:
    assert taken.app_challenge is not None
    now = utc_now()
    async with services.begin(Errand.SIGN_IN) as session:
        person = await find_or_add_citizen(
            session,
            client.provider,
            profile,
            sealer=services.sealer,
            language=language_of(request),
            now=now,
        )
        code = await transactions.hand_over(session, person.id, taken.app_challenge, now=now)
    return _back_to(taken.return_to, "signed-in", code=code)


async def _sign_in_staff(
    client: ProviderClient, taken: TakenUp, profile: Profile, services: Services, request: Request
) -> RedirectResponse:
    now = utc_now()
    async with services.begin(Errand.CLAIMS) as session:
        person = await find_staff(session, client.provider, profile, now=now)
        opened = await open_vouched(
            session,
            person,
            proved_at=profile.proved_at,
            strong=client.provider.strong,
            client=client_of(request, with_cookie=True),
            tools=sign_in_tools(services),
            now=now,
        )
        response = _back_to(taken.return_to, "signed-in")
        await replace_session(session, opened, services, request, response, now=now)
    return response


def _back_to(return_to: str, route: str, **parameters: str) -> RedirectResponse:
    """To a page of ours behind `#`, which no server's log sees; to an app as its link wants it."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    url = f"{return_to}#/{route}{query}" if return_to.startswith("/") else f"{return_to}{query}"
    return RedirectResponse(url, SEE_OTHER, {"Cache-Control": "no-store"})


def _client(services: Services, name: str) -> ProviderClient:
    client = services.providers.get(name)
    if client is None:
        raise NotFound("provider_not_found")
    return client


def _redirect_uri(services: Services, name: str) -> str:
    return f"{services.server.public_url.rstrip('/')}/v1/auth/oidc/{name}/callback"
