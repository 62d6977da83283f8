"""How dangerous each stretch of street is to who rides a bicycle, and how much stress it is."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from assets.accidents import of_last_years
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.crash_safety import fit_performance, untold_below
from assets.methods.traffic_stress import level_of_traffic_stress, street_code
from assets.parts import Parts, rows_of, that_differ
from assets.plots import heat_table
from assets.small_groups import LIMITS, Limit, limit_of, limited_by
from assets.solar import solar_day
from assets.trust import health_columns, suspect_days

# Of how many years accidents are counted, and how few are not told.
_SUBJECT: Final = "crashes_by_place"
_DAYS_A_YEAR: Final = 365.25
_HOURS_A_DAY: Final = 24
_METRES: Final = 1000
_MILLION: Final = 1e6
_BIKE: Final = "bicicletta"
# Classes of expected accidents a km and year, for the picture.
_CLASSES: Final = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_COLOURS: Final = (
    (0.0, "#f1f5f9"), (1.0, "#bfdbfe"), (50.0, "#60a5fa"), (200.0, "#f59e0b"), (800.0, "#b91c1c"),
)  # fmt: skip


def cycle_danger_by_segment(
    segments: pl.DataFrame,
    accidents: pl.DataFrame,
    bikes: pl.DataFrame,
    stress: pl.DataFrame,
    *,
    health: pl.DataFrame,
    completeness: pl.DataFrame,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give each stretch its level of traffic stress and its expected accidents with bicycles.

    Expected are those of so many years up to the last one registered, by empirical Bayes: between
    what is usual for such traffic and length, fitted to all stretches of the city, and what was
    seen; the interval (95 %) is that of the stretch, not of the fit. Stretches with
    fewer than the limit are expected the same, so that nobody can tell them apart (decision 0028);
    without a limit nothing is expected of any. Per million
    bicycle-km only where a counter stands on a street of that name: its mean is taken for the whole
    street, without days on which it could not be believed, and the interval does not hold its
    error. Stress is by the limit, as no speed is
    measured on most streets; a local street counts as one without centreline, and `shared` ways as
    mixed traffic.
    """
    due = completeness_of(completeness, _SUBJECT).due
    limit = limit_of(limits, _SUBJECT, date.max)
    recent, years = of_last_years(accidents, due)
    known = (
        _each_once(segments)
        .join(_seen(recent), on="edge_id", how="left", maintain_order="left")
        .join(_passages(bikes, health), on="street_name", how="left", maintain_order="left")
        .with_columns(pl.col("seen_count").fill_null(0))
    )
    rated = known.with_columns(
        stress_level=_stress(known, stress),
        **_expected(known, years, limit),
    ).with_columns(completeness_ratio=pl.lit(min(years / due, 1.0)))
    km_years = pl.col("length_m") / _METRES * years
    bike_km = pl.col("bikes_a_day") * pl.col("length_m") / _METRES * years * _DAYS_A_YEAR
    parts = {part: pl.col(f"expected{part}_count") for part in ("", "_low", "_high")}
    rates = {f"danger_per_km{part}_index": count / km_years for part, count in parts.items()} | {
        f"danger_per_bike_km{part}_index": pl.when(bike_km > 0).then(count / (bike_km / _MILLION))
        for part, count in parts.items()
    }
    return rated.select(
        "edge_id",
        "street_name",
        "stress_level",
        *parts.values(),
        **rates,
        bikes_count=pl.col("bikes_a_day"),
        definition_from_on=pl.lit(stress["valid_from_on"].max(), pl.Date),
        completeness_ratio="completeness_ratio",
        observations_count=pl.lit(_measured(known).sum(), pl.Int64),
        quality_code=pl.when(pl.col("expected_count").is_null())
        .then(pl.lit("no_data"))
        .otherwise(pl.lit("modelled")),
    ).sort("edge_id")


def _each_once(segments: pl.DataFrame) -> pl.DataFrame:
    return segments.unique("edge_id", keep="first", maintain_order=True).sort("edge_id")


def _seen(accidents: pl.DataFrame) -> pl.DataFrame:
    """Accidents with bicycles on each stretch."""
    return (
        accidents.filter(pl.col("mode_code") == _BIKE)
        .drop_nulls("edge_id")
        .group_by("edge_id")
        .agg(seen_count=pl.len().cast(pl.Int64))
    )


