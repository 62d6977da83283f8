from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.silver.electricity_consumption import electricity_consumption
from assets.silver.electricity_load import electricity_load
from assets.silver.gas_consumption import gas_consumption
from assets.silver.heat_consumption import heat_consumption
from assets.silver.water_consumption_observed import water_consumption_observed

LIMITS = pl.read_csv("assets/definitions/disclosure_limits.csv", try_parse_dates=True)
DAY = date(2025, 3, 24)
SECTIONS = pl.DataFrame(
    {
        "section_id": ["A1", "A2", "B1", "C1"],
        "quarter_id": ["QA", "QA", "QB", "QC"],
        "municipality_code": "017029",
    }
)
QUARTERS = pl.DataFrame({"quarter_id": ["QA", "QB", "QC"], "zone_name": ["Nord", "Nord", "Sud"]})
PLACES = {"sections": SECTIONS, "quarters": QUARTERS, "limits": LIMITS}
SCHEMA = {
    "meter_pid": pl.String,
    "section_id": pl.String,
    "read_at": pl.Datetime("us", "UTC"),
    "energy_kwh": pl.Float64,
    "window_on": pl.Date,
}


def midnight(day: date) -> datetime:
    start = pl.Series([day]).cast(pl.Datetime("us")).dt.replace_time_zone("Europe/Rome")
    found: datetime = start.dt.convert_time_zone("UTC")[0]
    return found


def electricity(
    meters: dict[str, list[float]], *, day: date = DAY, quarters: int = 96, delivered: date = DAY
) -> pl.DataFrame:
    start = midnight(day)
    rows = [
        (f"{section}-{meter}", section, start + timedelta(minutes=15 * quarter), kwh, delivered)
        for section, amounts in meters.items()
        for meter, kwh in enumerate(amounts)
        for quarter in range(quarters)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def told(frame: pl.DataFrame, amount: str = "energy_kwh") -> dict[str, float]:
    return {area: round(value, 6) for area, value in frame.select("area_id", amount).rows()}


def test_a_section_sums_its_meters_over_the_day_of_the_citys_clock():
    result = electricity_consumption(electricity({"A1": [0.1] * 10}), **PLACES)

    assert result.select("consumed_on", "area_id", "area_code", "contributors_count").rows() == [
        (DAY, "A1", "section", 10)
    ]
    assert told(result) == {"A1": 96.0}
    assert result["readings_count"].to_list() == [960]


def test_sections_of_few_meters_are_told_with_the_rest_of_the_quarter():
    result = electricity_consumption(
        electricity({"A1": [0.1] * 12, "A2": [0.1] * 9, "B1": [0.1] * 10, "C1": [0.1] * 30}),
        **PLACES,
    )

    # Nine alone could be had from the quarter's sum: the other section joins them.
    assert result.select("area_id", "area_code", "contributors_count").rows() == [
        ("B1", "section", 10),
        ("C1", "section", 30),
        ("QA", "quarter", 21),
    ]


def test_a_meter_that_dominates_is_told_with_so_much_around_it_that_it_does_not():
    result = electricity_consumption(
        electricity({"A1": [0.1] * 11 + [1.0], "A2": [0.1] * 10, "B1": [0.1] * 40}), **PLACES
    )

    assert result.select("area_id", "area_code", "contributors_count").rows() == [
        ("Nord", "zone", 62)
    ]


@pytest.mark.parametrize(("meters", "rows"), [(9, 0), (10, 1)])
def test_a_city_of_too_few_meters_has_no_row(meters, rows):
    assert electricity_consumption(electricity({"A1": [0.1] * meters}), **PLACES).height == rows


def test_before_the_first_edition_of_the_limits_nothing_is_told():
    day = date(2024, 12, 31)

    assert electricity_consumption(electricity({"A1": [0.1] * 20}, day=day), **PLACES).is_empty()


def test_meters_of_an_unknown_section_are_told_with_the_city():
    result = electricity_consumption(
        electricity({"??": [0.1] * 3, "A1": [0.1] * 12, "C1": [0.1] * 13}), **PLACES
    )

    assert result.select("area_id", "area_code", "contributors_count").rows() == [
        ("017029", "city", 15),
        ("C1", "section", 13),
    ]


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2025, 3, 30), 92), (date(2025, 10, 26), 100), (date(2025, 4, 2), 96)],
)
def test_a_day_of_the_clock_change_is_complete_with_its_own_number_of_quarters(day, quarters):
    readings = electricity({"A1": [0.1] * 10}, day=day, quarters=quarters)

    assert electricity_consumption(readings, **PLACES)["completeness_ratio"].to_list() == [1.0]


