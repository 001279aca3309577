"""The examples of the CQL2 standard: taken, or refused with a reason, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import InvalidInput
from gis.cql2 import Lang, parse_filter
from gis.queryables import Kind, Queryable

# What the examples name, of a kind that fits most of them.
KINDS = {
    Kind.TEXT: "beamMode city cityName eo:instrument etat_vol geophys:SURVEY_NAME id "
    "landsat:scene_id material name owner polarization road_class swathDirection",
    Kind.NUMBER: "balance bar bridge_clearance category depth eo:cloud_cover floors foo "
    "landsat:wrs_path landsat:wrs_row taxes value vehicle_height windSpeed x",
    Kind.BOOLEAN: "swimming_pool",
    Kind.INSTANT: "ends_at event_time liftOff starts_at touchdown updated updated_at",
    Kind.DATE: "built",
    Kind.GEOMETRY: "footprint geometry location road",
}
OTHERWISE = {
    "example03": ("landsat:wrs_path", Kind.TEXT),
    "example40": ("value", Kind.TEXT),
    "example40-alt01": ("value", Kind.TEXT),
}
# Functions of a server's own (avg, Buffer, Foo), arrays (A_…) and powers are not offered; PostGIS
# cannot say whether a mixture of points and lines equals anything.
REFUSED = {
    "clause6_01": "filter_operator_unknown",
    "clause6_02b": "filter_operator_unknown",
    "clause7_15": "filter_operator_unknown",
    "clause7_18": "filter_operator_unknown",
    **{f"example{n}": "filter_operator_unknown" for n in (68, 69, 76, 79, 80, 81, 82, 85)},
    "example84": "filter_geometry_mixed",
    "example85-alt01": "filter_operator_unknown",
}


def queryables_of(example: str) -> dict[str, Queryable]:
    kinds = {name: kind for kind, names in KINDS.items() for name in names.split()}
    if example in OTHERWISE:
        name, kind = OTHERWISE[example]
        kinds[name] = kind
    return {
        name: Queryable(name, kind, column=re.sub(r"\W", "_", name).lower())
        for name, kind in kinds.items()
    }


def refusal(path: Path, lang: Lang) -> str | None:
    try:
        condition = parse_filter(
            path.read_text(encoding="utf-8"),
            lang=lang,
            queryables=queryables_of(path.stem),
            first_parameter=1,
        )
    except InvalidInput as error:
        (field,) = error.fields
        assert field.pointer == "?filter"
        return field.code
    used = {int(number) for number in re.findall(r"\$(\d+)", condition.sql)}
    assert used == set(range(1, len(condition.parameters) + 1))
    return None


def test_every_example_is_taken_or_refused_for_a_known_reason(data_dir: Path) -> None:
    folder = data_dir / "ogc" / "cql2" / "standard" / "schema" / "examples"
    outcomes: dict[str, str | None] = {}
    for lang, ending in (("cql2-text", "txt"), ("cql2-json", "json")):
        for path in sorted((folder / ending.replace("txt", "text")).glob(f"*.{ending}")):
            outcomes[path.name] = refusal(path, lang)
    refused = {name: code for name, code in outcomes.items() if code}
    accepted = len(outcomes) - len(refused)
    share = 100 * accepted / len(outcomes)
    print(f"\nCQL2 examples: {accepted} of {len(outcomes)} taken ({share:.1f} %), refused:")
    for name, code in sorted(refused.items()):
        print(f"  {name}: {code}")
    assert refused == {
        name: REFUSED[stem] for name in outcomes if (stem := Path(name).stem) in REFUSED
    }
