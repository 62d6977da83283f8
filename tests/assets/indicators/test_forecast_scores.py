from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.columns import schemas_of
from assets.derived_assets import find_declarations
from assets.forecast_targets import NIGHTS, nights_series
from assets.indicators.forecast_scores import declaration, forecast_scores
from assets.twin import Twin
from infra.settings import Settings
from infra.simulator.city import City
from infra.simulator.events import FAIR_DAY
from tests.assets import simulated_actions as simulated
from tests.assets.forecast_frames import MODELS
from tests.assets.forecast_frames import forecast as forecast_of
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.methods.test_forecasting import AUSTRALIAN_BEER

DECLARATIONS = find_declarations()
SCHEMAS = schemas_of(DECLARATIONS, Twin.here(Settings.load({}, Path())))
EMPTY = {
    name: SCHEMAS[key].to_frame() for name, key in declaration.reads.items() if key in SCHEMAS
} | {"completeness": COMPLETENESS}
DAY = date(2025, 3, 24)
SAID = {
    "pm10_ugm3": 40.0, "low_80_ugm3": 35.0, "high_80_ugm3": 45.0, "low_95_ugm3": 30.0,
    "high_95_ugm3": 50.0, "naive_ugm3": 52.0, "scale_ugm3": 8.0, "model_code": "harmonic",
}  # fmt: skip


def forecast(*, station: str = "s", lead: int = 1, **said: object) -> pl.DataFrame:
    """A forecast of PM10 for the 24th of March."""
    on = DAY - timedelta(days=lead)
    row = {"station_id": station, "issued_on": on, "lead_d": lead, "target_on": DAY, **SAID, **said}
    return pl.DataFrame([row], schema=EMPTY["pm10"].schema)


def came(value: float | None, *, station: str = "s", hours: int = 24) -> pl.DataFrame:
    """The hours of a day of solar time at which a station measured this."""
    start = datetime(2025, 3, 23, 23, tzinfo=UTC)
    rows = [
        {
            "station_id": station,
            "pollutant_code": "PM10",
            "observed_at": start + timedelta(hours=hour),
            "value_ugm3": value,
        }
        for hour in range(hours)
    ]
    return pl.DataFrame(rows, schema=EMPTY["pm10_truth"].schema)