def _passages(bikes: pl.DataFrame, health: pl.DataFrame) -> pl.DataFrame:
    """Bicycles a day on each street with a counter: the mean over its counters and hours."""
    return (
        bikes.drop_nulls(["bikes_count", "street_name"])
        .with_columns(day_on=solar_day(), station_id="counter_id")
        .join(suspect_days(health), on=["station_id", "day_on"], how="anti")
        .group_by("street_name")
        .agg(bikes_a_day=pl.col("bikes_count").mean() * _HOURS_A_DAY)
    )


def _stress(segments: pl.DataFrame, stress: pl.DataFrame) -> pl.Series:
    asked = segments.select(
        "cycle_code",
        "traffic_count",
        "cycle_width_m",
        street_code=street_code(pl.col("lanes_count"), pl.col("class_code") != "local"),
        speed_kmh="limit_kmh",
    )
    return level_of_traffic_stress(asked, newest(stress))


def _stressed(segments: pl.DataFrame, stress: pl.DataFrame) -> pl.DataFrame:
    """The stress on each stretch, which hangs on nothing of other stretches."""
    known = _each_once(segments)
    return known.select("edge_id", stress_level=_stress(known, stress))


def _measured(segments: pl.DataFrame) -> pl.Series:
    """Whether traffic and length are known."""
    both = (pl.col("traffic_count") > 0) & (pl.col("length_m") > 0)
    return segments.select(both.fill_null(value=False).alias("is_known"))["is_known"]


def _expected(segments: pl.DataFrame, years: float, limit: Limit | None) -> dict[str, pl.Series]:
    """Expected accidents and their interval; null where traffic or length is not known."""
    traffic, length = (
        segments[name].cast(pl.Float64).fill_null(0.0).to_numpy()
        for name in ("traffic_count", "length_m")
    )
    seen = segments["seen_count"].to_numpy().astype(float)
    is_known = _measured(segments).to_numpy()
    found = np.full((3, segments.height), np.nan)
    if limit is not None and is_known.sum() >= 10 and seen[is_known].sum() > 0:
        exposures = np.column_stack([traffic[is_known], length[is_known] / _METRES])
        usual = fit_performance(seen[is_known], exposures, years=years)
        found[:, is_known] = untold_below(
            seen[is_known],
            usual.usual(exposures),
            years=years,
            overdispersion=usual.overdispersion,
            least=limit.least_count,
        )
    names = ("expected_count", "expected_low_count", "expected_high_count")
    return {
        name: pl.Series(row, dtype=pl.Float64).fill_nan(None)
        for name, row in zip(names, found, strict=True)
    }


def _picture(frame: pl.DataFrame) -> str:
    """How many stretches have which stress and danger: a map of all would not fit."""
    names = [f"{limit:g}".removeprefix("0") or "0" for limit in _CLASSES]
    danger = pl.col("danger_per_km_index")
    limit = pl.sum_horizontal(danger >= one for one in _CLASSES) - 1
    counted = (
        frame.filter(danger.is_not_null() & pl.col("stress_level").is_not_null())
        .group_by("stress_level", limit=limit.cast(pl.Int64))
        .len()
    )
    return heat_table(
        "Stretches of street by stress and danger",
        rows=[f"stress {level}" for level in range(1, 5)],
        columns=names,
        values={
            (f"stress {level}", names[at]): float(count) for level, at, count in counted.rows()
        },
        colours=_COLOURS,
        legend="stretches; to the right: accidents a km and year, from",
    )


_YEARS: Final = completeness_columns("completeness", "due_count")
_SEEN: Final = (
    "accidents.occurred_on", "accidents.mode_code", "accidents.edge_id", "segments.edge_id",
    *_YEARS,
)  # fmt: skip
_EXPECTED: Final = (
    *_SEEN, "segments.traffic_count", "segments.length_m", *limited_by("limits"),
)  # fmt: skip
_BIKES: Final = (
    "bikes.bikes_count", "bikes.street_name", "segments.street_name", "bikes.counter_id",
    "bikes.observed_at", *health_columns("health"),
)  # fmt: skip
_STRESS: Final = (
    "segments.cycle_code", "segments.cycle_width_m", "segments.lanes_count", "segments.class_code",
    "segments.limit_kmh", "segments.traffic_count", "stress.table_code", "stress.street_code",
    "stress.from_traffic_count", "stress.from_width_m", "stress.from_kmh", "stress.stress_level",
    "stress.valid_from_on",
)  # fmt: skip
_BEST: Final = "; null where traffic is not known."

