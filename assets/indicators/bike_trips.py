"""How many trips on public bicycles begin and end at each station, hour by hour."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import day_in_rome, paths_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.placing import in_quarters
from assets.plots import line_chart
from assets.small_groups import LIMITS, Path, limit_of, told_places
from assets.trust import quality

_SUBJECT: Final = "bike_trips_by_hour"
_DAY: Final = "bike_trips_by_day"
_CITY: Final = "Brescia"
# From the widest to the narrowest place, and what a row stands for by how far its path goes.
_PLACES: Final = ("zone_name", "quarter_id", "station_id")
AREAS: Final = ("city", "zone", "quarter", "station")
_HOUR: Final = ("hour_at", "direction_code")
_DIRECTIONS: Final = {
    "departures": ("from_station_id", "started_at"),
    "arrivals": ("to_station_id", "ended_at"),
}


def bike_trips(
    trips: pl.DataFrame,
    *,
    stations: pl.DataFrame,
    quarters: pl.DataFrame,
    limits: pl.DataFrame,
    rules: pl.DataFrame,
) -> pl.DataFrame:
    """Count the trips that began (departures) and ended (arrivals) in each hour and place.

    A station is told alone where enough riders began or ended there in the hour; the rest of its
    quarter together, else with the rest of its zone or of the city (`assets.small_groups`). Hours
    of too few in the whole city have no row. A station that is not in the list is of the city.
    Riders whose code is missing are one. Where from and where to together are not told: what is
    told of departures less the flows that are enough would be the flows that are not.
    """
    last = trips.sort("window_on").unique("trip_pid", keep="last")
    ends = [
        last.select(
            "trip_pid",
            station_id=station,
            at=instant,
            direction_code=pl.lit(name),
            rider=pl.col("user_pid").fill_null(""),
        )
        for name, (station, instant) in _DIRECTIONS.items()
    ]
    known = pl.concat(ends).drop_nulls("at").with_columns(
        hour_at=pl.col("at").dt.truncate("1h"), day_on=day_in_rome("at")
    )  # fmt: skip
    is_placed = pl.col("station_id").is_not_null()
    complete = known.group_by("day_on", "direction_code").agg(completeness_ratio=is_placed.mean())
    parts = (
        known.filter(is_placed)
        .join(_placed(stations, quarters), on="station_id", how="left")
        .group_by(*_HOUR, "day_on", *_PLACES)
        .agg(trips_count=pl.len().cast(pl.Int64), riders=pl.col("rider").unique())
        .sort(*_HOUR, *_PLACES, nulls_last=True)
    )
    hours = [_told(hour, limits) for hour in parts.partition_by(_HOUR, maintain_order=True)]
    rule = completeness_of(rules, _DAY)
    return (
        pl.concat([_told(parts.clear(), limits), *hours])
        .group_by(*_HOUR, "day_on", "depth", *_PLACES)
        .agg(pl.col("trips_count").sum())
        .join(complete, on=["day_on", "direction_code"])
        .select(
            "hour_at",
            "direction_code",
            area_id=pl.coalesce(*reversed(_PLACES), pl.lit(_CITY)),
            area_code=pl.col("depth").replace_strict(
                dict(enumerate(AREAS)), return_dtype=pl.String
            ),
            trips_count="trips_count",
            definition_from_on=rule.edition,
            completeness_ratio="completeness_ratio",
            observations_count="trips_count",
            quality_code=quality(partial=pl.col("completeness_ratio") < rule.complete),
        )
        .sort("hour_at", "direction_code", "area_code", "area_id")
    )


def _placed(stations: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    """The quarter and zone of each station."""
    import shapely

    points = shapely.points(stations["lng_deg"].to_numpy(), stations["lat_deg"].to_numpy())
    geoms = pl.Series(shapely.to_wkb(points).tolist(), dtype=pl.Binary)
    placed = in_quarters(stations.with_columns(place_geom=geoms), quarters, name="station_id")
    return placed.select("station_id", "quarter_id", "zone_name")


def _told(hour: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """The stations of one hour and direction under the place each is told of."""
    places: list[Path | None] = [None] * hour.height
    limit = limit_of(limits, _SUBJECT, hour["day_on"][0]) if hour.height else None
    if limit is not None:
        riders = [dict.fromkeys(one, 1.0) for one in hour["riders"]]
        sizes = hour["trips_count"].to_list()
        paths = paths_of(hour, names=_PLACES)
        places = told_places(paths, sizes, limit.allows_people([riders]))
    depths = [None if place is None else len(place) for place in places]
    return (
        hour.drop("riders")
        .with_columns(depth=pl.Series(depths, dtype=pl.Int64))
        .filter(pl.col("depth").is_not_null())
        .with_columns(
            pl.when(pl.col("depth") > at).then(name).alias(name) for at, name in enumerate(_PLACES)
        )
    )


def _picture(frame: pl.DataFrame) -> str:
    """Departures in the city, hour by hour, of the last week."""
    hourly = (
        frame.filter(direction_code="departures")
        .group_by("hour_at")
        .agg(pl.col("trips_count").sum())
        .sort("hour_at")
        .tail(168)
    )
    local = hourly["hour_at"].dt.convert_time_zone("Europe/Rome")
    return line_chart(
        "Trips on public bicycles begun in the city, hours of ten riders and more",
        x=[f"{at:%d/%m %H}" for at in local],
        series={"trips an hour": hourly["trips_count"].cast(pl.Float64).to_list()},
        unit="trips",
    )


_ENDS: Final = (
    "trips.from_station_id", "trips.to_station_id", "trips.started_at", "trips.ended_at",
    "trips.trip_pid", "trips.user_pid",
)  # fmt: skip
_TOLD: Final = (
    *_ENDS, "stations.station_id", "stations.lat_deg", "stations.lng_deg", "quarters.quarter_id",
    "quarters.zone_name", "quarters.border_geom", "limits.least_count", "limits.largest_ratio",
    "limits.subject_code", "limits.valid_from_on",
)  # fmt: skip
_WHERE: Final = (*(one for one in _TOLD if not one.endswith("_pid")),)

_RULE: Final = completeness_columns("rules")

declaration = Declaration(
    function=bike_trips,
    key="gold/mobility/hourly_bike_trips",
    reads={
        "trips": "bronze/brescia_mobilita/bike_trips",
        "stations": "silver/mobility/bike_hire_docking_station",
        "quarters": "silver/territory/quarters",
        "limits": LIMITS,
        "rules": COMPLETENESS,
    },
    gives={
        "hour_at": given("Start of the hour, UTC.", "trips.started_at", "trips.ended_at"),
        "direction_code": given(
            "departures or arrivals.", "trips.from_station_id", "trips.to_station_id"
        ),
        "area_id": given("Station, quarter, zone or city: those no other row tells.", *_WHERE),
        "area_code": given("station, quarter, zone or city.", *_TOLD),
        "trips_count": given("Trips, of ten riders at least.", *_TOLD),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("Trips of the day with a station, of all.", *_ENDS),
        "observations_count": given("Trips.", *_TOLD),
        "quality_code": given(
            "partial where many trips have no station.",
            *_ENDS, *completeness_columns("rules", "complete_ratio"),
        ),
    },
    key_columns=("area_id", "hour_at", "direction_code"),
    window_by="hour_at",
    lookback_days=1,
    title="Trips on public bicycles by place and hour",
    method_version="1",
    literature=(
        "Minimum counts: Hundepool et al., Statistical Disclosure Control (2012), ch. 4; the "
        "threshold is the city's."
    ),
    plot=_picture,
    measured=Measured(
        entity="area_id",
        urn="urn:ngsi-ld:BikeHireDockingStation:brescia:brescia_mobilita:",
        geometry="city",
        grain="hour",
        period="hour_at",
        by=("direction_code",),
        definition_from="definition_from_on",
        values={
            "trips_count": Value("Viaggi", "1", no_interval="è il conteggio di tutti i viaggi")
        },
        title="Viaggi in bike sharing",
        how=(
            "Quanti viaggi iniziano e finiscono in ogni stazione, ora per ora. Dove gli utenti "
            "sono meno di dieci si conta insieme il quartiere, la zona o la città: così nessuno si "
            "riconosce. Da dove a dove non si dice."
        ),
        is_high_bad=None,
        drawn={"direction_code": "departures"},
    ),
)  # fmt: skip
