"""Guards and values: what the engine may work out, and that it fails as we say."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ConfigurationError
from workflows.expressions import MAX_LENGTH, evaluate, holds

CONTEXT: dict[str, Any] = {
    "case": {"priority": 2, "class": "urgent", "overdue": False},
    "data": {"reopens": 2},
    "form": {"name": "Hồ Thị Lý", "none": None},
    "routing": {"hours": 7.5},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("data.reopens + 1", 3),
        ("data.reopens > 0 ? 24 : routing.hours", 24),
        ("data.reopens > 5 ? 24 : routing.hours", 7.5),
        ("case.class == 'urgent' ? 4 : 8", 4),
        ("form.name", "Hồ Thị Lý"),
        ("form.none ?? 'nothing'", "nothing"),
        ("form.missing ?? case.priority", 2),
        ("nobody.knows.this", None),
        ("[1, 2]", [1, 2]),
        ("1 / 4", 0.25),
        ("not case.overdue", True),
    ],
)
def test_values(expression: str, value: object) -> None:
    found = evaluate(expression, CONTEXT)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "expression",
    ["", "1 +", "nope(1)", "'open", "import os", "__import__('os')", "1 " + "+ 1" * MAX_LENGTH],
)
def test_what_does_not_parse(expression: str) -> None:
    for _ in range(2):  # a failure is not remembered as a success
        with pytest.raises(ConfigurationError):
            evaluate(expression, {})


@pytest.mark.parametrize("context", [{"x": 10**40}, {"x": float("nan")}, {"x": object()}])
def test_what_cannot_be_worked_out(context: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="failed"):
        evaluate("x", context)


def test_the_longest_expression() -> None:
    assert evaluate("1" + " " * (MAX_LENGTH - 1), {}) == 1


@pytest.mark.parametrize(
    ("guard", "lets_through"),
    [
        (None, True),
        (True, True),
        (False, False),
        ("data.reopens < 3", True),
        ("data.reopens < 2", False),
        ("data.reopens", False),  # only what is true counts, not what is not nothing
        ("form.name", False),
        ("nobody.knows.this", False),
    ],
)
def test_guards(guard: str | bool | None, lets_through: bool) -> None:  # noqa: FBT001  # a table
    assert holds(guard, CONTEXT) is lets_through
