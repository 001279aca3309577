"""Every JSON answer of /ogc against the schemas that OGC publishes, and the OpenAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from gis.ogc.collections import COLLECTIONS
from tests.support.casework import NOISE
from tests.support.city import Draft
from tests.support.client import Api

SCHEMAS = {
    "": "landingPage.yaml",
    "/conformance": "confClasses.yaml",
    "/collections": "collections.yaml",
    **{f"/collections/{name}": "collection.yaml" for name in COLLECTIONS},
    **{f"/collections/{name}/items": "featureCollectionGeoJSON.yaml" for name in COLLECTIONS},
}


def validator(data_dir: Path, name: str) -> Draft202012Validator:
    """For one of the published schemas, which name each other by their file's name.

    They are written in OpenAPI's dialect, where `type: null` is a word of YAML: read as text.
    """
    folder = data_dir / "ogc" / "core" / "openapi" / "schemas"
    if not folder.is_dir():
        pytest.skip(f"no schemas in {folder}")
    documents = {
        path.name: named_null(yaml.safe_load(path.read_text())) for path in folder.glob("*.yaml")
    }
    resources = [(file, Resource(document, DRAFT202012)) for file, document in documents.items()]
    return Draft202012Validator({"$ref": name}, registry=Registry().with_resources(resources))


def named_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "null" if key == "type" and inner is None else named_null(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [named_null(inner) for inner in value]
    return value


@pytest.mark.parametrize("path", SCHEMAS)
async def test_answers_are_what_ogc_says(api: Api, data_dir: Path, path: str) -> None:
    await api.file()
    await api.file(Draft(NOISE).body())
    for language in ("vi", "en"):
        answer = await api.http.get(f"/ogc{path}", headers={"Accept-Language": language})
        faults = [
            fault.message for fault in validator(data_dir, SCHEMAS[path]).iter_errors(answer.json())
        ]
        assert faults == []


async def test_each_feature_is_what_ogc_says(api: Api, data_dir: Path) -> None:
    case = await api.file()
    wards = (await api.http.get("/ogc/collections/areas/items")).json()["features"]
    checked = validator(data_dir, "featureGeoJSON.yaml")
    for path in (
        f"cases/items/{case['id']}",
        f"open_cases/items/{case['id']}",
        f"areas/items/{wards[0]['id']}",
    ):
        answer = await api.http.get(f"/ogc/collections/{path}")
        assert [fault.message for fault in checked.iter_errors(answer.json())] == []


async def test_a_broken_answer_would_be_noticed(api: Api, data_dir: Path) -> None:
    page = (await api.http.get("/ogc/collections/areas/items")).json()
    checked = validator(data_dir, "featureCollectionGeoJSON.yaml")
    page["features"][0]["geometry"]["coordinates"] = "here"
    assert list(checked.iter_errors(page))


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_description_is_openapi_3_0(api: Api, language: str) -> None:
    answer = await api.http.get("/ogc/api", headers={"Accept-Language": language})
    assert answer.json()["openapi"] == "3.0.3"
    assert [str(fault) for fault in OpenAPIV30SpecValidator(answer.json()).iter_errors()] == []


@pytest.mark.parametrize("name", COLLECTIONS)
async def test_queryables_and_schema_are_json_schema(api: Api, name: str) -> None:
    for part in ("queryables", "schema"):
        document = (await api.http.get(f"/ogc/collections/{name}/{part}")).json()
        Draft202012Validator.check_schema(document)
    features = (await api.http.get(f"/ogc/collections/{name}/items")).json()["features"]
    checked = Draft202012Validator(document)
    for feature in features:
        present = {key: value for key, value in feature["properties"].items() if value is not None}
        assert [fault.message for fault in checked.iter_errors(present)] == []
