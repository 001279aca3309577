"""What the OpenAPI document says beyond what the routes say of themselves."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI


def describe_sign_in(app: FastAPI) -> None:
    """Say that a bearer token may come with any request, so that `/docs` can send one.

    As a dependency of every route it would cost each request; as a sentence it costs none.
    """
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"bearer": []}]
        return document

    app.openapi = openapi
