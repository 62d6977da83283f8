from datetime import timedelta

import polars as pl
import pytest

from assets.silver.goal_by_day import goal_by_day
from assets.silver.heat_consumption import heat_consumption
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.test_action_effect import NOTHING
from tests.assets.silver.test_consumption import DAY, PLACES, midnight


def goals_of_heat(*days: dict[str, list[float]]) -> pl.DataFrame:
    """Each day's substations by section, and what each uses in an hour of it."""
    rows = [
        (f"{section}-{at}", section, midnight(DAY + timedelta(day)) + timedelta(hours=hour), kwh)
        for day, sections in enumerate(days)
        for section, amounts in sections.items()
        for at, kwh in enumerate(amounts)
        for hour in range(24)
    ]
    readings = pl.DataFrame(
        rows, schema=["substation_pid", "section_id", "read_at", "heat_kwh"], orient="row"
    ).with_columns(window_on=pl.lit(DAY))
    heat = heat_consumption(readings, **PLACES)
    return goal_by_day(
        bikes=NOTHING["bikes"], heat=heat, nights=NOTHING["nights"], completeness=COMPLETENESS
    )


def test_a_quarter_is_all_of_it_whichever_of_its_sections_are_told_alone():
    even = {"A1": [1.0] * 20, "A2": [1.0] * 20, "B1": [1.0] * 20, "C1": [1.0] * 20}
    # One substation has more than a quarter of its section: it is told with the other.
    uneven = even | {"A1": [0.5] * 18 + [1.0, 10.0]}

    series = goals_of_heat(even, uneven)

    assert series.filter(goal_code="heat").select("place_id", "day_on", "value").rows() == [
        (quarter, DAY + timedelta(day), kwh)
        for quarter, kwh in (("QA", 960.0), ("QB", 480.0), ("QC", 480.0))
        for day in (0, 1)
    ]


def test_what_is_left_of_a_zone_is_no_place_of_a_goal_and_its_quarters_have_a_gap():
    all_alone = {"A1": [1.0] * 20, "B1": [1.0] * 20, "C1": [1.0] * 20}
    few = all_alone | {"B1": [1.0] * 5}

    series = goals_of_heat(all_alone, few, all_alone)

    days = series.group_by("place_id", maintain_order=True).agg("day_on")
    both = [DAY, DAY + timedelta(2)]
    assert dict(days.rows()) == {"QA": both, "QB": both, "QC": [DAY, DAY + timedelta(1), both[1]]}


def goals_of_day(
    hours: int, houses: int, completeness: pl.DataFrame = COMPLETENESS
) -> pl.DataFrame:
    """The goals of a day of which one counter said so many hours, and so many houses reported."""
    begin = midnight(DAY)
    bikes = pl.DataFrame(
        {
            "window_on": DAY,
            "counter_id": "CB01",
            "street_name": "Via Trieste",
            "counted_at": [begin + timedelta(hours=hour) for hour in range(hours)],
            "bikes_count": 2,
        }
    )
    nights = pl.DataFrame({"day_on": [DAY], "nights_count": [300], "structures_count": [houses]})
    return goal_by_day(bikes, NOTHING["heat"], nights, completeness)


@pytest.mark.parametrize(
    ("hours", "houses", "told"),
    [
        (22, 10, [("bike_counts", 44.0), ("stays", 300.0)]),
        (21, 10, [("stays", 300.0)]),
        (22, 9, [("bike_counts", 44.0)]),
    ],
)
def test_a_day_is_told_of_as_many_hours_and_houses_as_the_rules_ask(hours, houses, told):
    assert goals_of_day(hours, houses).select("goal_code", "value").rows() == told


def test_an_edition_may_ask_for_fewer_and_without_one_nothing_is_told():
    looser = pl.col("least_count") - pl.when(pl.col("subject_code").str.starts_with("goal_")).then(
        1
    )

    fewer = goals_of_day(21, 9, COMPLETENESS.with_columns(least_count=looser))

    assert fewer["goal_code"].to_list() == ["bike_counts", "stays"]
    assert goals_of_day(24, 99, COMPLETENESS.clear()).height == 0
