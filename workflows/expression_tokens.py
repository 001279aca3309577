"""Reading an expression of a process part by part, without running it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Strings have no escapes in ZEN. What no group takes is no part of an expression of ours: `$`,
# backticks, `=`, `;`, braces.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<range>\.\.)
      | (?P<sign>\?\?|==|!=|<=|>=|[-+*/%^<>(),.?:\[\]\#])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})


class Token(NamedTuple):
    """A part of an expression; its kind is text, number, name, range, sign or other."""

    kind: str
    text: str


def tokens_of(expression: str) -> list[Token]:
    """The parts of an expression without the spaces between them."""
    return [
        Token(match.lastgroup or "other", match.group())
        for match in _TOKEN.finditer(expression)
        if match.lastgroup != "space"
    ]


def chains_in(tokens: list[Token]) -> Iterator[list[str]]:
    """Each fact that is looked at, as its name and the fields after it."""
    for index in range(len(tokens)):
        if not is_fact(tokens, index) or sign_at(tokens, index - 1) == ".":
            continue
        chain = [tokens[index].text]
        after = index + 1
        while sign_at(tokens, after) == "." and is_fact(tokens, after + 1):
            chain.append(tokens[after + 1].text)
            after += 2
        yield chain


def names_in(expression: str) -> frozenset[str]:
    """The facts that an expression looks at, such as `data.reopens`."""
    return frozenset(".".join(chain) for chain in chains_in(tokens_of(expression)))


def results_in(expression: str) -> list[Token]:
    """The texts and numbers that may be the result: alone, or one of the ways of `? :` and `??`."""
    tokens = tokens_of(expression)
    return [
        token
        for index, token in enumerate(tokens)
        if token.kind in ("text", "number")
        and (
            sign_at(tokens, index - 1) in ("", "?", ":", "??")
            or (sign_at(tokens, index - 1) == "(" and not is_call(tokens, index - 2))
        )
        and sign_at(tokens, index + 1) in ("", ":", "??", ")")
    ]


def may_be_zero(expression: str) -> bool:
    """Whether a number may come out as nothing: unless each way ends in a number above it."""
    signs = [token.text for token in tokens_of(expression) if token.kind == "sign"]
    results = results_in(expression)
    certain = "??" not in signs and len(results) == signs.count("?") + 1
    return not certain or any(token.kind != "number" or float(token.text) == 0 for token in results)


def sign_at(tokens: list[Token], index: int) -> str:
    """The sign at `index`, "" before the first and after the last token, a dash for no sign."""
    if not 0 <= index < len(tokens):
        return ""
    return tokens[index].text if tokens[index].kind == "sign" else "—"


def is_call(tokens: list[Token], index: int) -> bool:
    """Whether the name of a function stands there, with its arguments behind it."""
    return _is_name(tokens, index) and sign_at(tokens, index + 1) == "("


def is_fact(tokens: list[Token], index: int) -> bool:
    """Whether the name of a fact or of its field stands there."""
    return _is_name(tokens, index) and sign_at(tokens, index + 1) != "("


def ends_value(tokens: list[Token], index: int) -> bool:
    """Whether a value ends there, so that a bracket behind it would pick from it."""
    if not 0 <= index < len(tokens):
        return False
    return (
        tokens[index].kind in ("text", "number")
        or sign_at(tokens, index) in (")", "]", "#")
        or is_fact(tokens, index)
    )


def _is_name(tokens: list[Token], index: int) -> bool:
    """Whether a name stands there, and not a word of the language."""
    return (
        0 <= index < len(tokens)
        and tokens[index].kind == "name"
        and (sign_at(tokens, index - 1) == "." or tokens[index].text not in _WORDS)
    )
