"""Routing: the rules as such, and Huế's own grid."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import ConfigurationError
from gis.nearby import NearbyFeature
from workflows.configuration import Configuration
from workflows.intake import routing_json
from workflows.rules import Facts, Hours, Near, Router, Ruleset, folded, plain

AT = datetime(2026, 8, 3, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))  # a Monday
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
    text: str = "",
    category: str = "road.hole",
    area: str = "19774",
    source: str = "app",
    **more: Any,
) -> Facts:
    return replace(Facts(category, (area,), text, source, AT), **more)


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


def test_an_area_also_stands_for_those_below_it() -> None:
    rules = router(row("ward", area=["19774"]), row("city", area=["46"]))
    assert rules.route(facts(areas=("19774", "46"))).row == "ward"
    assert rules.route(facts(areas=("19777", "46"))).row == "city"
    assert rules.route(facts(areas=("19777",))).row is None
    assert rules.route(facts(areas=())).row is None


@pytest.mark.parametrize(
    ("weekdays", "day", "expected"),
    [
        ([1], 3, True),  # the 3rd of August 2026 is a Monday
        ([1], 4, False),
        ([6, 7], 8, True),
        ([6, 7], 9, True),
        ([6, 7], 7, False),
        ([1, 2, 3, 4, 5, 6, 7], 7, True),
    ],
)
def test_weekdays_count_from_monday(weekdays: list[int], day: int, expected: bool) -> None:  # noqa: FBT001  # a table
    rules = router(row("a", weekdays=weekdays))
    assert (rules.route(facts(at=AT.replace(day=day))).row == "a") is expected


NIGHT, OFFICE_HOURS = ("22:00", "06:00"), ("07:30", "17:00")


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (OFFICE_HOURS, "07:29:59", False),
        (OFFICE_HOURS, "07:30", True),
        (OFFICE_HOURS, "16:59:59.999999", True),
        (OFFICE_HOURS, "17:00", False),  # the end belongs to what comes next
        (NIGHT, "21:59:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "23:59:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "05:59:59", True),
        (NIGHT, "06:00", False),
        (NIGHT, "12:00", False),
        (("18:00", "00:00"), "23:59", True),  # until midnight
        (("18:00", "00:00"), "00:00", False),
        (("00:00", "06:00"), "00:00", True),
    ],
)
def test_hours_may_go_past_midnight(hours: tuple[str, str], at: str, expected: bool) -> None:  # noqa: FBT001  # a table
    start, end = hours
    moment = datetime.combine(date(2026, 8, 3), time.fromisoformat(at), AT.tzinfo)
    rules = router(row("a", hours={"start": start, "end": end}))
    assert (rules.route(facts(at=moment)).row == "a") is expected


@given(start=st.times(), end=st.times(), at=st.times())
def test_every_moment_is_in_a_span_or_in_the_rest_of_the_day(
    start: time, end: time, at: time
) -> None:
    if start != end:
        one, other = Hours(start=start, end=end), Hours(start=end, end=start)
        assert one.covers(at) is not other.covers(at)


def test_rows_may_ask_for_different_hours() -> None:
    rules = router(
        row("night", hours={"start": "22:00", "end": "06:00"}),
        row("sunday", weekdays=[7]),
        row("day", hours={"start": "06:00", "end": "22:00"}),
    )
    assert rules.route(facts(at=AT.replace(hour=23))).row == "night"
    assert rules.route(facts(at=AT.replace(day=9))).row == "sunday"
    assert rules.route(facts()).row == "day"


@pytest.mark.parametrize(
    ("wanted", "given", "expected"),
    [
        (["off"], "off", True),
        (["off", "dim"], "dim", True),
        (["off"], "dim", False),
        (["off"], None, False),
        ([True], True, True),
        ([True], False, False),
        ([3], 3, True),
        ([3], 3.0, True),  # some clients write every number so
        ([3.0], 3, True),
        ([2.5], 2.5, True),
        ([3], 4, False),
        ([1], True, False),
        ([True], 1, False),
        (["Đèn tắt (cả dãy)"], "Đèn tắt (cả dãy)", True),
        ([], "off", False),
    ],
)
def test_answers_count_by_their_value(wanted: list[object], given: object, expected: bool) -> None:  # noqa: FBT001  # a table
    rules = router(row("a", answers={"fault": wanted}))
    answers = {} if given is None else {"fault": given, "pole": "A-12"}
    assert (rules.route(facts(answers=answers)).row == "a") is expected


def test_all_questions_of_a_row_must_be_answered_so() -> None:
    rules = router(
        row("both", answers={"fault": ["off"], "people": [1, 2]}),
        row("one", answers={"people": [2]}),
    )
    assert rules.route(facts(answers={"fault": "off", "people": 2})).row == "both"
    assert rules.route(facts(answers={"fault": "dim", "people": 2})).row == "one"
    assert rules.route(facts(answers={"fault": "off"})).row is None
    assert rules.route(facts(answers={"fault": ["off"], "people": {"n": 2}})).row is None


def test_a_question_may_be_called_anything() -> None:
    """Its name is no part of an expression."""
    for name in ("it's", "a b", "q0", "1) or (1", "đèn", "a.b"):
        rules = router(row("a", answers={name: ["x"]}))
        assert rules.route(facts(answers={name: "x"})).row == "a"
        assert rules.route(facts(answers={"a": "x"})).row is None


PARK = NearbyFeature("park", "public", "P1", "Công viên 3-2", 0.0)
STREET = NearbyFeature("road", "urban", "R1", "Lê Lợi", 12.5)
HIGHWAY = NearbyFeature("road", "national", "QL1", "Quốc lộ 1", 80.0)


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        ({"layer": "park"}, True),  # it lies inside
        ({"layer": "road"}, False),  # a line has no inside
        ({"layer": "road", "metres": 12.5}, True),
        ({"layer": "road", "metres": 12.4}, False),
        ({"layer": "road", "kind": ["national"], "metres": 50}, False),
        ({"layer": "road", "kind": ["national"], "metres": 80}, True),
        ({"layer": "road", "kind": ["national", "urban"], "metres": 20}, True),
        ({"layer": "park", "kind": ["private"]}, False),
        ({"layer": "bridge", "metres": 500}, False),
    ],
)
def test_what_lies_near(near: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  # a table
    rules = router(row("a", near=[near]))
    found = rules.route(facts(nearby=(PARK, STREET, HIGHWAY)))
    assert (found.row == "a") is expected
    assert found.near == ((Near.model_validate(near).key,) if expected else ())
    assert rules.route(facts()).row is None


def test_any_of_what_a_row_asks_for_will_do() -> None:
    near = [{"layer": "park"}, {"layer": "road", "kind": ["urban"], "metres": 20}]
    rules = router(row("a", near=near), row("b", near=[{"layer": "road", "metres": 100}]))
    assert rules.route(facts(nearby=(STREET,))).near == ("road/urban/20",)
    assert rules.route(facts(nearby=(STREET, PARK))).near == ("park//0", "road/urban/20")
    # what another row asks for is no reason of this one
    assert rules.route(facts(nearby=(HIGHWAY,))).near == ("road//100",)


def test_the_map_is_asked_only_for_what_a_rule_needs() -> None:
    assert router(row("a", words=["gas"])).layers == {}
    rules = router(
        row("a", near=[{"layer": "road", "metres": 20}, {"layer": "park"}]),
        row("b", near=[{"layer": "road", "kind": ["national"], "metres": 80}]),
        row("c", near=[{"layer": "road", "metres": 5}]),
    )
    assert rules.layers == {"road": 80, "park": 0}


def test_kinds_are_the_same_in_any_order() -> None:
    one, other = (
        {"layer": "road", "kind": kinds, "metres": 1} for kinds in (["b", "a"], ["a", "b"])
    )
    rules = router(row("a", near=[one], words=["gas"]), row("b", near=[other]))
    assert rules.route(facts(nearby=(replace(STREET, kind="a", distance_m=1.0),))).row == "b"


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


@pytest.mark.parametrize(
    "when",
    [
        {"near": [{"layer": "it's"}]},
        {"near": [{"layer": "road", "kind": ["it's"]}]},
        {"answers": {"fault": ["it's"]}},
        {"answers": {"fault": ["off", "back\\slash"]}},
    ],
)
def test_quotes_are_refused_wherever_they_stand(when: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="quotes"):
        router(row("a", **when))


# what is kept of an answer


@dataclass(frozen=True)
class City:
    """All of a city that is kept with an answer."""

    ruleset_version: int = 7


CITY = cast("Configuration", City())


@pytest.mark.parametrize(
    ("text", "department", "certain"),
    [("cháy", "pccc", True), ("gas", "ioc", False), ("", "ioc", False)],
)
def test_what_a_rule_wants_verified_is_not_certain(
    text: str,
    department: str,
    certain: bool,  # noqa: FBT001  # a table
) -> None:
    """Nor is what no rule knows: both wait for an operator."""
    doubtful = row("gas", words=["gas"])
    doubtful["then"] = {**then("ioc"), "verify": True}
    rules = router(row("pccc", words=["cháy"]), doubtful)
    seen = facts(text)
    kept = routing_json(CITY, rules.route(seen), seen)
    assert (kept["department"], kept["certain"]) == (department, certain)
    assert kept["row"] == {"cháy": "pccc", "gas": "gas", "": None}[text]


def test_what_is_kept_is_the_answer_to_why_us() -> None:
    rules = router(row("a", words=["cháy"], near=[{"layer": "park"}]))
    seen = facts(
        "cháy nhà bà Hoa, gọi 0905", areas=("19774", "46"), nearby=(PARK, STREET), source="web"
    )
    kept = json.loads(json.dumps(routing_json(CITY, rules.route(seen), seen)))
    assert kept == {
        "row": "a",
        "reason": {"vi": "vì a", "en": "because a"},
        "words": ["cháy"],
        "near": ["park//0"],
        "department": "a",
        "co_departments": [],
        "priority": 3,
        "class": "normal",
        "hours": 24,
        "certain": True,
        "ruleset_version": 7,
        "review": [],
        "trust": 50,
        "facts": {
            "areas": ["19774", "46"],
            "source": "web",
            "at": "2026-08-03T09:00:00+07:00",
            "nearby": [
                {"layer": "park", "kind": "public", "name": "Công viên 3-2", "distance_m": 0.0},
                {"layer": "road", "kind": "urban", "name": "Lê Lợi", "distance_m": 12.5},
            ],
        },
    }
    # what the citizen wrote stays with the report
    assert "Hoa" not in json.dumps(kept, ensure_ascii=False)


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
        {"then": {**then("a"), "assign": "by lot"}},
        {"when": {"weekdays": [0]}},
        {"when": {"weekdays": [8]}},
        {"when": {"weekdays": ["Monday"]}},
        {"when": {"hours": {"start": "22:00"}}},
        {"when": {"hours": {"start": "22:00", "end": "25:00"}}},
        {"when": {"near": [{"metres": 10}]}},
        {"when": {"near": [{"layer": " "}]}},
        {"when": {"near": [{"layer": "park", "metres": 501}]}},
        {"when": {"near": [{"layer": "park", "metres": -1}]}},
        {"when": {"near": [{"layer": "park", "colour": "green"}]}},
        {"when": {"answers": {" ": ["x"]}}},
        {"when": {"answers": {"pole": [None]}}},
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
                "weekdays": st.lists(st.integers(1, 7), min_size=1, max_size=3),
                "hours": st.sampled_from([NIGHT, OFFICE_HOURS]).map(
                    lambda hours: {"start": hours[0], "end": hours[1]}
                ),
                "answers": st.dictionaries(
                    st.sampled_from(["fault", "people"]),
                    st.lists(st.sampled_from(["off", True, 2]), min_size=1, max_size=2),
                    min_size=1,
                ),
                "near": st.lists(
                    st.sampled_from(
                        [
                            {"layer": "park"},
                            {"layer": "road", "metres": 20},
                            {"layer": "road", "metres": 90, "kind": ["national"]},
                        ]
                    ),
                    min_size=1,
                    max_size=2,
                ),
            },
        ),
        max_size=5,
    ),
    category=st.sampled_from(sorted(TREE)),
    area=st.sampled_from(["1", "2", "3"]),
    source=st.sampled_from(["app", "sos"]),
    text=texts.map(" ".join),
    at=st.integers(0, 13 * 24 * 60).map(lambda minutes: AT + timedelta(minutes=minutes)),
    answers=st.dictionaries(
        st.sampled_from(["fault", "people"]), st.sampled_from(["off", "on", True, False, 2, 3])
    ),
    nearby=st.lists(st.sampled_from([PARK, STREET, HIGHWAY]), unique=True, max_size=3),
)
def test_the_table_agrees_with_reading_the_rows(
    rows: list[dict[str, Any]],
    category: str,
    area: str,
    source: str,
    text: str,
    at: datetime,
    answers: dict[str, Any],
    nearby: list[NearbyFeature],
) -> None:
    def is_near(wanted: dict[str, Any]) -> bool:
        return any(
            feature.layer == wanted["layer"]
            and feature.distance_m <= wanted.get("metres", 0)
            and feature.kind in wanted.get("kind", [feature.kind])
            for feature in nearby
        )

    def is_time(hours: dict[str, str]) -> bool:
        if (hours["start"], hours["end"]) == NIGHT:
            return at.hour >= 22 or at.hour < 6
        return "07:30" <= f"{at:%H:%M}" < "17:00"

    def matches(when: dict[str, Any]) -> bool:
        typed = text if plain(text) != text else None
        return (
            ("weekdays" not in when or at.weekday() + 1 in when["weekdays"])
            and ("hours" not in when or is_time(when["hours"]))
            and ("near" not in when or any(is_near(wanted) for wanted in when["near"]))
            and all(
                any(type(answers.get(name)) is type(v) and answers[name] == v for v in wanted)
                for name, wanted in when.get("answers", {}).items()
            )
            and matches_words(when, typed)
        )

    def matches_words(when: dict[str, Any], typed: str | None) -> bool:
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
    seen = Facts(category, (area,), text, source, at, answers, tuple(nearby))
    assert rules.route(seen).row == expected


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
