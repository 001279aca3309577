"""Texts of consents: the built-in ones, and a city's own below them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from workflows.configuration import ConfigurationCache, shipped_texts
from workflows.consent_texts import ConsentsFile, built_in_texts, faults_of
from workflows.definition_files import (
    DEFINITIONS,
    DefinitionsRefused,
    find_shipped,
    list_shipped,
    read_consents,
)

OWN = {
    "purposes": {
        "publish_photo": {
            "versions": {
                "hue-1": {"vi": "{city} được đăng ảnh.", "en": "{city} may publish."},
                "hue-2": {"vi": "{city} được đăng ảnh của tôi.", "en": "{city} may publish mine."},
            }
        }
    }
}


def write(folder: Path, document: object) -> Path:
    text = document if isinstance(document, str) else json.dumps(document)
    (folder / "consents.json").write_text(text, encoding="utf-8")
    return folder


def test_without_words_of_its_own_a_city_asks_with_the_built_in_ones(tmp_path: Path) -> None:
    assert read_consents(tmp_path) == built_in_texts()
    assert read_consents(write(tmp_path, {"purposes": {}})) == built_in_texts()
    assert shipped_texts("99") == built_in_texts()


def test_what_the_city_says_is_asked_and_what_was_asked_before_is_still_found(
    tmp_path: Path,
) -> None:
    built_in, texts = built_in_texts(), read_consents(write(tmp_path, OWN))
    newest = {text.purpose: text for text in texts.newest()}
    assert list(newest) == [text.purpose for text in built_in.newest()]  # asked in the same order
    photo = newest.pop("publish_photo")
    assert (photo.version, photo.basis) == ("hue-2", "consent")
    assert photo.in_language("vi", "Huế") == "Huế được đăng ảnh của tôi."
    assert newest == {
        text.purpose: text for text in built_in.newest() if text.purpose != "publish_photo"
    }
    for version in ("1", "hue-1", "hue-2"):
        found = texts.find("publish_photo", version)
        assert found is not None
        assert found.version == version
    assert texts.find("publish_photo", "1") == built_in.find("publish_photo", "1")
    assert texts.find("publish_photo", "hue-3") is None
    assert texts.find("selling", "1") is None


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ('{"purposes": ', "consents.json: line 1"),
        ({"texts": {}}, "consents.json /texts"),
        ({"purposes": {"survey": {"versions": {}}}}, "consents.json /purposes/survey/versions"),
        (
            {"purposes": {"survey": {"versions": {"Huế": {"vi": "a", "en": "b"}}}}},
            "consents.json /purposes/survey/versions/Huế: a city's version begins",
        ),
        (
            {"purposes": {"survey": {"versions": {"hue-1": {"vi": "", "en": "b"}}}}},
            "consents.json /purposes/survey/versions/hue-1/vi",
        ),
        (
            {"purposes": {"survey": {"versions": {"hue-1": {"vi": "a", "en": "b } {city}"}}}}},
            "consents.json /purposes/survey/versions/hue-1/en: only {city}",
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_and_place(
    tmp_path: Path, document: object, problem: str
) -> None:
    folder = write(tmp_path, document)
    with pytest.raises(DefinitionsRefused) as refusal:
        read_consents(folder)
    assert any(str(each).startswith(problem) for each in refusal.value.problems)
    with pytest.raises(ConfigurationError, match=re.escape(problem)):  # so nothing starts with it
        ConfigurationCache(folder)


def test_a_purpose_that_there_is_not_and_its_versions_are_told_together() -> None:
    own = ConsentsFile.model_validate(
        {"purposes": {"selling": {"versions": {"1": {"vi": "{a}", "en": "{city}"}}}}}
    )
    assert [pointer for pointer, _ in faults_of(own)] == [
        "/purposes/selling",
        "/purposes/selling/versions/1",
        "/purposes/selling/versions/1/vi",
    ]


def test_shipped_cities_are_found_by_their_code_and_have_sound_texts() -> None:
    codes = {
        json.loads((folder / "city.json").read_text(encoding="utf-8"))["code"]: folder
        for name in list_shipped()
        if (folder := DEFINITIONS / name)
    }
    assert {"46", "01"} <= set(codes)
    for code, folder in codes.items():
        assert find_shipped(code) == folder
        assert shipped_texts(code) == read_consents(folder)
