"""Identity providers in the settings: what is refused at the start rather than at a sign-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.settings import OidcSettings
from identity.oidc.id_tokens import read_profile
from identity.oidc.providers import Provider, load_providers
from tests.support.oidc import provider, staff_provider

ISSUER = "https://dang-nhap.example.vn"


def load(*providers: dict[str, Any]) -> dict[str, Provider]:
    return load_providers(OidcSettings(providers=json.dumps(list(providers))))


def test_none_by_default() -> None:
    assert load_providers(OidcSettings(providers="")) == {}


def test_from_the_setting_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "providers.json"
    file.write_text(json.dumps([provider(ISSUER)]), encoding="utf-8")
    assert load_providers(OidcSettings(providers=str(file))) == load(provider(ISSUER))
    with pytest.raises(ConfigurationError, match="No such file"):
        load_providers(OidcSettings(providers=str(tmp_path / "none.json")))


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"issuer": "http://dang-nhap.example.vn"}, "issuer"),
        ({"issuer": "https://a.vn/?x=1"}, "issuer"),
        ({"issuer": "https://user@a.vn"}, "issuer"),
        ({"name": "Có Dấu"}, "name"),
        ({"scopes": ["profile"]}, "scopes"),
        ({"algorithms": ["none"]}, "algorithms"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"algorithms": []}, "algorithms"),
        ({"app_links": ["http://a.vn/x"]}, "app_links"),
        ({"app_links": ["javascript:alert(1)"]}, "app_links"),
        ({"roles": {"x": "admin"}, "claims": {"role": "groups"}}, "for staff"),
        ({"unknown": 1}, "unknown"),
        ({"audience": "everybody"}, "audience"),
    ],
)
def test_a_wrong_provider_is_named(changed: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigurationError, match=where) as raised:
        load(provider(ISSUER, **changed))
    assert "bi-mat" not in str(raised.value)  # the client's secret


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"roles": {"x": "god"}, "claims": {"role": "groups"}}, "god"),
        ({"roles": {"x": "citizen"}, "claims": {"role": "groups"}}, "citizen"),
        ({"roles": {"x": "staff"}}, "claims.role"),
        ({"trust_phone": True}, "citizens"),
        ({"app_links": ["vn.x://y"]}, "citizens"),
    ],
)
def test_a_wrong_provider_of_staff_is_named(changed: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigurationError, match=where):
        load(staff_provider(ISSUER, **changed))


@pytest.mark.parametrize("text", ["[", "{}", "[1]"])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "providers.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        load_providers(OidcSettings(providers=str(file)))


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        load(provider(ISSUER), provider(ISSUER))


def test_claims_are_read_by_the_map() -> None:
    names = {"subject": "cccd", "name": "ho_ten", "role": "realm_access.roles", "department": "dv"}
    [mapped] = load(staff_provider(ISSUER, claims=names)).values()
    claims = {
        "sub": "1", "cccd": " 0460 ", "ho_ten": "Lê Thị Hoa", "dv": 5, "email": "a@b.vn",
        "phone_number": "0905", "phone_number_verified": "true",
        "realm_access": {"roles": ["x", 3, "y"]},
    }  # fmt: skip
    profile = read_profile(claims, mapped)
    assert (profile.subject, profile.name, profile.roles) == ("0460", "Lê Thị Hoa", ("x", "y"))
    assert (profile.phone, profile.email, profile.department) == ("0905", None, None)
