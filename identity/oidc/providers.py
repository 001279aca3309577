"""Identity providers as configuration: VNeID, a province's single sign-on, any OpenID Provider.

`HIENTRUONG_OIDC_PROVIDERS` holds them, or names the file that does: a JSON list of what
`Provider` describes. Pure, but for reading that file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from core.actor import STAFF_ROLES
from core.errors import ConfigurationError
from core.origins import is_loopback
from core.settings import OidcSettings

CITIZEN_PAGES = ("/app", "/")
STAFF_PAGES = ("/desk", "/ioc", "/admin")


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise ValueError("must be https://… (http only on this machine)")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address without query, fragment or user")
    return value


def _app_link(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme in ("", "http", "javascript", "data", "file") or parts.query or parts.fragment:
        raise ValueError("must be the address of an app: https://host/path or scheme://path")
    return value


Issuer = Annotated[str, AfterValidator(_issuer)]
AppLink = Annotated[str, AfterValidator(_app_link)]
Claim = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """What the button says after "Đăng nhập bằng"."""

    vi: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=60)


class ClaimMap(_Strict):
    """Which claim says what; a dot goes into an object: `realm_access.roles`."""

    subject: Claim = "sub"
    name: Claim = "name"
    phone: Claim = "phone_number"
    phone_verified: Claim = "phone_number_verified"
    email: Claim = "email"
    email_verified: Claim = "email_verified"
    username: Claim = "preferred_username"
    role: Claim | None = None
    department: Claim | None = None


class Provider(_Strict):
    """One provider, and what its word counts for.

    `trust_phone`: a number that it calls verified is that of an account by phone. `strong`: its
    sign-in counts as more than a password. Of staff, it either opens accounts that exist
    (`match_username`: at the first sign-in by the name) or, with `roles`, also makes them and keeps
    role and department as its claims say: `roles` and `departments` give ours for theirs.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")
    label: Label
    audience: Literal["citizens", "staff"]
    issuer: Issuer
    client_id: str = Field(min_length=1, max_length=300)
    client_secret: SecretStr | None = None
    client_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    scopes: tuple[str, ...] = ("openid", "profile")
    algorithms: tuple[Literal["RS256", "PS256", "ES256", "EdDSA"], ...] = ("RS256",)
    claims: ClaimMap = ClaimMap()
    userinfo: bool = False
    app_links: tuple[AppLink, ...] = ()
    trust_phone: bool = False
    strong: bool = False
    match_username: bool = False
    roles: dict[str, str] = {}
    departments: dict[str, str] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes must name openid")
        if not self.algorithms:
            raise ValueError("algorithms must name one")
        if unknown := set(self.roles.values()) - {role.value for role in STAFF_ROLES}:
            raise ValueError(f"roles: {', '.join(sorted(unknown))} is no role of staff")
        if self.roles and not self.claims.role:
            raise ValueError("roles needs claims.role")
        if self.audience == "citizens" and (self.roles or self.match_username or self.departments):
            raise ValueError("roles, departments and match_username are for staff")
        if self.audience == "staff" and (self.trust_phone or self.app_links):
            raise ValueError("trust_phone and app_links are for citizens")
        return self

    @property
    def pages(self) -> tuple[str, ...]:
        """Where people may be sent back to: our own pages for them, and the links of apps."""
        own = CITIZEN_PAGES if self.audience == "citizens" else STAFF_PAGES
        return (*own, *self.app_links)


def load_providers(settings: OidcSettings) -> dict[str, Provider]:
    """The providers by name. Raises ConfigurationError, naming what is wrong with which."""
    text = settings.providers.strip()
    if not text:
        return {}
    if not text.startswith("["):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"HIENTRUONG_OIDC_PROVIDERS: {error}") from error
    providers: dict[str, Provider] = {}
    for number, item in enumerate(_list_in(text)):
        try:
            provider = Provider.model_validate(item)
        except ValidationError as error:
            # Only where and why: the values may be secrets.
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False)
            )
            message = f"HIENTRUONG_OIDC_PROVIDERS[{number}]: {faults}"
            raise ConfigurationError(message) from None
        if provider.name in providers:
            raise ConfigurationError(
                f"HIENTRUONG_OIDC_PROVIDERS: {provider.name} stands there twice"
            )
        providers[provider.name] = provider
    return providers


def _list_in(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"HIENTRUONG_OIDC_PROVIDERS is no JSON: {error}") from error
    if not isinstance(found, list):
        raise ConfigurationError("HIENTRUONG_OIDC_PROVIDERS must be a list")
    return found  # pyright: ignore[reportUnknownVariableType]
