"""The bins that open with a tag, and the quarter each stands in."""

import polars as pl

from assets.declaration import Declaration, given
from assets.placing import in_quarters


def waste_container(bins: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    """Give each bin as it is now; one outside of all quarters has none."""
    return (
        in_quarters(bins, quarters, name="bin_id")
        .select(
            entity_id=pl.lit("urn:ngsi-ld:WasteContainer:brescia:a2a:") + pl.col("bin_id"),
            bin_id="bin_id",
            quarter_id="quarter_id",
            zone_name="zone_name",
            place_geom="place_geom",
        )
        .sort("bin_id")
    )


_PLACE = ("bins.place_geom", "quarters.border_geom")

declaration = Declaration(
    function=waste_container,
    key="silver/waste/waste_container",
    reads={"bins": "bronze/a2a/waste_containers", "quarters": "silver/territory/quarters"},
    gives={
        "entity_id": given("The bin as an NGSI-LD entity.", "bins.bin_id"),
        "bin_id": given("A2A's code of the bin.", "bins.bin_id"),
        "quarter_id": given("The quarter it stands in.", *_PLACE, "quarters.quarter_id"),
        "zone_name": given(
            "The zone it stands in.", *_PLACE, "quarters.zone_name", "quarters.quarter_id"
        ),
        "place_geom": given("Where it stands, WGS 84.", "bins.place_geom"),
    },
    key_columns=("bin_id",),
    window_by=None,
    title="Waste containers",
    method_version="1",
    literature="Smart Data Models, dataModel.WasteManagement, WasteContainer.",
)
