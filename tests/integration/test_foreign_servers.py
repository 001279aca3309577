"""The servers that other tests sign in at do start, and speak what those rely on."""

from __future__ import annotations

import httpx
import pytest

from tests.support.foreign_servers import FirebaseServer, OidcServer


@pytest.mark.xdist_group("oidc_provider")
def test_the_oidc_provider_signs_with_rs256_and_wants_pkce(oidc_provider: OidcServer) -> None:
    with httpx.Client(base_url=oidc_provider.issuer, trust_env=False) as http:
        metadata = http.get("/.well-known/openid-configuration").json()
        keys = http.get("/jwks").json()["keys"]
    assert metadata["issuer"] == oidc_provider.issuer
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert [(key["kid"], key["alg"]) for key in keys] == [("signing", "RS256")]


@pytest.mark.slow
@pytest.mark.xdist_group("firebase_emulator")
def test_the_firebase_emulator_makes_accounts(firebase_emulator: FirebaseServer) -> None:
    url = f"http://{firebase_emulator.host}/identitytoolkit.googleapis.com/v1/accounts:signUp"
    with httpx.Client(trust_env=False) as http:
        made = http.post(url, params={"key": "any"}, json={"returnSecureToken": True}).json()
    assert made["idToken"].count(".") == 2
