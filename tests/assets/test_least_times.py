"""How quick a way can be at best is never slower than any journey, and little quicker."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from assets.indicators.reach_of_services import declaration, reach_of_services
from assets.journeys import Journeys, habits_of, setting
from assets.least_times import Network
from infra.simulator.city import City
from infra.simulator.datasets.gtfs import feeds
from tests.assets.indicators.simulated_journeys import Tables, places_of, timetable_of

KINDS = ["farmacia", "ospedale"]
OF_STREETS = ("nodes", "segments", "stops", "departures")
_FAR_DEG = 0.2


def in_time(seconds: np.ndarray) -> np.ndarray:
    """The least over departures (homes, categories); inf where none arrives in time."""
    return np.where(seconds < 0, np.inf, seconds).min(axis=1)


@pytest.fixture(scope="module")
def town() -> Tables:
    city = City("small", 1, 1, date(2025, 3, 24))
    tables = places_of(city) | timetable_of(next(feeds(city)), city.start)
    kept = pl.col("category_code").is_in(KINDS)
    return tables | {"services": tables["services"].filter(kept)}


@pytest.fixture(scope="module")
def network(town) -> Network:
    habits = habits_of(town["trips"], town["speeds"])
    assert habits is not None
    return Network.of(habits, **{name: town[name] for name in OF_STREETS})


def test_no_journey_is_quicker_than_at_best(town, network):
    city = setting(**town)
    assert city is not None
    least = network.least_times(city.homes, city.services, town["stations"]).sort(
        "section_id", "category_code"
    )
    for day in city.days:
        times = Journeys.of(
            city, day, np.concatenate(list(day.leaves_s.values())),
            category=city.services["category_code"], categories=KINDS,
        ).times()  # fmt: skip
        for name, ways in (
            ("on_foot_s", times.on_foot),
            ("by_bike_s", times.by_bike),
            ("quickest_s", times.quickest),
        ):
            bound = least[name].to_numpy().reshape(-1, len(KINDS))
            assert (bound <= in_time(ways)).all(), name


def test_at_best_a_way_on_foot_is_the_way_itself(town, network):
    city = setting(**town)
    assert city is not None
    least = network.least_times(city.homes, city.services, town["stations"])
    for kind in KINDS:
        of_kind = (city.services["category_code"] == kind).to_numpy()
        bound = least.filter(pl.col("category_code") == kind)["on_foot_s"].to_numpy()
        assert np.allclose(bound, city.streets.on_foot[:, of_kind].min(axis=1))


def test_at_best_most_are_not_much_quicker_than_the_quickest_departure(town, network):
    city = setting(**town)
    assert city is not None
    least = network.least_times(city.homes, city.services, town["stations"]).sort(
        "section_id", "category_code"
    )
    (day,) = (one for one in city.days if one.code == "weekday")
    times = Journeys.of(
        city, day, np.concatenate(list(day.leaves_s.values())),
        category=city.services["category_code"], categories=KINDS,
    ).times()  # fmt: skip
    found = in_time(times.quickest).ravel()
    reached = np.isfinite(found)

    assert np.median(least["quickest_s"].to_numpy()[reached] / found[reached]) > 0.5


def test_stops_of_another_city_are_out_of_reach_and_make_no_difference(town):
    other = {
        "nodes": ("node_id",),
        "segments": ("edge_id", "from_node_id", "to_node_id"),
        "stops": ("stop_id",),
        "departures": ("trip_id", "stop_id"),
        "trips": ("trip_id",),
    }
    places = {"lat_deg": pl.col("lat_deg") + _FAR_DEG}
    two = town | {
        name: pl.concat(
            [
                town[name],
                town[name].with_columns(
                    *(pl.col(one) + "-b" for one in ids),
                    **(places if "lat_deg" in town[name].columns else {}),
                ),
            ]
        )
        for name, ids in other.items()
    }
    habits = habits_of(two["trips"], two["speeds"])
    assert habits is not None
    network = Network.of(habits, **{name: two[name] for name in OF_STREETS})

    found = set(network.stops_from(town["population"]))

    assert found == {one for one in found if not one.endswith("-b")}
    assert 0 < len(found) <= town["stops"].height
    of_services = declaration.parts[0]
    homes = (
        town["population"]
        .select("section_id")
        .head(20)
        .join(pl.DataFrame({"category_code": KINDS}), how="cross")
    )
    asked = ("population", "nodes", "segments", "stops", "departures", "trips", "speeds")
    near = of_services.near(homes, **{name: two[name] for name in asked})
    less = {name: two[name].filter(where) for name, where in near.items()}
    assert less["departures"].height <= town["departures"].height
    few = two | {"population": less["population"], "services": less["services"]}
    assert reach_of_services(**(two | less)).equals(reach_of_services(**few))


def test_a_street_shorter_than_the_crow_flies_makes_no_way_too_slow(town):
    short = town | {"segments": town["segments"].with_columns(pl.col("length_m") / 10)}
    city = setting(**short)
    habits = habits_of(short["trips"], short["speeds"])
    assert city is not None
    assert habits is not None
    network = Network.of(habits, **{name: short[name] for name in OF_STREETS})
    least = network.least_times(city.homes, city.services, short["stations"]).sort(
        "section_id", "category_code"
    )
    (day, *_) = city.days
    times = Journeys.of(
        city, day, next(iter(day.leaves_s.values())),
        category=city.services["category_code"], categories=KINDS,
    ).times()  # fmt: skip

    bound = least["quickest_s"].to_numpy().reshape(-1, len(KINDS))
    assert (bound <= in_time(times.quickest)).all()
