"""How many services can be reached in time from where people live, and places in them a head."""

from typing import Final

import numpy as np
import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.journeys import (
    EDITION,
    HOMES,
    HOURS,
    QUICKEST,
    READS,
    Day,
    Journeys,
    Setting,
    setting,
    trusted,
)
from assets.measured import Measured, Value
from assets.methods.inequality import cumulative_opportunities, two_step_catchment
from assets.over_departures import median_min
from assets.parts import Parts, rows_of, that_differ

_WITHIN_MIN: Final = {"within_15_count": 15, "within_30_count": 30}
# Homes whose ways to every single service are in memory at once.
_HOMES_AT_ONCE: Final = 200
_PRECISION: Final = 6
_COUNTS: Final = (*_WITHIN_MIN, "places_per_resident_ratio")
_SCHEMA: Final = pl.Schema(
    {
        "section_id": pl.String(),
        "band_code": pl.String(),
        "category_code": pl.String(),
        "day_code": pl.String(),
        "within_15_count": pl.Int64(),
        "within_30_count": pl.Int64(),
        "places_per_resident_ratio": pl.Float64(),
        "catchment_min": pl.Float64(),
        "definition_code": pl.String(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def opportunities(
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
    catchments: pl.DataFrame,
) -> pl.DataFrame:
    """Give the open services within 15 and 30 minutes, and the places in them a resident.

    By inhabited section, time band and category, on the journeys of the table of reach: a service
    counts whose travel time, median over the departures of the band, is within the minutes. Places
    are those of two-step floating catchments (Luo & Wang 2003): each service's places over all
    residents within the catchment of its category, added up over what a section reaches; a service
    that nobody reaches, or of unknown capacity, gives nothing. The catchment is assumed by
    definition; a category without one has no places a head.
    """
    city = setting(
        population=population, services=services, nodes=nodes, segments=segments, stops=stops,
        departures=departures, trips=trips, stations=stations, bands=bands, speeds=speeds,
    )  # fmt: skip
    if city is None:
        return _SCHEMA.to_frame()
    latest = max((day.timetable_on for day in city.days if day.timetable_on), default=None)
    held = newest(catchments, "category_code", until=latest)
    minutes = dict(held.select("category_code", "catchment_min").iter_rows())
    parts = [
        _band(city, day, band, minutes).with_columns(
            timetable_on=pl.lit(day.timetable_on, pl.Date),
            observations_count=pl.lit(len(leaves), pl.Int64),
        )
        for day in city.days
        for band, leaves in day.leaves_s.items()
    ]
    return (
        trusted(pl.concat(parts), city, of_streets=_COUNTS)
        .select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
        .sort("section_id", "band_code", "category_code")
    )


def _band(city: Setting, day: Day, band: str, minutes: dict[str, float]) -> pl.DataFrame:
    """The counts of one time band."""
    away = _minutes_away(city, day, band)
    kinds = city.services["category_code"].to_numpy()
    places = city.services["capacity_count"].cast(pl.Float64).fill_null(0.0).to_numpy()
    people = city.homes["residents_count"].cast(pl.Float64).to_numpy()
    found = []
    for kind in sorted(set(kinds)):
        of_kind = away[:, kinds == kind]
        each = np.ones(of_kind.shape[1])
        catchment = minutes.get(kind)
        a_head = (
            np.full(len(people), np.nan)
            if catchment is None
            else two_step_catchment(of_kind <= catchment, places[kinds == kind], people)
        )
        found.append(
            pl.DataFrame(
                {
                    "section_id": city.homes["section_id"],
                    "category_code": [kind] * len(people),
                    **{
                        name: cumulative_opportunities(of_kind, each, within_min=within)
                        for name, within in _WITHIN_MIN.items()
                    },
                    "places_per_resident_ratio": a_head.round(_PRECISION),
                    "catchment_min": [catchment] * len(people),
                },
                schema_overrides={"catchment_min": pl.Float64},
                nan_to_null=True,
            )
        )
    return pl.concat(found).with_columns(band_code=pl.lit(band), day_code=pl.lit(day.code))


def _minutes_away(city: Setting, day: Day, band: str) -> np.ndarray:
    """Median minutes (homes, services) to each single service; nan where half reach it not."""
    ids = city.services["service_id"]
    journeys = Journeys.of(city, day, day.leaves_s[band], category=ids, categories=ids.to_list())
    homes = city.homes.height
    return np.concatenate(
        [
            median_min(journeys.quickest(slice(start, start + _HOMES_AT_ONCE)))
            for start in range(0, homes, _HOMES_AT_ONCE)
        ]
    )


_CATCHMENT: Final = (
    "catchments.catchment_min", "catchments.category_code", "catchments.valid_from_on",
    "trips.service_on", "trips.timetable_from_at",
)  # fmt: skip
_TRUST: Final = (*HOMES, *EDITION, "bands.day_code")

declaration = Declaration(
    function=opportunities,
    key="gold/services/opportunities_by_section",
    reads={**READS, "catchments": "bronze/definitions/access_catchments"},
    gives={
        "section_id": given(
            "Census section (ISTAT), where anybody lives.",
            "population.section_id",
            "population.residents_count",
        ),
        "band_code": given("Time band and kind of day.", *HOURS),
        "category_code": given("Category of services.", "services.category_code"),
        "day_code": given("weekday or sunday.", *HOURS),
        "within_15_count": given("Open services within 15 minutes.", *QUICKEST),
        "within_30_count": given("Open services within 30 minutes.", *QUICKEST),
        "places_per_resident_ratio": given(
            "Places a resident, by two-step catchments.", *QUICKEST, "services.capacity_count",
            *_CATCHMENT,
        ),
        "catchment_min": given("Minutes of the category's catchment.", *_CATCHMENT),
        "definition_code": given("Edition of speeds and distances.", *EDITION),
        "definition_from_on": given("Day from which it holds.", *EDITION),
        "completeness_ratio": given(
            "Streets and timetable: half without a timetable, 0 off the streets.", *_TRUST
        ),
        "observations_count": given("Departures in the band.", *HOURS),
        "quality_code": given(
            "unverified: speeds and catchments are assumed; partial without a timetable, no_data "
            "off the streets.",
            *_TRUST,
        ),
    },
    key_columns=("section_id", "band_code", "category_code"),
    parts=(
        Parts(
            by=("category_code",),
            of=(
                *(one for one in QUICKEST if one.startswith("services.")),
                "services.capacity_count",
            ),
            reached=that_differ("services", "category_code"),
            near=rows_of(services="category_code"),
            each=opportunities,
        ),
    ),
    window_by=None,
    title="Services within reach by section",
    method_version="1",
    literature=(
        "Cumulative opportunities, as in the R package accessibility (Pereira & Herszenhut 2022). "
        "Two-step floating catchment areas: Luo & Wang (2003), Environment and Planning B 30(6)."
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
            "within_30_count": Value(
                "Servizi entro 30 minuti", "1", no_interval="sono contati tutti, uno per uno"
            ),
            "within_15_count": Value(
                "Servizi entro 15 minuti", "1", no_interval="sono contati tutti, uno per uno"
            ),
            "places_per_resident_ratio": Value(
                "Posti per residente", "1", no_interval="è calcolato su tutti i residenti"
            ),
        },
        title="Servizi raggiungibili e posti per abitante",
        how=(
            "Quanti servizi aperti di ogni categoria si raggiungono entro 15 e 30 minuti nella "
            "partenza mediana della fascia, e quanti posti restano a testa se li dividono tutti "
            "coloro che li raggiungono. Fin dove arriva il bacino di una categoria è un'ipotesi."
        ),
        is_high_bad=False,
        drawn={"band_code": "weekday_11_13", "category_code": "farmacia"},
    ),
)  # fmt: skip
