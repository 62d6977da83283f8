from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.parking_occupancy import declaration, parking_occupancy
from assets.measured import check_trust
from infra.simulator.city import City
from infra.simulator.datasets.parking_occupancy import batches
from infra.simulator.days import ROME
from infra.simulator.spoil import clean_rows
from tests.promises.town import FIRST_DAY

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)
RULES = pl.read_csv("assets/definitions/completeness_rules.csv", try_parse_dates=True)


def observed(*taken: int | None, capacity: int = 12, every_min: int = 5, **more) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "car_park_id": "P",
            "observed_at": [NOON + timedelta(minutes=every_min * n) for n in range(len(taken))],
            "free_count": [None if one is None else capacity - one for one in taken],
            "capacity_count": capacity,
            "is_open": True,
        },
        schema_overrides={
            "free_count": pl.Int64, "capacity_count": pl.Int64,
            "observed_at": pl.Datetime("us", "UTC"),
        },
    ).with_columns(**more)  # fmt: skip


def occupancy(frame: pl.DataFrame, rules: pl.DataFrame = RULES) -> pl.DataFrame:
    found = parking_occupancy(frame, rules)
    assert declaration.measured is not None
    check_trust("parking_occupancy", found, declaration.measured)
    return found


@pytest.mark.shows(
    "published",
    "gold/mobility/hourly_parking_occupancy",
    source="Mathew, Parking studies (IIT Bombay)",
)
def test_the_published_survey_of_twelve_bays_has_its_average_occupancy():
    # Mathew, Parking studies (IIT Bombay): accumulation 10, 11, 9 and 11 in quarters of an hour, of
    # 12 bays; occupancy 0.83, 0.92, 0.75 and 0.92.
    quarters = [n for n in (10, 11, 9, 11) for _ in range(3)]

    (hour,) = occupancy(observed(*quarters)).iter_rows(named=True)

    assert [round(n / 12, 2) for n in (10, 11, 9, 11)] == [0.83, 0.92, 0.75, 0.92]
    assert hour["occupied_ratio"] == pytest.approx((0.83 + 0.92 + 0.75 + 0.92) / 4, abs=0.005)
    assert hour["most_occupied_ratio"] == pytest.approx(0.92, abs=0.005)
    assert (hour["completeness_ratio"], hour["quality_code"]) == (1.0, "ok")


@pytest.mark.parametrize(
    ("counts", "quality", "is_told"),
    [(12, "ok", True), (11, "ok", True), (10, "partial", True), (5, "no_data", False)],
)
def test_an_hour_of_few_counts_is_partial_or_has_no_number(counts, quality, is_told):
    (hour,) = occupancy(observed(*[6] * counts)).iter_rows(named=True)

    assert hour["quality_code"] == quality
    assert (hour["occupied_ratio"] == 0.5) is is_told


def test_while_it_is_closed_or_uncounted_nothing_is_counted():
    half = observed(*[6] * 6, *[None] * 6)

    assert occupancy(half)["observations_count"].to_list() == [6]
    assert occupancy(observed(*[6] * 12, is_open=pl.lit(value=False))).height == 0
    assert occupancy(observed(*[6] * 12), RULES.clear())["quality_code"].to_list() == ["no_data"]
    assert occupancy(half.clear()).schema == occupancy(half).schema


@pytest.mark.shows("property", "gold/mobility/hourly_parking_occupancy")
@settings(max_examples=20)
@given(st.lists(st.integers(0, 11), min_size=12, max_size=12), st.randoms(use_true_random=False))
def test_one_car_more_in_each_count_is_its_share_more_in_any_order(taken, random):
    frame = observed(*taken)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=random.randint(0, 99))

    before, after = occupancy(frame), occupancy(observed(*(n + 1 for n in taken)))

    assert before.equals(occupancy(shuffled))
    assert after["occupied_ratio"][0] == pytest.approx(
        before["occupied_ratio"][0] + 1 / 12, abs=2e-6
    )


@pytest.mark.shows("planted", "gold/mobility/hourly_parking_occupancy")
def test_the_operators_counts_of_the_simulated_city_are_its_cars():
    city = City(profile="small", seed=3, start=FIRST_DAY, days=1)
    (batch,) = batches(city)
    rows = clean_rows(batch.rows, batch.spoiled)
    frame = rows.select(
        car_park_id="codice",
        observed_at=pl.col("ora").str.to_datetime(time_unit="us", time_zone="UTC"),
        free_count="liberi",
        capacity_count="capienza",
        is_open=pl.col("stato") == "APERTO",
    )

    found = occupancy(frame)

    whole = found.filter(completeness_ratio=1.0)
    taken = (whole["occupied_ratio"] * whole["capacity_count"]).sum() * 12
    same = frame.join(
        whole.select("car_park_id", "hour_at"),
        left_on=["car_park_id", pl.col("observed_at").dt.truncate("1h")],
        right_on=["car_park_id", "hour_at"],
        how="semi",
    )
    assert taken == pytest.approx((same["capacity_count"] - same["free_count"]).sum(), abs=0.1)
    local = pl.col("hour_at").dt.convert_time_zone(ROME.key).dt.hour()
    by_hour = found.group_by(hour=local).agg(pl.col("occupied_ratio").mean()).sort("hour")
    assert by_hour["occupied_ratio"].arg_max() in range(9, 19)
