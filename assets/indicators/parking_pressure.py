"""How hard each car park works, hour by hour."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.parking import last_two_days
from assets.small_groups import LIMITS, limited_by, with_least
from assets.trust import quality

# Which share of sessions has to have an end for the time cars stood to be all there is.
_SUBJECT: Final = "parking_pressure_by_hour"
# Cars that have to be behind each number.
_CARS: Final = "parking_by_hour"
_PART_H: Final = 6
_PART: Final = ("car_park_id", "day_on", "part_index")

_ALL_COUNTED: Final = "è un conteggio di tutte le soste, non una stima da un campione"


def parking_pressure(
    sessions: pl.DataFrame,
    car_parks: pl.DataFrame,
    completeness: pl.DataFrame,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Count the cars that enter each car park in each hour, and how full they keep it.

    `occupied_ratio` is the time cars stood there over the time its places were to be had: 1 means
    full for the whole hour. Times come in quarter hours, so it can pass 1 by a little. Hours in
    which nobody came count as zero; a session without an end counts as an entry only.

    No number is of fewer cars than the limit of the day (UTC): an hour in which fewer stood there
    has no `occupied_ratio`, one in which fewer entered no entries. In a quarter of a day (by the
    city's clock) with such an hour those with the fewest cars are withheld until they hold as many
    together, so that what is withheld does not follow from a count of the whole quarter, either.
    Cars whose plate was not read count as one.
    """
    rule = completeness_of(completeness, _SUBJECT)
    known = sessions.select(
        "car_park_id",
        "exited_at",
        "entered_at",
        vehicle=pl.col("vehicle_pid").fill_null(""),
        hour_at=pl.col("entered_at").dt.truncate("1h"),
    ).drop_nulls("hour_at")
    known = with_least(known.with_columns(_day()), limits, _CARS, day="day_on")
    is_told = pl.col("cars_count").is_null() | (pl.col("cars_count") >= pl.col("least_count"))
    occupied = pl.when(is_told).then(pl.col("parked_h").fill_null(0.0))
    entries = pl.when(pl.col("is_withheld").not_()).then("entries_count")
    hours = with_least(
        _hours(sessions, car_parks).with_columns(_day()), limits, _CARS, day="day_on"
    )
    return (
        hours.join(_entries(known), on=["car_park_id", "hour_at"], how="left")
        .join(_parked(known), on=["car_park_id", "hour_at"], how="left")
        .join(_complete(known), on=["car_park_id", "day_on"], how="left")
        .with_columns(
            pl.col("entries_count").fill_null(0),
            pl.col("is_withheld").fill_null(value=False),
            # Nobody came: there is nothing of which an end could be missing.
            pl.col("completeness_ratio").fill_null(1.0),
            occupied_ratio=occupied / pl.col("capacity_count"),
        )
        .select(
            "car_park_id",
            "hour_at",
            entries_count=entries,
            is_withheld="is_withheld",
            capacity_count="capacity_count",
            entries_ratio=entries / pl.col("capacity_count"),
            occupied_ratio="occupied_ratio",
            definition_from_on=rule.edition,
            completeness_ratio="completeness_ratio",
            observations_count=entries.fill_null(0),
            quality_code=quality(
                no_data=pl.col("occupied_ratio").is_null(),
                partial=pl.col("completeness_ratio") < rule.complete,
            ),
        )
        .sort("car_park_id", "hour_at")
    )


def _day() -> pl.Expr:
    return pl.col("hour_at").dt.date().alias("day_on")


