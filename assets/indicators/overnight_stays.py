"""How many slept in the city each night, and what happened there."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import line_chart
from assets.small_groups import LIMITS
from assets.stays import LIMITED, may_be_told
from assets.trust import quality

# ISTAT's code of Brescia.
_MUNICIPALITY: Final = "017029"
_SUBJECT: Final = "stays_by_day"
_PRECISION: Final = 4


def overnight_stays(
    accommodation: pl.DataFrame,
    events: pl.DataFrame,
    completeness: pl.DataFrame,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give the city's nights, arrivals and share of beds taken on each day, and the events on it.

    A day of too few houses or arrivals, or of which one house has too large a share of the nights,
    may not be told; its month is left out with it, so that the month's total does not give
    it back. Completeness is the houses that reported, of the most in the month.
    """
    rule = completeness_of(completeness, _SUBJECT)
    days = (
        accommodation.group_by("day_on")
        .agg(
            pl.col(
                "structures_count",
                "beds_count",
                "arrivals_count",
                "nights_count",
                "foreign_nights_count",
            ).sum(),
            pl.col("largest_nights_count").max(),
        )
        .with_columns(month_on=pl.col("day_on").dt.month_start())
    )
    most = pl.col("structures_count").max().over("month_on")
    return (
        days.filter(may_be_told(limits).all().over("month_on"))
        .with_columns(completeness_ratio=pl.col("structures_count") / most)
        .join(_by_day(events), on="day_on", how="left")
        .select(
            pl.lit(_MUNICIPALITY).alias("municipality_code"),
            "day_on",
            nights_count="nights_count",
            arrivals_count="arrivals_count",
            foreign_ratio=pl.when(pl.col("nights_count") > 0).then(
                (pl.col("foreign_nights_count") / pl.col("nights_count")).round(_PRECISION)
            ),
            occupancy_ratio=(pl.col("nights_count") / pl.col("beds_count")).round(_PRECISION),
            events_count=pl.col("events_count").fill_null(0),
            visitors_count=pl.col("visitors_count").fill_null(0),
            definition_from_on=rule.edition,
            completeness_ratio="completeness_ratio",
            observations_count="structures_count",
            quality_code=quality(partial=pl.col("completeness_ratio") < rule.complete),
        )
        .sort("day_on")
    )


def _by_day(events: pl.DataFrame) -> pl.DataFrame:
    known = events.filter(pl.col("first_on") <= pl.col("last_on"))
    return (
        known.select("visitors_count", day_on=pl.date_ranges("first_on", "last_on"))
        .explode("day_on")
        .group_by("day_on")
        .agg(events_count=pl.len().cast(pl.Int64), visitors_count=pl.col("visitors_count").sum())
    )


def _picture(frame: pl.DataFrame) -> str:
    """The last three months, and the days of events."""
    last = frame.tail(92)
    share = (last["occupancy_ratio"] * 100).to_list()
    on_events = [
        one if count else None for one, count in zip(share, last["events_count"], strict=True)
    ]
    return line_chart(
        "Beds taken each night",
        x=[f"{day:%d/%m}" for day in last["day_on"]],
        series={"all days": share, "days of an event": on_events},
        unit="%",
    )


_NIGHTS: Final = (
    "accommodation.nights_count", "accommodation.structures_count",
    "accommodation.largest_nights_count", "accommodation.arrivals_count", *LIMITED,
)  # fmt: skip
_EVENTS: Final = ("events.first_on", "events.last_on")
_RULE: Final = completeness_columns("completeness")
_ALL_COUNTED: Final = "è la somma di tutti gli esercizi, non una stima da un campione"

declaration = Declaration(
    function=overnight_stays,
    key="gold/tourism/daily_overnight_stays",
    reads={
        "accommodation": "silver/tourism/accommodation_by_day",
        "events": "silver/tourism/event",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "municipality_code": given("ISTAT's code of Brescia.", "accommodation.day_on"),
        "day_on": given("Day to which the night belongs.", "accommodation.day_on"),
        "nights_count": given("Guests who slept in the city.", *_NIGHTS),
        "arrivals_count": given("Guests who arrived.", *_NIGHTS),
        "foreign_ratio": given(
            "Of the nights, those of guests from abroad.",
            "accommodation.foreign_nights_count", *_NIGHTS,
        ),
        "occupancy_ratio": given(
            "Nights over the beds of the houses that reported.",
            "accommodation.beds_count", *_NIGHTS,
        ),
        "events_count": given("Events on that day.", *_EVENTS),
        "visitors_count": given("Visitors expected.", "events.visitors_count", *_EVENTS),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("Houses that reported, of the most in the month.", *_NIGHTS),
        "observations_count": given("Houses that reported.", *_NIGHTS),
        "quality_code": given(
            "partial where too many did not report.",
            *_NIGHTS, *_RULE, "completeness.complete_ratio",
        ),
    },
    key_columns=("municipality_code", "day_on"),
    window_by=None,
    title="Nights in the city by day",
    method_version="2",
    literature=(
        "Use of bed places: Eurostat, Methodological manual for tourism statistics (2014); rules "
        "of disclosure as for the months by kind of house."
    ),
    plot=_picture,
    measured=Measured(
        entity="municipality_code",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:istat:",
        geometry="city",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "nights_count": Value("Presenze", "1", no_interval=_ALL_COUNTED),
            "occupancy_ratio": Value("Letti occupati", "1", no_interval=_ALL_COUNTED),
            "arrivals_count": Value("Arrivi", "1", no_interval=_ALL_COUNTED),
        },
        title="Notti in città",
        how=(
            "La somma delle presenze di tutti gli esercizi in ogni notte, e la parte dei loro "
            "letti che era occupata; accanto, quanti eventi c'erano. Che un evento riempia i "
            "letti si vede, ma quanto sia merito suo qui non si calcola."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