def scored(issued: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    return forecast_scores(**{**EMPTY, "pm10": issued, "pm10_truth": truth})


def test_a_forecast_is_scored_in_steps_from_season_to_season():
    [row] = scored(forecast(), came(48.0)).iter_rows(named=True)

    assert (row["target_code"], row["scored_on"]) == ("pm10", DAY)
    assert (row["mase_ratio"], row["naive_mase_ratio"]) == (1.0, 0.5)
    # Losses: 0.1 · 13, 0.9 · 3, 0.025 · 18, 0.025 · 2, in steps of 8.
    assert row["pinball_ratio"] == pytest.approx((1.3 + 2.7 + 0.45 + 0.05) / 4 / 8, abs=1e-4)
    assert (row["coverage_80_ratio"], row["coverage_95_ratio"]) == (0.0, 1.0)
    assert (row["completeness_ratio"], row["quality_code"]) == (1.0, "ok")
    assert row["definition_from_on"] == date(2025, 1, 1)


def test_forecasts_of_a_day_are_scored_together_and_those_without_a_truth_are_missing():
    issued = pl.concat(
        [
            forecast(),
            forecast(lead=2, pm10_ugm3=44.0, model_code="naive"),
            forecast(station="silent"),
        ]
    )

    [row] = scored(issued, came(48.0)).iter_rows(named=True)

    assert row["mase_ratio"] == 0.75
    assert (row["harmonic_ratio"], row["observations_count"]) == (0.5, 2)
    assert row["completeness_ratio"] == pytest.approx(2 / 3, abs=1e-4)
    assert row["quality_code"] == "partial"
    lax = COMPLETENESS.with_columns(complete_ratio=pl.lit(0.6))
    inputs = {**EMPTY, "pm10": issued, "pm10_truth": came(48.0), "completeness": lax}
    assert forecast_scores(**inputs)["quality_code"].to_list() == ["ok"]


def test_a_day_of_which_nothing_came_or_too_few_hours_did_has_no_row():
    nothing = [came(48.0, hours=17), came(None), came(48.0, station="other"), EMPTY["pm10_truth"]]

    assert [scored(forecast(), truth).height for truth in nothing] == [0] * 4


def test_without_a_step_or_an_interval_those_scores_are_missing_and_others_are_not():
    bare = dict.fromkeys(("low_80_ugm3", "high_80_ugm3", "low_95_ugm3", "high_95_ugm3"))

    [row] = scored(forecast(scale_ugm3=None, **bare), came(48.0)).iter_rows(named=True)

    assert [row[name] for name in ("mase_ratio", "pinball_ratio", "coverage_95_ratio")] == [
        None
    ] * 3
    assert (row["harmonic_ratio"], row["quality_code"]) == (1.0, "no_data")


@pytest.mark.shows("property", "gold/actions/daily_forecast_score_by_target")
@settings(max_examples=10, deadline=None)
@given(factor=st.sampled_from([0.25, 2.0, 16.0]), truth=st.floats(1, 90))
def test_scores_have_no_unit(factor, truth):
    numbers = {name: factor * said for name, said in SAID.items() if name != "model_code"}

    plain, other = (
        scored(forecast(), came(truth)),
        scored(forecast(**numbers), came(factor * truth)),
    )

    assert other.equals(plain)


def test_a_truth_that_comes_late_is_of_its_own_day_and_forecasts_reach_as_far_as_they_are_ahead():
    assert declaration.lookback_of("traffic_truth") == 0
    assert declaration.lookback_of("nights") == 60


def test_the_error_and_the_misses_that_were_planted_are_found():
    # Truths at even steps from 32 to 48: of the interval from 35 to 45 three in eight lie outside.
    truths = [32 + 16 * (n + 0.5) / 400 for n in range(400)]
    stations = [f"s{n}" for n in range(400)]

    [row] = scored(
        pl.concat(forecast(station=name) for name in stations),
        pl.concat(came(truth, station=name) for truth, name in zip(truths, stations, strict=True)),
    ).iter_rows(named=True)

    assert row["mase_ratio"] == pytest.approx(4 / 8, abs=1e-3)
    assert row["coverage_80_ratio"] == pytest.approx(5 / 8, abs=1e-3)
    assert row["coverage_95_ratio"] == 1
    assert row["observations_count"] == 400


@pytest.mark.shows("planted", "gold/actions/daily_forecast_score_by_target")
@pytest.mark.parametrize("seed", [1, 7])
def test_the_fair_of_the_simulated_city_is_missed_as_it_was_held_for_the_first_time(seed):
    city = City("small", 10, seed, DAY)
    came = simulated.nights(city).with_columns(
        municipality_code=pl.lit("017029"), quality_code=pl.lit("ok")
    )
    days = [DAY + timedelta(days=day) for day in range(-40, FAIR_DAY)]
    models = MODELS.with_columns(valid_from_on=date(2000, 1, 1))
    issued = forecast_of(nights_series(came), NIGHTS, *days, models=models)

    scores = forecast_scores(
        **{**EMPTY, "nights": issued.select(EMPTY["nights"].columns), "nights_truth": came}
    )

    fair = next(one for one in city.events if one.first_on == DAY + timedelta(days=FAIR_DAY))
    is_fair = pl.col("scored_on").is_between(fair.first_on, fair.last_on)
    missed, others = scores.filter(is_fair), scores.filter(~is_fair)
    assert missed.height == 3
    assert missed["coverage_80_ratio"].to_list() == [0.0] * 3
    assert missed["mase_ratio"].min() > 1.5 * others["mase_ratio"].max()
    # Of half as many guests again, a third was not foreseen.
    slept = came.join(missed, left_on="day_on", right_on="scored_on")["nights_count"]
    share = missed["mase_ratio"] * issued["scale_count"].mean() / slept
    assert share.mean() == pytest.approx(1 - 1 / fair.guests_ratio, abs=0.05)


# Hyndman & Athanasopoulos (2021), section 5.8, read in a copy: ten quarters of Australian beer, of
# those of 1992 to 2007, in steps of those from year to year. A quarter is a station here.
@pytest.mark.shows(
    "published",
    "gold/actions/daily_forecast_score_by_target",
    source="Hyndman & Athanasopoulos (2021), section 5.8 (read in a copy): MASE of Australian beer",
)
def test_forecasts_of_australian_beer_are_scored_as_in_the_book():
    known, later = AUSTRALIAN_BEER[:64], AUSTRALIAN_BEER[64:]
    step = sum(abs(one - before) for one, before in zip(known[4:], known, strict=False)) / 60
    drift = (known[-1] - known[0]) / 63
    methods = {
        "mean": [sum(known) / 64] * 10,
        "naive": [known[-1]] * 10,
        "drift": [known[-1] + drift * (ahead + 1) for ahead in range(10)],
        "seasonal": [known[60 + ahead % 4] for ahead in range(10)],
    }
    stations = [f"s{ahead}" for ahead in range(10)]
    truth = pl.concat(came(one, station=at) for at, one in zip(stations, later, strict=True))

    found = {
        name: scored(
            pl.concat(
                forecast(station=at, pm10_ugm3=one, scale_ugm3=step)
                for at, one in zip(stations, said, strict=True)
            ),
            truth,
        )["mase_ratio"].item()
        for name, said in methods.items()
    }

    published = {"mean": 2.44, "naive": 4.01, "drift": 4.12, "seasonal": 0.94}
    assert found == pytest.approx(published, abs=0.005)


# The same, section 5.9: Google's share at 741.84 on 4 January 2016, forecast between 744.54 and
# 773.22 (80 %), has a Winkler score of 55.68: ten times the losses at both ends.
@pytest.mark.shows(
    "published",
    "gold/actions/daily_forecast_score_by_target",
    source="Hyndman & Athanasopoulos (2021), section 5.9 (read in a copy): interval of a share",
)
def test_an_interval_of_googles_share_loses_as_much_as_in_the_book():
    interval = {"low_80_ugm3": 744.54, "high_80_ugm3": 773.22}
    # Ends that are met lose nothing.
    met = dict.fromkeys(("low_95_ugm3", "high_95_ugm3"), 741.84)

    [row] = scored(forecast(scale_ugm3=1.0, **interval, **met), came(741.84)).iter_rows(named=True)

    assert 4 * row["pinball_ratio"] * 10 == pytest.approx(55.68, abs=0.005)
    assert (row["coverage_80_ratio"], row["coverage_95_ratio"]) == (0.0, 1.0)
