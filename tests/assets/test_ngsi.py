import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely

from assets.ngsi import key_values, normalised

# Whatever JSON holds.
Json = Any
EXAMPLES = Path(__file__).parents[2] / "../shared/data/ngsi"
STATION = "urn:ngsi-ld:AirQualityObserved:brescia:arpa_lombardia:649"
AT = datetime(2025, 3, 24, 8, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
ENTITY = {
    "entity_id": pl.String(), "type_code": pl.String(), "entity_name": pl.String(),
    "place_geom": pl.Binary(), "valid_to": TIME,
}  # fmt: skip
LATEST = {
    "entity_id": pl.String(), "property_code": pl.String(), "value": pl.Float64(),
    "unit_code": pl.String(), "observed_at": TIME, "quality_code": pl.String(),
}  # fmt: skip


def entity(urn: str = STATION, name: str | None = "Broletto", **more: object) -> dict[str, object]:
    place = shapely.to_wkb(shapely.Point(10.2226, 45.5397))
    kind = urn.split(":")[2]
    return {
        "entity_id": urn, "type_code": kind, "entity_name": name, "place_geom": place, **more
    }  # fmt: skip


def seen(code: str, value: float, unit: str, quality: str | None = "ok") -> dict[str, object]:
    return {
        "entity_id": STATION, "property_code": code, "value": value, "unit_code": unit,
        "observed_at": AT, "quality_code": quality,
    }  # fmt: skip


def entities(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ENTITY)


def latest(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LATEST)


def test_bare_values_stand_under_their_names_with_place_and_instant():
    (found,) = key_values(entities(entity()), latest(seen("no2", 23.4, "ug/m3")))

    assert found == {
        "id": STATION,
        "type": "AirQualityObserved",
        "name": "Broletto",
        "location": {"type": "Point", "coordinates": [10.2226, 45.5397]},
        "dateObserved": "2025-03-24T08:00:00Z",
        "no2": 23.4,
    }


def test_a_normalised_property_has_its_unit_its_instant_and_how_good_it_is():
    (found,) = normalised(
        entities(entity(name=None)), latest(seen("no2", 23.4, "ug/m3", "suspect")), context=["c"]
    )

    assert found["@context"] == ["c"]
    assert "name" not in found
    assert found["dateObserved"] == {
        "type": "Property", "value": {"@type": "DateTime", "@value": "2025-03-24T08:00:00Z"},
    }  # fmt: skip
    assert found["location"]["type"] == "GeoProperty"
    assert found["no2"] == {
        "type": "Property",
        "value": 23.4,
        "unitCode": "GQ",
        "observedAt": "2025-03-24T08:00:00Z",
        "quality": {"type": "Property", "value": "suspect"},
    }


def test_a_suspect_value_is_not_told_where_nothing_can_say_so():
    values = latest(seen("no2", 23.4, "ug/m3", "suspect"), seen("o3", 40.0, "ug/m3", None))

    (found,) = key_values(entities(entity()), values)

    assert "no2" not in found
    assert found["o3"] == 40.0


def test_what_is_no_more_is_not_told_and_what_has_no_place_and_no_value_is():
    gone = entity("urn:ngsi-ld:Tree:brescia:comune_brescia:A1", valid_to=AT)
    line = entity("urn:ngsi-ld:GtfsRoute:brescia:brescia_mobilita:L1", "1", place_geom=None)

    found = key_values(entities(gone, line), latest())

    assert found == [{"id": line["entity_id"], "type": "GtfsRoute", "name": "1"}]


@pytest.mark.parametrize(("deg", "told"), [(0.0, 0.0), (180.0, 180.0), (187.0, -173.0)])
def test_directions_are_counted_from_minus_180_to_180(deg: float, told: float):
    (found,) = key_values(entities(entity()), latest(seen("windDirection", deg, "deg", None)))

    assert found["windDirection"] == told


def test_nothing_makes_nothing_and_everything_can_be_written_as_json():
    assert normalised(entities(), latest()) == key_values(entities(), latest()) == []
    json.dumps(normalised(entities(entity()), latest(seen("no2", 23.4, "ug/m3"))))


def schema_of(model: str) -> Json:
    """A published schema, its references left open: what they point to is not at hand."""
    schema = json.loads((EXAMPLES / f"{model}_schema.json").read_text())

    def closed(part: Json) -> Json:
        if isinstance(part, dict):
            return {name: closed(its) for name, its in part.items() if name != "$ref"}
        return [closed(one) for one in part] if isinstance(part, list) else part

    return closed(schema)


MODELS = {
    "Environment_AirQualityObserved": {"no2": (23.4, "ug/m3"), "pm25": (12.0, "ug/m3")},
    "Weather_WeatherObserved": {"temperature": (3.4, "Cel"), "relativeHumidity": (0.87, "1")},
    "ParksAndGardens_GreenspaceRecord": {"soilMoistureVwc": (0.3, "1")},
    "ParksAndGardens_Garden": {},
}


def told(model: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    urn = f"urn:ngsi-ld:{model.partition('_')[2]}:brescia:invented:1"
    values = [
        seen(code, value, unit) | {"entity_id": urn}
        for code, (value, unit) in MODELS[model].items()
    ]
    return entities(entity(urn)), latest(*values)


@pytest.mark.real_data
@pytest.mark.skipif(not EXAMPLES.exists(), reason="no recorded files here")
@pytest.mark.parametrize("model", MODELS)
def test_what_is_told_keeps_the_published_schema(model: str):
    import jsonschema

    schema = schema_of(model)
    (found,) = key_values(*told(model))

    jsonschema.validate(found, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found | {"type": "Another"}, schema)


def kind(value: Json) -> str:
    """Which kind of JSON it is; an instant may be written as a bare text."""
    if isinstance(value, dict) and "@value" in value:
        value = value["@value"]
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.mark.real_data
@pytest.mark.skipif(not EXAMPLES.exists(), reason="no recorded files here")
@pytest.mark.parametrize("model", MODELS)
def test_what_is_told_has_the_form_of_the_published_example(model: str):
    (found,) = normalised(*told(model), context=["c"])
    example = json.loads((EXAMPLES / f"{model}_example-normalized.jsonld").read_text())
    known = json.loads((EXAMPLES / f"{model.partition('_')[0]}_context.jsonld").read_text())

    shared = set(found) & set(example) - {"id", "type", "@context"}
    assert {"location"} <= shared
    for name in shared:
        assert set(found[name]) >= set(example[name]), name
        assert found[name]["type"] == example[name]["type"], name
        assert kind(found[name]["value"]) == kind(example[name]["value"]), name
    assert {*found, found["type"]} - {"@context"} <= set(known["@context"])
