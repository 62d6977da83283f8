"""The road accidents in the register of the local police: when, where, how grave; nobody's."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given

_DIGITS: Final = 4
# Accidents of a day are numbered in this order, so that no pseudonym has to name them.
_ORDER: Final = ("occurred_on", "cell_id", "edge_id", "severity_code", "mode_code")
_NUMBER: Final = tuple(f"crashes.{name}" for name in _ORDER)


def road_accident(crashes: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Give each accident with its day, cell, stretch of street, outcome and the other party.

    The number of an accident counts those of its day, in the order of place and outcome: it names
    a row of this table and nothing outside of it. A stretch that is not in the street network is
    left empty: the cell, 350 m wide, does not say which of its streets it was. Persons, vehicles
    and texts are not here. An accident without a day cannot be counted and is left out.
    """
    known = edges.select("edge_id").unique()
    numbered = (
        crashes.drop_nulls("occurred_on")
        .sort(_ORDER, nulls_last=True)
        .with_columns(number=pl.int_range(1, pl.len() + 1).over("occurred_on"))
    )
    on_segment = pl.col("edge_id").is_in(known["edge_id"].drop_nulls().implode())
    accident = pl.format(
        "{}-{}",
        pl.col("occurred_on").dt.strftime("%Y%m%d"),
        pl.col("number").cast(pl.String).str.zfill(_DIGITS),
    )
    return numbered.select(
        entity_id=pl.lit("urn:ngsi-ld:RoadAccident:brescia:comune_brescia:") + accident,
        accident_id=accident,
        occurred_on="occurred_on",
        cell_id="cell_id",
        edge_id=pl.when(on_segment).then("edge_id"),
        severity_code="severity_code",
        mode_code="mode_code",
    ).sort("accident_id")


declaration = Declaration(
    function=road_accident,
    key="silver/safety/road_accident",
    reads={
        "crashes": "bronze/comune_brescia/crashes",
        "edges": "bronze/comune_brescia/street_edges",
    },
    gives={
        "entity_id": given("The accident as an NGSI-LD entity.", *_NUMBER),
        "accident_id": given("Day and number within the day.", *_NUMBER),
        "occurred_on": given("Day of the accident.", "crashes.occurred_on"),
        "cell_id": given("H3 cell of resolution 9.", "crashes.cell_id"),
        "edge_id": given(
            "Stretch of street; null where the network has none such.",
            "crashes.edge_id",
            "edges.edge_id",
        ),
        "severity_code": given("Outcome, as the police name it.", "crashes.severity_code"),
        "mode_code": given("Means of the other party.", "crashes.mode_code"),
    },
    key_columns=("accident_id",),
    window_by=None,
    title="Road accidents",
    method_version="1",
    literature="Smart Data Models, dataModel.Transportation, RoadAccident; without persons.",
)
