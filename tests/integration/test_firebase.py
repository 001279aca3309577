"""ID tokens of Firebase, verified by Google's library: under own keys, and those of the emulator."""

from __future__ import annotations

import base64
import dataclasses
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from api.app import create_app
from core.errors import ConfigurationError, NotSignedIn, Unavailable
from core.settings import FirebaseSettings, SecuritySettings
from identity.firebase import CLOCK_SKEW_S, Firebase, FirebaseUser, open_firebase
from tests.support.client import SECRET, api_settings
from tests.support.foreign_servers import FirebaseServer
from tests.support.google import (
    ISSUER,
    PROJECT,
    Google,
    new_rsa_key,
    running_google,
    write_service_account,
)

UID = "nguoi-dan-1"


@pytest_asyncio.fixture(loop_scope="session")
async def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Google]:
    async with running_google(tmp_path, monkeypatch) as made:
        made.users[UID] = (0, False)
        yield made


@pytest.fixture
def firebase(google: Google, tmp_path: Path) -> Iterator[Firebase]:
    made = open_firebase(FirebaseSettings(service_account=write_service_account(tmp_path)))
    assert made is not None
    yield made
    made.close()


async def is_refused(firebase: Firebase, token: str) -> bool:
    try:
        await firebase.verify(token)
    except NotSignedIn as error:
        return error.code == "firebase_token_invalid"
    return False


async def test_a_token_that_google_signed_names_its_user(
    google: Google, firebase: Firebase
) -> None:
    assert await firebase.verify(google.token(UID)) == FirebaseUser(UID, None)
    by_phone = google.token(UID, phone_number="+84905123456")
    assert await firebase.verify(by_phone) == FirebaseUser(UID, "+84905123456")
    # Two tokens, and more would do: the certificates were asked for once.
    assert google.certificates_fetched == 1


async def test_clocks_may_differ_a_little(google: Google, firebase: Firebase) -> None:
    now = int(time.time())
    assert await firebase.verify(google.token(UID, iat=now + CLOCK_SKEW_S - 5))
    assert await firebase.verify(google.token(UID, exp=now - CLOCK_SKEW_S + 5))


async def test_what_another_or_nobody_signed_is_refused(google: Google, firebase: Firebase) -> None:
    now = int(time.time())
    public = google.keys["one"].public_key()
    as_secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    wrong = {
        "another key": google.token(UID, key=new_rsa_key()),
        "another key under an unknown name": google.token(UID, key=new_rsa_key(), kid="two"),
        "our key under an unknown name": google.token(UID, kid="two"),
        "no key named": google.token(UID, kid=None),
        "another issuer": google.token(UID, iss=f"{ISSUER}-2"),
        "no issuer": google.token(UID, iss=None),
        "another audience": google.token(UID, aud="other-project"),
        "no audience": google.token(UID, aud=None),
        "nobody's": google.token(UID, sub=""),
        "no subject": google.token(UID, sub=None),
        "not signed": with_header(google.token(UID), {"alg": "none", "kid": "one"}, ""),
        "HS256 under the public key": hs256(google.token(UID), as_secret),
        "expired": google.token(UID, exp=now - CLOCK_SKEW_S - 5, iat=now - 3600),
        "from the future": google.token(UID, iat=now + 3600, exp=now + 7200),
        "another algorithm": google.token(UID, alg="RS512"),
        "changed": changed(google.token(UID)),
        "a custom token": google.token(UID, aud="https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"),
        "no token": "x",
        "two dots": "a.b.c",
        "claims that are a list": with_claims(google.token(UID), [1]),
        "claims of a wrong type": hs256_of({"v": 0, "d": 5}),
        "Vietnamese": "đ.đ.đ",
    }  # fmt: skip
    taken = [name for name, token in wrong.items() if not await is_refused(firebase, token)]
    assert taken == []


async def test_a_token_of_somebody_who_signed_out_everywhere_is_refused(
    google: Google, firebase: Firebase
) -> None:
    token = google.token(UID)
    assert await firebase.verify(token)
    google.users[UID] = (int(time.time()) + 1, False)
    assert await is_refused(firebase, token)


async def test_a_disabled_and_a_deleted_user_are_refused(
    google: Google, firebase: Firebase
) -> None:
    google.users[UID] = (0, True)
    assert await is_refused(firebase, google.token(UID))
    del google.users[UID]
    assert await is_refused(firebase, google.token(UID))


