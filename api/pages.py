"""The web pages: files that the front end's build made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from api.errors import problem

PAGES = {
    "/": "index.html",
    "/admin": "admin.html",
    "/app": "app.html",
    "/desk": "desk.html",
    "/docs": "docs.html",
    "/ioc": "ioc.html",
}


def add_pages(app: FastAPI, root: Path) -> None:
    """Serve the pages and their assets; assets carry a hash in their name and never change."""
    for path, name in PAGES.items():
        app.add_api_route(
            path, _page(root / name), include_in_schema=False, methods=["GET", "HEAD"]
        )
    assets = root / "assets"
    if assets.is_dir():
        app.mount("/assets", _Assets(directory=assets), name="assets")


def _page(file: Path) -> Callable[[Request], Response]:
    def show(request: Request) -> Response:  # plain: it looks at the disk, so it runs in a thread
        if not file.is_file():
            return problem(request, 503, "pages_not_built")
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return show


class _Assets(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
