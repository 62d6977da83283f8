from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.sensor_health import part_of_all
from assets.silver.bike_counter_health import bike_counter_health
from assets.silver.bike_counter_health import declaration as bikes_declared
from assets.silver.traffic_detector_health import declaration as traffic_declared
from assets.silver.traffic_detector_health import traffic_detector_health
from infra.simulator.city import City
from infra.simulator.datasets.traffic_flow import STUCK_DAY, STUCK_DETECTOR, batches, detectors
from tests.assets.indicators.defined import LIMITS
from tests.assets.lineage_seen import unsaid

# A Monday's midnight of solar time.
MIDNIGHT = datetime(2025, 3, 23, 23, tzinfo=UTC)
FIRST = date(2025, 3, 24)
DRIFT = 0.15


def counters(*levels: float, days: int = 7, seed: int = 1) -> pl.DataFrame:
    """Hours of counters that see so many at noon, by chance, and half of it on Saturday on."""
    random = np.random.default_rng(seed)
    hour = np.arange(24 * days)
    shape = (0.1 + np.sin(np.pi * (hour % 24) / 24)) * np.where(hour // 24 % 7 >= 5, 0.5, 1.0)
    return pl.concat(
        pl.DataFrame(
            {
                "counter_id": f"CB{place:02}",
                "observed_at": [MIDNIGHT + timedelta(hours=int(n)) for n in hour],
                "bikes_count": random.poisson(level * shape),
            },
            schema_overrides={"observed_at": pl.Datetime("us", "UTC")},
        )
        for place, level in enumerate(levels)
    )


def days_in() -> pl.Expr:
    return (pl.col("observed_at") - MIDNIGHT).dt.total_hours() / 24


def drifting(seen: pl.DataFrame, which: pl.Expr, count: str, a_day: float) -> pl.DataFrame:
    """The same with one that loses so large a part of what it sees each day more."""
    left = (pl.col(count) * (1 - a_day) ** days_in()).round().cast(pl.Int64)
    return seen.with_columns(pl.when(which).then(left).otherwise(count).alias(count))


def test_the_counter_that_sees_less_each_day_drifts_and_no_other_does():
    seen = counters(40, 60, 90, 120, 150)
    worn = drifting(seen, pl.col("counter_id") == "CB02", "bikes_count", DRIFT)

    before, after = (bike_counter_health(one, LIMITS) for one in (seen, worn))

    assert set(before["quality_code"]) == {"ok"}
    bad = after.filter(quality_code="suspect")
    assert set(bad["sensor_id"]) == {"CB02"}
    assert bad["is_drifting"].all()
    assert bad["drift_a_day_index"][-1] == pytest.approx(np.log(1 - DRIFT), abs=0.03)


def test_of_fewer_days_than_the_limit_says_nothing_is_said_of_drift():
    seen = counters(40, 60, 90, 120, 150)
    worn = drifting(seen, pl.col("counter_id") == "CB02", "bikes_count", DRIFT)

    told = {
        least: bike_counter_health(worn, LIMITS.with_columns(drift_least_d=pl.lit(least)))
        for least in (2, 7, 8)
    }

    days = {least: one["drift_a_day_index"].count() / 5 for least, one in told.items()}
    assert days == {2: 6, 7: 1, 8: 0}
    assert not told[8]["is_drifting"].any()


def test_a_counter_that_says_the_same_for_a_day_stands_still():
    seen = counters(40, 60, 90).with_columns(
        bikes_count=pl.when((pl.col("counter_id") == "CB01") & days_in().is_between(2, 4))
        .then(7)
        .otherwise("bikes_count")
    )

    stuck = bike_counter_health(seen, LIMITS).filter("is_stuck")

    # From Wednesday on; a day is full on Thursday.
    assert stuck.select("sensor_id", "day_on").rows() == [
        ("CB01", FIRST + timedelta(days=3)), ("CB01", FIRST + timedelta(days=4)),
    ]  # fmt: skip


def test_a_broken_counter_has_no_data_and_is_not_suspect():
    seen = counters(40, 60, 90).with_columns(
        bikes_count=pl.when((pl.col("counter_id") == "CB01") & (days_in() >= 5))
        .then(None)
        .otherwise("bikes_count")
    )

    health = bike_counter_health(seen, LIMITS).filter(sensor_id="CB01").sort("day_on")

    assert health["quality_code"].to_list() == ["ok"] * 5 + ["no_data"] * 2
    assert health["completeness_ratio"].to_list() == [1.0] * 5 + [0.0] * 2


@pytest.fixture(scope="module")
def flow() -> pl.DataFrame:
    city = City(profile="small", seed=7, start=FIRST, days=7)
    delivered = pl.concat([batch.rows for batch in batches(city)])
    at = (pl.col("Data") + " " + pl.col("Ora")).str.to_datetime("%d/%m/%Y %H:%M%:z", time_unit="us")
    return delivered.select(
        detector_id="Spira",
        observed_at=at.dt.convert_time_zone("UTC"),
        vehicles_count="Veicoli",
    )


def test_of_the_simulated_detectors_those_that_stand_still_and_that_drift_are_found(flow):
    city = City(profile="small", seed=7, start=FIRST, days=7)
    stuck, worn = detectors(city)["detector_id"].gather([STUCK_DETECTOR, 10])

    found = traffic_detector_health(
        drifting(flow, pl.col("detector_id") == worn, "vehicles_count", 0.08), LIMITS
    ).filter(quality_code="suspect")

    assert found.filter("is_stuck").select("sensor_id", "day_on").rows() == [
        (stuck, city.planted_day(STUCK_DAY))
    ]
    assert set(found.filter("is_drifting")["sensor_id"]) == {worn}
    assert set(found["sensor_id"]) == {stuck, worn}


@settings(max_examples=15, deadline=None)
@given(
    factor=st.integers(2, 9),
    gap=st.integers(0, 23),
    seed=st.integers(0, 99),
)
def test_a_part_of_all_hangs_neither_on_gaps_nor_on_how_much_there_is_in_all(factor, gap, seed):
    exact = counters(40, 60, 90, seed=seed).select(
        "observed_at", sensor_id="counter_id", quantity_code=pl.lit("bikes_count"),
        value=pl.col("bikes_count") + 1.0,
    )  # fmt: skip
    same = exact.with_columns(value=pl.col("value").first().over("observed_at"))
    holed = same.filter((pl.col("sensor_id") != "CB01") | (pl.col("observed_at").dt.hour() != gap))

    assert part_of_all(holed)["value"].to_list() == pytest.approx([0.0] * 21)
    more = part_of_all(exact.with_columns(pl.col("value") * factor)).sort("sensor_id", "day_on")
    assert more["value"].to_list() == pytest.approx(
        part_of_all(exact).sort("sensor_id", "day_on")["value"].to_list()
    )


@pytest.mark.parametrize("name", ["bikes", "traffic"])
def test_what_the_columns_are_made_of_is_said(name):
    seen = counters(40, 60, 90).with_columns(
        bikes_count=pl.when((pl.col("counter_id") == "CB01") & days_in().is_between(3, 5))
        .then(7)
        .otherwise("bikes_count")
    )
    if name == "bikes":
        assert unsaid(bikes_declared, {"bikes": seen, "limits": LIMITS}, may_be_empty={}) == []
    else:
        flow = seen.rename({"counter_id": "detector_id", "bikes_count": "vehicles_count"})
        assert unsaid(traffic_declared, {"flow": flow, "limits": LIMITS}, may_be_empty={}) == []