async def test_where_google_does_not_answer_nobody_is_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_google(tmp_path, monkeypatch) as google:
        token = google.token(UID)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    firebase = Firebase(FirebaseSettings(service_account=write_service_account(tmp_path)))
    with pytest.raises(Unavailable, match="firebase_unavailable"):
        await firebase.verify(token)
    firebase.close()


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_header(token: str, header: dict[str, str], signature: str) -> str:
    return ".".join([part(header), token.split(".")[1], signature])


def with_claims(token: str, claims: object) -> str:
    header, _, signature = token.split(".")
    return ".".join([header, part(claims), signature])


def changed(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return with_claims(token, claims | {"sub": "somebody-else"})


def hs256(token: str, secret: bytes) -> str:
    """The same claims, signed with what everybody knows: the public key."""
    signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{token.split('.')[1]}"
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def hs256_of(claims: dict[str, object]) -> str:
    return f"{part({'alg': 'HS256'})}.{part(claims)}.eA"


# The emulator ------------------------------------------------------------------------------------


def test_the_emulator_is_refused_outside_demo_mode(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    FirebaseSettings().check(demo=False)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099")
    FirebaseSettings().check(demo=True)
    with pytest.raises(ConfigurationError, match="FIREBASE_AUTH_EMULATOR_HOST"):
        FirebaseSettings().check(demo=False)
    settings = dataclasses.replace(
        api_settings("postgresql://127.0.0.1/none", tmp_path),
        security=SecuritySettings(demo=False, secret_key=SecretStr(SECRET)),
        firebase=FirebaseSettings(),
    )
    with pytest.raises(ConfigurationError, match="FIREBASE_AUTH_EMULATOR_HOST"):
        create_app(settings)


def test_without_a_project_nobody_signs_in_by_firebase(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_firebase(FirebaseSettings()) is None
    assert open_firebase(FirebaseSettings(project=PROJECT)) is None


@pytest.fixture
def emulated(
    firebase_emulator: FirebaseServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Firebase]:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", firebase_emulator.host)
    made = open_firebase(FirebaseSettings(project=firebase_emulator.project))
    assert made is not None
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.xdist_group("firebase_emulator")
async def test_the_emulators_people_sign_in(
    firebase_emulator: FirebaseServer, emulated: Firebase
) -> None:
    phone = FirebasePhone(firebase_emulator)
    anonymous = await phone.sign_in_anonymously()
    assert await emulated.verify(anonymous["idToken"]) == FirebaseUser(anonymous["localId"], None)
    by_number = await phone.sign_in_by_number("+84905123456")
    assert await emulated.verify(by_number["idToken"]) == FirebaseUser(
        by_number["localId"], "+84905123456"
    )
    for broken in (anonymous["idToken"][:-5].replace(".", "", 1), "x", "a.b.c"):
        assert await is_refused(emulated, broken)
    await phone.disable(by_number["localId"])
    assert await is_refused(emulated, by_number["idToken"])


class FirebasePhone:
    """An app that signs in at the emulator."""

    def __init__(self, server: FirebaseServer) -> None:
        self._server = server
        self._url = f"http://{server.host}/identitytoolkit.googleapis.com/v1"

    async def sign_in_anonymously(self) -> dict[str, str]:
        return await self._post("/accounts:signUp", {"returnSecureToken": True})

    async def sign_in_by_number(self, number: str) -> dict[str, str]:
        asked = await self._post(
            "/accounts:sendVerificationCode", {"phoneNumber": number, "recaptchaToken": "x"}
        )
        async with httpx.AsyncClient(trust_env=False) as http:
            codes = await http.get(
                f"http://{self._server.host}/emulator/v1/projects/{self._server.project}"
                "/verificationCodes"
            )
        code = codes.json()["verificationCodes"][-1]["code"]
        return await self._post(
            "/accounts:signInWithPhoneNumber", {"sessionInfo": asked["sessionInfo"], "code": code}
        )

    async def disable(self, uid: str) -> None:
        path = f"/projects/{self._server.project}/accounts:update"
        await self._post(path, {"localId": uid, "disableUser": True})

    async def _post(self, path: str, body: dict[str, object]) -> dict[str, str]:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(
                self._url + path, params={"key": "any"}, json=body,
                headers={"Authorization": "Bearer owner"} if "/projects/" in path else {},
            )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.json()
