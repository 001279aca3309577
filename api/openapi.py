"""What the OpenAPI document says beyond what the routes say of themselves."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel


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


def as_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    """The fields of a model as query parameters, for a route that reads them by itself."""
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in query.model_json_schema()["properties"].items()
    ]
