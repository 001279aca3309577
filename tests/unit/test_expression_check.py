"""Expressions of a process: which are refused unseen, and what trying the rest finds."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unavailable
from core.i18n import LANGUAGES, translate
from tests.support.worker import eventually
from workflows.expression_check import (
    FUNCTIONS,
    MAX_EVALUATION_MS,
    Outcome,
    Trial,
    Wanted,
    check_expression,
    judge,
    reason_of,
)
from workflows.expression_tokens import may_be_zero, names_in, results_in
from workflows.expression_trial import try_expressions
from workflows.expressions import MAX_LENGTH, evaluate
from workflows.problems import Problem

KNOWN = {
    "case": frozenset({"class", "state", "priority"}),
    "data": frozenset({"reopens"}),
    "form": frozenset({"text", "photos", "hours"}),
    "category": None,
}
CONTEXT: dict[str, Any] = {
    "case": {"class": "urgent", "state": "intake", "priority": 2},
    "data": {"reopens": 1},
    "form": {"text": "Đường hư", "photos": ["a", "b"], "hours": 8},
    "category": {"code": "road", "more": {"deep": 1}},
}
HOSTILE = "sum(map([1..3000000], #))"
BOMB = "map([1..50000000], 'a long text that is kept for each of them')"


def faults(expression: str) -> list[tuple[str, dict[str, object]]]:
    problems = check_expression(expression, KNOWN, "/at")
    assert {problem.pointer for problem in problems} <= {"/at"}
    said_in_full(problems)
    return [(problem.code, problem.facts) for problem in problems]


def said_in_full(problems: list[Problem]) -> None:
    """Each finding has its sentence in both languages, and gives every fact that it names."""
    for problem in problems:
        for language in LANGUAGES:
            sentence = translate(problem.code, language, dict.fromkeys(problem.facts, "…"))
            assert "{" not in sentence
            assert sentence != problem.code


def trial(expression: str, wanted: Wanted = "value", **context: Any) -> Trial:
    return Trial(f"/{expression}", expression, "field", wanted, (context or CONTEXT, {}))


async def tried(*trials: Trial, **options: float) -> list[tuple[str, str]]:
    problems = await try_expressions(trials, **options)
    said_in_full(problems)
    return [(problem.code, problem.pointer) for problem in problems]


# --- read ---


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "case.class == 'urgent' ? 4 : 8",
        "form.hours ?? data.reopens",
        "not (data.reopens > 0 and case.priority in [1, 2])",
        "not(data.reopens > 0)",
        "some(form.photos, # == 'a') or len(form.text) > 3",
        "contains(lower(form.text), 'gas') and startsWith(form.text, \"Mùi\")",
        "round(max([1.5, form.hours]), 1) % 2 ^ 2",
        "category.anything.at.all",
        "'sum($root) = `now()`; [1..3]'",  # no more than a text
        "case . class\n!= 'normal'",
    ],
)
def test_what_is_harmless_is_let_through(expression: str) -> None:
    assert faults(expression) == []
    evaluate(expression, CONTEXT)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_of_the_list_is_one_of_the_engine(name: str) -> None:
    closure = f"{name}(form.photos, # == 'a')"
    simple = {f"{name}(form.photos)", f"{name}(form.text)", f"{name}(1)", f"{name}([1, 2])"}
    forms = simple | {closure, f"{name}(form.text, 'a')", f"{name}(1.5, 1)"}
    right = [form for form in forms if not faults(form)]
    assert right


@pytest.mark.parametrize(
    ("expression", "code", "facts"),
    [
        ("nobody.name", "expression_name_unknown", {"name": "nobody"}),
        ("secret", "expression_name_unknown", {"name": "secret"}),
        ("# == 1", "expression_name_unknown", {"name": "#"}),
        ("some(form.photos as p, p == 'a')", "expression_name_unknown", {"name": "as"}),
        ("data.returns > 1", "expression_field_unknown", {"name": "data.returns"}),
        ("form.name", "expression_field_unknown", {"name": "form.name"}),
        ("case.class.length", "expression_field_unknown", {"name": "case.class.length"}),
        ("len(data)", "expression_names_no_field", {"name": "data"}),
        ("case['secret']", "expression_sign_not_allowed", {"sign": "[…]"}),
        ("form.photos[0]", "expression_sign_not_allowed", {"sign": "[…]"}),
        ("[1, 2][0]", "expression_sign_not_allowed", {"sign": "[…]"}),
        ("(case).class", "expression_sign_not_allowed", {"sign": "."}),
        ("$root", "expression_sign_not_allowed", {"sign": "$"}),
        ("$.secret", "expression_sign_not_allowed", {"sign": "$"}),
        ("`${case.class}`", "expression_sign_not_allowed", {"sign": "`"}),
        ("{a: 1}", "expression_sign_not_allowed", {"sign": "{"}),
        ("a = 3; a", "expression_sign_not_allowed", {"sign": ";"}),
        ("case.é", "expression_sign_not_allowed", {"sign": "é"}),
        ("[1..3]", "expression_range_not_allowed", {}),
        ("form.hours in (1..3]", "expression_range_not_allowed", {}),
        ("now()", "expression_function_not_allowed", {"name": "now"}),
        ("date('now')", "expression_function_not_allowed", {"name": "date"}),
        ("d('2026-01-01').year()", "expression_function_not_allowed", {"name": "year"}),
        ("rand (10)", "expression_function_not_allowed", {"name": "rand"}),
        ("duration('1h')", "expression_function_not_allowed", {"name": "duration"}),
        ("map(form.photos, #)", "expression_function_not_allowed", {"name": "map"}),
        ("form.text.upper()", "expression_function_not_allowed", {"name": "upper"}),
        (
            "some(form.photos, all(form.photos, # == 'a'))",
            "expression_too_nested",
            {},
        ),
        ("1 +", "expression_does_not_parse", None),
        ("'open", "expression_sign_not_allowed", {"sign": "'"}),
        ("min(1, 2)", "expression_does_not_parse", None),
        ("case.class case.state", "expression_does_not_parse", None),
        ("1" * (MAX_LENGTH + 1), "text_too_long", {"max": MAX_LENGTH}),
    ],
)
def test_what_is_refused(expression: str, code: str, facts: dict[str, object] | None) -> None:
    found = dict(faults(expression))
    assert code in found
    assert facts is None or (code, facts) in faults(expression)


def test_a_fault_is_named_once_and_all_faults_together() -> None:
    found = faults("nobody.a + nobody.b + now() + data.returns")
    assert [code for code, _ in found] == [
        "expression_function_not_allowed",
        "expression_name_unknown",
        "expression_field_unknown",
    ]


@pytest.mark.parametrize("expression", [HOSTILE, BOMB])
def test_what_would_take_long_is_not_even_compiled(expression: str) -> None:
    began = time.perf_counter()
    assert "expression_range_not_allowed" in dict(faults(expression))
    assert time.perf_counter() - began < 0.5


def test_the_facts_and_results_of_an_expression() -> None:
    expression = "case.class == 'urgent' ? 'pccc' : (form.text ?? 'ioc')"
    assert names_in(expression) == {"case.class", "form.text"}
    assert [token.text for token in results_in(expression)] == ["'pccc'", "'ioc'"]
    assert results_in("upper('a') + len('b')") == []
    assert [token.text for token in results_in("('sxd')")] == ["'sxd'"]


@pytest.mark.parametrize(
    ("expression", "zero"),
    [
        ("4", False),
        ("case.class == 'urgent' ? 4 : 8", False),
        ("case.class == 'urgent' ? 0 : 8", True),
        ("0", True),
        ("form.hours", True),
        ("form.hours ?? 4", True),
        ("data.reopens > 0 ? 24 : form.hours", True),
        ("'4'", True),
    ],
)
def test_whether_hours_may_be_none(expression: str, zero: bool) -> None:  # noqa: FBT001  # a table
    assert may_be_zero(expression) is zero


def test_the_reason_of_the_engine_is_taken_out_of_its_json() -> None:
    assert reason_of('{"type":"vmError","source":"Cannot add"}\n\nStack backtrace:') == "Cannot add"
    assert reason_of("something else\nat length") == "something else"
    assert reason_of("[]") == "[]"


# --- judged ---


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        ("yes_no", [True, False], [None, 1, "true", []]),
        ("hours", [0, 7.5, None], [-1, True, "4"]),
        ("text", ["", "a"], [None, 1, True]),
        ("optional_text", ["a", None], [1, []]),
        ("priority", [1, 4], [0, 2.5, 5, True, None]),
        ("rating", [1, 5, None], [0, 6, "5"]),
        ("value", [1, "a", True, None], [[]]),
    ],
)
def test_what_an_expression_must_give(wanted: Wanted, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert judge(trial("x", wanted), Outcome((value,), (), 0.1)) is None
    for value in bad:
        problem = judge(trial("x", wanted), Outcome((value,), (), 0.1))
        assert problem is not None
        assert problem.code == "expression_gives_wrong_value"


def test_one_fitting_value_is_enough() -> None:
    assert judge(trial("x", "yes_no"), Outcome((None, True), ("failed",), 0.1)) is None


def test_a_value_of_a_few_must_be_one_of_them() -> None:
    few = Trial("/x", "x", "case_class", "text", ({},), allowed=("urgent", "normal"))
    assert judge(few, Outcome(("urgent",), (), 0.1)) is None
    assert judge(few, Outcome(("late",), (), 0.1)) is not None


def test_five_milliseconds_are_too_long() -> None:
    problem = judge(trial("x"), Outcome((1,), (), MAX_EVALUATION_MS * 1.1))
    assert problem is not None
    assert problem.code == "expression_slow"


# --- tried ---


async def test_what_works_is_fine() -> None:
    trials = [trial("data.reopens + 1"), trial("case.class == 'urgent'", "yes_no")]
    assert await tried(*trials) == []


async def test_nothing_to_try_starts_nothing() -> None:
    assert await tried(wall_s=0) == []


async def test_what_fails_on_every_case_is_broken() -> None:
    problems = await try_expressions([trial("len(data.reopens)")])
    assert [problem.code for problem in problems] == ["expression_broken"]
    assert "len" in str(problems[0].facts["reason"])
    said_in_full(problems)


async def test_a_guard_that_never_says_yes_or_no_is_named() -> None:
    found = await tried(trial("form.text", "yes_no"))
    assert found == [("expression_gives_wrong_value", "/form.text")]


async def test_long_texts_and_lists_do_not_come_back() -> None:
    long = trial("a", "text", a="x" * 100_000)
    assert await tried(long, trial("[1, 2]")) == [("expression_gives_wrong_value", "/[1, 2]")]


@pytest.mark.parametrize(
    "expression",
    [
        HOSTILE,  # a second and more
        "sum(map([1..2000], sum(map([1..2000], sum(map([1..2000], #))))))",  # hours
        BOMB,  # gigabytes
    ],
)
async def test_a_hostile_expression_neither_holds_up_nor_ends_the_caller(expression: str) -> None:
    began = time.perf_counter()
    found = await tried(trial("1"), trial(expression), trial("2"))
    assert found == [("expression_slow", f"/{expression}")]
    assert time.perf_counter() - began < 9


async def test_joining_texts_again_and_again_is_slow() -> None:
    joined = "+".join(["a"] * 200)
    assert await tried(trial(joined, a="x" * 50_000)) == [("expression_slow", f"/{joined}")]


async def test_the_caller_waits_no_longer_than_it_wants() -> None:
    began = time.perf_counter()
    found = await tried(trial(HOSTILE.replace("3000000", "9000000")), wall_s=0.7)
    assert [code for code, _ in found] == ["expression_slow"]
    assert time.perf_counter() - began < 5


async def test_a_child_that_does_not_start_says_nothing_about_the_expressions() -> None:
    with pytest.raises(Unavailable):
        await tried(trial("1"), wall_s=0.0)


async def test_cancelling_leaves_no_child() -> None:
    before = children()
    work = asyncio.create_task(tried(trial(HOSTILE.replace("3000000", "9000000"))))
    await eventually(lambda: bool(children() - before))
    own = children() - before  # those of other tests end when they will
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not children() & own


def children() -> set[str]:
    """The process ids of the children of all threads of this process."""
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found |= set((thread / "children").read_text().split())
    return found


async def test_the_child_can_open_no_file_and_no_socket() -> None:
    """Whatever the engine may learn to do."""
    source = """
import socket, sys
from workflows import expression_trial
expression_trial.main()
refused = 0
for act in (lambda: open("/etc/passwd"), socket.socket):
    try:
        act()
    except OSError:
        refused += 1
sys.exit(refused)
"""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", source),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    await child.communicate(b"[]")
    assert child.returncode == 2
