"""What the city is now: the newest valid value of each property of each entity."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest

_SECONDS: Final = 60


def latest_observation(observed: pl.DataFrame, freshness: pl.DataFrame) -> pl.DataFrame:
    """Give the newest valid value of each entity and property, and how old it is.

    Functions see no clock: age is counted from the newest observation of the city, so it does not
    grow where all publishers are silent at once. A value is stale past the minutes that the newest
    edition in force gives its property (of two of one day, the shorter one); of a property without
    a limit nobody can say. Of two values of the same instant the greater one is told. A sensor
    that fell silent stays, ever older.
    """
    last = observed["observed_at"].max()
    day = observed["day_on"].max()
    begun = freshness.filter(pl.col("valid_from_on") <= pl.lit(day, pl.Date))
    held = (
        newest(begun, "property_code")
        .group_by("property_code")
        .agg(pl.col("stale_after_min").min(), definition_from_on=pl.col("valid_from_on").max())
    )
    age_s = (pl.lit(last, pl.Datetime("us", "UTC")) - pl.col("observed_at")).dt.total_seconds()
    return (
        observed.sort("entity_id", "property_code", "observed_at", "value")
        .unique(["entity_id", "property_code"], keep="last", maintain_order=True)
        .join(held, on="property_code", how="left")
        .select(
            "entity_id",
            "property_code",
            "value",
            "unit_code",
            "observed_at",
            staleness_s=age_s,
            is_stale=age_s > pl.col("stale_after_min") * _SECONDS,
            definition_from_on="definition_from_on",
            quality_code="quality_code",
        )
        .sort("entity_id", "property_code")
    )


_WHEN: Final = ("observed.observed_at", "observed.day_on")
_CHOSEN: Final = (*_WHEN, "observed.value")
_HELD: Final = ("freshness.valid_from_on", "freshness.property_code", *_WHEN)

declaration = Declaration(
    function=latest_observation,
    key="silver/state/latest_observation",
    reads={
        "observed": "silver/state/last_observation_by_day",
        "freshness": "bronze/definitions/observation_freshness",
    },
    gives={
        "entity_id": given("What was measured or where: its NGSI-LD id.", "observed.entity_id"),
        "property_code": given(
            "Which property, as in Smart Data Models.", "observed.property_code"
        ),
        "value": given("Its newest valid value.", *_CHOSEN),
        "unit_code": given("Its unit, a UCUM code.", "observed.unit_code", *_CHOSEN),
        "observed_at": given("When it was measured, UTC.", *_WHEN),
        "staleness_s": given("Age against the city's newest observation.", *_WHEN),
        "is_stale": given(
            "Whether it is too old to be now; empty for a property without a limit.",
            "freshness.stale_after_min",
            *_HELD,
        ),
        "definition_from_on": given("Day from which the limit holds.", *_HELD),
        "quality_code": given(
            "Health of the sensor on that day; suspect is not to be believed.",
            "observed.quality_code",
            *_CHOSEN,
        ),
    },
    key_columns=("entity_id", "property_code"),
    window_by=None,
    title="The city now: newest observations",
    method_version="1",
    literature="NGSI-LD temporal representation (ETSI GS CIM 009), last value; limits are "
    "versioned rows proposed by gemello.",
)
