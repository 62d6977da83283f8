from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.cycle_danger_by_segment import cycle_danger_by_segment, declaration
from assets.measured import check_trust
from infra.simulator.datasets.crashes import MODE_SHARES, MODES
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.health_frames import HEALTHY, suspect
from tests.assets.indicators.simulated_crashes import simulated_accidents

TABLE = pl.read_csv("assets/definitions/level_of_traffic_stress.csv", try_parse_dates=True)
LAST = date(2025, 3, 24)


def streets(count: int = 60, **changed: object) -> pl.DataFrame:
    """Local streets of one kilometre with 4000 vehicles a day and a limit of 50."""
    columns = {
        "street_name": "Via Prova",
        "class_code": "local",
        "length_m": 1000.0,
        "lanes_count": 1,
        "limit_kmh": 50.0,
        "traffic_count": 4000,
        "cycle_code": "none",
        "cycle_width_m": 0.0,
    } | changed
    return pl.DataFrame({"edge_id": [f"E{n:03}" for n in range(count)], **columns})


def accidents(on: list[int], mode: str = "bicicletta") -> pl.DataFrame:
    """One on each of these streets, by number; and one of four years ago that counts no more."""
    edges = [f"E{n:03}" for n in on]
    return pl.DataFrame(
        {
            "occurred_on": [LAST - timedelta(days=1500)] + [LAST] * len(edges),
            "edge_id": ["E000", *edges],
            "mode_code": mode,
        },
        schema={"occurred_on": pl.Date, "edge_id": pl.String, "mode_code": pl.String},
    )


