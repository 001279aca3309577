"""Which methods a path takes: for the answers that refuse one, where the framework says less."""

from __future__ import annotations

import re

from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import Request
from starlette.routing import compile_path

_PARAMETER = re.compile(r"\{[^}]*\}")


def methods_of(request: Request) -> frozenset[str]:
    """The methods of the most literal path that fits: `/v1/reports/lookup` is that and not a
    report of the id "lookup". None for a path that no route has.

    Goes through all routes: it is asked only when a request is refused.
    """
    path = request.url.path
    fitting = [
        (template.count("{"), _shape(template), route.methods or set[str]())
        for route in iter_route_contexts(request.app.routes)
        if (template := _template(route)) and compile_path(template)[0].match(path)
    ]
    if not fitting:
        return frozenset()
    _, literal, _ = min(fitting, key=lambda each: each[:2])
    return frozenset[str]().union(*(methods for _, shape, methods in fitting if shape == literal))


def _template(route: RouteContext) -> str:
    return str(getattr(route, "path", "") or "")


def _shape(template: str) -> str:
    """A template without the names of its parameters, which differ from route to route."""
    return _PARAMETER.sub("{}", template)
