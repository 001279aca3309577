"""Drafts of routing rules: what keeps them from being published, and what is only said."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import LANGUAGES, translate
from gis.nearby import NearbyFeature
from workflows.catalogue import CategoryView, DepartmentView
from workflows.configuration import descendants_of
from workflows.problems import Problem
from workflows.rules import Facts, Router, Ruleset
from workflows.ruleset_check import RulesetSurroundings, check_ruleset, ground_of
from workflows.ruleset_coverage import find_owners, find_shadowed, looks_further

HUE = Path(__file__).parents[2] / "workflows" / "definitions" / "hue"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOLE = {
    "type": "object",
    "properties": {
        "width": {"type": "string", "oneOf": [{"const": "small"}, {"const": "large"}]},
        "depth": {"type": "integer", "minimum": 1, "maximum": 300},
        "warned": {"type": "boolean"},
    },
}

Found = list[tuple[str, str]]


def category(code: str, parent: str | None = None, **more: Any) -> CategoryView:
    view = CategoryView(
        code=code,
        parent=parent,
        name=f"Loại {code}",
        name_en=code,
        questions={},
        photo_required=False,
        after_photo_required=False,
        visibility="exact",
        target_on_time=None if parent is None else 90,
        publish_check=False,
        photos_public="after_approval",
        active=True,
    )
    return replace(view, **more)


def department(code: str, **more: Any) -> DepartmentView:
    view = DepartmentView(code, f"Sở {code}", code, None, f"{code}@x.example", "ioc", None, True)  # noqa: FBT003
    return replace(view, **more)


def city_of(
    categories: Iterable[CategoryView],
    departments: Iterable[DepartmentView],
    wards: Iterable[str] = ("W1", "W2", "W3"),
    layers: Iterable[str] | None = ("parks", "roads"),
) -> RulesetSurroundings:
    views = {view.code: view for view in categories}
    return RulesetSurroundings(
        categories=views,
        below=descendants_of(views),
        departments={view.code: view for view in departments},
        wards=dict.fromkeys(wards, "46"),
        layers=None if layers is None else frozenset(layers),
    )


CATEGORIES = [
    category("road"),
    category("road.hole", "road", questions=HOLE),
    category("road.sign", "road"),
    category("fire"),
    category("fire.gas", "fire"),
]
DEPARTMENTS = [department("sxd"), department("pccc"), department("ioc", deputy="sxd")]
CITY = city_of(CATEGORIES, DEPARTMENTS)
LEAVES = ("road.hole", "road.sign", "fire.gas")


def then(code: str = "sxd", **more: Any) -> dict[str, Any]:
    return {"department": code, "priority": 3, "class": "normal", "hours": 24} | more


def row(row_id: str, outcome: dict[str, Any] | None = None, **when: Any) -> dict[str, Any]:
    reason = {"vi": "vì", "en": "because"}
    return {"id": row_id, "when": when, "then": outcome or then(), "reason": reason}


REST = row("rest")


def ruleset(*rows: dict[str, Any]) -> Ruleset:
    default = {"then": then("ioc"), "reason": {"vi": "vì", "en": "because"}}
    return Ruleset.model_validate({"rows": rows, "default": default})


def problems(*rows: dict[str, Any], city: RulesetSurroundings = CITY) -> list[Problem]:
    found = check_ruleset(ruleset(*rows), city)
    for problem in found:
        for language in LANGUAGES:
            assert "{" not in translate(problem.code, language, problem.facts)
            assert translate(problem.code, language) != problem.code
    return found


def found(*rows: dict[str, Any], city: RulesetSurroundings = CITY) -> Found:
    return [(problem.code, problem.pointer) for problem in problems(*rows, city=city)]


def hue() -> tuple[Ruleset, RulesetSurroundings]:
    def read(name: str) -> Any:
        return json.loads((HUE / name).read_text(encoding="utf-8"))

    names = [name for name in CategoryView.__dataclass_fields__ if name != "active"]
    city = city_of(
        [
            CategoryView(
                **{name: ({"photos_public": "after_approval"} | item)[name] for name in names},
                active=True,
            )
            for item in read("categories.json")["categories"]
        ],
        [DepartmentView(**item, active=True) for item in read("departments.json")["departments"]],
        [item["code"] for item in read("wards.json")["wards"]],
        (),
    )
    return Ruleset.model_validate(read("routing.json")), city


def test_the_rules_of_hue_are_clean() -> None:
    assert check_ruleset(*hue()) == []


def test_a_row_for_everything_is_enough() -> None:
    assert found(REST) == []


# --- names ---


@pytest.mark.parametrize(
    ("when", "code", "place"),
    [
        ({"category": ["road", "nothing"]}, "routing_category_unknown", "category/1"),
        ({"area": ["W1", "W9"]}, "routing_area_unknown", "area/1"),
        ({"near": [{"layer": "seas"}]}, "routing_layer_unknown", "near/0/layer"),
        ({"answers": {"colour": ["red"]}}, "routing_question_unknown", "answers/colour"),
        (
            {"category": ["fire"], "answers": {"width": ["small"]}},
            "routing_question_unknown",
            "answers/width",
        ),
        ({"answers": {"width": ["small", "huge"]}}, "routing_answer_impossible", "answers/width/1"),
        ({"answers": {"depth": [301]}}, "routing_answer_impossible", "answers/depth/0"),
        ({"answers": {"depth": ["3"]}}, "routing_answer_impossible", "answers/depth/0"),
        ({"answers": {"warned": ["yes"]}}, "routing_answer_impossible", "answers/warned/0"),
        ({"hours": {"start": "08:00", "end": "08:00"}}, "routing_hours_empty", "hours"),
    ],
)
def test_what_the_city_has_not(when: dict[str, Any], code: str, place: str) -> None:
    assert found(row("one", **when), REST) == [(code, f"/rows/0/when/{place}")]


@pytest.mark.parametrize(
    "when",
    [
        {"category": ["fire"], "area": ["46"], "words": ["gas"]},
        {"near": [{"layer": "parks"}]},
        {"category": ["road"], "answers": {"width": ["small"], "depth": [3], "warned": [True]}},
        {"answers": {"warned": [False]}},
        {"hours": {"start": "22:00", "end": "06:00"}, "weekdays": [6, 7]},
    ],
)
def test_what_the_city_has(when: dict[str, Any]) -> None:
    assert found(row("one", **when), REST) == []


def test_layers_are_not_asked_for_where_nobody_knows_them() -> None:
    anywhere = replace(CITY, layers=None)
    assert found(row("one", near=[{"layer": "seas"}]), REST, city=anywhere) == []


def test_departments_that_there_are_not() -> None:
    one = row("one", then("nobody", co_departments=["sxd", "none"]), words=["gas"])
    assert found(one, REST) == [
        ("routing_department_unknown", "/rows/0/then/department"),
        ("routing_department_unknown", "/rows/0/then/co_departments/1"),
    ]


@pytest.mark.parametrize("when", [{"words": ["gas"]}, {"category": ["fire"]}])
def test_departments_that_work_no_longer(when: dict[str, Any]) -> None:
    city = city_of(CATEGORIES, [*DEPARTMENTS, department("old", active=False, deputy=None)])
    assert found(row("one", then("old"), **when), REST, city=city) == [
        ("routing_department_retired", "/rows/0/then/department")
    ]


def test_the_default_needs_a_department_too() -> None:
    city = city_of(CATEGORIES, [department("sxd", deputy="pccc"), department("pccc")])
    assert found(REST, city=city) == [("routing_department_unknown", "/default/then/department")]


def test_two_rows_with_the_same_id() -> None:
    one = row("one", words=["gas"])
    assert ("routing_row_repeated", "/rows/1/id") in found(one, row("one", words=["fire"]), REST)


@pytest.mark.parametrize("when", [{"words": ["it's"]}, {"source": ["a\\b"]}])
def test_quotes_would_break_the_table(when: dict[str, Any]) -> None:
    assert found(row("one", **when), REST) == [("routing_quote_not_allowed", "/rows/0")]


def test_reasons_in_both_languages() -> None:
    one = row("one", words=["gas"]) | {"reason": {"vi": "", "en": " "}}
    assert found(one, REST) == [
        ("label_missing_vi", "/rows/0/reason/vi"),
        ("label_missing_en", "/rows/0/reason/en"),
    ]


# --- rows without use ---


def test_rows_that_never_apply() -> None:
    city = city_of([*CATEGORIES, category("road.old", "road", active=False)], DEPARTMENTS)
    rows = (
        row("retired", category=["road.old"]),
        row("unanswered", answers={"width": []}),
        REST,
    )
    assert found(*rows, city=city) == [
        ("routing_row_never_matches", "/rows/0"),
        ("routing_row_never_matches", "/rows/1"),
    ]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {"words": ["gas"]}),
        ({"category": ["road"]}, {"category": ["road.hole"]}),
        ({"category": ["road.hole", "road.sign"]}, {"category": ["road"]}),
        ({"category": ["road", "fire"]}, {}),
        ({"area": ["46"]}, {"area": ["W1", "W2"]}),
        ({"area": ["W1", "W2", "W3"]}, {"category": ["road"]}),
        ({"words": ["gas", "cháy"]}, {"words": ["Gas"], "area": ["W1"]}),
        ({"words": ["gas"]}, {"words": ["rò gas", "mùi gas nồng"]}),
        ({"near": [{"layer": "roads", "metres": 50}]}, {"near": [{"layer": "roads"}]}),
        (
            {"near": [{"layer": "roads", "kind": ["a", "b"]}, {"layer": "parks"}]},
            {"near": [{"layer": "roads", "kind": ["b"]}]},
        ),
        ({"answers": {"warned": [True, False]}}, {"answers": {"warned": [True], "depth": [3]}}),
        ({"source": ["app", "web"]}, {"source": ["web"]}),
        ({"weekdays": [6, 7]}, {"weekdays": [7]}),
        (
            {"hours": {"start": "22:00", "end": "06:00"}},
            {"hours": {"start": "23:00", "end": "05:00"}},
        ),
        (
            {"hours": {"start": "22:00", "end": "06:00"}},
            {"hours": {"start": "01:00", "end": "02:00"}},
        ),
    ],
)
def test_a_row_behind_one_that_takes_everything(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    rows = [row("first", category=["fire.gas"], source=["sos"]), row("wide", **earlier)]
    shadowed = [p for p in problems(*rows, row("narrow", **later), REST) if "shadowed" in p.code]
    assert shadowed[0] == Problem(
        "routing_row_shadowed", "/rows/2", facts={"row": "narrow", "by": "wide"}
    )


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"words": ["gas"]}, {}),
        ({"category": ["road.hole"]}, {"category": ["road"]}),
        ({"area": ["W1"]}, {"area": ["46"]}),
        ({"words": ["gas"]}, {"words": ["gas", "cháy"]}),
        ({"words": ["cháy"]}, {"words": ["chạy"]}),
        ({"words": ["rò gas"]}, {"words": ["gas"]}),
        ({"words": ["as"]}, {"words": ["gas"]}),
        ({"near": [{"layer": "roads"}]}, {"near": [{"layer": "roads", "metres": 50}]}),
        ({"near": [{"layer": "roads", "kind": ["a"]}]}, {"near": [{"layer": "roads"}]}),
        ({"near": [{"layer": "roads"}]}, {"near": [{"layer": "parks"}]}),
        ({"answers": {"warned": [True], "depth": [3]}}, {"answers": {"warned": [True]}}),
        ({"answers": {"warned": [True]}}, {"answers": {"warned": [True, False]}}),
        ({"source": ["app"]}, {"source": ["app", "web"]}),
        ({"weekdays": [1]}, {"weekdays": [1, 2]}),
        ({"weekdays": [1], "words": ["gas"]}, {"words": ["gas"]}),
        (
            {"hours": {"start": "22:00", "end": "06:00"}},
            {"hours": {"start": "05:00", "end": "07:00"}},
        ),
        (
            {"hours": {"start": "08:00", "end": "17:00"}},
            {"hours": {"start": "16:00", "end": "09:00"}},
        ),
    ],
)
def test_a_row_that_takes_what_the_earlier_one_leaves(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    rows = ruleset(row("narrow", **earlier), row("wide", **later)).rows
    assert find_shadowed(rows, ground_of(CITY)) == {}


WORDS = ("gas", "rò gas", "cháy")
WHEN = st.fixed_dictionaries(
    {},
    optional={
        "category": st.lists(st.sampled_from(["road", "fire", *LEAVES]), max_size=2),
        "area": st.lists(st.sampled_from(["W1", "W2", "W3", "46"]), max_size=2),
        "words": st.lists(st.sampled_from(WORDS), max_size=2),
        "source": st.lists(st.sampled_from(["app", "sos"]), max_size=2),
        "weekdays": st.lists(st.integers(1, 3), max_size=2),
        "answers": st.dictionaries(
            st.sampled_from(["warned", "other"]), st.lists(st.booleans(), max_size=2), max_size=2
        ),
        "near": st.lists(
            st.fixed_dictionaries(
                {
                    "layer": st.sampled_from(["parks", "roads"]),
                    "kind": st.lists(st.sampled_from(["a", "b"]), max_size=2),
                    "metres": st.sampled_from([0, 50]),
                }
            ),
            max_size=2,
        ),
        "hours": st.sampled_from(
            [
                {"start": a, "end": b}
                for a in ("06:00", "12:00", "22:00")
                for b in ("12:00", "23:00")
            ]
        ),
    },
)
FACTS = st.builds(
    Facts,
    category=st.sampled_from(LEAVES),
    areas=st.sampled_from([("W1", "46"), ("W2", "46"), ("W3", "46")]),
    text=st.sampled_from(["", *WORDS, "ro gas", "cháy, rò gas"]),
    source=st.sampled_from(["app", "sos", "web"]),
    at=st.datetimes(datetime(2026, 3, 2), datetime(2026, 3, 6)),  # noqa: DTZ001  # local time
    answers=st.dictionaries(st.sampled_from(["warned", "other"]), st.booleans()),
    nearby=st.lists(
        st.builds(
            NearbyFeature,
            layer=st.sampled_from(["parks", "roads"]),
            kind=st.sampled_from(["a", "b", ""]),
            code=st.just("1"),
            name=st.just(""),
            distance_m=st.sampled_from([0.0, 30.0]),
        ),
        max_size=2,
    ).map(tuple),
)


@given(st.lists(WHEN, min_size=2, max_size=4), st.lists(FACTS, min_size=1, max_size=20))
def test_no_report_ever_reaches_a_row_that_is_said_to_be_hidden(
    whens: list[dict[str, Any]], reports: list[Facts]
) -> None:
    rules = ruleset(*(row(f"r{index}", **when) for index, when in enumerate(whens)))
    hidden = {rules.rows[index].id for index in find_shadowed(rules.rows, ground_of(CITY))}
    router = Router(rules, dict(CITY.below))
    assert not hidden & {router.route(facts).row for facts in reports}


@given(st.lists(WHEN, max_size=5))
def test_owners_are_those_that_the_router_finds(whens: list[dict[str, Any]]) -> None:
    """For a report that says nothing: a row that looks for more may come first, never another."""
    rules = ruleset(*(row(f"r{index}", **when) for index, when in enumerate(whens)))
    router = Router(rules, dict(CITY.below))
    further = {item.id for item in rules.rows if looks_further(item)}
    for leaf, ownership in find_owners(rules.rows, ground_of(CITY)).items():
        for ward in ("W1", "W2", "W3"):
            routed = router.route(Facts(leaf, (ward, "46"), "", "web", AT)).row
            owner = next((i for i, wards in ownership.rows.items() if ward in wards), None)
            assert (owner is None) == (ward in ownership.nobody)
            assert routed in further | {None if owner is None else f"r{owner}"}


# --- ready for the public ---


def test_a_category_that_nobody_owns() -> None:
    rows = (row("road", category=["road"]), row("gas", category=["fire"], words=["gas"]))
    assert problems(*rows) == [
        Problem("routing_category_without_owner", "", facts={"category": "Loại fire.gas"})
    ]


@pytest.mark.parametrize(
    "further",
    [
        {"words": ["gas"]},
        {"near": [{"layer": "parks"}]},
        {"source": ["app"]},
        {"weekdays": [1]},
        {"hours": {"start": "00:00", "end": "23:59"}},
        {"answers": {"warned": [True, False]}},
    ],
)
def test_an_owner_is_one_whatever_the_report_says(further: dict[str, Any]) -> None:
    rows = (row("hole", category=["road.hole"], **further), row("most", category=["road.sign"]))
    assert [p.facts for p in problems(*rows) if p.code == "routing_category_without_owner"] == [
        {"category": "Loại fire.gas"},
        {"category": "Loại road.hole"},
    ]


def test_wards_where_nobody_owns_a_category() -> None:
    city = city_of(CATEGORIES, DEPARTMENTS, [f"W{index}" for index in range(1, 10)])
    rows = (
        row("one", area=["W1", "W2"]),
        row("two", category=["road"], area=["W1", "W9"]),
        row("three", category=["fire", "road.hole"]),
    )
    assert problems(*rows, city=city) == [
        Problem(
            "routing_wards_without_owner",
            "",
            facts={"category": "Loại road.sign", "count": 6, "wards": "W3, W4, W5, W6, W7, …"},
        )
    ]


def test_retired_categories_and_groups_need_no_owner() -> None:
    city = city_of([*CATEGORIES, category("road.old", "road", active=False)], DEPARTMENTS)
    rows = (row("a", category=["road.hole", "road.sign"]), row("b", category=["fire.gas"]))
    assert found(*rows, city=city) == []


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"email": None}, "routing_owner_without_contact"),
        ({"email": None, "phone": "0234"}, None),
        ({"deputy": None}, "routing_owner_without_deputy"),
        ({"deputy": "nobody"}, "routing_deputy_not_working"),
        ({"deputy": "old"}, "routing_deputy_not_working"),
        ({"deputy": "pccc"}, "routing_deputy_not_working"),
    ],
)
def test_an_owner_can_be_reached_and_has_a_deputy(
    missing: dict[str, Any], code: str | None
) -> None:
    departments = [
        department("sxd"),
        department("ioc", deputy="sxd"),
        department("pccc", **missing),
        department("old", active=False),
        department("idle", email=None, deputy=None),  # owns nothing
    ]
    rows = (
        row("sos", then("idle"), source=["sos"]),
        row("fire", then("pccc"), category=["fire", "road.hole"]),
        REST,
    )
    told = problems(*rows, city=city_of(CATEGORIES, departments))
    assert [(p.code, p.pointer) for p in told] == (
        [(code, "/rows/1/then/department")] if code else []
    )
    for problem in told:
        assert problem.facts["department"] == "Sở pccc"
        assert problem.facts["count"] == 2
        assert problem.facts["categories"] == "Loại fire.gas, Loại road.hole"


def test_a_category_without_a_target() -> None:
    categories = [*CATEGORIES, category("road.new", "road", target_on_time=None)]
    assert problems(REST, city=city_of(categories, DEPARTMENTS)) == [
        Problem("routing_target_missing", "", facts={"category": "Loại road.new"})
    ]


def test_without_wards_nothing_can_be_told() -> None:
    assert found(REST, city=city_of(CATEGORIES, DEPARTMENTS, [])) == [("areas_not_loaded", "")]


def test_a_large_grid_is_checked_in_a_moment() -> None:
    chance = random.Random(7)
    roots = [category(f"r{index}") for index in range(6)]
    leaves = [
        category(f"r{index % 6}.c{index}", f"r{index % 6}", questions=HOLE) for index in range(60)
    ]
    wards = [f"{20_000 + index}" for index in range(168)]
    departments = [department(f"d{index}", deputy=f"d{(index + 1) % 40}") for index in range(40)]
    city = city_of([*roots, *leaves], [*departments, department("ioc", deputy="d1")], wards)
    codes = [view.code for view in leaves]
    rows = [
        row(
            f"x{index}",
            then(f"d{index % 40}"),
            category=chance.sample(codes, chance.randint(1, 10)),
            area=chance.sample(wards, chance.randint(1, 60)),
            words=chance.sample(range(300), index % 3),
        )
        for index in range(2_000)
    ]
    for item in rows:
        item["when"]["words"] = [f"từ {number} khóa" for number in item["when"]["words"]]
    rules = ruleset(*rows)
    told = check_ruleset(rules, city)  # half a second on a quiet machine
    assert {problem.code for problem in told} <= {"routing_row_shadowed"}
