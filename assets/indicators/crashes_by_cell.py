"""How many road accidents each part of the city has had in some years, and how many to expect."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from assets.accidents import of_last_years
from assets.coarser import coarsened
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.methods.crash_safety import fit_performance, untold_below
from assets.small_groups import LIMITS, limit_of, limited_by

# Of how many years accidents are counted, and how few are not told.
_SUBJECT: Final = "crashes_by_place"
_DAYS_A_YEAR: Final = 365.25
_CELL: Final = 9
_METRES: Final = 1000
_MILLION: Final = 1e6


def crashes_by_cell(
    accidents: pl.DataFrame,
    segments: pl.DataFrame,
    completeness: pl.DataFrame,
    limits: pl.DataFrame,
) -> pl.DataFrame:
    """Give each H3 cell's accidents of some years, if as many as the limit, and those to expect.

    A cell of resolution 9 with fewer is told together with its neighbours: as the rest of the cell
    of resolution 8 or 7 around them, without the cells that stand by themselves, so that rows add
    up to the city and none follows from others. A rest with fewer has no count, and is expected
    what such a rest with fewer is. Without a limit there are no rows. Expected are those by
    empirical Bayes, between what is usual for so many vehicle-km, fitted to all cells with streets,
    and what was seen; the interval (95 %) is that of the place, not of the fit. Over vehicle-km
    they tell places of any size apart. A street belongs to the cell of its middle. The hour is
    dropped at the door and cannot be told.
    """
    rule = completeness_of(completeness, _SUBJECT)
    limit = limit_of(limits, _SUBJECT, date.max)
    if limit is None:
        accidents, segments = accidents.clear(), segments.clear()
    least = limit.least_count if limit else 0
    recent, years = of_last_years(accidents, rule.due)
    cells = _cells(recent, segments)
    placed = cells.join(
        coarsened(cells.select("cell_id", count="seen_count"), least=least), on="cell_id"
    ).sort("cell_id")
    rows = _expected(placed, years, least=least)
    is_expected = pl.col("expected_count").is_not_null()
    driven = pl.col("vehicle_km") * _DAYS_A_YEAR * years / _MILLION
    parts = {part: pl.col(f"expected{part}_count") for part in ("", "_low", "_high")}
    return rows.select(
        "cell_id",
        "resolution_level",
        **{f"danger_per_km{part}_index": count / driven for part, count in parts.items()},
        **{f"expected{part}_count": count for part, count in parts.items()},
        accidents_count=pl.when("is_enough").then("seen_count"),
        vehicles_km_count=pl.col("vehicle_km"),
        cells_count="cells_count",
        definition_from_on=rule.edition,
        completeness_ratio=pl.lit(min(years / rule.due, 1.0)),
        # Not the accidents: all less those shown would tell what is not.
        observations_count=pl.lit((cells["vehicle_km"] > 0).sum(), pl.Int64),
        quality_code=pl.when(is_expected).then(pl.lit("modelled")).otherwise(pl.lit("no_data")),
    ).sort("resolution_level", "cell_id")


def _cells(accidents: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """Accidents and vehicle-km a day of each cell that has either."""
    seen = (
        accidents.drop_nulls("cell_id").group_by("cell_id").agg(seen_count=pl.len().cast(pl.Int64))
    )
    driven = _driven(segments)
    return (
        driven.join(seen, on="cell_id", how="full", coalesce=True)
        .with_columns(pl.col("seen_count").fill_null(0), pl.col("vehicle_km").fill_null(0.0))
        .sort("cell_id")
    )


def _driven(segments: pl.DataFrame) -> pl.DataFrame:
    """Vehicle-km a day in each cell: streets with the cell of the middle of their line."""
    import h3
    import shapely

    streets = segments.drop_nulls(["line_geom", "traffic_count", "length_m"]).sort("edge_id")
    lines = shapely.from_wkb(streets["line_geom"].to_numpy())
    middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    cells = [h3.latlng_to_cell(lat, lng, _CELL) for lng, lat in middles]
    return (
        streets.select(
            cell_id=pl.Series(cells, dtype=pl.String),
            vehicle_km=pl.col("traffic_count") * pl.col("length_m") / _METRES,
        )
        .group_by("cell_id", maintain_order=True)
        .agg(pl.col("vehicle_km").sum())
    )


def _expected(placed: pl.DataFrame, years: float, *, least: int) -> pl.DataFrame:
    """Sums by row, with expected accidents: what is usual adds up, and so does its variance."""
    seen = placed["seen_count"].to_numpy().astype(float)
    driven = placed["vehicle_km"].to_numpy()
    has_streets = driven > 0
    usual = np.zeros(placed.height)
    overdispersion = 1.0
    if has_streets.sum() >= 10 and seen[has_streets].sum() > 0:
        fitted = fit_performance(seen[has_streets], driven[has_streets], years=years)
        usual[has_streets] = fitted.usual(driven[has_streets])
        overdispersion = fitted.overdispersion
    rows = (
        placed.with_columns(usual=pl.Series(usual))
        .group_by(pl.col("row_cell_id").alias("cell_id"), maintain_order=True)
        .agg(
            pl.col("resolution_level", "is_enough").first(),
            pl.col("seen_count", "vehicle_km", "usual").sum(),
            squares=(pl.col("usual") ** 2).sum(),
            cells_count=pl.len().cast(pl.Int64),
        )
    )
    found = np.full((3, rows.height), np.nan)
    is_known = (rows["usual"] > 0).to_numpy()
    if is_known.any():
        of_known = rows.filter(pl.col("usual") > 0)
        whole = of_known["usual"].to_numpy()
        # A sum of gammas with one φ has, by its mean and variance, a φ larger by this.
        phi = overdispersion * whole**2 / of_known["squares"].to_numpy()
        found[:, is_known] = untold_below(
            of_known["seen_count"].to_numpy(),
            whole,
            years=years,
            overdispersion=phi,
            least=least,
        )
    names = ("expected_count", "expected_low_count", "expected_high_count")
    return rows.with_columns(
        pl.Series(name, row, dtype=pl.Float64).fill_nan(None)
        for name, row in zip(names, found, strict=True)
    )


_YEARS: Final = completeness_columns("completeness", "due_count")
_SEEN: Final = (
    "accidents.cell_id", "accidents.occurred_on", *_YEARS, *limited_by("limits"),
)  # fmt: skip
_DRIVEN: Final = ("segments.line_geom", "segments.traffic_count", "segments.length_m")
_ALL: Final = (*_SEEN, *_DRIVEN)

declaration = Declaration(
    function=crashes_by_cell,
    key="gold/safety/crashes_by_cell",
    reads={
        "accidents": "silver/safety/road_accident",
        "segments": "silver/mobility/road_segment",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "cell_id": given(
            "H3 cell of resolution 9; or 8 or 7 for the rest of it.", *_SEEN, "segments.line_geom"
        ),
        "resolution_level": given("Resolution of the cell.", *_SEEN, "segments.line_geom"),
        "danger_per_km_index": given("Expected accidents a million vehicle-km.", *_ALL),
        "danger_per_km_low_index": given("Its lower end.", *_ALL),
        "danger_per_km_high_index": given("Its upper end.", *_ALL),
        "expected_count": given("Expected accidents of the years.", *_ALL),
        "expected_low_count": given("Its lower end.", *_ALL),
        "expected_high_count": given("Its upper end.", *_ALL),
        "accidents_count": given("Accidents seen; null below the limit.", *_SEEN),
        "vehicles_km_count": given("Vehicle-km a day.", *_ALL),
        "cells_count": given("Cells of resolution 9 in it.", *_ALL),
        "definition_from_on": given(
            "Day from which the rule of how many years holds.",
            *completeness_columns("completeness"),
        ),
        "completeness_ratio": given(
            "How much of those years is there.", "accidents.occurred_on", *_YEARS
        ),
        "observations_count": given("Cells with streets, of which the fit is made.", *_DRIVEN),
        "quality_code": given("modelled; no_data without an expectation.", *_ALL),
    },
    key_columns=("cell_id",),
    window_by=None,
    title="Road accidents by cell",
    method_version="2",
    literature="Hauer et al. 2002, empirical Bayes; fit: negative binomial, Hauer 1997.",
    measured=Measured(
        entity="cell_id",
        urn="urn:ngsi-ld:RoadAccident:brescia:h3:",
        geometry="cell",
        grain="always",
        definition_from="definition_from_on",
        # By traffic first: rests of larger cells have more accidents for being larger.
        values={
            "danger_per_km_index": Value(
                "Incidenti attesi per milione di km percorsi",
                "{per milione di km}",
                low="danger_per_km_low_index",
                high="danger_per_km_high_index",
            ),
            "expected_count": Value(
                "Incidenti attesi negli anni contati",
                "1",
                low="expected_low_count",
                high="expected_high_count",
            ),
            "accidents_count": Value(
                "Incidenti avvenuti negli anni contati", "1", no_interval="è un conteggio completo"
            ),
        },
        title="Incidenti stradali per cella",
        how=(
            "Incidenti degli ultimi anni (tre, salvo altra regola) fino all'ultimo registrato. "
            "Dove in una cella sono meno di tre, la cella è contata con le vicine, perché nessuno "
            "sia riconosciuto. Quelli attesi stanno tra gli abituali per quel traffico e quelli "
            "avvenuti. L'ora non c'è: non viene conservata."
        ),
    ),
)
