"""Whether this process is up, whether it can work, and what it counts."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.deps import ServicesDep
from api.readiness import failing_parts
from core.clock import utc_now

router = APIRouter(tags=["health"])
UNAVAILABLE = 503


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(services: ServicesDep, response: Response) -> dict[str, object]:
    """Database, migrations, store, worker: 503 with the name of each part that fails."""
    failing = await failing_parts(services, utc_now())
    if failing:
        response.status_code = UNAVAILABLE
    return {"status": "failing" if failing else "ok", "failing": failing}


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """Counters for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
