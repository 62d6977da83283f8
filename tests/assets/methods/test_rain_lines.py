import numpy as np
import polars as pl
import pytest

from assets.methods.extreme_values import ExtremeValues
from assets.methods.rain_lines import design_storm, lines_by_station

GROWTH = ExtremeValues(location=0.85, scale=0.25, shape=0.05)


def maxima(station: str, years: int, *hours: int) -> pl.DataFrame:
    """Yearly maxima that follow 30 mm · D^0.3 and one growth curve without chance."""
    reduced = GROWTH.level(1 / (1 - (np.arange(years) + 0.65) / (years + 0.3)))
    growth = reduced / reduced.mean()
    return pl.concat(
        pl.DataFrame(
            {
                "station_id": station,
                "observed_year": np.arange(years),
                "duration_code": f"{hour} {'ora' if hour == 1 else 'ore'}",
                "rain_mm": 30 * hour**0.3 * growth,
            }
        )
        for hour in hours
    )


def test_the_line_of_a_station_is_that_its_maxima_were_made_with():
    line, years = lines_by_station(maxima("a", 200, 1, 3, 24))["a"]

    assert years == 200
    assert (line.a1_mm, line.n) == pytest.approx((30, 0.3), abs=1e-6)
    assert line.depth_mm(1, 50) == pytest.approx(30 * GROWTH.level(50), rel=0.05)


def test_a_station_with_one_duration_or_three_years_has_no_line():
    lines = lines_by_station(pl.concat([maxima("a", 30, 1), maxima("b", 3, 1, 3)]))

    assert lines == {}


def test_the_design_storm_is_that_of_the_longest_series_and_lies_in_its_interval():
    lines = lines_by_station(pl.concat([maxima("a", 20, 1, 3), maxima("b", 60, 1, 3)]))

    storm = design_storm(lines, duration_h=1, period_years=50)

    assert storm is not None
    assert storm.depth_mm == float(lines["b"][0].depth_mm(1, 50))
    assert storm.low_mm < storm.depth_mm < storm.high_mm


def test_without_lines_there_is_no_design_storm():
    assert design_storm({}, duration_h=1, period_years=10) is None
