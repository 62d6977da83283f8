"""What citizens report to the Comune, and where: counts by matter, no texts."""

from datetime import date
from typing import Final

import polars as pl

from assets.coarser import coarsened
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.small_groups import LIMITS, Limit, limit_of

_SUBJECT: Final = "citizen_reports"
_SCHEMA: Final = pl.Schema(
    {
        "category_code": pl.String(),
        "cell_id": pl.String(),
        "resolution_level": pl.Int64(),
        "reports_count": pl.Int64(),
        "open_ratio": pl.Float64(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def citizen_reports_by_cell(reports: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Count the reports of each matter by H3 cell, where there are enough, of all days held.

    A cell of resolution 9 with fewer is told as the rest of that of resolution 8 or 7 around it,
    without cells that stand by themselves; a rest with fewer has no count. Who reports is
    not known, so ten reports may be of fewer citizens. The newest limit holds; without one nothing
    is told. `open_ratio` is the share that is not closed
    yet.
    """
    limit = limit_of(limits, _SUBJECT, date.max)
    if limit is None:
        return _SCHEMA.to_frame()
    placed = (
        reports.drop_nulls("category_code")
        .with_columns(
            completeness_ratio=pl.col("cell_id").is_not_null().mean().over("category_code")
        )
        .drop_nulls("cell_id")
    )
    cells = (
        placed.group_by("category_code", "cell_id")
        .agg(
            pl.col("completeness_ratio").first(),
            count=pl.len().cast(pl.Int64),
            open_count=(pl.col("status_code") != "chiusa").sum().cast(pl.Int64),
        )
        .sort("category_code", "cell_id")
    )
    parts = [_told(part, limit) for _, part in cells.group_by("category_code", maintain_order=True)]
    return pl.concat([_SCHEMA.to_frame(), *parts]).sort("category_code", "cell_id")


def _told(cells: pl.DataFrame, limit: Limit) -> pl.DataFrame:
    """The rows of one matter."""
    told = cells.join(
        coarsened(cells, least=limit.least_count), on="cell_id", maintain_order="left"
    )
    count = pl.when("is_enough").then("count")
    return (
        told.group_by("row_cell_id", maintain_order=True)
        .agg(
            pl.col("category_code", "resolution_level", "is_enough", "completeness_ratio").first(),
            pl.col("count", "open_count").sum(),
        )
        .with_columns(
            cell_id="row_cell_id",
            reports_count=count,
            open_ratio=pl.when("is_enough").then(pl.col("open_count") / pl.col("count")),
            definition_from_on=pl.lit(limit.since, pl.Date),
            observations_count=count.fill_null(0),
            quality_code=pl.when("is_enough").then(pl.lit("ok")).otherwise(pl.lit("no_data")),
        )
        .select(_SCHEMA.names())
    )


_PLACE: Final = (
    "reports.cell_id", "reports.category_code", "limits.least_count", "limits.subject_code",
    "limits.valid_from_on",
)  # fmt: skip

declaration = Declaration(
    function=citizen_reports_by_cell,
    key="gold/safety/citizen_reports_by_cell",
    reads={
        "reports": "bronze/comune_brescia/citizen_reports",
        "limits": LIMITS,
    },
    gives={
        "category_code": given("What it is about.", "reports.category_code"),
        "cell_id": given(
            "H3 cell of resolution 9; or 8 or 7 for the rest of it.",
            *_PLACE,
        ),
        "resolution_level": given("Resolution of the cell.", *_PLACE),
        "reports_count": given("Reports; null below ten.", *_PLACE, "reports.report_pid"),
        "open_ratio": given("Share not closed yet.", *_PLACE, "reports.status_code"),
        "definition_from_on": given(
            "Day from which the limit of disclosure holds.",
            "limits.valid_from_on",
            "limits.subject_code",
        ),
        "completeness_ratio": given("Share of reports with a place.", *_PLACE),
        "observations_count": given("Reports that are shown.", *_PLACE),
        "quality_code": given("no_data below ten.", *_PLACE),
    },
    key_columns=("category_code", "cell_id"),
    window_by=None,
    title="Citizens' reports by matter and cell",
    method_version="2",
    literature="Hundepool et al., Statistical Disclosure Control (2012), ch. 5: minimum counts.",
    measured=Measured(
        entity="cell_id",
        urn="urn:ngsi-ld:CitizenReports:brescia:h3:",
        geometry="cell",
        grain="always",
        by=("category_code",),
        definition_from="definition_from_on",
        values={
            "reports_count": Value(
                "Segnalazioni", "1", no_interval="è un conteggio di tutte le segnalazioni"
            ),
            "open_ratio": Value(
                "Parte non ancora chiusa", "1", no_interval="è un conteggio completo"
            ),
        },
        title="Segnalazioni dei cittadini",
        how=(
            "Quante segnalazioni per argomento sono arrivate da ogni cella. Dove sono meno di "
            "dieci, la cella è contata con le vicine. Dicono che cosa vede chi segnala, non "
            "quanto spesso accade."
        ),
    ),
)
