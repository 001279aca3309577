"""Which of the forms that an address offers the reader wants. Pure."""

from __future__ import annotations

from core.errors import InvalidInput

FORMATS = ("json", "html")


def wants_html(given: str | None, accept: str | None) -> bool:
    """Whether to answer with a web page: by the parameter `f`, else by the header `Accept`.

    JSON is the default. InvalidInput at `?f` for a format that there is not.
    """
    if given is not None:
        if given not in FORMATS:
            raise InvalidInput.at("?f", "not_a_choice", value=given)
        return given == "html"
    weights = dict(_weighed(part) for part in (accept or "").lower().split(","))
    page = weights.get("text/html", 0.0)
    data = max((weight for name, weight in weights.items() if "json" in name), default=0.0)
    return page > data


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0
