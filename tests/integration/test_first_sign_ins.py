"""First sign-ins that come at the same moment: one account for one person, and no error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import utc_now
from core.db import transaction
from core.fence import Errand
from identity.numbers import index_of
from identity.oidc.citizens import find_or_add_citizen
from identity.oidc.id_tokens import Profile
from identity.oidc.providers import Provider
from identity.sign_in import person_of_phone
from tests.support.client import Api
from tests.support.oidc import provider
from tests.support.rows import fetch, fetch_one
from tests.support.sealing import SEALER
from workflows.linking import link_phone

PHONE = "+84905777888"
PROFILE = Profile(
    subject="nguoi-dan-1", name="Nguyễn Thị Mới", phone=None, email=None, username=None, roles=(),
    department=None, proved_at=None,
)  # fmt: skip
PROVIDER = Provider.model_validate(provider("https://id.example.vn", trust_phone=True))
AT_ONCE = 8


async def race(api: Api, work: Callable[[AsyncSession, int], Awaitable[UUID]]) -> list[UUID]:
    """What AT_ONCE transactions answer that all have begun before one of them goes on."""
    gate = asyncio.Barrier(AT_ONCE)

    async def one(number: int) -> UUID:
        async with transaction(api.app.state.services.sessions, Errand.MERGE) as session:
            await gate.wait()
            return await work(session, number)

    return await asyncio.gather(*(one(number) for number in range(AT_ONCE)))


async def citizens(api: Api) -> int:
    """How many accounts citizens have."""
    query = "select count(*) as n from people where role = 'citizen' and active"
    return (await fetch_one(api, query)).n


@pytest.mark.parametrize("phone", [None, "0905777888"])
async def test_a_new_person_of_a_provider_gets_one_account(own_api: Api, phone: str | None) -> None:
    async def sign_in(session: AsyncSession, _: int) -> UUID:
        profile = replace(PROFILE, phone=phone)
        person = await find_or_add_citizen(
            session, PROVIDER, profile, sealer=SEALER, language="vi", now=utc_now()
        )
        return person.id

    before = await citizens(own_api)
    for _ in range(2):  # once as a new person, once as a known one
        assert len(set(await race(own_api, sign_in))) == 1
    assert await citizens(own_api) == before + 1
    assert len(await fetch(own_api, "select * from identities")) == 1


async def test_a_new_number_gets_one_account_by_whatever_way_it_comes(own_api: Api) -> None:
    async def sign_in(session: AsyncSession, number: int) -> UUID:
        if number % 2:
            person = await person_of_phone(session, PHONE, sealer=SEALER, language="vi")
        else:
            profile = replace(PROFILE, subject=f"nguoi-dan-{number}", phone=PHONE)
            person = await find_or_add_citizen(
                session, PROVIDER, profile, sealer=SEALER, language="vi", now=utc_now()
            )
        return person.id

    before = await citizens(own_api)
    assert len(set(await race(own_api, sign_in))) == 1
    assert await citizens(own_api) == before + 1


async def test_a_number_is_linked_while_it_signs_in(own_api: Api) -> None:
    mine = (await own_api.http.get("/v1/me", headers=await own_api.citizen())).json()["id"]
    before = await citizens(own_api)
    await fetch(
        own_api,
        "update people set phone_index = null, phone_sealed = null where id = %(id)s returning id",
        id=mine,
    )

    async def sign_in(session: AsyncSession, number: int) -> UUID:
        if number:
            return (await person_of_phone(session, PHONE, sealer=SEALER, language="vi")).id
        linked = await link_phone(session, UUID(mine), PHONE, sealer=SEALER, now=utc_now())
        return linked.id

    assert len(set(await race(own_api, sign_in))) == 1
    # Whoever came first: the number has its own account, or is the linked one's.
    assert await citizens(own_api) == before
    with_number = "select * from people where active and phone_index = %(index)s"
    assert len(await fetch(own_api, with_number, index=index_of(PHONE, SEALER))) == 1
