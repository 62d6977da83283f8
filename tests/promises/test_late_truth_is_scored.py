from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.columns import schema_of, table_spec
from assets.completeness import COMPLETENESS
from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.settings import Settings
from infra.windows import Window
from tests.assets.atlas.small_city import put
from tests.assets.forecast_frames import FEASTS, MODELS
from tests.assets.indicators.defined import COMPLETENESS as RULES

DECLARATIONS = find_declarations()
FORECAST = "gold/air/daily_pm10_forecast_by_station"
MADE = ("silver/air/pm10_forecast_parameters", FORECAST)
SCORES = "gold/actions/daily_forecast_score_by_target"
TRUTH = "silver/air/air_quality_observed"
FIRST = date(2025, 3, 1)
LATE = date(2025, 3, 10)
NEWEST = date(2025, 3, 12)


def write_truth(twin: Twin, days: list[date], level: float) -> None:
    """The hours of these days (UTC) at a station, as if silver had found them."""
    schema = schema_of(DECLARATIONS[TRUTH], DECLARATIONS, twin)
    rows = [
        {
            "station_id": "s",
            "pollutant_code": "PM10",
            # An hour of UTC's day is of the next one by solar time: it says the same throughout.
            "observed_at": datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
            "value_ugm3": 30.0 if hour == 23 else level + day.day % 5,
        }
        for day in days
        for hour in range(24)
    ]
    day = pl.col("observed_at").dt.date().alias("window_on")
    twin.lake.replace_windows(
        TRUTH,
        pl.DataFrame(rows, schema=schema).with_columns(day),
        window=Window.between(days[0], days[-1], "daily"),
        spec=table_spec(DECLARATIONS[TRUTH], schema),
        notes={"run": "by hand"},
        marks=dict.fromkeys(days, 1),
    )


def issue_and_score(twin: Twin) -> tuple[pl.DataFrame, pl.DataFrame]:
    for table in (*MADE, SCORES):
        derive(DECLARATIONS[table], DECLARATIONS, twin=twin, requested=None, notes={"run": "r"})
    return (
        twin.read(FORECAST).sort("issued_on", "lead_d").collect(),
        twin.read(SCORES).sort("scored_on").collect(),
    )


@pytest.mark.slow
def test_a_late_truth_changes_the_score_of_its_own_day_and_no_forecast_that_stands(
    tmp_path: Path,
) -> None:
    twin = Twin.here(Settings.load({}, tmp_path))
    put(twin, "bronze/definitions/forecast_models", MODELS)
    put(twin, "bronze/definitions/public_feasts", FEASTS)
    put(twin, COMPLETENESS, RULES)
    for table in set(DECLARATIONS[SCORES].reads.values()) - {TRUTH, FORECAST, COMPLETENESS}:
        schema = schema_of(DECLARATIONS[table], DECLARATIONS, twin)
        twin.lake.replace_windows(
            table,
            schema.to_frame().with_columns(pl.lit(None, pl.Date).alias("window_on")),
            window=Window.of(FIRST, "daily"),
            spec=table_spec(DECLARATIONS[table], schema),
            notes={"run": "by hand"},
            marks={},
        )
    count = (NEWEST - FIRST).days + 1
    write_truth(twin, [FIRST + timedelta(days=n) for n in range(count)], 40.0)
    issued, scored = issue_and_score(twin)

    write_truth(twin, [LATE], 90.0)
    issued_then, scored_then = issue_and_score(twin)

    stood = pl.col("issued_on") < NEWEST
    is_late = pl.col("scored_on") == LATE
    assert issued_then.filter(stood).equals(issued.filter(stood))
    assert issued.filter(stood, target_on=LATE).height == 3
    assert scored_then.filter(~is_late).equals(scored.filter(~is_late))
    assert scored.filter(~is_late).height >= 3
    [before], [after] = (
        one.filter(is_late)["mase_ratio"].to_list() for one in (scored, scored_then)
    )
    assert after > before