def test_the_later_delivery_of_a_reading_counts_and_counts_once():
    first = electricity({"A1": [0.1] * 10})
    corrected = electricity({"A1": [0.2] * 10}, delivered=date(2025, 3, 25))

    assert told(electricity_consumption(pl.concat([corrected, first]), **PLACES)) == {"A1": 192.0}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["A1", "A2", "B1", "C1", "??"]),
        st.lists(st.sampled_from([0.0, 0.1, 0.3, 2.0]), min_size=1, max_size=30),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_no_energy_is_lost_or_counted_twice_and_no_order_of_rows_matters(meters, random):
    readings = electricity(meters, quarters=2)
    order = list(range(readings.height))
    random.shuffle(order)

    result = electricity_consumption(readings, **PLACES)
    again = electricity_consumption(readings[order], **PLACES)

    assert result.equals(again)
    if result.height:
        assert result["energy_kwh"].sum() == pytest.approx(readings["energy_kwh"].sum())
        assert result["contributors_count"].sum() == readings["meter_pid"].n_unique()
        assert result["contributors_count"].min() >= 10


def test_curves_need_a_hundred_meters_and_are_those_of_whole_rows_of_the_day():
    meters = {"A1": [0.1] * 80, "A2": [0.1] * 20, "B1": [0.1] * 40, "C1": [0.1] * 100}

    curves = electricity_load(electricity(meters, quarters=4), **PLACES)

    assert curves["from_at"].n_unique() == 4
    # Forty of QB cannot stand alone: QA is told with them, as their zone.
    assert set(curves.select("area_id", "area_code", "contributors_count").rows()) == {
        ("Nord", "zone", 140),
        ("QC", "quarter", 100),
    }
    assert curves["energy_kwh"].sum() == pytest.approx(4 * 24)


def test_a_quarter_hour_in_which_few_meters_were_read_has_no_curve_of_its_own():
    whole = electricity({"A1": [0.1] * 100, "C1": [0.1] * 300}, quarters=2)
    is_late = pl.col("read_at") > whole["read_at"].min()
    is_few = pl.col("meter_pid").is_in([f"A1-{n}" for n in range(97)])

    curves = electricity_load(whole.filter(~(is_late & is_few)), **PLACES)

    assert set(curves.select("area_id", "contributors_count").rows()) == {
        ("017029", 400),
        ("017029", 303),
    }


def test_a_meter_that_runs_alone_at_night_dominates_a_curve_and_not_a_day():
    day = electricity({"A1": [0.1] * 99, "C1": [0.01] * 300}, quarters=8)
    night = pl.col("read_at") == day["read_at"].min()
    still = pl.col("section_id") == "A1"
    alone = pl.col("meter_pid") == "A1-1"
    readings = pl.concat([day, electricity({"A1": [0.0] * 101}, quarters=8)]).unique(
        ["meter_pid", "read_at"], keep="first", maintain_order=True
    ).with_columns(
        energy_kwh=pl.when(night & alone).then(0.5).when(night & still).then(0.0)
        .otherwise("energy_kwh")
    )  # fmt: skip

    consumed = electricity_consumption(readings, **PLACES)
    curves = electricity_load(readings, **PLACES)

    assert set(consumed["area_code"]) == {"section"}
    assert set(curves["area_code"]) == {"city"}


def test_heat_is_the_sum_of_the_hours_of_the_day_in_rome():
    hours = [datetime(2025, 3, 23, 23, tzinfo=UTC) + timedelta(hours=hour) for hour in range(25)]
    readings = pl.DataFrame(
        [(f"s{n}", "A1", at, 2.0, DAY) for n in range(10) for at in hours],
        schema=["substation_pid", "section_id", "read_at", "heat_kwh", "window_on"],
        orient="row",
    )

    result = heat_consumption(readings, **PLACES)

    assert result.filter(consumed_on=DAY)["heat_kwh"].to_list() == [480.0]
    assert result["completeness_ratio"].round(3).to_list() == [1.0, 0.042]


def test_estimated_gas_is_gas_and_no_reading():
    readings = pl.DataFrame(
        [(f"p{n}", "A1", DAY, 3.5, n < 4, DAY) for n in range(10)],
        schema=[
            "delivery_point_pid", "section_id", "measured_on", "gas_m3", "is_estimated",
            "window_on",
        ],
        orient="row",
    )  # fmt: skip

    result = gas_consumption(readings, **PLACES)

    assert result.select("gas_m3", "readings_count", "completeness_ratio").rows() == [
        (35.0, 6, 0.6)
    ]


def water(*indices: tuple[int, float], meters: int = 10) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (f"m{n}", "A1", DAY + timedelta(days=day), index, "R", DAY)
            for n in range(meters)
            for day, index in indices
        ],
        schema=["meter_pid", "section_id", "read_on", "index_m3", "reading_code", "window_on"],
        orient="row",
    )


def test_water_is_what_a_meter_shows_more_than_the_day_before():
    result = water_consumption_observed(water((0, 100.0), (1, 100.25), (2, 100.75)), **PLACES)

    assert result.select("consumed_on", "water_m3").rows() == [
        (date(2025, 3, 25), 2.5),
        (date(2025, 3, 26), 5.0),
    ]


@pytest.mark.parametrize("readings", [((0, 100.0), (2, 101.0)), ((0, 100.0), (1, 0.2))])
def test_a_day_left_out_or_a_changed_meter_has_no_use(readings):
    assert water_consumption_observed(water(*readings), **PLACES).is_empty()
