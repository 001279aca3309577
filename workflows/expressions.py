"""Guards and values of a city's process: ZEN expressions, compiled once.

An expression sees only the context it is given: it has no way to files, network or clock.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import zen

from core.errors import ConfigurationError

MAX_LENGTH = 500


@lru_cache(maxsize=4096)
def _compile(expression: str) -> zen.Expression:
    if len(expression) > MAX_LENGTH:
        raise ConfigurationError(f"expression longer than {MAX_LENGTH} characters")
    try:
        return zen.compile_expression(expression)
    except Exception as error:  # the engine raises bare RuntimeError and ValueError alike
        raise ConfigurationError(f"expression does not parse: {expression!r}: {error}") from error


def evaluate(expression: str, context: dict[str, Any]) -> Any:
    """The value of `expression` in `context`; whole numbers come as integers.

    Raises ConfigurationError if it cannot be worked out.
    """
    try:
        value: Any = _compile(expression).evaluate(context)
    except ConfigurationError:
        raise
    except Exception as error:  # see above
        raise ConfigurationError(f"expression failed: {expression!r}: {error}") from error

    # The engine counts in decimals: 2 + 1 is 3.0 to it.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def holds(expression: str | bool | None, context: dict[str, Any]) -> bool:  # noqa: FBT001  # a document's value
    """Whether a guard lets through; no guard at all does."""
    if expression is None or isinstance(expression, bool):
        return expression is not False
    return evaluate(expression, context) is True
