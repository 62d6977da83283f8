"""How punctual each line of public transport is, day by day."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import dated
from assets.measured import Measured, Value
from assets.methods.binomial import wilson_interval
from assets.passing import stops_passed
from assets.small_groups import LIMITS, Path, limit_of, told_places
from assets.trust import quality

_SUBJECT: Final = "punctuality_by_day"
_PRECISION: Final = 4
_DELAY_PRECISION: Final = 1
_LINE: Final = ("service_on", "route_id")
# Whose number it is, by how far the path of its row goes: that of lines told together, or its own.
TOLD: Final = ("lines", "line")
_NUMBERS: Final = {
    "on_time_ratio": _PRECISION,
    "on_time_low_ratio": _PRECISION,
    "on_time_high_ratio": _PRECISION,
    "median_s": _DELAY_PRECISION,
}


def daily_punctuality_by_line(
    *,
    positions: pl.DataFrame,
    runs: pl.DataFrame,
    stop_times: pl.DataFrame,
    frequencies: pl.DataFrame,
    agencies: pl.DataFrame,
    stops: pl.DataFrame,
    rules: pl.DataFrame,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give the share of stops that each line passed on time on each service day, and its delay.

    On time is from so many seconds early to so many late, both included, by the rule of the day.
    The delay is the median, in seconds after the timetable, negative where early. The interval
    takes the runs that were seen, not their stops, for independent cases: a run that is late is
    late at each of its stops. Stops that nobody saw a run pass are not judged: completeness says
    how many. When a run passed a stop: `assets.passing`.

    The delay of a run is that of whoever drove it. A line of which fewer vehicles or runs than the
    limit were seen has the numbers of such lines together, which lines join until they are enough;
    there are no numbers where not even all are. Before the first rule there are none, either.
    """
    passed = stops_passed(
        positions=positions,
        runs=runs,
        stop_times=stop_times,
        frequencies=frequencies,
        agencies=agencies,
        stops=stops,
        rules=rules,
    )
    group = ("service_on", "group_id")
    lines = _grouped(passed, limits)
    known = lines.join(_scheduled(runs), on=_LINE, how="left")
    scheduled = known.group_by(group).agg(pl.col("scheduled_count").sum())
    judged = dated(passed.join(lines, on=_LINE), rules, day="service_on").join(
        rules, on=["definition_code", "valid_from_on"], how="left"
    )
    is_on_time = pl.col("delay_s").is_between(-pl.col("early_s"), pl.col("late_s"))
    numbers = judged.group_by(group).agg(
        pl.col("valid_from_on", "least_complete_ratio", "is_verified").first(),
        on_time_ratio=is_on_time.mean(),
        median_s=pl.col("delay_s").median(),
        seen_count=pl.col("trip_id").n_unique().cast(pl.Int64),
        observations_count=pl.len().cast(pl.Int64),
    )
    seen = pl.col("seen_count")
    low, high = wilson_interval(pl.col("on_time_ratio") * seen, seen)
    share = (pl.col("observations_count") / pl.col("scheduled_count")).clip(0.0, 1.0)
    is_told = pl.col("depth").is_not_null() & pl.col("valid_from_on").is_not_null()
    return (
        lines.join(numbers, on=group)
        .join(scheduled, on=group)
        .with_columns(
            on_time_low_ratio=low,
            on_time_high_ratio=high,
            completeness_ratio=share.fill_nan(0.0).round(_PRECISION),
        )
        .select(
            "route_id",
            "service_on",
            *(pl.when(is_told).then(pl.col(n).round(p)).alias(n) for n, p in _NUMBERS.items()),
            complete_on=pl.col("service_on").dt.offset_by("1d"),
            told_code=pl.col("depth").replace_strict(dict(enumerate(TOLD)), return_dtype=pl.String),
            scheduled_count="scheduled_count",
            definition_from_on="valid_from_on",
            completeness_ratio="completeness_ratio",
            observations_count="observations_count",
            quality_code=quality(
                partial=pl.col("completeness_ratio") < pl.col("least_complete_ratio"),
                modelled=pl.col("depth") == TOLD.index("lines"),
                unverified=~pl.col("is_verified"),
                no_data=~is_told,
            ),
        )
        .sort("route_id", "service_on")
    )


def _scheduled(runs: pl.DataFrame) -> pl.DataFrame:
    """Stops of each line's runs, without those by frequency, which have no times."""
    timed = runs.filter(pl.len().over("service_on", "trip_id") == 1)
    return timed.group_by(_LINE).agg(scheduled_count=pl.col("stops_count").sum())


