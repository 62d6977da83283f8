from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.occupancy import ALL, OTHERS, occupancy
from assets.indicators.overnight_stays import overnight_stays
from assets.indicators.seasonality import seasonality
from assets.silver.accommodation_by_day import accommodation_by_day
from assets.silver.event import event
from infra.simulator.city import City
from infra.simulator.datasets import events as simulated_events
from infra.simulator.datasets import stays as simulated_stays
from quality.disclosure.bounds import intervals
from quality.disclosure.cells import Line
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE
from tests.assets.indicators.risk_frames import as_bronze

JUNE = date(2025, 6, 1)
EVENTS = pl.DataFrame(schema={"first_on": pl.Date, "last_on": pl.Date, "visitors_count": pl.Int64})


def house(
    name: str,
    kind: str,
    nights: int,
    *,
    beds: int = 20,
    arrivals: int = 5,
    days: int = 30,
    first: date = JUNE,
) -> pl.DataFrame:
    """A house with as many guests each night."""
    return pl.DataFrame(
        {
            "structure_pid": name,
            "category_code": kind,
            "stayed_on": [first + timedelta(days=step) for step in range(days)],
            "arrivals_count": arrivals,
            "nights_count": nights,
            "foreign_nights_count": 0,
            "beds_count": beds,
            "rooms_count": 10,
        }
    ).with_columns(pl.selectors.integer().cast(pl.Int64))


def houses(kind: str, *nights: int) -> pl.DataFrame:
    return pl.concat(house(f"{kind}{n}", kind, each) for n, each in enumerate(nights))


def told(stays: pl.DataFrame, kind: str = ALL) -> dict:
    return occupancy(stays, COMPLETENESS, DISCLOSURE).filter(category_code=kind).row(0, named=True)


def nights_of(stays: pl.DataFrame) -> pl.DataFrame:
    return overnight_stays(accommodation_by_day(stays), EVENTS, COMPLETENESS, DISCLOSURE)


# Statistisches Bundesamt (Destatis), glossary, "Durchschnittliche Auslastung der Gästezimmer": a
# house with ten rooms on offer on the thirty days of April, nine of which are taken on ten days
# each, has sold 90 of 300: 30 %. Beds are counted likewise ("… der Schlafgelegenheiten").
@pytest.mark.shows(
    "published",
    "gold/tourism/monthly_occupancy_by_category",
    source="Destatis, glossary of tourism, example of average use",
)
def test_nine_of_ten_on_ten_days_of_april_are_the_thirty_per_cent_of_destatis():
    april = date(2025, 4, 1)
    three = [
        part
        for name in "abc"
        for part in (
            house(name, "albergo", 9, beds=10, days=10, first=april),
            house(name, "albergo", 0, beds=10, days=20, arrivals=0, first=date(2025, 4, 11)),
        )
    ]

    result = told(pl.concat(three))

    assert (result["nights_count"], result["observations_count"]) == (3 * 90, 3 * 30)
    assert (result["net_occupancy_ratio"], result["gross_occupancy_ratio"]) == (0.3, 0.3)
    assert result["quality_code"] == "ok"


# Croatian Bureau of Statistics, First Release 4.4.1/8 (12 October 2009), table 1: tourists who came
# in August, their nights, those of foreign ones; 92.3 % of all nights, and 6.1 nights by arrival.
CROATIA = {"arrivals_count": 3_023_563, "nights_count": 18_542_706}
CROATIA |= {"foreign_nights_count": 17_120_975}


