"""Each way to find an effect: seldom one where there is none, and the true one in its interval."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.action_crashes import Streets, crash_effect
from assets.action_plans import Plan
from assets.methods.differences import difference_in_differences
from assets.methods.interrupted import interrupted, of_season
from assets.methods.structural import impact, unexplained
from tests.assets.methods.test_lasting_errors import lasting

RUNS = 200
# Chance, the interval's ends and the true effect of one run.
Run = Callable[[int, float], tuple[float, float, float, float]]


def structural(steps: int, after: int, by: float) -> Run:
    def run(seed: int, effect: float) -> tuple[float, float, float, float]:
        rng = np.random.default_rng(seed)
        controls = np.cumsum(rng.normal(0, 1, (steps, 3)), axis=0) + 20
        values = controls @ np.array([0.6, 0.3, 0.1]) + lasting(rng, steps, by=by)
        values[-after:] += effect
        found = impact(
            values, controls, first_after=steps - after, seed=seed, draws=500, warm_up=100,
            level_deviation=0.01 * unexplained(values, controls, first_after=steps - after),
        )  # fmt: skip
        return found.p_value, found.effect_low, found.effect_high, effect

    return run


def broken(days: int, after: int, by: float) -> Run:
    """A year and more of days with its seasons and weekdays, a trend, and a step at the end."""
    at = np.arange(days)
    calendar = np.column_stack([of_season(at % 365 + 1), at[:, None] % 7 == np.arange(1, 7)])

    def run(seed: int, effect: float) -> tuple[float, float, float, float]:
        values = 100 + 0.02 * at + 8 * np.sin(2 * np.pi * at / 365.25) + 5 * (at % 7 == 5)
        values += lasting(np.random.default_rng(seed), days, by=by)
        values[-after:] += effect
        found = interrupted(values, first_after=days - after, others=calendar, season=7)
        return found.p_value, found.level_low, found.level_high, effect

    return run


def differing(steps: int, after: int, by: float) -> Run:
    def run(seed: int, effect: float) -> tuple[float, float, float, float]:
        rng = np.random.default_rng(seed)
        shared = np.cumsum(rng.normal(0, 1, steps))
        places = np.column_stack([shared + lasting(rng, steps, by=by) for _ in range(5)])
        places[-after:, 0] += effect
        found = difference_in_differences(places[:, :1], places[:, 1:], first_after=steps - after)
        return found.p_value, found.low, found.high, effect

    return run


def crashing(streets: int, yearly: float) -> Run:
    """Stretches on a line, of which a tenth is treated; three years before, two after."""
    start, end, works = date(2020, 1, 1), date(2024, 12, 31), date(2023, 1, 1)
    plan = Plan(
        "AZ", "Zona 30", "crashes", 0.8, works, works, "before", None,
        lat_deg=45.5, lng_deg=10.2, radius_m=streets / 20 * 111.32,
    )  # fmt: skip
    metres = (np.arange(streets) - streets / 2 + 0.5) * 1e-3
    inside = np.abs(metres) <= streets / 20 * 1e-3

    def run(seed: int, effect: float) -> tuple[float, float, float, float]:
        rng = np.random.default_rng(seed)
        traffic = rng.lognormal(8, 1, streets).round()
        risk = traffic**0.75 * rng.gamma(2, 0.5, streets)
        risk *= yearly / risk.sum()
        made, days = [], (works - start).days
        for first, length, change in ((0, days, 1.0), (days, (end - works).days + 1, 1 + effect)):
            counts = rng.poisson(risk * length / 365.25 * np.where(inside, change, 1.0))
            which = np.repeat(np.arange(streets), counts)
            made.append(
                pl.DataFrame(
                    {
                        "edge_id": [f"e{one:04}" for one in which],
                        "occurred_on": [
                            start + timedelta(days=first + int(day))
                            for day in rng.integers(0, length, len(which))
                        ],
                    }
                )
            )
        segments = pl.DataFrame(
            {
                "edge_id": [f"e{one:04}" for one in range(streets)],
                "traffic_count": traffic,
                "length_m": 100.0,
                "lat_deg": 45.5 + metres,
                "lng_deg": 10.2,
            }
        )
        crashes = pl.concat(made).sort("occurred_on")
        found = crash_effect(plan, Streets(segments, crashes, least_told=3))
        assert found is not None
        return found.chance, found.low, found.high, 1 + effect

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "effect"),
    [
        pytest.param(structural(150, 30, 0.3), 1.0, id="structural"),
        pytest.param(structural(80, 40, 0.5), 1.0, id="structural, few days"),
        pytest.param(structural(365, 60, 0.3), 1.0, id="structural, a year"),
        pytest.param(broken(455, 90, 0.3), 1.0, id="interrupted"),
        pytest.param(broken(421, 56, 0.5), 1.0, id="interrupted, few days"),
        pytest.param(differing(150, 30, 0.3), 1.0, id="differences"),
        pytest.param(differing(80, 40, 0.5), 1.0, id="differences, few days"),
        pytest.param(crashing(300, 330.0), -0.25, id="empirical bayes"),
    ],
)
def test_few_null_series_show_an_effect_and_the_planted_one_is_in_its_interval(
    run: Run, effect: float
):
    null = [run(seed, 0.0)[0] < 0.05 for seed in range(RUNS)]
    planted = [run(RUNS + seed, effect) for seed in range(RUNS)]
    covered = [low <= true <= high for _, low, high, true in planted]
    found = np.mean([chance < 0.05 for chance, *_ in planted])

    assert 0.02 <= np.mean(null) <= 0.09
    assert 0.90 <= np.mean(covered) <= 0.98
    assert found > 2 * np.mean(null)
