"""Shaping the city: drafts, checks, publishing and migrating of process and routing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.convertors import Convertor, register_url_convertor

from api.deps import ActorDep, CityDep, ServicesDep, SessionDep
from api.schemas.versions import (
    CheckOut,
    DocumentOut,
    DraftIn,
    MigrationIn,
    MigrationOut,
    MigrationPlanOut,
    MigrationsOut,
    OverruledListOut,
    VersionOut,
    VersionsOut,
)
from api.version_presenter import VersionPresenter
from core.clock import utc_now
from workflows import migrating, overruling, publishing, versions
from workflows.policies import Right, check_right
from workflows.versions import PROCESS, ROUTING, Kind

router = APIRouter(prefix="/v1/admin", tags=["admin"])
KINDS: dict[str, Kind[Any]] = {"processes": PROCESS, "routing": ROUTING}


class _KindConvertor(Convertor[str]):
    """Lets `{kind:kind}` match the two kinds alone, beside the other paths of `/v1/admin`."""

    regex = "|".join(KINDS)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("kind", _KindConvertor())
KindName = Literal["processes", "routing"]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/routing/overruled")
async def list_overruled(
    session: SessionDep,
    actor: ActorDep,
    city: CityDep,
    days: Annotated[int, Query(description="Of cases opened in the last days")] = 90,
) -> OverruledListOut:
    """Which routing rules people overrule most often, and where they send the cases instead."""
    rules = await overruling.list_overruled(session, actor=actor, days=days, now=utc_now())
    present = VersionPresenter(city, actor.language)
    return OverruledListOut(items=[present.overruled(rule) for rule in rules])


@router.get("/processes/migrations")
async def list_migrations(session: SessionDep, actor: ActorDep) -> MigrationsOut:
    """The latest migrations of running cases, and how far they have come."""
    found = await migrating.list_migrations(session, actor=actor)
    return MigrationsOut(items=[MigrationOut.model_validate(item) for item in found])


@router.get("/{kind:kind}/schema")
async def get_schema(kind: KindName, actor: ActorDep) -> dict[str, Any]:
    """The JSON Schema of such a document."""
    check_right(actor, Right.CONFIGURE)
    return KINDS[kind].shape.model_json_schema()


@router.get("/{kind:kind}")
async def list_versions(kind: KindName, session: SessionDep, actor: ActorDep) -> VersionsOut:
    """All versions, the newest first."""
    found = await versions.list_versions(session, KINDS[kind], actor=actor)
    return VersionsOut(items=[VersionOut.model_validate(item) for item in found])


@router.post("/{kind:kind}", status_code=201)
async def add_draft(
    kind: KindName, body: DraftIn, session: SessionDep, actor: ActorDep
) -> VersionOut:
    """Keep a document as a draft. It must have the right shape; `check` tells the rest."""
    draft = await versions.add_draft(
        session, KINDS[kind], body.document, note=body.note, actor=actor, now=utc_now()
    )
    return VersionOut.model_validate(draft)


@router.get("/{kind:kind}/{version}")
async def get_version(
    kind: KindName, version: Version, session: SessionDep, actor: ActorDep
) -> DocumentOut:
    """One version with its document."""
    found = await versions.get_version(session, KINDS[kind], version, actor=actor)
    view = VersionOut.model_validate(found.view)
    return DocumentOut(**view.model_dump(), document=found.document)


@router.delete("/{kind:kind}/{version}", status_code=204)
async def delete_draft(
    kind: KindName, version: Version, session: SessionDep, actor: ActorDep
) -> None:
    """Throw a draft away."""
    await versions.delete_draft(session, KINDS[kind], version, actor=actor)


@router.post("/{kind:kind}/{version}/check")
async def check_version(
    kind: KindName,
    version: Version,
    session: SessionDep,
    actor: ActorDep,
    services: ServicesDep,
    city: CityDep,
) -> CheckOut:
    """What speaks against a version, and what it would do to the last 1,000 reports."""
    check = await publishing.check_version(
        session, KINDS[kind], version, actor=actor, cache=services.cache
    )
    return VersionPresenter(city, actor.language).check(check)


@router.post("/{kind:kind}/{version}/publish")
async def publish(
    kind: KindName, version: Version, session: SessionDep, actor: ActorDep, services: ServicesDep
) -> VersionOut:
    """Make a version the one that new cases run on; running cases stay on theirs."""
    published = await publishing.publish(
        session, KINDS[kind], version, actor=actor, now=utc_now(), cache=services.cache
    )
    return VersionOut.model_validate(published)


@router.get("/processes/{version}/migrate")
async def plan_migration(
    version: Version, session: SessionDep, actor: ActorDep, services: ServicesDep, city: CityDep
) -> MigrationPlanOut:
    """The running cases of other versions by state, and where they would go."""
    counts = await migrating.plan(session, version, actor=actor, cache=services.cache)
    present = VersionPresenter(city, actor.language)
    return MigrationPlanOut(items=[present.state_count(count) for count in counts])


@router.post("/processes/{version}/migrate", status_code=202)
async def start_migration(
    version: Version,
    body: MigrationIn,
    session: SessionDep,
    actor: ActorDep,
    services: ServicesDep,
) -> MigrationOut:
    """Have all running cases moved to this version, in the background."""
    started = await migrating.start(
        session, version, body.states, actor=actor, now=utc_now(), cache=services.cache
    )
    return MigrationOut.model_validate(started)
