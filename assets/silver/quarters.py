"""The quarters of the city, with their borders."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def quarters(quarters: pl.DataFrame) -> pl.DataFrame:
    """Give each quarter, as it is and as it was before each change."""
    return quarters.select(
        entity_id=pl.lit("urn:ngsi-ld:AdministrativeArea:brescia:comune:") + pl.col("quarter_id"),
        quarter_id="quarter_id",
        quarter_name="quarter_name",
        zone_name="zone_name",
        border_geom="border_geom",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("quarter_id", "valid_from")


declaration = Declaration(
    function=quarters,
    key="silver/territory/quarters",
    reads={"quarters": "bronze/comune_brescia/quarters"},
    gives={
        "entity_id": given("The quarter as an NGSI-LD entity.", "quarters.quarter_id"),
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "quarter_name": given("Name of the quarter.", "quarters.quarter_name"),
        "zone_name": given("Zone of the city it belongs to.", "quarters.zone_name"),
        "border_geom": given("Border, WGS 84.", "quarters.border_geom"),
        **validity("quarters"),
    },
    key_columns=("quarter_id", "valid_from"),
    window_by=None,
    with_history=("quarters",),
    title="Quarters",
    method_version="1",
    literature="schema.org AdministrativeArea; NGSI-LD ids as in the rest of silver.",
)
