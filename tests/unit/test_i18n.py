"""Sentences: everything that the code may say can be said in both languages."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from api.errors import _BY_STATUS, STATUS
from core import errors
from core.i18n import LANGUAGES, load_messages, preferred_language, translate
from core.validation import CODES
from workflows.status import Status

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "cli", "core", "gis", "identity", "media", "notifications", "workflows")
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.Error)
}


def facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def calls() -> Iterator[tuple[str, int, ast.Call]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}", node.lineno, node


def code_at(node: ast.Call) -> ast.expr | None:
    """The argument that is an error's code, if this call makes an error."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="errors"), attr=name) if (
            name in KINDS
        ):
            return node.args[0] if node.args else None
        case ast.Name(id="FieldError"):
            return next(
                (k.value for k in node.keywords if k.arg == "code"),
                node.args[1] if len(node.args) > 1 else None,
            )
        case ast.Attribute(value=ast.Name(id="InvalidInput"), attr="at"):
            return node.args[1]
    return None


def codes_in(node: ast.expr | None) -> set[str]:
    """The texts that an expression may be: of `a if x else b`, both."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return codes_in(body) | codes_in(orelse)
    return set()


def used() -> dict[str, str]:
    """Code -> where it is used."""
    found = {
        code: f"{path}:{line}" for path, line, node in calls() for code in codes_in(code_at(node))
    }
    # tuples (code, facts) of the form checker, and tables
    forms = (ROOT / "workflows" / "forms.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(forms)):
        match node:
            case ast.Tuple(elts=[code, ast.Dict()]):
                found |= dict.fromkeys(codes_in(code), "workflows/forms.py")
    found |= dict.fromkeys(CODES.values(), "core/validation.py")
    found |= dict.fromkeys(_BY_STATUS.values(), "api/errors.py")
    found |= {kind.default_code: name for name, kind in KINDS.items()}
    return found


USED = used()


def test_the_search_finds_codes() -> None:
    """Of each way to make an error, one that is known to be in the code."""
    assert {
        "wrong_password",  # NotSignedIn("…")
        "outside_city",  # InvalidInput.at(pointer, "…")
        "photo_required",  # FieldError(pointer, "…")
        "number_out_of_range",  # a tuple of the form checker
        "not_an_instant",  # a table
        "conflict",  # a class
    } <= USED.keys()
    assert len(USED) > 50


@pytest.mark.parametrize("code", sorted(USED))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence(code: str, language: str) -> None:
    assert load_messages(language).get(code), f"used in {USED[code]}"


def test_both_languages_say_the_same_things() -> None:
    vietnamese, english = (load_messages(language) for language in LANGUAGES)
    assert list(vietnamese) == list(english)
    different = [code for code in vietnamese if facts(vietnamese[code]) != facts(english[code])]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_stands_twice_in_a_file(language: str) -> None:
    """JSON would silently take the last."""
    path = ROOT / "core" / "messages" / f"{language}.json"
    pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
    assert len(pairs) == len(dict(pairs))
    assert all(text.strip() == text and text for _, text in pairs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels(language: str) -> None:
    messages = load_messages(language)
    assert {f"status_{status.value}" for status in Status} <= messages.keys()
    # kinds of events, and what is filed or noted without an action of the process
    assert {f"event_{name}" for name in ("step", "mark", "note", "file")} <= messages.keys()


def test_every_kind_of_error_has_a_status() -> None:
    assert STATUS.keys() == set(errors.Error.__subclasses__())


def test_facts_that_are_raised_are_those_that_are_told() -> None:
    """`InvalidInput.at(p, code, max=1)` and the like give all that their sentence names."""
    messages = load_messages("vi")
    missing: list[str] = []
    for path, line, node in calls():
        argument = code_at(node)
        is_field = isinstance(node.func, ast.Name) and node.func.id == "FieldError"
        if argument is None or is_field or any(k.arg is None for k in node.keywords):
            continue
        given = {k.arg for k in node.keywords}
        missing += [
            f"{path}:{line} {code}: {sorted(lacking)}"
            for code in codes_in(argument)
            if (lacking := facts(messages[code]) - given)
        ]
    assert missing == []


@pytest.mark.parametrize(
    ("code", "language", "given", "sentence"),
    [
        ("text_too_long", "en", {"max": 5}, "Longer than 5 characters"),
        ("text_too_long", "vi", {"max": 5}, "Dài quá 5 ký tự"),
        ("text_too_long", "fr", {"max": 5}, "Dài quá 5 ký tự"),
        ("text_too_long", "en", None, "Longer than {max} characters"),
        ("answer_invalid", "en", {"reason": "{max} {0}"}, "The answer is not right: {max} {0}"),
        ("never_heard_of", "en", None, "never_heard_of"),
    ],
)
def test_translating(code: str, language: str, given: dict[str, object], sentence: str) -> None:
    assert translate(code, language, given) == sentence


def test_what_is_said_instead() -> None:
    assert translate("event_own", "en", default="event_step") == "Step"
    assert translate("event_file", "en", default="event_step") == "Filed"
    assert translate("event_own", "en", default="event_none") == "event_own"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "vi"),
        ("", "vi"),
        ("*", "vi"),
        ("en", "en"),
        ("EN-us", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en-US,en;q=0.9,vi;q=0.8", "en"),
        ("en;q=0.3, vi", "vi"),
        ("vi;q=0.3, en", "en"),
        ("fr-FR, de;q=0.9, en;q=0.1", "en"),
        ("fr", "vi"),
        ("en;q=0", "vi"),
        ("en;q=much", "vi"),
        ("en;q=nan", "vi"),
        ("en;level=1", "en"),
        ("en ; q = 0.5 , vi ; q = 0.4", "en"),
        (",,;;q=,=", "vi"),
    ],
)
def test_the_language_of_a_reader(header: str | None, language: str) -> None:
    assert preferred_language(header) == language
