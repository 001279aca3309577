"""`hientruong serve`: the HTTP server."""

from __future__ import annotations

import os

import uvicorn

GRACE_SECONDS = 8
"""How long open requests, such as a live feed, may go on after a stop is asked for."""


def serve(port: int, host: str, workers: int) -> None:
    """Serve the API and the pages until a signal stops it.

    The client's address is that of the connection, unless FORWARDED_ALLOW_IPS names the proxies
    whose X-Forwarded-For is to be believed.
    """
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        proxy_headers=bool(os.environ.get("FORWARDED_ALLOW_IPS")),
        server_header=False,
        log_config=None,  # core.logging sets up all loggers alike
        access_log=False,  # the request log is the API's, with the request's id
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
