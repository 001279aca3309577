"""Routing: the rules as such, and Huế's own grid."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import ConfigurationError
from workflows.rules import Facts, Router, Ruleset, folded, plain

HUE = Path(__file__).parents[2] / "workflows" / "definitions" / "hue"


def read(name: str) -> Any:
    return json.loads((HUE / name).read_text(encoding="utf-8"))


def below(categories: Iterable[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """Each category with itself and all below it."""
    parents = {row["code"]: row["parent"] for row in categories}
    found: dict[str, set[str]] = {code: {code} for code in parents}
    for code, parent in parents.items():
        above = parent
        while above is not None:
            found[above].add(code)
            above = parents[above]
    return {code: frozenset(codes) for code, codes in found.items()}


CATEGORIES = read("categories.json")["categories"]
PARENTS = {row["parent"] for row in CATEGORIES}
LEAVES = sorted(row["code"] for row in CATEGORIES if row["code"] not in PARENTS)
DEPARTMENTS = {row["code"] for row in read("departments.json")["departments"]}
WARDS = sorted(row["code"] for row in read("wards.json")["wards"])
HUE_RULES = Ruleset.model_validate(read("routing.json"))
hue = Router(HUE_RULES, below(CATEGORIES))

TREE = {
    "fire": frozenset({"fire"}),
    "road": frozenset({"road", "road.hole", "road.sign"}),
    "road.hole": frozenset({"road.hole"}),
    "road.sign": frozenset({"road.sign"}),
}
WORDS = ("cháy", "đám cháy", "rò điện", "gas")


def then(department: str) -> dict[str, Any]:
    return {"department": department, "priority": 3, "class": "normal", "hours": 24}


def row(row_id: str, **when: Any) -> dict[str, Any]:
    reason = {"vi": f"vì {row_id}", "en": f"because {row_id}"}
    return {"id": row_id, "when": when, "then": then(row_id), "reason": reason}


def router(*rows: dict[str, Any]) -> Router:
    default = {"then": then("ioc"), "reason": {"vi": "vì không ai", "en": "because nobody"}}
    return Router(Ruleset.model_validate({"rows": rows, "default": default}), TREE)


def facts(
    text: str = "", category: str = "road.hole", area: str = "19774", source: str = "app"
) -> Facts:
    return Facts(category, (area,), text, source, AT)


@pytest.mark.parametrize("category", LEAVES)
def test_hue_routes_everything_to_somebody(category: str) -> None:
    for area in WARDS:
        for source in ("app", "web", "phone", "open311", "sos"):
            found = hue.route(Facts(category, (area,), "", source, AT))
            assert found.outcome.department in DEPARTMENTS
            assert set(found.outcome.co_departments) <= DEPARTMENTS
            assert found.outcome.department not in found.outcome.co_departments
            assert found.reason.vi
            assert found.reason.en
            assert source != "sos" or found.row == "u-sos"


def test_hue_names_only_what_exists() -> None:
    outcomes = [r.then for r in HUE_RULES.rows] + [HUE_RULES.default.then]
    assert {o.department for o in outcomes} <= DEPARTMENTS
    assert {d for o in outcomes for d in o.co_departments} <= DEPARTMENTS
    assert {code for r in HUE_RULES.rows for code in r.when.area} <= set(WARDS)


@pytest.mark.parametrize("rule", HUE_RULES.rows, ids=lambda rule: rule.id)
def test_every_row_of_hue_can_be_reached(rule: Any) -> None:
    """A row that an earlier one always forestalls would be a mistake of the grid."""
    tree = below(CATEGORIES)
    codes = [leaf for code in rule.when.category for leaf in tree[code]] or LEAVES
    reached = any(
        hue.route(Facts(code, (area,), word, source, AT)).row == rule.id
        for code in sorted(set(codes) & set(LEAVES))
        for area in rule.when.area or WARDS
        for source in rule.when.source or ("app",)
        for word in rule.when.words or ("",)
    )
    assert reached


@pytest.mark.parametrize(
    ("category", "text", "expected"),
    [
        ("security.fire_safety", "Có đám cháy lớn sau chợ", "u-fire"),
        ("security.fire_safety", "co dam chay lon sau cho", "u-fire"),
        ("security.fire_safety", "Bình chữa cháy đã hết hạn", None),
        ("environment.tree", "Cây đổ làm đứt dây điện", "u-live-wire"),
        ("traffic.manhole", "Hố ga MẤT NẮP trước nhà số 5", "u-open-manhole"),
    ],
)
def test_hue_hears_danger(category: str, text: str, expected: str | None) -> None:
    assert category in LEAVES
    found = hue.route(Facts(category, (WARDS[0],), text, "app", AT))
    if expected is None:
        assert found.words == ()
        assert not (found.row or "").startswith("u-")
    else:
        assert found.row == expected
        assert found.words


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("có cháy ở chợ", True),
        ("CÓ CHÁY Ở CHỢ", True),
        ("cháy", True),
        ("(cháy)!", True),
        ("cháy, cháy to", True),
        (normalize("NFD", "có cháy ở chợ"), True),
        ("xe chạy ẩu", False),  # another word: it runs
        ("nước chảy tràn", False),  # and this one flows
        ("co chay o cho", True),  # typed without diacritics: it may be any of them
        ("xe chay au", True),
        ("CO CHAY", True),
        ("cháyy", False),
        ("chaychay", False),
        ("xcháy", False),
        ("cháy2", False),
        ("xcháy rồi cháy", True),  # the first find is none, the second is
        ("chay ở đây", False),  # has diacritics, so "chay" means what it says
        ("", False),
        ("?", False),
    ],
)
def test_whole_words_with_and_without_diacritics(text: str, heard: bool) -> None:  # noqa: FBT001  # a table
    found = router(row("pccc", words=["cháy"])).route(facts(text))
    assert (found.row == "pccc") is heard
    assert found.words == (("cháy",) if heard else ())


def test_words_of_the_grid_may_be_typed_anyhow() -> None:
    for word in ("CHÁY", normalize("NFD", "cháy"), "  cháy "):
        assert router(row("pccc", words=[word])).route(facts("cháy")).row == "pccc"


def test_a_phrase_is_found_as_it_stands() -> None:
    rules = router(row("dienluc", words=["rò điện"]))
    assert rules.route(facts("trụ đèn rò điện")).words == ("rò điện",)
    assert rules.route(facts("điện rò")).row is None
    assert rules.route(facts("tru den ro dien")).row == "dienluc"


def test_it_tells_the_words_that_counted() -> None:
    rules = router(row("a", words=["cháy", "gas"]), row("b", words=["rò điện"]))
    assert rules.route(facts("gas, cháy và rò điện")).words == ("cháy", "gas")


def test_the_first_row_that_matches_wins() -> None:
    narrow, wide = row("narrow", category=["road.hole"]), row("wide", category=["road"])
    assert router(narrow, wide).route(facts()).row == "narrow"
    assert router(wide, narrow).route(facts()).row == "wide"


def test_a_category_stands_for_those_below_it() -> None:
    rules = router(row("roads", category=["road"]))
    assert {c: rules.route(facts(category=c)).row for c in TREE} == {
        "fire": None,
        "road": "roads",
        "road.hole": "roads",
        "road.sign": "roads",
    }


def test_all_conditions_must_hold() -> None:
    rules = router(
        row("all", category=["road"], area=["1", "2"], source=["app", "web"], words=["gas"])
    )
    assert rules.route(facts("gas", area="2", source="web")).row == "all"
    assert rules.route(facts("gas", area="3")).row is None
    assert rules.route(facts("gas", area="1", source="sos")).row is None
    assert rules.route(facts("gas", area="1", category="fire")).row is None
    assert rules.route(facts("", area="1")).row is None


def test_a_row_without_conditions_takes_everything() -> None:
    assert router(row("all")).route(facts("anything", category="never heard of")).row == "all"


def test_the_default_takes_the_rest() -> None:
    found = router().route(facts("đám cháy"))
    assert (found.row, found.outcome.department, found.words) == (None, "ioc", ())
    assert found.reason.en == "because nobody"


@pytest.mark.parametrize("value", ["it's", "back\\slash", "'; drop"])
@pytest.mark.parametrize("condition", ["area", "source", "words"])
def test_quotes_are_refused(condition: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match="quotes"):
        router(row("a", **{condition: [value]}))


def test_quotes_are_refused_in_ids_too() -> None:
    with pytest.raises(ConfigurationError, match="quotes"):
        router(row("a'b"))


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="routing row a: unknown category roads"):
        router(row("a", category=["fire", "roads"]))


def test_an_id_is_given_once() -> None:
    with pytest.raises(ConfigurationError, match="same id"):
        router(row("a"), row("b"), row("a"))


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "x" * 61},
        {"when": {"colour": ["red"]}},
        {"when": {"words": [""]}},  # would match nearly every text
        {"when": {"words": ["  "]}},
        {"then": {**then("a"), "priority": 0}},
        {"then": {**then("a"), "priority": 5}},
        {"then": {**then("a"), "class": "soon"}},
        {"then": {**then("a"), "hours": 0}},
        {"then": {**then("a"), "hours": 2001}},
        {"then": {"department": "a"}},
        {"reason": {"vi": "vì"}},
        {"else": 1},
    ],
)
def test_a_malformed_row_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        router({**row("a"), **change})


@given(
    words=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="'\\"), min_size=1).filter(
            str.strip
        ),
        min_size=1,
        max_size=4,
    ),
    values=st.text(st.characters(codec="utf-8", exclude_characters="'\\"), min_size=1),
)
def test_no_cell_says_anything_but_itself(words: list[str], values: str) -> None:
    """Whatever a city writes into its grid stays a value: nothing of it is an expression."""
    rules = router(
        row("area", area=[values]), row("source", source=[values]), row("words", words=words)
    )
    assert rules.route(facts(area=values)).row == "area"
    assert rules.route(facts(source=values)).row == "source"
    assert rules.route(facts(area=values + "x", source=values + "x")).row is None
    assert rules.route(facts(f"Ở đây: {words[0]} …")).row == "words"


texts = st.lists(st.sampled_from([*WORDS, "chạy", "chay", "dam chay", "ở", "!"]), max_size=5)


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "category": st.lists(st.sampled_from(sorted(TREE)), min_size=1, max_size=2),
                "area": st.lists(st.sampled_from(["1", "2"]), min_size=1, max_size=2),
                "words": st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
                "source": st.lists(st.sampled_from(["app", "sos"]), min_size=1, max_size=2),
            },
        ),
        max_size=5,
    ),
    category=st.sampled_from(sorted(TREE)),
    area=st.sampled_from(["1", "2", "3"]),
    source=st.sampled_from(["app", "sos"]),
    text=texts.map(" ".join),
)
def test_the_table_agrees_with_reading_the_rows(
    rows: list[dict[str, list[str]]], category: str, area: str, source: str, text: str
) -> None:
    def matches(when: dict[str, list[str]]) -> bool:
        typed = text if plain(text) != text else None
        return (
            ("category" not in when or any(category in TREE[c] for c in when["category"]))
            and ("area" not in when or area in when["area"])
            and ("source" not in when or source in when["source"])
            and (
                "words" not in when
                or any(
                    f" {word} " in f" {text} "
                    if typed is not None
                    else f" {plain(word)} " in f" {text} "
                    for word in when["words"]
                )
            )
        )

    rules = router(*(row(f"r{n}", **when) for n, when in enumerate(rows)))
    expected = next((f"r{n}" for n, when in enumerate(rows) if matches(when)), None)
    assert rules.route(Facts(category, (area,), text, source, AT)).row == expected


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("written", "without"),
    [
        ("Đèn đường", "den duong"),
        ("ỔNG NƯỚC VỠ", "ong nuoc vo"),
        ("Phường Thuận Hóa", "phuong thuan hoa"),
        ("quỷ, quỹ, quý, quỳ, quỵ", "quy, quy, quy, quy, quy"),
        ("abc 123", "abc 123"),
    ],
)
def test_plain(written: str, without: str, form: Any) -> None:
    assert plain(normalize(form, written)) == without
    assert folded(normalize(form, written)) == normalize("NFC", written.lower())
