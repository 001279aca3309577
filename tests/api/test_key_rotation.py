"""A new secret: what the old one signed goes on while it stands in the settings, and ends after."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from api.app import ApiSettings
from core.settings import SecuritySettings
from tests.api.test_auth import ask, bearer, code_sent_to, new_phone, refresh, sign_in, verify
from tests.support.casework import BUS
from tests.support.city import Draft
from tests.support.client import SECRET, api_settings, serve
from tests.support.rows import fetch_one
from tests.support.worker import open_workshop

NEW_SECRET = "the secret that takes over, just as long as the last"


def with_secrets(settings: ApiSettings, secret: str, *old: str) -> ApiSettings:
    security = SecuritySettings(
        demo=True,
        secret_key=SecretStr(secret),
        old_secret_keys=tuple(SecretStr(value) for value in old),
        data_keys=SecretStr("2026:what phone numbers are sealed with here"),
        index_key=SecretStr("what phone numbers are found by here"),
    )
    return dataclasses.replace(settings, security=security)


async def test_nobody_notices_a_new_secret_until_the_old_one_is_removed(
    city_database: str, tmp_path: Path
) -> None:
    settings = api_settings(city_database, tmp_path)
    phone, asked_before = new_phone(), new_phone()
    async with serve(with_secrets(settings, SECRET)) as api:
        session = await sign_in(api, phone)
        staff = await api.staff("operator")
        filed = await api.file(Draft(BUS).body(uploads=[await api.upload()]))
        async with open_workshop(api, {}) as workshop:
            row = await fetch_one(
                api, "select id from attachments where report_id = %(id)s", id=filed["id"]
            )
            await workshop.make_derivatives([str(row.id)])
        case = await api.http.get(f"/v1/cases/{filed['id']}", headers=staff)
        picture = case.json()["photos"][0]["small_url"]
        await ask(api, asked_before)
        code = await code_sent_to(api, asked_before)
    track = f"/v1/reports/{filed['id']}?track_token={filed['track_token']}"

    async with serve(with_secrets(settings, NEW_SECRET, SECRET)) as api:
        assert (await api.http.get("/v1/me", headers=bearer(session))).status_code == 200
        assert (await api.http.get("/v1/cases", headers=staff)).status_code == 200
        assert (await api.http.get(track)).status_code == 200
        assert (await api.http.get(picture)).headers["Content-Type"] == "image/webp"
        assert (await verify(api, asked_before, code)).status_code == 200
        renewed = (await refresh(api, session)).json()
        assert (await api.http.get("/v1/me", headers=bearer(renewed))).status_code == 200
        filed_after = await api.file(Draft(BUS).body(), report_id=uuid4())

    async with serve(with_secrets(settings, NEW_SECRET)) as api:
        for headers in (bearer(session), staff):
            answer = await api.http.get("/v1/me", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
        assert (await api.http.get(track)).status_code == 404
        assert (await api.http.get(picture)).json()["code"] == "photo_link_invalid"
        # What the new one signed lives on, and a phone only has to refresh.
        track_after = f"/v1/reports/{filed_after['id']}?track_token={filed_after['track_token']}"
        assert (await api.http.get(track_after)).status_code == 200
        again = (await refresh(api, renewed)).json()
        assert (await api.http.get("/v1/me", headers=bearer(again))).status_code == 200
