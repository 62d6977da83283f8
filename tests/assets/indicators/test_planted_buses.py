from datetime import date

import polars as pl
import pytest

from assets.indicators.equity_of_access import equity_of_access
from assets.indicators.fifteen_minute_score import fifteen_minute_score
from assets.indicators.opportunities import opportunities
from assets.indicators.reach_of_services import reach_of_services
from assets.twin import DEFINITIONS
from infra.simulator.city import City
from infra.simulator.datasets.gtfs import feeds
from infra.simulator.transit import MORE_OFTEN_LINE
from tests.assets.indicators.simulated_journeys import Tables, places_of, timetable_of

CITY = City("small", 5, 7, date(2025, 3, 24))
ESSENTIAL = pl.read_csv(DEFINITIONS / "essential_services.csv", try_parse_dates=True)
LINES = pl.read_csv(DEFINITIONS / "access_equity.csv", try_parse_dates=True)
KEY = ["section_id", "band_code", "category_code"]
# The line that gets more buses: see the planted fact "bus headway".
MORNING = "weekday_11_13"


@pytest.fixture(scope="module")
def before_and_after() -> tuple[Tables, Tables]:
    places = places_of(CITY)
    places["bands"] = places["bands"].filter(band_code=MORNING)
    before, after = (timetable_of(feed, date(2025, 3, 31)) for feed in feeds(CITY))
    return places | before, places | after


@pytest.fixture(scope="module")
def reached(before_and_after: tuple[Tables, Tables]) -> tuple[pl.DataFrame, pl.DataFrame]:
    before, after = (reach_of_services(**one) for one in before_and_after)
    return before, after


@pytest.mark.shows("planted", "gold/services/reach_of_services_by_section")
def test_more_buses_on_the_planted_line_take_nobody_longer_and_some_less(before_and_after, reached):
    before, after = reached
    both = before.join(after, on=KEY, suffix="_after")
    gained = both["median_min"].fill_null(61.0) - both["median_min_after"].fill_null(61.0)

    assert (gained >= 0).all()
    assert (gained > 0.5).sum() > 5
    # Who gains lives by the line: between its stops and them it is a walk.
    stops = before_and_after[0]["stops"].filter(pl.col("stop_id").str.starts_with(MORE_OFTEN_LINE))
    who = both.filter(gained > 0.5)["section_id"].unique()
    homes = before_and_after[0]["population"].filter(pl.col("section_id").is_in(who.to_list()))
    for lat, lng in homes.select("lat_deg", "lng_deg").iter_rows():
        north = (stops["lat_deg"] - lat) * 111_132
        east = (stops["lng_deg"] - lng) * 78_000
        assert (north**2 + east**2).sqrt().min() < 1_500


@pytest.mark.shows(
    "planted",
    "gold/services/equity_of_access_by_category",
    "gold/services/fifteen_minute_score_by_section",
)
def test_more_buses_lower_no_score_and_make_nobody_poorer_in_access(before_and_after, reached):
    population = before_and_after[0]["population"]

    scores = [fifteen_minute_score(one, ESSENTIAL).sort("section_id") for one in reached]
    equities = [
        equity_of_access(one, population, LINES).sort("category_code", "band_code")
        for one in reached
    ]

    assert (scores[1]["score_ratio"] >= scores[0]["score_ratio"]).all()
    for name in ("fgt0_ratio", "fgt1_ratio", "fgt2_ratio"):
        assert (equities[1][name] <= equities[0][name] + 1e-12).all()
    assert equities[1]["fgt1_ratio"].sum() < equities[0]["fgt1_ratio"].sum()


@pytest.mark.shows("planted", "gold/services/opportunities_by_section")
def test_more_buses_bring_more_services_within_half_an_hour(before_and_after):
    catchments = pl.read_csv(DEFINITIONS / "access_catchments.csv", try_parse_dates=True)

    before, after = (opportunities(**one, catchments=catchments) for one in before_and_after)

    for name in ("within_15_count", "within_30_count"):
        assert (after[name] >= before[name]).all()
    assert after["within_30_count"].sum() > before["within_30_count"].sum()
