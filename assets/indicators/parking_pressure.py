"""How hard each car park works, hour by hour."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import hourly_heat

# Below this share of sessions with an end, the time cars stood is no longer all there is.
_LEAST_COMPLETE: Final = 0.9
_COLOURS: Final = (
    (0.0, "#f1f5f9"), (0.25, "#bfdbfe"), (0.5, "#60a5fa"), (0.75, "#f59e0b"), (0.95, "#b91c1c"),
)  # fmt: skip

_ALL_COUNTED: Final = "è un conteggio di tutte le soste, non una stima da un campione"


def parking_pressure(sessions: pl.DataFrame, car_parks: pl.DataFrame) -> pl.DataFrame:
    """Count the cars that enter each car park in each hour, and how full they keep it.

    `occupied_ratio` is the time cars stood there over the time its places were to be had: 1 means
    full for the whole hour. Times come in quarter hours, so it can pass 1 by a little. Hours in
    which nobody came count as zero; a session without an end counts as an entry only.
    """
    hours = _hours(sessions, car_parks)
    entries = sessions.group_by("car_park_id", hour_at=pl.col("entered_at").dt.truncate("1h")).agg(
        entries_count=pl.len().cast(pl.Int64),
        completeness_ratio=pl.col("exited_at").is_not_null().mean(),
    )
    return (
        hours.join(entries, on=["car_park_id", "hour_at"], how="left")
        .join(_parked(sessions), on=["car_park_id", "hour_at"], how="left")
        .with_columns(
            pl.col("entries_count").fill_null(0),
            pl.col("parked_h").fill_null(0.0),
            # Nobody came: there is nothing of which an end could be missing.
            pl.col("completeness_ratio").fill_null(1.0),
        )
        .select(
            "car_park_id",
            "hour_at",
            "entries_count",
            "capacity_count",
            entries_ratio=pl.col("entries_count") / pl.col("capacity_count"),
            occupied_ratio=pl.col("parked_h") / pl.col("capacity_count"),
            completeness_ratio="completeness_ratio",
            observations_count=pl.col("entries_count"),
            quality_code=pl.when(pl.col("completeness_ratio") < _LEAST_COMPLETE)
            .then(pl.lit("partial"))
            .otherwise(pl.lit("ok")),
        )
        .sort("car_park_id", "hour_at")
    )


def _hours(sessions: pl.DataFrame, car_parks: pl.DataFrame) -> pl.DataFrame:
    """Every hour of every day on which any car came, for every car park."""
    days = sessions.select(day_at=pl.col("entered_at").dt.truncate("1d")).drop_nulls().unique()
    hours = (
        days.with_columns(hour_h=pl.lit(list(range(24))))
        .explode("hour_h")
        .select(hour_at=pl.col("day_at") + pl.duration(hours=pl.col("hour_h")))
    )
    return car_parks.select("car_park_id", "capacity_count").join(hours, how="cross")


def _parked(sessions: pl.DataFrame) -> pl.DataFrame:
    """The hours that cars stood in each car park, within each hour of the clock."""
    hour = pl.duration(hours=1)
    return (
        sessions.filter(pl.col("exited_at") > pl.col("entered_at"))
        .select(
            "car_park_id",
            "entered_at",
            "exited_at",
            hour_at=pl.datetime_ranges(
                pl.col("entered_at").dt.truncate("1h"), "exited_at", "1h", closed="left"
            ),
        )
        .explode("hour_at")
        .select(
            "car_park_id",
            "hour_at",
            stay=pl.min_horizontal("exited_at", pl.col("hour_at") + hour)
            - pl.max_horizontal("entered_at", "hour_at"),
        )
        .group_by("car_park_id", "hour_at")
        .agg(parked_h=pl.col("stay").dt.total_minutes().sum() / 60)
    )


def _picture(frame: pl.DataFrame) -> str:
    """The last two days: a row a car park, a column an hour."""
    return hourly_heat(
        "How full each car park was, the last two days (UTC)",
        frame,
        row="car_park_id",
        value="occupied_ratio",
        days=2,
        colours=_COLOURS,
        legend="share of places taken",
        label_every=6,
    )


declaration = Declaration(
    function=parking_pressure,
    key="gold/mobility/hourly_parking_pressure",
    reads={
        "sessions": "bronze/brescia_mobilita/parking_sessions",
        "car_parks": "silver/mobility/off_street_parking",
    },
    gives={
        "car_park_id": given("Car park the cars entered.", "car_parks.car_park_id"),
        "hour_at": given("Start of the hour, UTC.", "sessions.entered_at", "sessions.exited_at"),
        "entries_count": given("Cars that entered in the hour.", "sessions.entered_at"),
        "capacity_count": given("Cars the car park holds.", "car_parks.capacity_count"),
        "entries_ratio": given(
            "Entries over capacity.", "sessions.entered_at", "car_parks.capacity_count"
        ),
        "occupied_ratio": given(
            "Time parked over the time places were to be had.",
            "sessions.entered_at",
            "sessions.exited_at",
            "car_parks.capacity_count",
        ),
        "completeness_ratio": given(
            "Sessions begun in the hour that have an end, of all; 1 where nobody came.",
            "sessions.exited_at",
        ),
        "observations_count": given("Sessions begun in the hour.", "sessions.entered_at"),
        "quality_code": given(
            "partial where more than a tenth of the sessions has no end.", "sessions.exited_at"
        ),
    },
    key_columns=("car_park_id", "hour_at"),
    window_by="hour_at",
    lookback_days=1,
    title="Parking pressure, by car park and hour",
    method_version="1",
    literature="Occupancy as parked time over supply: Shoup, The High Cost of Free Parking (2005).",
    plot=_picture,
    measured=Measured(
        entity="car_park_id",
        urn="urn:ngsi-ld:OffStreetParking:brescia:brescia_mobilita:",
        geometry="point",
        shapes="silver/mobility/off_street_parking",
        grain="hour",
        period="hour_at",
        values={
            "occupied_ratio": Value("Quota di posti occupati", "1", no_interval=_ALL_COUNTED),
            "entries_count": Value("Auto entrate", "1", no_interval=_ALL_COUNTED),
        },
        title="Pressione sui parcheggi",
        how=(
            "Per ogni ora, il tempo che le auto sono rimaste nel parcheggio diviso per il tempo "
            "in cui i suoi posti erano disponibili: 1 vuol dire pieno per tutta l'ora. Gli orari "
            "arrivano arrotondati al quarto d'ora, perciò il valore può superare 1 di poco."
        ),
    ),
)
