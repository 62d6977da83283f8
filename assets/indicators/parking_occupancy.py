"""How full each car park was, hour by hour, as its operator counted."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.parking import last_two_days
from assets.trust import quality

_SUBJECT: Final = "parking_occupancy_by_hour"
_PRECISION: Final = 6


def parking_occupancy(observed: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Give the mean and the greatest share of each car park's places that were taken in each hour.

    Occupancy is vehicles parked over places (Mathew, Transportation Systems Engineering, IIT
    Bombay, Parking studies: parking index, average occupancy), of the operator's counts while it
    was open. They are counts of places, of nobody. An hour with too few counts has no occupancy;
    one of which the car park was closed all along has no row.
    """
    rule = completeness_of(rules, _SUBJECT)
    taken = 1 - pl.col("free_count") / pl.col("capacity_count")
    counted = observed.filter(
        pl.col("is_open") & (pl.col("capacity_count") > 0) & pl.col("free_count").is_not_null()
    )
    hours = counted.group_by("car_park_id", hour_at=pl.col("observed_at").dt.truncate("1h")).agg(
        mean=taken.sort().mean(),
        most=taken.max(),
        capacity_count=pl.col("capacity_count").max(),
        observations_count=pl.len().cast(pl.Int64),
    )
    share = (pl.col("observations_count") / rule.due).clip(upper_bound=1.0)
    is_told = share >= rule.least
    return hours.select(
        "car_park_id",
        "hour_at",
        occupied_ratio=pl.when(is_told).then(pl.col("mean").round(_PRECISION)),
        most_occupied_ratio=pl.when(is_told).then(pl.col("most").round(_PRECISION)),
        capacity_count="capacity_count",
        definition_from_on=rule.edition,
        completeness_ratio=share,
        observations_count="observations_count",
        quality_code=quality(no_data=~is_told, partial=share < rule.complete),
    ).sort("car_park_id", "hour_at")


def _picture(frame: pl.DataFrame) -> str:
    return last_two_days("Places taken in each car park, as counted, last two days (UTC)", frame)


_COUNTED: Final = ("observed.free_count", "observed.capacity_count", "observed.is_open")
_DUE: Final = (*_COUNTED, *completeness_columns("rules", "due_count"))
_TOLD: Final = (*_DUE, "rules.least_ratio")
_RULE: Final = completeness_columns("rules")
_NO_INTERVAL: Final = "è un conteggio dei posti, non una stima"

declaration = Declaration(
    function=parking_occupancy,
    key="gold/mobility/hourly_parking_occupancy",
    reads={"observed": "silver/mobility/off_street_parking_observed", "rules": COMPLETENESS},
    gives={
        "car_park_id": given("The publisher's code of the car park.", "observed.car_park_id"),
        "hour_at": given("Start of the hour, UTC.", "observed.observed_at"),
        "occupied_ratio": given("Places taken over all, mean of the counts.", *_TOLD),
        "most_occupied_ratio": given("The same, of the fullest count.", *_TOLD),
        "capacity_count": given("Places in all.", *_COUNTED),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("Counts, of those due in an hour.", *_DUE),
        "observations_count": given("Counts.", *_COUNTED),
        "quality_code": given(
            "no_data of too few counts, partial of less than all.", *_TOLD, "rules.complete_ratio"
        ),
    },
    key_columns=("car_park_id", "hour_at"),
    window_by="hour_at",
    title="Parking occupancy, by car park and hour",
    method_version="1",
    literature="Mathew, Transportation Systems Engineering (IIT Bombay), Parking studies.",
    plot=_picture,
    measured=Measured(
        entity="car_park_id",
        urn="urn:ngsi-ld:OffStreetParking:brescia:brescia_mobilita:",
        geometry="point",
        shapes="silver/mobility/off_street_parking",
        grain="hour",
        period="hour_at",
        definition_from="definition_from_on",
        values={
            "occupied_ratio": Value("Quota di posti occupati", "1", no_interval=_NO_INTERVAL),
            "most_occupied_ratio": Value(
                "Quota di posti occupati, al massimo", "1", no_interval=_NO_INTERVAL
            ),
        },
        title="Posti occupati nei parcheggi",
        how=(
            "La media dei conteggi dei posti occupati che il gestore comunica ogni cinque minuti, "
            "divisa per i posti in tutto. Sono conteggi di posti, non di persone o di targhe."
        ),
    ),
)