def thirds(count: int) -> list[int]:
    """As three houses may share so many."""
    return [count // 3, count // 3, count - 2 * (count // 3)]


@pytest.fixture
def croatia() -> pl.DataFrame:
    three = pl.concat(
        house(name, "albergo", 0, days=1, first=date(2025, 8, 1), beds=10**7) for name in "abc"
    )
    return three.with_columns(pl.Series(name, thirds(count)) for name, count in CROATIA.items())


@pytest.mark.shows(
    "published",
    "gold/tourism/monthly_occupancy_by_category",
    source="Croatian Bureau of Statistics, First Release 4.4.1/8 (2009), table 1",
)
def test_tourists_stayed_6_1_nights_in_croatia_as_its_office_of_statistics_says(croatia):
    result = told(croatia)

    assert (result["nights_count"], result["arrivals_count"]) == (18_542_706, 3_023_563)
    assert round(result["average_stay_d"], 1) == 6.1


@pytest.mark.shows(
    "published",
    "gold/tourism/daily_overnight_stays",
    source="Croatian Bureau of Statistics, First Release 4.4.1/8 (2009), table 1",
)
def test_tourists_from_abroad_slept_92_3_of_100_nights_in_croatia_as_its_office_says(croatia):
    (row,) = nights_of(croatia).iter_rows(named=True)

    assert (row["nights_count"], row["arrivals_count"]) == (18_542_706, 3_023_563)
    assert round(100 * row["foreign_ratio"], 1) == 92.3


# The spec's reference: 300 presences, 20 beds, 30 days: 50 %.
def test_three_hundred_nights_in_twenty_beds_and_thirty_days_are_a_half():
    three = pl.concat(house(name, "albergo", 10) for name in "abc")

    result = told(three)

    assert three.filter(structure_pid="a")["nights_count"].sum() == 300
    assert (result["net_occupancy_ratio"], result["gross_occupancy_ratio"]) == (0.5, 0.5)
    assert (result["average_stay_d"], result["quality_code"]) == (2.0, "ok")


def test_days_on_which_a_house_is_shut_count_in_gross_occupancy_alone():
    shut_half = house("c", "albergo", 20, days=15)

    result = told(pl.concat([house("a", "albergo", 20), house("b", "albergo", 20), shut_half]))

    assert result["net_occupancy_ratio"] == 1.0
    assert result["gross_occupancy_ratio"] == pytest.approx(75 / 90, abs=1e-4)
    assert result["quality_code"] == "partial"


@pytest.mark.parametrize(
    ("nights", "is_told"),
    [((10, 10, 10), True), ((10, 10), False), ((14, 3, 3), False), ((13, 4, 3), True)],
)
def test_a_kind_is_told_from_three_houses_on_none_of_which_has_seven_tenths(nights, is_told):
    stays = pl.concat([houses("ostello", *nights), houses("albergo", 15, 15, 15, 15)])

    assert ("ostello" in occupancy(stays, COMPLETENESS, DISCLOSURE)["category_code"]) == is_told


def test_few_guests_are_not_told():
    empty = pl.concat(house(name, "albergo", 1, arrivals=0) for name in "abc")

    assert occupancy(empty, COMPLETENESS, DISCLOSURE).is_empty()


def test_the_smallest_kind_goes_with_the_one_that_cannot_be_told_alone():
    stays = pl.concat(
        [houses("ostello", 10), houses("residence", 8, 8, 8), houses("albergo", 15, 15, 15, 15)]
    )

    result = occupancy(stays, COMPLETENESS, DISCLOSURE)

    assert result["category_code"].to_list() == ["albergo", OTHERS, ALL]
    nights = dict(result.select("category_code", "nights_count").rows())
    assert nights[OTHERS] == 30 * (10 + 24)
    assert nights["albergo"] + nights[OTHERS] == nights[ALL]


@pytest.mark.shows("property", "gold/tourism/monthly_occupancy_by_category")
@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=5), min_size=1, max_size=5))
def test_no_kind_that_is_not_told_can_be_worked_out_from_what_is(sizes):
    kinds = {f"k{n}": houses(f"k{n}", *nights) for n, nights in enumerate(sizes)}
    true = np.array([float(one["nights_count"].sum()) for one in kinds.values()])

    result = occupancy(pl.concat(kinds.values()), COMPLETENESS, DISCLOSURE)

    shown = dict(result.select("category_code", "nights_count").rows())
    if not shown:
        return
    assert shown[ALL] == true.sum()
    hidden = [n for n, kind in enumerate(kinds) if kind not in shown]
    line = Line(len(true), tuple(range(len(true))))
    values = np.append(true, true.sum())
    low, high = intervals(values, hidden, [line], least=np.zeros(len(values)))
    # Alone, no hidden kind is known; together they hold the rule.
    others = [n for n in hidden if true[n] > 0]
    assert all(high[hidden.index(n)] - low[hidden.index(n)] > 0 for n in others)
    houses_hidden = [night for n in hidden for night in sizes[n]]
    if hidden:
        assert len(houses_hidden) >= 3
        assert max(houses_hidden) < 0.7 * sum(houses_hidden)


def test_a_month_with_a_day_that_may_not_be_told_has_no_days():
    july = JUNE + timedelta(days=30)
    stays = pl.concat(
        house(name, "albergo", 10, arrivals=4, days=60 if name != "c" else 45) for name in "abc"
    )

    days = nights_of(stays)

    assert days["day_on"].max() == july - timedelta(days=1)
    assert days["nights_count"].unique().to_list() == [30]