def _grouped(passed: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Each line seen on each day with the group it is told in, and the depth of that.

    The depth is empty where a group is of too few.
    """
    seen = passed.select(*_LINE, "vehicle_id", "trip_id").sort(_LINE)
    days = [_grouped_day(day, limits) for day in seen.partition_by("service_on")]
    return pl.concat([_grouped_day(seen.clear(), limits), *days])


def _grouped_day(day: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    lines = day.group_by("route_id").agg(pl.col("vehicle_id", "trip_id").unique()).sort("route_id")
    limit = limit_of(limits, _SUBJECT, day["service_on"][0]) if day.height else None
    places: list[Path | None] = [None] * lines.height
    if limit is not None:
        # Whoever drives stays with a vehicle: so many vehicles are about as many people.
        counted = [[dict.fromkeys(one, 1.0) for one in lines[c]] for c in ("vehicle_id", "trip_id")]
        paths = [(route,) for route in lines["route_id"]]
        places = told_places(
            paths, lines["trip_id"].list.len().to_list(), limit.allows_people(counted)
        )
    depths = pl.Series("depth", [None if one is None else len(one) for one in places], pl.Int64)
    return lines.select(
        pl.lit(day["service_on"][0] if day.height else None, pl.Date).alias("service_on"),
        "route_id",
        depths,
    ).with_columns(group_id=pl.when(pl.col("depth") == 1).then("route_id").otherwise(pl.lit("")))


_PASSED: Final = (
    "positions.observed_at", "positions.lat_deg", "positions.lng_deg", "positions.trip_id",
    "positions.vehicle_id", "positions.delay_s", "runs.trip_id", "runs.service_on",
    "runs.leaves_at", "runs.arrives_at", "runs.timetable_from_at", "runs.run_index",
    "stop_times.trip_id", "stop_times.stop_sequence_index", "stop_times.stop_id",
    "stop_times.arrives_s", "stop_times.departs_s", "stop_times.valid_from",
    "stop_times.valid_to", "frequencies.trip_id", "agencies.timezone_name", "stops.stop_id",
    "stops.lat_deg", "stops.lng_deg", "rules.near_m", "rules.valid_from_on",
)  # fmt: skip
_TOLD: Final = (
    *_PASSED, "runs.route_id", "limits.least_count", "limits.subject_code", "limits.valid_from_on",
)  # fmt: skip
_ON_TIME: Final = (*_TOLD, "rules.early_s", "rules.late_s", "rules.definition_code")
_SHARE: Final = (*_TOLD, "runs.stops_count")

declaration = Declaration(
    function=daily_punctuality_by_line,
    key="gold/mobility/daily_punctuality_by_line",
    reads={
        "positions": "bronze/brescia_mobilita/bus_positions",
        "runs": "silver/mobility/transit_trips_by_day",
        "stop_times": "bronze/brescia_mobilita/transit_stop_times",
        "frequencies": "bronze/brescia_mobilita/transit_frequencies",
        "agencies": "bronze/brescia_mobilita/transit_agencies",
        "stops": "silver/mobility/transit_stops",
        "rules": "bronze/definitions/punctuality_rules",
        "limits": LIMITS,
    },
    gives={
        "route_id": given("The line, as in the timetable.", *_PASSED, "runs.route_id"),
        "service_on": given("The service day; its night runs on.", *_PASSED),
        "on_time_ratio": given("Share of the stops seen that were passed on time.", *_ON_TIME),
        "on_time_low_ratio": given("Lower end of its 95 % interval.", *_ON_TIME),
        "on_time_high_ratio": given("Upper end of its 95 % interval.", *_ON_TIME),
        "median_s": given("Median delay.", *_TOLD),
        "complete_on": given("The day after, by which it is over.", *_PASSED),
        "told_code": given("Whose numbers: of the line, or of lines told together.", *_TOLD),
        "scheduled_count": given("Stops of the timetable of whose numbers they are.", *_SHARE),
        "definition_from_on": given("Day from which the rule holds.", *_PASSED),
        "completeness_ratio": given("Stops seen, of those of the timetable.", *_SHARE),
        "observations_count": given("Stops that a run was seen to pass.", *_TOLD),
        "quality_code": given(
            "no_data where too few were seen; modelled of lines together; unverified while the "
            "rule is no norm.",
            "rules.is_verified",
            "rules.least_complete_ratio",
            *_SHARE,
        ),
    },
    key_columns=("route_id", "service_on"),
    window_by="complete_on",
    # Of a service day both its own UTC day and the one after are needed.
    lookback_days=1,
    with_history=("stop_times", "frequencies"),
    title="Punctuality by line and day",
    method_version="1",
    literature=(
        "On time from one minute early to five late: a custom of operators, not a norm, and so "
        "unverified. Interval: Wilson 1927. GTFS Realtime reference, VehiclePosition."
    ),
    measured=Measured(
        entity="route_id",
        urn="urn:ngsi-ld:GtfsRoute:brescia:brescia_mobilita:",
        geometry="city",
        grain="day",
        period="service_on",
        definition_from="definition_from_on",
        values={
            "on_time_ratio": Value(
                "Fermate in orario", "1", low="on_time_low_ratio", high="on_time_high_ratio"
            ),
            "median_s": Value(
                "Ritardo mediano", "s", no_interval="è quello delle fermate osservate, non stimato"
            ),
        },
        title="Puntualità delle linee",
        how=(
            "Quante fermate sono servite da un minuto prima a cinque minuti dopo l'orario, tra "
            "quelle in cui si è visto passare il mezzo. Le linee con meno di dieci mezzi osservati "
            "hanno insieme un solo valore, perché non si riconosca chi guida."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
