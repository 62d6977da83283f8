"""The green areas: parks, gardens, green along streets, allotments and woods."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def garden(areas: pl.DataFrame) -> pl.DataFrame:
    """Give each green area with its border, as it is and as it was before each change.

    The surface is the one the Comune states, which its border need not have.
    """
    return areas.select(
        entity_id=pl.lit("urn:ngsi-ld:Garden:brescia:comune_brescia:") + pl.col("area_id"),
        area_id="area_id",
        kind_code="kind_code",
        area_m2="area_m2",
        is_public="is_public",
        is_maintained="is_maintained",
        border_geom="border_geom",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("area_id", "valid_from")


declaration = Declaration(
    function=garden,
    key="silver/green/garden",
    reads={"areas": "bronze/comune_brescia/green_areas"},
    gives={
        "entity_id": given("The area as an NGSI-LD entity.", "areas.area_id"),
        "area_id": given("The Comune's code of the area.", "areas.area_id"),
        "kind_code": given("Its kind, in Italian.", "areas.kind_code"),
        "area_m2": given("Its surface, as stated.", "areas.area_m2"),
        "is_public": given("Whether it is open to all.", "areas.is_public"),
        "is_maintained": given("Whether the Comune looks after it.", "areas.is_maintained"),
        "border_geom": given("Its border, WGS84.", "areas.border_geom"),
        **validity("areas"),
    },
    key_columns=("area_id", "valid_from"),
    window_by=None,
    with_history=("areas",),
    title="Green areas",
    method_version="1",
    literature="Smart Data Models, dataModel.ParksAndGardens, Garden.",
)
