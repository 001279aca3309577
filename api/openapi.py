"""What the OpenAPI document says beyond what the routes say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.schemas.base import PROBLEM_TYPE, Problem

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "What was wrong, field by field"},
    "503": {"model": Problem, "description": "A part that this depends on does not answer"},
}


def complete_document(app: FastAPI) -> None:
    """Say what holds for every route: a bearer token may come with any request, so that `/docs`
    can send one, and every refusal is a problem.

    As a dependency of every route the token would cost each request; as a sentence it costs none.
    """
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"bearer": []}]
        for answer in _answers(document):
            _name_type(answer)
        return document

    app.openapi = openapi


def made(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """For a route that puts: 200 where something was there already, 201 where it was not."""
    return {201: {"model": model, "description": "It was not there, and is now"}}


def as_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    """The fields of a model as query parameters, for a route that reads them by itself."""
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in query.model_json_schema()["properties"].items()
    ]


def _answers(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The refusals of all operations."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if str(status)[0] in "45":
                    yield answer


def _name_type(answer: dict[str, Any]) -> None:
    """Problems have a media type of their own; the framework knows only JSON."""
    content = answer.get("content", {})
    if "application/json" in content:
        content[PROBLEM_TYPE] = content.pop("application/json")
