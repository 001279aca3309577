"""Whether an expression of a process is safe and means something. Pure; nothing is evaluated here.

Everything that is not known to be harmless is refused: an expression gets the facts that its place
knows, a few functions without memory, clock or chance, and no way to make a list longer than it
wrote down (`sum(map([1..3000000], #))` takes seconds). What is left can be tried in
`workflows.expression_trial`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import zen

from workflows.expression_tokens import (
    Token,
    chains_in,
    ends_value,
    is_call,
    is_fact,
    sign_at,
    tokens_of,
)
from workflows.expressions import MAX_LENGTH
from workflows.problems import Problem

CLOSURES = frozenset({"some", "all", "none"})
FUNCTIONS = CLOSURES | {
    *("len", "contains", "startsWith", "endsWith", "upper", "lower"),
    *("abs", "min", "max", "floor", "ceil", "round"),
}
MAX_EVALUATION_MS = 5.0

Known = Mapping[str, frozenset[str] | None]
Wanted = Literal["yes_no", "hours", "text", "optional_text", "priority", "rating", "value"]
_Fault = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Trial:
    """An expression to be tried over `contexts`: at least one of them must give what is wanted
    (one of `allowed`, if there are any). `field` is what its place in the document is called.
    """

    pointer: str
    expression: str
    field: str
    wanted: Wanted
    contexts: tuple[dict[str, Any], ...]
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an expression gave, context by context; `errors` are those of the contexts it failed in.
    A value that is neither text, number, yes, no nor nothing comes as a list.
    """

    values: tuple[Any, ...]
    errors: tuple[str, ...]
    slowest_ms: float


def check_expression(expression: str, known: Known, pointer: str = "") -> list[Problem]:
    """What speaks against `expression`, which stands at `pointer`.

    `known` maps the names that it may use to their fields, None standing for any.
    """
    if len(expression) > MAX_LENGTH:
        return [Problem("text_too_long", pointer, facts={"max": MAX_LENGTH})]
    tokens = tokens_of(expression)
    faults = [
        *_sign_faults(tokens),
        *_function_faults(tokens),
        *_name_faults(tokens, known),
        *_closure_faults(tokens),
    ]
    faults = faults or _parse_faults(expression)
    return [
        Problem(code, pointer, facts=facts)
        for index, (code, facts) in enumerate(faults)
        if (code, facts) not in faults[:index]
    ]


def judge(trial: Trial, outcome: Outcome) -> Problem | None:
    """What speaks against an expression after it was tried."""
    facts: dict[str, object] = {"expression": trial.expression}
    if outcome.slowest_ms > MAX_EVALUATION_MS:
        return Problem("expression_slow", trial.pointer, facts=facts)
    if outcome.errors and not outcome.values:
        facts["reason"] = outcome.errors[0]
        return Problem("expression_broken", trial.pointer, facts=facts)
    if not any(_is_wanted(value, trial) for value in outcome.values):
        facts["field"] = trial.field
        return Problem("expression_gives_wrong_value", trial.pointer, facts=facts)
    return None


def reason_of(error: str) -> str:
    """What the engine says, out of the JSON that it says it in."""
    try:
        return str(json.loads(error.split("\n", 1)[0])["source"])
    except (ValueError, KeyError, TypeError):
        return error.split("\n", 1)[0][:200]


def _sign_faults(tokens: list[Token]) -> Iterator[_Fault]:
    for index, token in enumerate(tokens):
        if token.kind == "range":
            yield "expression_range_not_allowed", {}
        elif token.kind == "other":
            yield "expression_sign_not_allowed", {"sign": token.text}
        elif token.text == "[" and token.kind == "sign" and ends_value(tokens, index - 1):
            # `case['x']`: which field it takes would only show when it runs.
            yield "expression_sign_not_allowed", {"sign": "[…]"}
        elif token.text == "." and token.kind == "sign" and not is_fact(tokens, index - 1):
            yield "expression_sign_not_allowed", {"sign": "."}


def _function_faults(tokens: list[Token]) -> Iterator[_Fault]:
    for index, token in enumerate(tokens):
        if is_call(tokens, index) and (
            sign_at(tokens, index - 1) == "." or token.text not in FUNCTIONS
        ):
            yield "expression_function_not_allowed", {"name": token.text}


def _name_faults(tokens: list[Token], known: Known) -> Iterator[_Fault]:
    for chain in chains_in(tokens):
        root, name = chain[0], ".".join(chain)
        if root not in known:
            yield "expression_name_unknown", {"name": root}
            continue
        fields = known[root]
        if len(chain) == 1:
            yield "expression_names_no_field", {"name": root}
        elif fields is not None and (len(chain) > 2 or chain[1] not in fields):
            yield "expression_field_unknown", {"name": name}


def _closure_faults(tokens: list[Token]) -> Iterator[_Fault]:
    """`#` stands for an element only inside `some`, `all` or `none`, and those not in each other."""
    opened: list[bool] = []
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text == "(":
            opened.append(is_call(tokens, index - 1) and tokens[index - 1].text in CLOSURES)
            if opened[-1] and sum(opened) > 1:
                yield "expression_too_nested", {}
        elif token.text == ")" and opened:
            opened.pop()
        elif token.text == "#" and not any(opened):
            yield "expression_name_unknown", {"name": "#"}


def _parse_faults(expression: str) -> list[_Fault]:
    try:
        zen.compile_expression(expression)
    except Exception as error:  # noqa: BLE001  # the engine raises RuntimeError and ValueError alike
        return [
            (
                "expression_does_not_parse",
                {"expression": expression, "reason": reason_of(str(error))},
            )
        ]
    return []


def _is_wanted(value: Any, trial: Trial) -> bool:
    if trial.allowed:
        return value in trial.allowed
    if value is None:
        return trial.wanted in ("hours", "optional_text", "rating", "value")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fitting: dict[Wanted, bool] = {
        "yes_no": isinstance(value, bool),
        "hours": number and value >= 0,
        "text": isinstance(value, str),
        "optional_text": isinstance(value, str),
        "priority": number and value in (1, 2, 3, 4),
        "rating": number and value in (1, 2, 3, 4, 5),
        "value": isinstance(value, str | bool | int | float),
    }
    return fitting[trial.wanted]
