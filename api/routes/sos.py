"""Calls for help: filing one, the list of rescuers, the emergency mode, text messages."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api.client_address import ClientAddressDep
from api.deps import (
    ActorDep,
    PresenterDep,
    ReportActorDep,
    ServicesDep,
    SessionDep,
    presenter_for,
)
from api.filing_limits import check_filing, pay_back
from api.schemas.base import Labelled
from api.schemas.sos import (
    CityOut,
    SmsIn,
    SosAreaIn,
    SosAreaOut,
    SosChangeIn,
    SosFiledOut,
    SosIn,
    SosLineOut,
    SosLinesOut,
)
from api.sos_answers import line_out, to_csv, to_geojson
from api.validation import parse
from core.clock import utc_now
from core.errors import InvalidInput, NotFound, NotSignedIn
from core.fence import Errand
from identity.phones import normalise_phone
from workflows import sms, sos
from workflows.sos_lines import Order
from workflows.track_tokens import track_token as make_track_token

router = APIRouter(prefix="/v1", tags=["sos"])
CREATED, OK = 201, 200
AreaCode = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
OrderQuery = Annotated[Order, Query(description="The most urgent first, or the oldest")]
OpenQuery = Annotated[bool, Query(alias="open", description="Only those that are open")]


@router.put(
    "/sos/{report_id}",
    status_code=CREATED,
    response_model=SosFiledOut,
    responses={OK: {"model": SosFiledOut, "description": "A retry: the first result again"}},
)
async def file_call(
    report_id: UUID,
    body: SosIn,
    actor: ActorDep,
    services: ServicesDep,
    address: ClientAddressDep,
    response: Response,
) -> SosFiledOut:
    """Call for help, under an id that the phone made: sending it again is harmless."""
    draft, now = body.draft(), utc_now()
    taken = await check_filing(
        services, report_id, actor=actor, phone=draft.phone, address=address, now=now, lane="sos"
    )
    async with services.begin(actor, reports=[report_id]) as session:
        filed = await sos.file_call(
            session,
            draft,
            report_id=report_id,
            actor=actor,
            now=now,
            cache=services.cache,
            rules=services.rules,
            sealer=services.sealer,
        )
    await pay_back(services, taken, created=filed.created)
    response.status_code = CREATED if filed.created else OK
    return SosFiledOut(
        id=filed.id,
        code=filed.code,
        status=filed.status,
        due_at=filed.due_at,
        track_token=make_track_token(filed.id, services.keys),
    )


@router.patch("/sos/{report_id}", status_code=204)
async def update_call(
    report_id: UUID, body: SosChangeIn, session: SessionDep, actor: ReportActorDep
) -> None:
    """Say what is new: how many people there are now, where they are, what they need."""
    await sos.update_call(session, report_id, body.change(), actor=actor, now=utc_now())


@router.get("/sos")
async def list_lines(
    actor: ActorDep,
    services: ServicesDep,
    order: OrderQuery = "urgent",
    open_only: OpenQuery = False,  # noqa: FBT002  # a query
) -> SosLinesOut:
    """Whom to fetch: calls from one spot or one phone in one line, with how many people."""
    async with services.begin_list(actor) as session:
        presenter = await presenter_for(session, actor, services)
        found = await sos.list_lines(
            session,
            actor=actor,
            sealer=services.sealer,
            now=presenter.now,
            readings=services.readings,
            order=order,
            open_only=open_only,
        )
    lines = [line_out(line, presenter) for line in found]
    return SosLinesOut(items=lines, people=sum(line.people for line in lines if line.open))


@router.get("/sos.geojson", response_class=Response)
async def get_map(actor: ActorDep, services: ServicesDep, order: OrderQuery = "urgent") -> Response:
    """The open lines as points, to be taken along."""
    lines = await _take(actor, services, "geojson", order)
    body = json.dumps(to_geojson(lines), ensure_ascii=False)
    return _file(body, "application/geo+json", "sos.geojson")


@router.get("/sos.csv", response_class=Response)
async def get_table(
    actor: ActorDep, services: ServicesDep, order: OrderQuery = "urgent"
) -> Response:
    """The open lines as a table, to be printed."""
    lines = await _take(actor, services, "csv", order)
    return _file(to_csv(lines), "text/csv; charset=utf-8", "sos.csv")


@router.put("/sos/areas/{code}", status_code=204)
async def put_area(code: AreaCode, body: SosAreaIn, session: SessionDep, actor: ActorDep) -> None:
    """Turn the emergency mode of a ward or of the whole city on, or change its message."""
    await sos.put_area(
        session,
        code,
        message=body.message,
        message_en=body.message_en,
        actor=actor,
        now=utc_now(),
    )


@router.delete("/sos/areas/{code}", status_code=204)
async def delete_area(code: AreaCode, session: SessionDep, actor: ActorDep) -> None:
    """Turn it off again."""
    await sos.delete_area(session, code, actor=actor)


@router.get("/city", tags=["city"])
async def get_city(session: SessionDep, presenter: PresenterDep) -> CityOut:
    """The city, with the banner of an emergency where there is one."""
    english = presenter.language == "en"
    city = presenter.city
    return CityOut(
        code=city.city_code,
        name=city.city_name_en if english else city.city_name,
        sos=[
            SosAreaOut(
                area=Labelled(code=row.code, name=row.name_en if english else row.name),
                message=row.message_en if english else row.message,
                since=row.since,
            )
            for row in await sos.list_areas(session)
        ],
    )


@router.post("/sms/inbound", status_code=202)
async def receive_sms(
    request: Request,
    services: ServicesDep,
    x_signature: Annotated[str, Header(max_length=200)] = "",
) -> dict[str, str]:
    """Take a text message from the gateway: `sha256=` and the HMAC of the body under our secret.

    What it calls for is filed at once by a worker, which answers the sender by text message.
    """
    secret = services.sms.inbound_secret.get_secret_value()
    if not secret:
        raise NotFound("not_found")
    body = await request.body()
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(x_signature.encode(), wanted.encode()):
        raise NotSignedIn
    message = parse(SmsIn, _json(body))
    async with services.begin(Errand.SMS) as session:
        await sms.receive_sms(
            session,
            message.id,
            sender=normalise_phone(message.sender, pointer="/sender"),
            text=message.text,
            sealer=services.sealer,
            now=utc_now(),
        )
    return {"status": "received"}


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at("", "json_invalid") from error


async def _take(
    actor: ActorDep, services: ServicesDep, format_name: str, order: Order
) -> list[SosLineOut]:
    async with services.begin_list(actor) as session:
        presenter = await presenter_for(session, actor, services)
        lines = await sos.take_lines(
            session,
            actor=actor,
            sealer=services.sealer,
            now=presenter.now,
            format_name=format_name,
            order=order,
        )
    return [line_out(line, presenter) for line in lines]


def _file(body: str, content_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(body, media_type=content_type, headers=headers)
