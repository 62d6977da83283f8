"""The buildings: their outline, what they are used for, and since when they stand."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def building(buildings: pl.DataFrame) -> pl.DataFrame:
    """Give each building, as it is and as it was before each change."""
    return buildings.select(
        entity_id=pl.lit("urn:ngsi-ld:Building:brescia:comune_brescia:") + pl.col("building_id"),
        building_id="building_id",
        section_id="section_id",
        use_code="use_code",
        built_year="built_year",
        floors_count="floors_count",
        floor_m2="floor_m2",
        shape_geom="shape_geom",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("building_id", "valid_from")


declaration = Declaration(
    function=building,
    key="silver/territory/building",
    reads={"buildings": "bronze/comune_brescia/buildings"},
    gives={
        "entity_id": given("The building as an NGSI-LD entity.", "buildings.building_id"),
        "building_id": given("The Comune's code of the building.", "buildings.building_id"),
        "section_id": given("The census section it is in.", "buildings.section_id"),
        "use_code": given("What it is mostly used for, in Italian.", "buildings.use_code"),
        "built_year": given("When it was built.", "buildings.built_year"),
        "floors_count": given("Its floors.", "buildings.floors_count"),
        "floor_m2": given("Usable surface of all floors.", "buildings.floor_m2"),
        "shape_geom": given("Its outline on the ground, WGS84.", "buildings.shape_geom"),
        **validity("buildings"),
    },
    key_columns=("building_id", "valid_from"),
    window_by=None,
    with_history=("buildings",),
    title="Buildings",
    method_version="1",
    literature="Smart Data Models, dataModel.Building, Building.",
)
