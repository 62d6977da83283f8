"""How much water each zone's pipes lose, and whether its nights say that a leak is new."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import day_in_rome, in_order, minutes_in_rome
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.water_balance import losses_share, minimum_night_flow, risen
from assets.plots import line_chart
from assets.trust import quality

_HOUR_MIN: Final = 60
_SUBJECT: Final = "water_losses_by_day"
_PRECISION: Final = 6
_RULE: Final = "night_flow"


def water_losses(
    inflow: pl.DataFrame, consumed: pl.DataFrame, rules: pl.DataFrame, completeness: pl.DataFrame
) -> pl.DataFrame:
    """Give each zone's night flow and share of losses, day by day of the city's clock.

    The night flow is the least of the night's hours; what is usual is a low quantile of the nights
    before, and a night well above it says that a leak is new (`is_rising`). Losses are what flowed
    in and no meter saw: leaks, and meters that were not read. They are told where the zone's use is
    (enough meters, and all of the zone's), and where enough of the hours came; the night
    flow needs all hours of the night.
    """
    rule = completeness_of(completeness, _SUBJECT)
    held = newest(rules.filter(pl.col("rule_code") == _RULE))
    hours = inflow.filter(pl.col("inflow_m3").is_not_null()).with_columns(
        day_on=day_in_rome("observed_at"),
        hour=pl.col("observed_at").dt.convert_time_zone("Europe/Rome").dt.hour(),
    )
    begins, ends = held.select("night_begins_h", "night_ends_h").row(0) if held.height else (0, 0)
    is_night = (pl.col("hour") >= begins) & (pl.col("hour") < ends)
    days = (
        hours.group_by("zone_name", "day_on")
        .agg(
            in_order("inflow_m3"),
            night_flow_m3h=minimum_night_flow(pl.col("inflow_m3"), is_night),
            nights_hours=is_night.sum(),
            observations_count=pl.len().cast(pl.Int64),
            districts=pl.col("district_id").n_unique(),
        )
        .with_columns(
            due=pl.col("districts") * (minutes_in_rome("day_on") // _HOUR_MIN),
            # The clock change takes an hour of the night away, or gives one.
            night_due=pl.col("districts") * (ends - begins - 1),
        )
        .with_columns(
            completeness_ratio=(pl.col("observations_count") / pl.col("due")).clip(0, 1),
            night_flow_m3h=pl.when(pl.col("nights_hours") >= pl.col("night_due"))
            .then("night_flow_m3h")
            .round(_PRECISION),
        )
        .sort("zone_name", "day_on")
    )
    parts = [_with_rise(zone, held) for zone in days.partition_by("zone_name", maintain_order=True)]
    used = (
        consumed.filter(pl.col("zone_name").is_not_null())
        .group_by("zone_name", day_on="consumed_on")
        .agg(in_order("water_m3"))
    )
    is_whole = pl.col("completeness_ratio") >= rule.least
    is_known = pl.col("night_flow_m3h").is_not_null()
    return (
        pl.concat([_with_rise(days.clear(), held), *parts])
        .join(used, on=["zone_name", "day_on"], how="left")
        .with_columns(
            losses_ratio=pl.when(is_whole)
            .then(losses_share(pl.col("inflow_m3"), pl.col("water_m3")))
            .round(_PRECISION)
        )
        .join(held.select("valid_from_on", "is_verified"), how="left", on=pl.lit(1))
        .select(
            "zone_name",
            "day_on",
            "night_flow_m3h",
            "usual_flow_m3h",
            "is_rising",
            "losses_ratio",
            pl.col("inflow_m3").round(_PRECISION),
            definition_from_on="valid_from_on",
            completeness_ratio="completeness_ratio",
            observations_count="observations_count",
            quality_code=quality(
                no_data=~is_known,
                unverified=~pl.col("is_verified").fill_null(value=False),
                partial=pl.col("completeness_ratio") < rule.complete,
            ),
        )
        .sort("zone_name", "day_on")
    )


def _with_rise(zone: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The nights of one zone with what is usual there."""
    if held.is_empty():
        return zone.with_columns(
            usual_flow_m3h=pl.lit(None, pl.Float64), is_rising=pl.lit(None, pl.Boolean)
        )
    quantile, rise, least, most = held.select(
        "usual_ratio", "rise_ratio", "least_count", "most_count"
    ).row(0)
    usual, is_rising = risen(
        zone["night_flow_m3h"], usual_quantile=quantile, rise_ratio=rise, least=least, most=most
    )
    return zone.with_columns(usual_flow_m3h=usual, is_rising=is_rising)


def _picture(frame: pl.DataFrame) -> str:
    """Each zone's night flow over what was usual at first, in per cent."""
    days = frame.select("day_on").unique().sort("day_on").tail(60)["day_on"]
    series = {}
    for (zone,), part in frame.sort("day_on").group_by("zone_name", maintain_order=True):
        first = part["night_flow_m3h"].drop_nulls().first()
        flows = dict(part.select("day_on", "night_flow_m3h").rows())
        series[f"{zone}"] = [
            None if flows.get(day) is None or not first else 100 * flows[day] / first
            for day in days
        ]
    return line_chart(
        "Night flow of the zones, of that of the first night",
        x=[f"{day:%d/%m}" for day in days],
        series=series,
        unit="%",
    )


_FLOW: Final = ("inflow.inflow_m3", "inflow.district_id", "inflow.observed_at")
_NIGHT: Final = (
    *_FLOW, "rules.night_begins_h", "rules.night_ends_h", "rules.rule_code", "rules.valid_from_on",
)  # fmt: skip
_RISE: Final = (*_NIGHT, "rules.usual_ratio", "rules.least_count", "rules.most_count")
_COMPLETE: Final = completeness_columns("completeness")

declaration = Declaration(
    function=water_losses,
    key="gold/water/daily_losses_by_zone",
    reads={
        "inflow": "silver/water/water_inflow_observed",
        "consumed": "silver/water/water_consumption_observed",
        "rules": "bronze/definitions/leak_rules",
        "completeness": COMPLETENESS,
    },
    gives={
        "zone_name": given("Zone of the city: a district of the network.", "inflow.zone_name"),
        "day_on": given("Day of the city's clock (Europe/Rome).", "inflow.observed_at"),
        "night_flow_m3h": given("Least flow of an hour of the night.", *_NIGHT),
        "usual_flow_m3h": given("What was usual in the nights before.", *_RISE),
        "is_rising": given("Whether the night is well above that.", *_RISE, "rules.rise_ratio"),
        "losses_ratio": given(
            "Inflow that no meter saw.", *_FLOW, "consumed.water_m3", "consumed.zone_name",
            "consumed.consumed_on", *_COMPLETE, "completeness.least_ratio",
        ),
        "inflow_m3": given("Water that flowed in.", *_FLOW),
        "definition_from_on": given("Day from which the rule holds.", *_NIGHT),
        "completeness_ratio": given("Hours that came, of the day's.", *_FLOW),
        "observations_count": given("Hours that came.", *_FLOW),
        "quality_code": given(
            "no_data without the night; unverified while the rule is the city's own.",
            *_NIGHT, "rules.is_verified", *_COMPLETE, "completeness.complete_ratio",
        ),
    },
    key_columns=("zone_name", "day_on"),
    window_by=None,
    title="Night flow and losses of water by zone and day",
    method_version="1",
    literature=(
        "Non-revenue water: Lambert & Hirner (2000), IWA, from memory. Rolling 20th percentile: "
        "UKWIR 99/WM/08/21."
    ),
    plot=_picture,
    measured=Measured(
        entity="zone_name",
        urn="urn:ngsi-ld:WaterNetwork:brescia:a2a:",
        geometry="quarter",
        grain="day",
        period="day_on",
        definition_from="definition_from_on",
        values={
            "night_flow_m3h": Value(
                "Flusso minimo notturno", "m3/h", no_interval="A2A non pubblica l'incertezza"
            ),
            "losses_ratio": Value(
                "Acqua che nessun contatore ha visto",
                "1",
                no_interval="dipende da quanti contatori mancano quel giorno",
            ),
        },
        title="Perdite d'acqua",
        how=(
            "Tra le due e le cinque quasi nessuno usa acqua: ciò che entra nella zona si perde. "
            "Quando il flusso supera di molto quello solito delle notti prima, una perdita è "
            "nuova. La quota di perdite è l'acqua entrata che i contatori non hanno visto."
        ),
    ),
)  # fmt: skip
