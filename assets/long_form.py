"""Any indicator in the one long form that comparisons, scenarios and exports use."""

from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.measured import Grain, Measured, Value
from infra.errors import TwinError

BASELINE: Final = "baseline"
SCHEMA: Final = pl.Schema(
    {
        "indicator_id": pl.String(),
        "entity_id": pl.String(),
        "h3_9": pl.Int64(),
        "period_start": pl.Datetime("us", "UTC"),
        "period_end": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
        "unit": pl.String(),
        "lo": pl.Float64(),
        "hi": pl.Float64(),
        "level": pl.Float64(),
        "n_obs": pl.Int32(),
        "completeness": pl.Float32(),
        "quality_flag": pl.String(),
        "method_version": pl.String(),
        "definition_valid_from": pl.Date(),
        "scenario_id": pl.String(),
    }
)
KEY: Final = ("indicator_id", "entity_id", "period_start", "scenario_id", "method_version")
_ENDS: Final[dict[Grain, str]] = {
    "quarter_hour": "15m", "hour": "1h", "day": "1d", "month": "1mo", "year": "1y",
}  # fmt: skip
_CITY: Final = "Europe/Rome"


def long_form(
    frame: pl.DataFrame, declaration: Declaration, *, scenario: str = BASELINE
) -> pl.DataFrame:
    """Each value of each row as a row of its own, with its unit, interval and trust.

    `indicator_id` is `<theme>/<table>.<value>`, and what a row is told apart by besides place and
    time follows it (`…=PM10`). Days, months and years are those of the city's clock. A state
    without a period has none here either. Raises TwinError for a table that is no indicator.
    """
    measured = declaration.measured
    if measured is None:
        raise TwinError(f"{declaration.key} is no indicator; the long form is one of indicators")
    shared = _shared(frame, measured) | {
        "method_version": pl.lit(declaration.method_version),
        "scenario_id": pl.lit(scenario),
    }
    told_apart = [
        pl.concat_str(pl.lit(f";{column}="), pl.col(column).cast(pl.String))
        for column in measured.by
    ]
    table = declaration.key.removeprefix("gold/")
    parts = []
    for name, value in measured.values.items():
        indicator = pl.concat_str(pl.lit(f"{table}.{name}"), *told_apart)
        columns = {**shared, **_numbers(name, value), "indicator_id": indicator}
        parts.append(
            frame.select(columns[one].cast(kind).alias(one) for one, kind in SCHEMA.items())
        )
    return pl.concat(parts).sort(*KEY[:3])


def _shared(frame: pl.DataFrame, measured: Measured) -> dict[str, pl.Expr]:
    """What all numbers of a row have in common."""
    start, end = _period(frame, measured)
    definition = measured.definition_from
    return {
        "entity_id": pl.lit(measured.urn) + pl.col(measured.entity).cast(pl.String),
        "h3_9": _cell(frame, measured),
        "period_start": start,
        "period_end": end,
        "n_obs": pl.col("observations_count"),
        "completeness": pl.col("completeness_ratio"),
        "quality_flag": pl.col("quality_code"),
        "definition_valid_from": pl.col(definition) if definition else pl.lit(None),
    }


def _numbers(name: str, value: Value) -> dict[str, pl.Expr]:
    """One value, its unit and its interval."""
    low, high = (pl.col(value.low), pl.col(value.high)) if value.low else (pl.lit(None),) * 2
    return {
        "value": pl.col(name),
        "unit": pl.lit(value.unit),
        "lo": low,
        "hi": high,
        "level": pl.when(low.is_not_null()).then(pl.lit(value.level)),
    }


def _period(frame: pl.DataFrame, measured: Measured) -> tuple[pl.Expr, pl.Expr]:
    """The instants at which each row's period begins and ends, UTC."""
    if measured.period is None:
        return pl.lit(None), pl.lit(None)
    start = pl.col(measured.period)
    length = _ENDS[measured.grain]
    if frame.schema[measured.period] == pl.Date:
        local = start.cast(pl.Datetime("us")).dt.replace_time_zone(_CITY)
    elif measured.grain in ("quarter_hour", "hour"):
        return start, start.dt.offset_by(length)
    else:
        local = start.dt.convert_time_zone(_CITY)
    return (
        local.dt.convert_time_zone("UTC"),
        local.dt.offset_by(length).dt.convert_time_zone("UTC"),
    )


def _cell(frame: pl.DataFrame, measured: Measured) -> pl.Expr:
    """The H3 cell of resolution 9 of rows that are such cells or stand at a point."""
    if measured.geometry == "cell":
        number = pl.col(measured.entity).str.to_integer(base=16, strict=False, dtype=pl.Int64)
        # The second digit of a cell is its resolution: coarser ones hold many cells of 9.
        return pl.when(pl.col(measured.entity).str.starts_with("89")).then(number)
    if {"lat_deg", "lng_deg"} <= set(frame.columns) and measured.geometry == "point":
        return pl.struct("lat_deg", "lng_deg").map_batches(_cells_of_points, return_dtype=pl.Int64)
    return pl.lit(None)


def _cells_of_points(points: pl.Series) -> pl.Series:
    import h3

    return pl.Series(
        [
            None
            if point["lat_deg"] is None or point["lng_deg"] is None
            else int(h3.latlng_to_cell(point["lat_deg"], point["lng_deg"], 9), 16)
            for point in points.to_list()
        ],
        dtype=pl.Int64,
    )
