"""Messages from templates and facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.rendering import LANGUAGES, load_templates, render

FACTS = {
    "code": "H7K-9M2R",
    "category": "Đèn đường",
    "area": "Phường Thuận Hóa",
    "department": "HEPCO",
    "due": "17:00 05/08/2026",
}


def test_a_message() -> None:
    message = render("assigned", "vi", FACTS)
    assert message.title == "Phản ánh mới H7K-9M2R"
    assert message.body == "Đèn đường tại Phường Thuận Hóa.\nHạn xử lý: 17:00 05/08/2026."
    assert render("assigned", "en", FACTS).title == "New report H7K-9M2R"
    assert render("assigned", "fr", FACTS) == message


@pytest.mark.parametrize("missing", [{}, {"reason": ""}])
def test_a_line_without_its_fact_is_left_out(missing: dict[str, str]) -> None:
    message = render("returned", "en", FACTS | missing)
    assert message.body == "Đèn đường in Phường Thuận Hóa."
    message = render("returned", "en", FACTS | {"reason": "not ours"})
    assert message.body == "Đèn đường in Phường Thuận Hóa.\nReason: not ours"


def test_an_unknown_template() -> None:
    with pytest.raises(KeyError):
        render("never_heard_of", "vi", FACTS)


def test_both_languages_have_the_same_templates() -> None:
    vietnamese, english = (load_templates(language) for language in LANGUAGES)
    assert vietnamese.keys() == english.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(load_templates("vi")))
@given(text=st.text())
def test_what_people_wrote_is_told_as_it_is(name: str, language: str, text: str) -> None:
    """A text is no template: `$code` in somebody's answer stays `$code`."""
    facts = dict.fromkeys(
        [
            "code",
            "category",
            "area",
            "department",
            "due",
            "question",
            "text",
            "reason",
            "answer",
            "responsible",
            "directive",
            "score",
            "hours",
            "into",
            "comment",
            "otp",
            "count",
            "minutes",
            "kind",
            "place",
            "people",
        ],
        "$code" + text,
    )
    message = render(name, language, facts)
    words = load_templates(language)[name]
    for told, template in ((message.title, words["title"]), (message.body, words["body"])):
        expected = template
        for fact in facts:
            expected = expected.replace(f"${fact}", f"\x00{fact}\x00")
        for fact, value in facts.items():
            expected = expected.replace(f"\x00{fact}\x00", value)
        if "\x00" not in text:
            assert told == expected