def _part() -> pl.Expr:
    """The quarter of a day of the city's clock; a window's day is UTC, and parts its first one."""
    clock = pl.col("hour_at").dt.convert_time_zone("Europe/Rome")
    return (clock.dt.hour() // _PART_H).alias("part_index")


def _entries(known: pl.DataFrame) -> pl.DataFrame:
    """Entries of each hour with any, and whether they are withheld."""
    hours = known.group_by("car_park_id", "hour_at", "day_on", "least_count").agg(
        entries_count=pl.len().cast(pl.Int64), cars_count=pl.col("vehicle").n_unique()
    )
    ranked = (
        hours.with_columns(_part())
        .sort(*_PART, "cars_count", "hour_at")
        .with_columns(rank=pl.int_range(pl.len()).over(_PART))
    )
    # A car that came in several hours counts in the first of them alone.
    first = (
        known.select("car_park_id", "hour_at", "vehicle")
        .join(ranked, on=["car_park_id", "hour_at"])
        .group_by(*_PART, "vehicle")
        .agg(pl.col("rank").min())
        .group_by(*_PART, "rank")
        .agg(new_count=pl.len().cast(pl.Int64))
    )
    before = pl.col("new_count").cum_sum().over(_PART) - pl.col("new_count")
    least = pl.col("least_count")
    is_small = pl.col("cars_count") < least
    return (
        ranked.join(first, on=[*_PART, "rank"], how="left", maintain_order="left")
        .with_columns(pl.col("new_count").fill_null(0))
        .select(
            "car_park_id",
            "hour_at",
            "entries_count",
            is_withheld=is_small | ((before < least) & is_small.any().over(_PART)),
        )
    )


def _complete(known: pl.DataFrame) -> pl.DataFrame:
    """Sessions that have an end, of those begun on the day; none told of too few cars."""
    return (
        known.group_by("car_park_id", "day_on", "least_count")
        .agg(
            share=pl.col("exited_at").is_not_null().mean(),
            cars_count=pl.col("vehicle").n_unique(),
        )
        .select(
            "car_park_id",
            "day_on",
            completeness_ratio=pl.when(pl.col("cars_count") >= pl.col("least_count"))
            .then("share")
            .otherwise(pl.lit(0.0)),
        )
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


def _parked(known: pl.DataFrame) -> pl.DataFrame:
    """The hours that cars stood in each car park within each hour of the clock, and how many."""
    hour = pl.duration(hours=1)
    return (
        known.filter(pl.col("exited_at") > pl.col("entered_at"))
        .with_columns(hour_at=pl.datetime_ranges("hour_at", "exited_at", "1h", closed="left"))
        .explode("hour_at")
        .with_columns(
            stay=pl.min_horizontal("exited_at", pl.col("hour_at") + hour)
            - pl.max_horizontal("entered_at", "hour_at"),
        )
        .group_by("car_park_id", "hour_at")
        .agg(
            parked_h=pl.col("stay").dt.total_minutes().sum() / 60,
            cars_count=pl.col("vehicle").n_unique(),
        )
    )


def _picture(frame: pl.DataFrame) -> str:
    return last_two_days("How full each car park was, the last two days (UTC)", frame)


_ENTERED: Final = (
    "sessions.entered_at", "sessions.car_park_id", "sessions.vehicle_pid", *limited_by("limits"),
)  # fmt: skip
_RULE: Final = completeness_columns("completeness")

declaration = Declaration(
    function=parking_pressure,
    key="gold/mobility/hourly_parking_pressure",
    reads={
        "sessions": "bronze/brescia_mobilita/parking_sessions",
        "car_parks": "silver/mobility/off_street_parking",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "car_park_id": given("Car park the cars entered.", "car_parks.car_park_id"),
        "hour_at": given("Start of the hour, UTC.", "sessions.entered_at", "sessions.exited_at"),
        "entries_count": given("Cars that entered in the hour; null where withheld.", *_ENTERED),
        "is_withheld": given("Whether entries are withheld: too few cars.", *_ENTERED),
        "capacity_count": given("Cars the car park holds.", "car_parks.capacity_count"),
        "entries_ratio": given("Entries over capacity.", *_ENTERED, "car_parks.capacity_count"),
        "occupied_ratio": given(
            "Time parked over the time places were to be had; null of too few cars.",
            *_ENTERED,
            "sessions.exited_at",
            "car_parks.capacity_count",
        ),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given(
            "Sessions begun on the day that have an end, of all; 1 where nobody came, 0 where "
            "too few cars did.",
            *_ENTERED,
            "sessions.exited_at",
        ),
        "observations_count": given("Entries that are shown.", *_ENTERED),
        "quality_code": given(
            "partial where too many of the day's sessions have no end; no_data where too few "
            "cars stood there.",
            *_ENTERED,
            *_RULE,
            "completeness.complete_ratio",
            "sessions.exited_at",
            "car_parks.capacity_count",
        ),
    },
    key_columns=("car_park_id", "hour_at"),
    window_by="hour_at",
    lookback_days=1,
    title="Parking pressure, by car park and hour",
    method_version="3",
    literature="Occupancy as parked time over supply: Shoup, The High Cost of Free Parking (2005).",
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
            "occupied_ratio": Value("Quota di posti occupati", "1", no_interval=_ALL_COUNTED),
            "entries_count": Value("Auto entrate", "1", no_interval=_ALL_COUNTED),
        },
        title="Pressione sui parcheggi",
        how=(
            "Per ogni ora, il tempo che le auto sono rimaste nel parcheggio diviso per il tempo "
            "in cui i suoi posti erano disponibili: 1 vuol dire pieno per tutta l'ora. Gli orari "
            "arrivano arrotondati al quarto d'ora, perciò il valore può superare 1 di poco. Dove "
            "le auto sono troppo poche (meno di dieci, salvo altra regola) non c'è numero, perché "
            "nessuno sia riconosciuto."
        ),
    ),
)
