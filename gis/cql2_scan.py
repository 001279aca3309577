"""A cheap look at a filter before it is parsed, so that no filter can crash or hold up the process.

The parser (the `cql2` library) recurses on the machine's stack and tries an opening bracket twice,
as an expression and as a list, so that a mistake inside n brackets is found 2ⁿ times: 3,000
brackets or 10,000 minus signs end the process, 30 unclosed brackets take an hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from core.errors import InvalidInput
from core.text import is_storable

FILTER: Final = "?filter"  # the query parameter at fault
MAX_CHARS = 50_000
MAX_CHAIN = 500  # operators in a row, which nest without brackets: not not a, a + a + a
MAX_STEPS = 200_000  # of the parser in the worst case; about 0.2 s
MAX_BRACKETS = 64

_QUOTED = r"""'[^']*'|"[^"]*\""""  # a doubled quote inside is two strings in a row
_TEXT_TOKEN = re.compile(
    rf"(?:{_QUOTED})|(?P<unclosed>['\"])|[(),]"
    r"|(?P<word>[^\W\d_][\w.:]*)|(?P<sign>[-+*/%^=<>!|])"
)
_KEYWORD = re.compile(r"(?<![^\W\d_])(?:and|or|not|div|in|like|between|is)", re.IGNORECASE)
_WHOLE_KEYWORD = re.compile(_KEYWORD.pattern + r"(?![^\W\d_])", re.IGNORECASE)
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<bracket>[\[\]{}])', re.DOTALL)


def check_before_parsing(text: str, *, is_json: bool) -> None:
    """Raise InvalidInput for a filter that is not to be shown to the parser."""
    if len(text) > MAX_CHARS:
        raise InvalidInput.at(FILTER, "filter_too_long", limit=MAX_CHARS)
    if not is_storable(text):
        raise InvalidInput.at(FILTER, "filter_text_invalid")
    if is_json:
        _check_json(text)
    else:
        _check_text(text)


@dataclass(slots=True)
class _Level:
    """An open bracket. `doubles`: it may be an expression or a list, so the parser tries both."""

    doubles: bool
    chain: int = 0


def _check_text(text: str) -> None:
    levels = [_Level(doubles=False)]
    steps, at, called = 0, 0, False
    for token in _TEXT_TOKEN.finditer(text):
        if token.lastgroup == "unclosed":
            raise InvalidInput.at(FILTER, "filter_syntax", position=_position(text, token.start()))
        steps += (token.end() - at) * 2 ** sum(level.doubles for level in levels)
        at = token.end()
        if token[0] == "(":
            levels.append(_Level(doubles=not called))
        elif token[0] == ")":
            levels = levels[:-1] or levels
        elif token[0] == ",":
            levels[-1].chain = 0
        else:
            levels[-1].chain += _operators(token)
        called = token.lastgroup == "word" and not _WHOLE_KEYWORD.search(token[0])
        too_deep = len(levels) > MAX_BRACKETS or sum(one.chain for one in levels) > MAX_CHAIN
        if too_deep or steps > MAX_STEPS:
            raise InvalidInput.at(FILTER, "filter_too_complex")


def _operators(token: re.Match[str]) -> int:
    """How many operators a token may be: words such as `1or1or1` are several."""
    if token.lastgroup == "word":
        return len(_KEYWORD.findall(token[0]))
    return int(token.lastgroup == "sign")


def _check_json(text: str) -> None:
    depth = 0
    for token in _JSON_TOKEN.finditer(text):
        bracket = token["bracket"]
        depth += 0 if bracket is None else (1 if bracket in "[{" else -1)
        if depth > MAX_BRACKETS:
            raise InvalidInput.at(FILTER, "filter_too_complex")


def _position(text: str, at: int) -> str:
    before = text[:at]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