declaration = Declaration(
    function=cycle_danger_by_segment,
    key="gold/mobility/cycle_danger_by_segment",
    reads={
        "segments": "silver/mobility/road_segment",
        "accidents": "silver/safety/road_accident",
        "bikes": "silver/mobility/bike_count_observed",
        "stress": "bronze/definitions/level_of_traffic_stress",
        "health": "silver/sensors/bike_counter_health_by_day",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "edge_id": given("The publisher's code of the stretch.", "segments.edge_id"),
        "street_name": given("Name of the street.", "segments.street_name"),
        "stress_level": given("Level of traffic stress, 1 to 4.", *_STRESS),
        "expected_count": given(f"Expected accidents of the years{_BEST}", *_EXPECTED),
        "expected_low_count": given("Its lower end.", *_EXPECTED),
        "expected_high_count": given("Its upper end.", *_EXPECTED),
        "danger_per_km_index": given("Expected accidents a km and year.", *_EXPECTED),
        "danger_per_km_low_index": given("Its lower end.", *_EXPECTED),
        "danger_per_km_high_index": given("Its upper end.", *_EXPECTED),
        "danger_per_bike_km_index": given(
            "Expected accidents a million bicycle-km, where bicycles are counted.",
            *_EXPECTED,
            *_BIKES,
        ),
        "danger_per_bike_km_low_index": given("Its lower end.", *_EXPECTED, *_BIKES),
        "danger_per_bike_km_high_index": given("Its upper end.", *_EXPECTED, *_BIKES),
        "bikes_count": given("Bicycles a day, where they are counted.", *_BIKES),
        "definition_from_on": given("Since when the stress tables hold.", "stress.valid_from_on"),
        "completeness_ratio": given(
            "How much of those years is there.", "accidents.occurred_on", *_YEARS
        ),
        "observations_count": given(
            "Stretches of which the fit is made.", "segments.traffic_count", "segments.length_m"
        ),
        "quality_code": given("modelled; no_data without an expectation.", *_EXPECTED),
    },
    key_columns=("edge_id",),
    parts=(
        Parts(
            by=("edge_id",),
            of=(
                "segments.cycle_code",
                "segments.cycle_width_m",
                "segments.lanes_count",
                "segments.class_code",
                "segments.limit_kmh",
            ),
            reached=that_differ("segments", "edge_id"),
            near=rows_of(segments="edge_id"),
            each=_stressed,
        ),
    ),
    window_by=None,
    title="Danger to cyclists by stretch of street",
    method_version="2",
    literature=(
        "Expected accidents: Hauer et al. 2002, empirical Bayes; fit: negative binomial, Hauer "
        "1997. Stress: Furth 2022, LTS v2.2, whose values are rows of a definition read in "
        "StressMap."
    ),
    plot=_picture,
    measured=Measured(
        entity="edge_id",
        urn="urn:ngsi-ld:RoadSegment:brescia:comune_brescia:",
        geometry="segment",
        shapes="silver/mobility/road_segment",
        grain="always",
        definition_from="definition_from_on",
        values={
            "danger_per_km_index": Value(
                "Incidenti attesi con biciclette, per km e anno",
                "/km/a",
                low="danger_per_km_low_index",
                high="danger_per_km_high_index",
            ),
            "danger_per_bike_km_index": Value(
                "Incidenti attesi per milione di km in bicicletta",
                "{per milione di km}",
                low="danger_per_bike_km_low_index",
                high="danger_per_bike_km_high_index",
            ),
            "stress_level": Value(
                "Stress del traffico (1-4)", "1", no_interval="è una classe da una tabella"
            ),
        },
        title="Pericolo per chi va in bicicletta",
        how=(
            "Gli incidenti che ci si può attendere, tra quelli abituali per una strada con quel "
            "traffico e quella lunghezza e quelli avvenuti in tre anni: così la sfortuna di un "
            "anno non fa sembrare pericolosa una strada che non lo è. Di una strada con meno di "
            "tre incidenti conta solo che sono meno di tre. Accanto, lo stress del traffico, che "
            "non dipende dagli incidenti."
        ),
    ),
)
