"""How long it takes from where people live to the nearest open service of each kind."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from assets.declaration import Declaration, given
from assets.journeys import (
    BY_BIKE,
    EDITION,
    HOMES,
    HOURS,
    ON_FOOT,
    QUICKEST,
    READS,
    Journeys,
    habits_of,
    setting,
    trusted,
)
from assets.least_times import Network
from assets.measured import Measured, Value
from assets.over_departures import may_differ, over_departures
from assets.parts import Parts, rows_of, that_differ

_MEASURED: Final = (
    "median_min", "p95_min", "within_15_ratio", "within_30_ratio", "walk_median_min",
    "bike_median_min",
)  # fmt: skip
_SCHEMA: Final = pl.Schema(
    {
        "section_id": pl.String(),
        "band_code": pl.String(),
        "category_code": pl.String(),
        "day_code": pl.String(),
        "timetable_on": pl.Date(),
        "median_min": pl.Float64(),
        "p95_min": pl.Float64(),
        "spread_min": pl.Float64(),
        "within_15_ratio": pl.Float64(),
        "within_30_ratio": pl.Float64(),
        "walk_median_min": pl.Float64(),
        "bike_median_min": pl.Float64(),
        "definition_code": pl.String(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def reach_of_services(
    *,
    population: pl.DataFrame,
    services: pl.DataFrame,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
    stops: pl.DataFrame,
    departures: pl.DataFrame,
    trips: pl.DataFrame,
    stations: pl.DataFrame,
    bands: pl.DataFrame,
    speeds: pl.DataFrame,
) -> pl.DataFrame:
    """Give the minutes door to door to the nearest open service, by inhabited section and hours.

    Departures are those of every five minutes (by definition) of a time band, on the latest Tuesday
    and the latest Sunday of the timetable that are no feasts: median and 95th percentile over
    them, waits included. The quickest of walking, public bicycle and public transport counts. Who
    comes before a service opens waits, one that has shut is not reached, and what takes longer than
    an hour is not either: then the median is null. A category nobody offers has no row.
    """
    city = setting(
        population=population, services=services, nodes=nodes, segments=segments, stops=stops,
        departures=departures, trips=trips, stations=stations, bands=bands, speeds=speeds,
    )  # fmt: skip
    if city is None:
        return pl.DataFrame(schema=_SCHEMA)
    categories = sorted(city.services["category_code"].unique())
    parts = []
    for day in city.days:
        leaves = list(day.leaves_s.values())
        times = Journeys.of(
            city, day, np.concatenate(leaves), category=city.services["category_code"],
            categories=categories,
        ).times()  # fmt: skip
        ends = np.cumsum([len(one) for one in leaves])
        for band, end, count in zip(day.leaves_s, ends, map(len, leaves), strict=True):
            found = over_departures(
                times, slice(end - count, end), city.homes["section_id"], categories
            )
            parts.append(
                found.with_columns(
                    band_code=pl.lit(band),
                    day_code=pl.lit(day.code),
                    timetable_on=pl.lit(day.timetable_on, pl.Date),
                    observations_count=pl.lit(count, pl.Int64),
                )
            )
    return (
        trusted(pl.concat(parts), city, of_streets=_MEASURED)
        .with_columns(spread_min=pl.col("p95_min") - pl.col("median_min"))
        .select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
        .sort("section_id", "band_code", "category_code")
    )


def _near_services(
    differ: Mapping[str, pl.DataFrame],
    stored: pl.DataFrame,
    *,
    population: pl.DataFrame,
    services: pl.DataFrame,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
    stops: pl.DataFrame,
    departures: pl.DataFrame,
    trips: pl.DataFrame,
    stations: pl.DataFrame,
    speeds: pl.DataFrame,
) -> pl.DataFrame:
    """The sections from which a service that differs may be sooner reached than another.

    Of a category that is new, or of which nothing is left, all.
    """
    rows = stored.select(
        "section_id", "category_code", "median_min", "p95_min", "within_15_ratio",
        "within_30_ratio", "walk_median_min", "bike_median_min",
    )  # fmt: skip
    kinds = {*services["category_code"].drop_nulls()} ^ {*stored["category_code"]}
    everywhere = population.select("section_id").join(
        pl.DataFrame({"category_code": sorted(kinds)}, schema={"category_code": pl.String}),
        how="cross",
    )
    habits = habits_of(trips, speeds)
    if habits is None:
        return everywhere
    ways = Network.of(habits, nodes=nodes, segments=segments, stops=stops, departures=departures)
    least = ways.least_times(population, differ["services"], stations)
    near = rows.join(least, on=["section_id", "category_code"]).filter(may_differ())
    return pl.concat([everywhere, near.select("section_id", "category_code")])


def _around_homes(
    parts: pl.DataFrame,
    *,
    population: pl.DataFrame,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
    stops: pl.DataFrame,
    departures: pl.DataFrame,
    trips: pl.DataFrame,
    speeds: pl.DataFrame,
) -> Mapping[str, pl.Expr]:
    """These homes, services of these categories, and the stops that anybody there can come to."""
    of_parts = rows_of(population="section_id", services="category_code")(parts)
    habits = habits_of(trips, speeds)
    if habits is None:
        return of_parts
    ways = Network.of(habits, nodes=nodes, segments=segments, stops=stops, departures=departures)
    reached = pl.col("stop_id").is_in(
        ways.stops_from(population.filter(of_parts["population"])).implode()
    )
    return {**of_parts, "stops": reached, "departures": reached}


_NO_INTERVAL: Final = "è calcolato su tutte le partenze della fascia, non su un campione"

declaration = Declaration(
    function=reach_of_services,
    key="gold/services/reach_of_services_by_section",
    reads=READS,
    gives={
        "section_id": given(
            "Census section (ISTAT), where anybody lives.",
            "population.section_id",
            "population.residents_count",
        ),
        "band_code": given("Time band and kind of day.", *HOURS),
        "category_code": given("Category of services.", "services.category_code"),
        "day_code": given("weekday or sunday.", *HOURS),
        "timetable_on": given(
            "The day whose timetable is used; null where there is none.",
            "trips.service_on",
            "trips.timetable_from_at",
            "trips.trip_id",
            "bands.day_code",
        ),
        "median_min": given(
            "Minutes door to door, median over departures; null where half reach none.", *QUICKEST
        ),
        "p95_min": given("Minutes that 95 % of departures do not exceed.", *QUICKEST),
        "spread_min": given("95th percentile less median: what cannot be relied on.", *QUICKEST),
        "within_15_ratio": given("Departures that reach one within 15 minutes.", *QUICKEST),
        "within_30_ratio": given("Departures that reach one within 30 minutes.", *QUICKEST),
        "walk_median_min": given("Median on foot alone.", *ON_FOOT),
        "bike_median_min": given("Median on foot or by public bicycle.", *BY_BIKE),
        "definition_code": given("Edition of speeds and distances.", *EDITION),
        "definition_from_on": given("Day from which it holds.", *EDITION),
        "completeness_ratio": given(
            "Streets and timetable: half without a timetable, 0 off the streets.",
            *HOMES,
            *EDITION,
            "bands.day_code",
        ),
        "observations_count": given("Departures in the band.", *HOURS),
        "quality_code": given(
            "unverified: speeds are assumed; partial without a timetable, no_data off the streets.",
            *HOMES,
            *EDITION,
            "bands.day_code",
        ),
    },
    key_columns=("section_id", "band_code", "category_code"),
    parts=(
        Parts(
            by=("section_id", "category_code"),
            of=tuple(one for one in ON_FOOT if one.startswith("services.")),
            reached=_near_services,
            near=_around_homes,
            each=reach_of_services,
        ),
        Parts(
            by=("section_id",),
            of=(
                "population.section_id",
                *(one for one in HOMES if one.startswith("population.")),
            ),
            reached=that_differ("population", "section_id"),
            near=rows_of(population="section_id"),
            each=reach_of_services,
        ),
    ),
    window_by=None,
    title="Reach of services by section, time band and category",
    method_version="1",
    literature=(
        "Earliest arrivals: Dibbelt, Pajor, Strasser & Wagner (2013), arXiv:1703.05997; "
        "percentiles over a window of departures: Conway, Byrd & van der Linden (2017), "
        "Transportation Research Record 2653; slopes: Tobler (1993), NCGIA 93-1."
    ),
    measured=Measured(
        entity="section_id",
        urn="urn:ngsi-ld:CensusSection:brescia:istat:",
        geometry="section",
        shapes="silver/services/population_by_section",
        grain="always",
        by=("band_code", "category_code"),
        definition_from="definition_from_on",
        values={
            "within_15_ratio": Value(
                "Partenze che arrivano entro 15 minuti", "1", no_interval=_NO_INTERVAL
            ),
            "within_30_ratio": Value(
                "Partenze che arrivano entro 30 minuti", "1", no_interval=_NO_INTERVAL
            ),
            "median_min": Value("Minuti, mediana", "min", no_interval=_NO_INTERVAL, bad="high"),
            "p95_min": Value("Minuti, 95º percentile", "min", no_interval=_NO_INTERVAL, bad="high"),
            # It grows where buses shorten half of the journeys alone: nobody loses by that.
            "spread_min": Value(
                "Imprevedibilità (P95 - P50)", "min", no_interval=_NO_INTERVAL, bad="neither"
            ),
        },
        title="Tempi della città: servizi raggiungibili",
        how=(
            "Da ogni sezione abitata si parte ogni cinque minuti della fascia e si arriva al "
            "servizio aperto più vicino di ogni categoria, a piedi, con una bicicletta pubblica "
            "o con i mezzi, secondo l'orario di un martedì e di una domenica. Un servizio chiuso "
            "quando si arriva non conta; oltre un'ora non si considera raggiunto."
        ),
        is_high_bad=False,
        drawn={"band_code": "weekday_11_13", "category_code": "farmacia"},
    ),
)
