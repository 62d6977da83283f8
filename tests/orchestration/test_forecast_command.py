import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.forecast_targets import PM10, pm10_series
from assets.twin import Twin
from infra.settings import Settings
from tests.assets.atlas.small_city import put
from tests.assets.forecast_frames import FEASTS, FIRST, MODELS, forecast
from tests.assets.indicators.defined import COMPLETENESS
from tests.command_line import call

DAYS = 60


def air() -> pl.DataFrame:
    """Two stations whose days go on as the day before, a little: hours of PM10."""
    noise = np.random.default_rng(3).normal(0, 4, (2, DAYS))
    days = 30 + np.cumsum(noise, axis=1).clip(-25, 60)
    first = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    return pl.DataFrame(
        [
            {
                "station_id": station,
                "pollutant_code": "PM10",
                "observed_at": first + timedelta(hours=hour - 1),
                "value_ugm3": float(days[n, hour // 24]),
            }
            for n, station in enumerate(("A", "B"))
            for hour in range(24 * DAYS)
        ]
    )


def test_what_was_published_is_held_to_a_challenger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    settings = {"GEMELLO_HOME": str(tmp_path / "home")}
    twin = Twin.here(Settings.load(settings, folder=tmp_path))
    series = pm10_series(air(), COMPLETENESS)
    days = [FIRST + timedelta(days=n) for n in range(44, DAYS)]

    def challenge(*words: str):
        arguments = ["forecast", "challenge", *words]
        return call(arguments, settings, monkeypatch=monkeypatch, capfd=capfd)

    nothing, unknown = challenge("--target", "pm10"), challenge("--target", "pm25")
    put(twin, "silver/air/air_quality_observed", air())
    put(twin, "gold/air/daily_pm10_forecast_by_station", forecast(series, PM10, *days))
    put(twin, "bronze/definitions/forecast_models", MODELS)
    put(twin, "bronze/definitions/public_feasts", FEASTS)
    put(twin, "bronze/definitions/completeness_rules", COMPLETENESS)
    said = challenge("--target", "pm10", "--origins", "4")
    # Tabs are drawn as spaces; names of columns have single ones in them.
    lines = [re.split(r" {2,}", line) for line in said.text.splitlines() if "  " in line]

    assert (nothing.code, unknown.code, said.code) == (2, 2, 0)
    assert "no forecast has met its truth yet" in nothing.text
    assert "there is no target pm25; there are: elec" in unknown.text
    [line] = [dict(zip(lines[0], one, strict=True)) for one in lines[1:]]
    assert [line[one] for one in ("target", "places", "issues", "forecasts")] == (
        ["pm10", "2", "4", "24"]
    )
    # The days wander: who starts from the last one errs less than who repeats a week ago.
    assert float(line["challenger"]) < float(line["naive"])
