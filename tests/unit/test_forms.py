"""What somebody may fill into an action's form, and what they are told otherwise."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldError
from core.i18n import translate
from workflows.codes import encode
from workflows.forms import MAX_PHOTOS, check_form, filled
from workflows.process_document import Choice, FormField, Text

LABEL = Text(vi="Mục", en="Field")
DEPARTMENTS = frozenset({"sxd", "hepco"})
UPLOADS = [str(UUID(int=n)) for n in range(MAX_PHOTOS + 1)]


def field(kind: str, **more: Any) -> FormField:
    return FormField.model_validate({"name": "field", "type": kind, "label": LABEL, **more})


def faults(item: FormField, value: object, **context: Any) -> list[FieldError]:
    return check_form((item,), {"field": value}, context, DEPARTMENTS)


CHOICES = (Choice(value="a", label=LABEL), Choice(value="b", label=LABEL))
FIELDS = {
    "text": field("text", max_length=5),
    "number": field("number"),
    "priority": field("number", min=1, max=4, whole=True),
    "at least": field("number", min=2.5),
    "at most": field("number", max=2.5),
    "date": field("date"),
    "choice": field("choice", choices=CHOICES),
    "department": field("department"),
    "rating": field("rating"),
    "photo": field("photo"),
    "person": field("person"),
    "case": field("case"),
}
CODE = encode(12345)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "Hỏng!"),
        ("number", 0),
        ("number", -1.5),
        ("number", 1e12),
        ("priority", 1),
        ("priority", 4),
        ("priority", 2.0),
        ("at least", 2.5),
        ("at most", -1000),
        ("date", "2026-12-31"),
        ("choice", "b"),
        ("department", "hepco"),
        ("rating", 1),
        ("rating", 5),
        ("photo", UPLOADS[:1]),
        ("photo", UPLOADS[:MAX_PHOTOS]),
        ("person", UPLOADS[0]),
        ("case", UPLOADS[0]),
        ("case", CODE),
        ("case", CODE.lower()),
        ("case", f" {CODE.replace('-', '')} "),  # as people read it out
    ],
)
def test_what_is_right(kind: str, value: object) -> None:
    assert faults(FIELDS[kind], value) == []
    assert filled((FIELDS[kind],), {"field": value}) == {"field": value}


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("text", 5, "not_a_text"),
        ("text", ["a"], "not_a_text"),
        ("text", "a\x00b", "not_a_text"),
        ("text", "\ud800", "not_a_text"),
        ("text", "123456", "text_too_long"),
        ("number", "5", "not_a_number"),
        ("number", True, "not_a_number"),
        ("number", {}, "not_a_number"),
        ("number", float("nan"), "number_out_of_range"),
        ("number", float("inf"), "number_out_of_range"),
        ("number", float("-inf"), "number_out_of_range"),
        ("number", 10**400, "number_out_of_range"),
        ("priority", 0, "number_out_of_range"),
        ("priority", 5, "number_out_of_range"),
        ("priority", 10**30, "number_out_of_range"),
        ("priority", 2.5, "not_a_whole_number"),
        ("priority", float("nan"), "not_a_whole_number"),
        ("priority", float("inf"), "not_a_whole_number"),
        ("at least", 2.4, "number_out_of_range"),
        ("at most", 2.6, "number_out_of_range"),
        ("date", "31/12/2026", "not_a_date"),
        ("date", "2026-02-30", "not_a_date"),
        ("date", 20261231, "not_a_date"),
        ("choice", "c", "not_a_choice"),
        ("choice", ["a"], "not_a_choice"),
        ("department", "nobody", "department_unknown"),
        ("department", [], "department_unknown"),
        ("department", {"sxd": 1}, "department_unknown"),
        ("rating", 0, "number_out_of_range"),
        ("rating", 6, "number_out_of_range"),
        ("rating", 4.5, "not_a_whole_number"),
        ("rating", False, "not_a_number"),
        ("rating", "5", "not_a_number"),
        ("photo", UPLOADS, "not_photos"),
        ("photo", UPLOADS[0], "not_photos"),
        ("photo", "  ", "not_photos"),
        ("photo", ["../../etc/passwd"], "not_photos"),
        ("photo", [None], "not_photos"),
        ("person", 5, "person_unknown"),
        ("person", [UPLOADS[0]], "person_unknown"),
        ("person", "Nguyễn Văn An", "person_unknown"),
        ("person", CODE, "person_unknown"),
        ("person", UPLOADS[0][:-1], "person_unknown"),
        ("case", 5, "case_unknown"),
        ("case", {}, "case_unknown"),
        ("case", "the other one", "case_unknown"),
        ("case", CODE + CODE, "case_unknown"),
        ("case", "a\x00b", "case_unknown"),
        ("case", "\ud800", "case_unknown"),
        ("person", "\ud800", "person_unknown"),
    ],
)
def test_what_is_wrong(kind: str, value: object, code: str) -> None:
    (error,) = faults(FIELDS[kind], value)
    assert (error.pointer, error.code) == ("/field", code)
    for language in ("vi", "en"):  # every fact that the sentence names is there
        sentence = translate(error.code, language, error.facts)
        assert "{" not in sentence
        assert "None" not in sentence
        assert ".0" not in sentence


def test_the_limits_are_told() -> None:
    (error,) = faults(FIELDS["priority"], 7)
    assert translate(error.code, "en", error.facts) == "Must lie between 1 and 4"
    (error,) = faults(FIELDS["text"], "123456")
    assert error.facts == {"max": 5}


BLANK = [None, "", "   ", "\n\t", "\u00a0"]


@pytest.mark.parametrize("kind", sorted(set(FIELDS) - {"photo"}))
@pytest.mark.parametrize("value", BLANK)
def test_a_blank_field_is_not_filled(kind: str, value: object) -> None:
    item = FIELDS[kind]
    assert faults(item, value) == []
    assert filled((item,), {"field": value}) == {}
    (error,) = faults(item.model_copy(update={"required": True}), value)
    assert error == FieldError("/field", "field_required")


@pytest.mark.parametrize("form", [{}, {"field": None}, {"field": []}])
def test_no_photos(form: dict[str, Any]) -> None:
    item = FIELDS["photo"]
    assert check_form((item,), form, {}, DEPARTMENTS) == []
    assert filled((item,), form) == {}
    required = item.model_copy(update={"required": True})
    assert check_form((required,), form, {}, DEPARTMENTS) == [
        FieldError("/field", "field_required")
    ]


@pytest.mark.parametrize("photo_required", [True, False])
def test_required_by_a_fact(photo_required: bool) -> None:  # noqa: FBT001  # both cases
    item = field("photo", required="category.after_photo_required")
    category = {"after_photo_required": photo_required}
    expected = [FieldError("/field", "field_required")] if photo_required else []
    assert check_form((item,), {}, {"category": category}, DEPARTMENTS) == expected


REASON = FormField(name="reason", type="text", label=LABEL)
DEPENDENT = FormField(name="detail", type="text", label=LABEL, required="form.reason == 'other'")
COUNT = FormField(name="count", type="number", label=LABEL)


@pytest.mark.parametrize(
    ("form", "codes"),
    [
        ({}, []),
        ({"reason": "none"}, []),
        ({"reason": "other"}, ["field_required"]),
        ({"reason": "other", "detail": "x"}, []),
    ],
)
def test_required_by_another_field(form: dict[str, Any], codes: list[str]) -> None:
    assert [e.code for e in check_form((REASON, DEPENDENT), form, {}, DEPARTMENTS)] == codes


@pytest.mark.parametrize("value", [10**30, float("nan"), 10**400])
def test_a_guard_sees_only_what_is_right(value: object) -> None:
    """Numbers that the engine cannot read are faults of a field, not of the configuration."""
    form = {"count": value, "unheard_of": value, "reason": "other"}
    errors = check_form((COUNT, REASON, DEPENDENT), form, {}, DEPARTMENTS)
    assert [(e.pointer, e.code) for e in errors] == [
        ("/unheard_of", "field_unknown"),
        ("/count", "number_out_of_range"),
        ("/detail", "field_required"),
    ]


def test_every_fault_is_named_at_once() -> None:
    fields = (
        REASON.model_copy(update={"required": True}),
        COUNT,
        FormField(name="to", type="department", label=LABEL, required=True),
    )
    errors = check_form(fields, {"count": "x", "to": "sct", "a/b~c": 1}, {}, DEPARTMENTS)
    assert [(e.pointer, e.code) for e in errors] == [
        ("/a~1b~0c", "field_unknown"),  # RFC 6901
        ("/reason", "field_required"),
        ("/count", "not_a_number"),
        ("/to", "department_unknown"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(value=JSON, kind=st.sampled_from(sorted(FIELDS)))
def test_anything_is_either_taken_or_refused(value: object, kind: str) -> None:
    item = FIELDS[kind].model_copy(update={"required": "form.field == 1"})
    errors = faults(item, value)
    assert len(errors) <= 1