def bikes(a_hour: int = 0) -> pl.DataFrame:
    hours = [datetime(2025, 3, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(48)]
    return pl.DataFrame(
        {
            "counter_id": "CB01",
            "street_name": "Via Prova",
            "observed_at": hours,
            "bikes_count": a_hour,
        }
    )


def danger(
    segments: pl.DataFrame,
    seen: pl.DataFrame,
    passed: pl.DataFrame | None = None,
    health: pl.DataFrame = HEALTHY,
    limits: pl.DataFrame = DISCLOSURE,
) -> pl.DataFrame:
    passed = bikes().clear() if passed is None else passed
    found = cycle_danger_by_segment(
        segments, seen, passed, TABLE, health=health, completeness=COMPLETENESS, limits=limits
    )
    assert declaration.measured is not None
    check_trust("danger", found, declaration.measured)
    return found


@pytest.mark.shows(
    "published",
    "gold/mobility/cycle_danger_by_segment",
    source="Furth (2022), level of traffic stress 2.2",
)
@pytest.mark.parametrize(("limit", "level"), [(30.0, 2), (50.0, 3), (70.0, 4)])
def test_a_local_street_with_4000_cars_is_as_stressful_as_furth_says(limit, level):
    # Furth (2022), LTS v2.2, no centreline, more than 3000 vehicles a day: 2, 3 and 4.
    found = danger(streets(limit_kmh=limit), accidents([1]))

    assert found["stress_level"].unique().to_list() == [level]


def test_none_one_and_two_accidents_cannot_be_told_apart_and_three_can():
    found = danger(streets(), accidents([1, 2, 2, 3, 3, 3]))

    told = found.drop("edge_id")
    assert told[1].equals(told[2])
    assert told[1].equals(told[0])
    assert told["expected_count"][3] > told["expected_count"][2]


def test_a_limit_of_four_tells_three_accidents_as_none_and_without_one_none_are_expected():
    four = DISCLOSURE.with_columns(least_count=pl.lit(4, pl.Int64))
    seen = accidents([1, 2, 2, 3, 3, 3, *[4] * 4])

    told = danger(streets(), seen, limits=four)["expected_count"]

    assert told[0] == told[3] < told[4]
    assert set(danger(streets(), seen, limits=four.clear())["quality_code"]) == {"no_data"}


def test_the_expected_lie_between_what_was_seen_and_what_is_usual():
    found = danger(streets(), accidents([2] * 6 + [3]))

    by_edge = dict(found.select("edge_id", "expected_count").rows())
    usual = 7 / 60
    assert by_edge["E001"] < usual < by_edge["E002"] < 6


def test_who_was_hit_in_a_car_is_no_danger_to_cyclists():
    cyclists, drivers = accidents([1, 2]), accidents([5] * 9, mode="auto")

    found = danger(streets(), pl.concat([cyclists, drivers]))

    assert found.equals(danger(streets(), cyclists))


def test_a_hundred_bicycles_an_hour_turn_accidents_into_a_rate():
    found = danger(streets(), accidents([1, 2]), bikes(100))

    # 2400 a day on a kilometre over three years: 2.63 million bicycle-km.
    row = found.row(1, named=True)
    assert row["bikes_count"] == 2400
    assert row["danger_per_bike_km_index"] == pytest.approx(row["expected_count"] / 2.63, rel=0.01)
    assert row["danger_per_km_index"] == pytest.approx(row["expected_count"] / 3, rel=0.01)


def test_without_a_counter_there_is_no_rate_and_without_traffic_no_expectation():
    segments = streets().with_columns(
        traffic_count=pl.when(pl.col("edge_id") == "E007").then(None).otherwise("traffic_count")
    )

    found = danger(segments, accidents([1, 2]))

    assert found["danger_per_bike_km_index"].null_count() == 60
    assert found.filter(pl.col("expected_count").is_null())["edge_id"].to_list() == ["E007"]
    assert found.filter(pl.col("edge_id") == "E007")["quality_code"].item() == "no_data"


@pytest.mark.shows("property", "gold/mobility/cycle_danger_by_segment")
@settings(max_examples=8)
@given(st.lists(st.integers(0, 59), min_size=1, max_size=90), st.randoms(use_true_random=False))
def test_where_more_were_hit_no_fewer_are_expected_in_any_order_of_rows(hit, random):
    order = list(range(60))
    random.shuffle(order)
    seen = accidents(hit)

    found = danger(streets(), seen, bikes(10))

    assert found.equals(danger(streets()[order], seen.reverse(), bikes(10).reverse()))
    counted = [hit.count(street) for street in range(60)]
    by_count = sorted(zip(counted, found["expected_count"], strict=True))
    for (few, of_few), (more, of_more) in pairwise(by_count):
        assert of_few <= of_more + 1e-9
        assert of_few == of_more or (more >= 3 and more > few)
    assert (found["expected_low_count"] <= found["expected_count"]).all()
    assert (found["expected_count"] <= found["expected_high_count"]).all()


def test_neither_streets_nor_accidents_is_an_empty_table():
    found = danger(streets().clear(), accidents([]).clear())

    assert found.height == 0


def test_a_city_without_accidents_still_knows_its_stress():
    found = danger(streets(), accidents([]).clear())

    assert found["stress_level"].null_count() == 0
    assert found["quality_code"].unique().to_list() == ["no_data"]


def test_a_day_on_which_a_counter_could_not_be_believed_does_not_count():
    first = pl.col("observed_at") < datetime(2025, 3, 1, 23, tzinfo=UTC)
    passed = bikes(100).with_columns(bikes_count=pl.when(first).then(900).otherwise("bikes_count"))
    bad = suspect("CB01", "bikes_count", date(2025, 3, 1))

    believed, corrected = (
        danger(streets(), accidents([1, 2]), passed, health)["bikes_count"][1]
        for health in (HEALTHY, bad)
    )

    assert corrected == 2400
    assert believed > 9600


def test_the_street_where_four_times_as_many_are_hit_is_the_most_dangerous_of_its_kind():
    usual = [street for street in range(60) for _ in range(4)]

    found = danger(streets(), accidents([*usual, *[17] * 12])).sort(
        "danger_per_km_index", descending=True
    )

    worst, next_one = found.head(2).iter_rows(named=True)
    assert worst["edge_id"] == "E017"
    # Four on a kilometre in three years are usual, sixteen were seen.
    assert next_one["danger_per_km_index"] < worst["danger_per_km_index"] < 16 / 3
    assert next_one["danger_per_km_index"] == pytest.approx(4 / 3, rel=0.1)


@pytest.mark.shows("planted", "gold/mobility/cycle_danger_by_segment")
def test_the_streets_of_the_simulated_city_are_as_dangerous_to_cyclists_as_they_were_made():
    city = simulated_accidents(seed=4)
    share = dict(zip(MODES, MODE_SHARES, strict=True))["bicicletta"]

    found = danger(city.segments, city.accidents)

    both = found.join(city.planted, on="edge_id").with_columns(pl.col("planted") * share)
    assert both.height == found.height > 5_000
    # Of about 110 that were hit, give or take ten.
    assert both["expected_count"].sum() == pytest.approx(both["planted"].sum(), rel=0.2)
    # Where more is driven, as many more are hit as were planted: nine of ten streets are within a
    # quarter of that, while the worst has more than fifty times as many as the safest.
    apart = (both["expected_count"] / both["planted"]).log()
    assert (apart - apart.median()).abs().quantile(0.9) < 0.25
    assert both["planted"].max() > 50 * both["planted"].min()