@pytest.mark.shows("property", "gold/tourism/daily_overnight_stays")
@settings(max_examples=25, deadline=None)
@given(
    nights=st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=5), min_size=2, max_size=6),
    seed=st.integers(0, 99),
)
def test_days_that_are_told_have_all_nights_and_a_month_has_all_its_days_or_none(nights, seed):
    # The last of June and the first of July, and so many houses on each.
    first = JUNE + timedelta(days=30 - len(nights) // 2)
    days = {first + timedelta(days=n): of_houses for n, of_houses in enumerate(nights)}
    stays = pl.concat(
        house(f"{n}", "albergo", count, arrivals=4, days=1, first=day)
        for day, of_houses in days.items()
        for n, count in enumerate(of_houses)
    )

    found = nights_of(stays)

    assert found.equals(nights_of(stays.sample(fraction=1, shuffle=True, seed=seed)))
    true = {day: sum(of_houses) for day, of_houses in days.items()}
    shown = dict(found.select("day_on", "nights_count").rows())
    assert shown == {day: true[day] for day in shown}
    for month in (6, 7):
        of_month = {day for day in days if day.month == month}
        assert of_month & set(shown) in (set(), of_month)
    for day in shown:
        assert len(days[day]) >= 3
        assert max(days[day]) < 0.7 * true[day]
    assert (found["occupancy_ratio"] <= 1).all()


def year_of(nights: list[int]) -> pl.DataFrame:
    """The table of months, of all kinds together."""
    return pl.DataFrame(
        {
            "category_code": ALL,
            "month_on": [date(2025, month, 1) for month in range(1, 13)],
            "nights_count": nights,
            "quality_code": "ok",
        }
    )


# Gini over twelve months: 0 where all are alike, 11/12 where one has all.
@pytest.mark.parametrize(("nights", "index"), [([5] * 12, 0.0), ([1] + [0] * 11, 0.9167)])
def test_seasonality_goes_from_none_to_eleven_twelfths(nights, index):
    months = year_of(nights)

    whole, half = seasonality(months), seasonality(months.head(6))

    assert whole["seasonality_index"].to_list() == [index]
    assert half.select("seasonality_index", "quality_code").rows() == [(None, "no_data")]


# Guest nights of a year by month (Statistics Norway) and their Gini coefficients, as the README of
# the R package touRism (Larsson, MIT) prints them.
@pytest.mark.shows(
    "published",
    "gold/tourism/yearly_seasonality_by_category",
    source="R package touRism: Gini of guest nights in Norwegian counties",
)
@pytest.mark.parametrize(
    ("nights", "published"),
    [
        ([5749, 11081, 7001, 17990, 46998, 80735, 123601, 110196, 45656, 20260, 9329, 8362], 0.518),
        ([21744, 27761, 26487, 21799, 32203, 82397, 134405, 87875, 33425, 25091, 24169, 20947],
         0.362),
        ([53962, 61753, 57912, 24634, 29497, 60492, 79310, 58005, 34652, 38728, 40410, 56576],
         0.171),
    ],
    ids=["Sogn og Fjordane", "Nordland", "Troms"],
)  # fmt: skip
def test_nights_in_norway_are_as_seasonal_as_published(nights, published):
    index = seasonality(year_of(nights))["seasonality_index"].item()

    assert index == pytest.approx(published, abs=5e-4)


@pytest.mark.shows("property", "gold/tourism/yearly_seasonality_by_category")
@given(
    nights=st.lists(st.integers(1, 10**6), min_size=12, max_size=12),
    times=st.integers(2, 9),
    order=st.permutations(range(12)),
    moved=st.integers(0, 10**6),
)
def test_guests_who_come_in_the_peak_instead_make_a_year_no_less_seasonal(
    nights, times, order, moved
):
    low, high = int(np.argmin(nights)), int(np.argmax(nights))
    moved = min(moved, nights[low])
    uneven = list(nights)
    uneven[low] -= moved
    uneven[high] += moved

    def index(of_months: list[int]) -> float:
        return seasonality(year_of(of_months))["seasonality_index"].item()

    usual = index(nights)

    assert 0 <= usual <= round(11 / 12, 4)
    # The same in any order of the months, and of so many times the guests.
    assert index([nights[n] for n in order]) == pytest.approx(usual, abs=1e-4)
    assert index([times * one for one in nights]) == pytest.approx(usual, abs=1e-4)
    assert index(uneven) >= usual


@pytest.fixture(scope="module")
def simulated() -> tuple[pl.DataFrame, pl.DataFrame, City]:
    city = City("small", 8, 7, date(2025, 3, 24))
    (batch,) = simulated_stays.batches(city)
    rows = batch.rows.with_columns(
        pl.col("DATA").str.to_date("%d/%m/%Y").cast(pl.String), structure_pid="CIR"
    )
    stays = as_bronze("regione_lombardia/stays", rows)
    (calendar,) = simulated_events.batches(city)
    return stays, event(as_bronze("comune_brescia/events", calendar.rows)), city


@pytest.mark.shows("planted", "gold/tourism/daily_overnight_stays")
def test_the_planted_events_fill_the_citys_beds_and_the_fullest_the_most(simulated):
    stays, events, city = simulated

    days = overnight_stays(accommodation_by_day(stays), events, COMPLETENESS, DISCLOSURE)

    share = dict(days.select("day_on", "occupancy_ratio").rows())
    found = {}
    for one in city.events:
        on = [day for day in share if one.first_on <= day <= one.last_on]
        if not on:
            continue
        # The same weekdays of the two weeks about it.
        about = [day + timedelta(days=back) for day in on for back in (-14, 14)]
        usual = [share[day] for day in about if day in share]
        found[one.event_id] = (
            np.mean([share[day] for day in on]) / np.mean(usual),
            one.guests_ratio,
        )
    measured, planted = np.array(list(found.values())).T
    assert len(found) >= 8
    assert abs(measured - planted).max() < 0.3
    assert np.corrcoef(measured, planted)[0, 1] > 0.8
    flagged = days.filter(pl.col("events_count") > 0)["day_on"]
    assert set(flagged) == {
        day for day in share for one in city.events if one.first_on <= day <= one.last_on
    }


@pytest.mark.shows("planted", "gold/tourism/monthly_occupancy_by_category")
def test_the_city_of_the_simulator_is_told_and_its_small_kinds_are_not_given_back(simulated):
    stays, _, _ = simulated

    months = occupancy(stays, COMPLETENESS, DISCLOSURE)

    whole = months.filter(category_code=ALL)
    true = stays.group_by(month_on=pl.col("stayed_on").dt.month_start()).agg(
        pl.col("nights_count").sum()
    )
    assert whole.select("month_on", "nights_count").sort("month_on").equals(true.sort("month_on"))
    assert whole["net_occupancy_ratio"].is_between(0.2, 0.8).all()
    # Summer is fuller than winter, as planted.
    by_month = dict(whole.select(pl.col("month_on"), "net_occupancy_ratio").rows())
    assert by_month[date(2024, 7, 1)] > 1.5 * by_month[date(2024, 1, 1)]


def test_nothing_reported_gives_empty_tables_of_the_same_columns(simulated):
    stays, events, _ = simulated
    nothing = accommodation_by_day(stays.clear())

    assert (
        occupancy(stays.clear(), COMPLETENESS, DISCLOSURE).schema
        == occupancy(stays, COMPLETENESS, DISCLOSURE).schema
    )
    empty, full = (
        overnight_stays(nothing, events, COMPLETENESS, DISCLOSURE),
        overnight_stays(accommodation_by_day(stays), events, COMPLETENESS, DISCLOSURE),
    )
    assert (empty.height, empty.schema) == (0, full.schema)
    assert (
        seasonality(occupancy(stays.clear(), COMPLETENESS, DISCLOSURE)).schema
        == seasonality(occupancy(stays, COMPLETENESS, DISCLOSURE)).schema
    )


def test_without_limits_nobody_s_nights_are_told():
    stays = houses("albergo", 15, 15, 15, 15)
    none = DISCLOSURE.clear()

    assert occupancy(stays, COMPLETENESS, none).is_empty()
    assert overnight_stays(accommodation_by_day(stays), EVENTS, COMPLETENESS, none).is_empty()
    assert not occupancy(stays, COMPLETENESS, DISCLOSURE).is_empty()


@pytest.mark.shows("planted", "gold/tourism/yearly_seasonality_by_category")
def test_the_summer_that_the_simulated_city_was_given_is_found_in_its_seasonality(simulated):
    stays, _, _ = simulated
    year = pl.col("stayed_on").dt.year() == 2024
    nights = stays.filter(year).group_by(pl.col("stayed_on").dt.month()).agg(
        pl.col("nights_count").sum()
    )  # fmt: skip
    # Half of the mean difference of any two months, over the mean.
    counts = nights["nights_count"].to_numpy().astype(float)
    apart = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())

    found = seasonality(occupancy(stays, COMPLETENESS, DISCLOSURE))

    whole = found.filter(pl.col("year_on").dt.year() == 2024, category_code=ALL)
    assert counts.size == 12
    assert whole["seasonality_index"].to_list() == [pytest.approx(apart, abs=1e-3)]
    assert apart > 0.05
