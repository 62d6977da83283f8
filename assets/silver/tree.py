"""The trees of the public green, one by one."""

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity


def tree(trees: pl.DataFrame) -> pl.DataFrame:
    """Give each tree of the register, as it is and as it was before each change.

    Smart Data Models have no type for a single tree (their dataModel.ParksAndGardens knows Garden,
    FlowerBed and GreenspaceRecord): it is called Tree.
    """
    return trees.select(
        entity_id=pl.lit("urn:ngsi-ld:Tree:brescia:comune_brescia:") + pl.col("tree_id"),
        tree_id="tree_id",
        species_name="species_name",
        common_name="common_name",
        height_m="height_m",
        crown_m2="crown_m2",
        planted_year="planted_year",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("tree_id", "valid_from")


declaration = Declaration(
    function=tree,
    key="silver/green/tree",
    reads={"trees": "bronze/comune_brescia/trees"},
    gives={
        "entity_id": given("The tree as an NGSI-LD entity.", "trees.tree_id"),
        "tree_id": given("The Comune's code of the tree.", "trees.tree_id"),
        "species_name": given("Its species, in Latin.", "trees.species_name"),
        "common_name": given("What people call it, in Italian.", "trees.common_name"),
        "height_m": given("Its height.", "trees.height_m"),
        "crown_m2": given("Ground its crown covers.", "trees.crown_m2"),
        "planted_year": given("When it was planted.", "trees.planted_year"),
        "lat_deg": given("Latitude, WGS84.", "trees.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "trees.lng_deg"),
        **validity("trees"),
    },
    key_columns=("tree_id", "valid_from"),
    window_by=None,
    with_history=("trees",),
    title="Trees",
    method_version="1",
    literature="Register of trees (Legge 14 gennaio 2013, n. 10); no type of Smart Data Models.",
)
