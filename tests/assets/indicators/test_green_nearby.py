from datetime import date

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.green import canopy_by_quarter, ways_to_green
from assets.indicators.green_nearby import declaration, green_nearby
from assets.maps import point_shapes
from assets.methods.areal import in_metres
from assets.placing import ORIGIN
from assets.twin import DEFINITIONS
from infra.simulator.city import City
from infra.simulator.datasets import quarters as quarters_of_city
from infra.simulator.datasets import terrain as terrain_of_city
from infra.simulator.datasets import trees as trees_of_city
from infra.simulator.terrain import degrees as town_degrees
from tests.assets.indicators.simulated_journeys import delivered
from tests.assets.lineage_seen import unsaid

# A degree of latitude, and of longitude, on the plane of the town.
NORTH_M, EAST_M = 111_132.0, 111_320.0 * float(np.cos(np.radians(45.54)))
HOUSE_M, PARK_M = 10.0, 80.0
Town = dict[str, pl.DataFrame]


def defined(table: str) -> pl.DataFrame:
    return pl.read_csv(DEFINITIONS / f"{table}.csv", try_parse_dates=True)


def degrees(x_m: float, y_m: float) -> tuple[float, float]:
    return 45.54 + y_m / NORTH_M, 10.22 + x_m / EAST_M


def square(x_m: float, y_m: float, side_m: float) -> bytes:
    """A square around a place so many metres east and north of the town hall."""
    corners = [
        degrees(x_m + x * side_m / 2, y_m + y * side_m / 2)
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    return shapely.to_wkb(shapely.Polygon([(lng, lat) for lat, lng in corners]))


def placed(**columns: list) -> pl.DataFrame:
    """Rows with a place: `at` in metres east and north."""
    where = [degrees(*one) for one in columns.pop("at")]
    return pl.DataFrame(columns).with_columns(
        lat_deg=pl.Series([one[0] for one in where], dtype=pl.Float64),
        lng_deg=pl.Series([one[1] for one in where], dtype=pl.Float64),
    )


def four_sections(park_x_m: float = 0.0) -> Town:
    """A street of crossings each 100 m from the town hall east, and a house of 100 people at each
    of 0, 200, 400 and 600 m; those of A and B make the west, those of C and D the east.

    A park of 80 m by 80 m (0.64 ha) lies north of the street. Four trees stand by A, two by B.
    """
    numbers = list(range(7))
    houses = [0, 200, 400, 600]
    trees = [(5, 20), (10, 25), (-5, 20), (0, 30), (200, 25), (205, 25)]
    cells = [(row, column) for row in range(8) for column in range(40)]
    is_wood = [row < 4 and column < 20 for row, column in cells]
    ground = placed(
        grid_row_index=[row for row, _ in cells],
        grid_column_index=[column for _, column in cells],
        cover_code=["bosco" if one else "edificato rado" for one in is_wood],
        at=[(column * 25 - 187.5, 87.5 - row * 25) for row, column in cells],
    )
    return {
        "buildings": pl.DataFrame(
            {
                "building_id": list("abcd"),
                "section_id": list("ABCD"),
                "use_code": "residenziale",
                "floor_m2": 300.0,
                "shape_geom": [square(x, 0, HOUSE_M) for x in houses],
            }
        ),
        "sections": pl.DataFrame(
            {
                "section_id": list("ABCD"),
                "quarter_id": ["W", "W", "E", "E"],
                "residents_count": [100] * 4,
            }
        ),
        "quarters": pl.DataFrame(
            {
                "quarter_id": ["E", "W"],
                "quarter_name": ["Est", "Ovest"],
                # 500 m by 200 m; the wood is the northern half of the west.
                "border_geom": [stretch(300, 800), stretch(-200, 300)],
            }
        ),
        "areas": pl.DataFrame(
            {
                "area_id": ["park"],
                "kind_code": ["parco"],
                "area_m2": [PARK_M**2],
                "is_public": [True],
                "border_geom": [square(park_x_m, PARK_M / 2 + 30, PARK_M)],
            }
        ),
        "trees": placed(
            tree_id=[f"t{n}" for n in range(len(trees))], crown_m2=[50.0] * len(trees), at=trees
        ),
        "terrain": ground,
        "nodes": placed(node_id=[f"n{n}" for n in numbers], at=[(100 * n, 0) for n in numbers]),
        "segments": pl.DataFrame(
            {
                "from_node_id": [f"n{n}" for n in numbers[:-1]],
                "to_node_id": [f"n{n}" for n in numbers[1:]],
                "length_m": [100.0] * 6,
            }
        ),
        "kinds": defined("green_kinds"),
        "standards": defined("green_standards"),
        "speeds": defined("access_speeds"),
    }


def stretch(from_m: float, to_m: float) -> bytes:
    (south, west), (north, east) = degrees(from_m, -100), degrees(to_m, 100)
    return shapely.to_wkb(shapely.box(west, south, east, north))


def row(town: Town, quarter: str) -> dict:
    return green_nearby(**town).filter(quarter_id=quarter).row(0, named=True)


def test_a_town_of_four_houses_has_exactly_the_shares_counted_by_hand():
    west, east = row(four_sections(), "W"), row(four_sections(), "E")

    # From A the park is 30 m off its crossing, from B 230 m away, from C 430 m.
    assert (west["near_green_ratio"], east["near_green_ratio"]) == (1.0, 0.0)
    # Four trees within 30 m of A's house, two of B's.
    assert (west["trees_in_sight_ratio"], east["trees_in_sight_ratio"]) == (0.5, 0.0)
    # Konijnendijk (2022): 30 % canopy. The wood is half of the west; no tree stands outside it.
    assert west["canopy_ratio"] == pytest.approx(0.5, abs=0.01)
    assert east["canopy_ratio"] == pytest.approx(0.0, abs=1e-9)
    assert (west["three_thirty_ratio"], east["three_thirty_ratio"]) == (0.5, 0.0)
    assert (west["residents_count"], west["completeness_ratio"]) == (200, 1.0)


@pytest.mark.shows(
    "published",
    "gold/green/green_nearby_by_quarter",
    source="Konijnendijk (2022), the 3-30-300 rule",
)
def test_the_rule_asks_for_three_trees_thirty_per_cent_and_three_hundred_metres():
    # Konijnendijk (2022), the 3-30-300 rule, as his institute states it.
    standards = defined("green_standards")
    asked = {
        code: standards.filter(standard_code=code).row(0, named=True)
        for code in ("trees_in_sight", "canopy", "near_green")
    }

    assert asked["trees_in_sight"]["least_count"] == 3
    assert asked["canopy"]["least_ratio"] == 0.3
    assert asked["near_green"]["within_m"] == 300


def test_a_crown_outside_the_wood_is_canopy_too():
    town = four_sections()
    town["trees"] = placed(tree_id=["far"], crown_m2=[1_000.0], at=[(600, -50)])

    # 1,000 of 100,000 m².
    assert row(town, "E")["canopy_ratio"] == pytest.approx(0.01, abs=1e-4)


def test_a_park_across_a_street_that_cannot_be_crossed_is_near_for_crows_alone():
    town = four_sections(park_x_m=600)
    town["segments"] = town["segments"].filter(pl.col("from_node_id") != "n5")

    # From C it is 200 m to the park, and there is no way; D is by it.
    east = row(town, "E")
    assert (east["near_green_ratio"], east["crow_near_ratio"]) == (0.5, 1.0)


@pytest.mark.parametrize(
    "changed",
    [
        {"area_m2": 4_999.0},
        {"is_public": False},
        {"kind_code": "verde stradale"},
        {"border_geom": None},
    ],
)
def test_green_that_is_small_closed_or_a_strip_along_a_road_is_not_near(changed):
    town = four_sections()
    town["areas"] = town["areas"].with_columns(
        **{name: pl.lit(value).cast(town["areas"].schema[name]) for name, value in changed.items()}
    )

    assert row(town, "W")["near_green_ratio"] == 0.0


def test_below_ten_residents_there_is_no_share():
    town = four_sections()
    town["sections"] = town["sections"].with_columns(
        residents_count=pl.when(pl.col("quarter_id") == "W").then(4).otherwise(100)
    )

    west = row(town, "W")
    assert (west["near_green_ratio"], west["three_thirty_ratio"]) == (None, None)
    assert (west["quality_code"], row(town, "E")["quality_code"]) == ("no_data", "unverified")


def test_residents_without_a_dwelling_are_missed_and_said_to_be():
    town = four_sections()
    town["buildings"] = town["buildings"].filter(pl.col("building_id") != "b")

    west = row(town, "W")
    assert (west["completeness_ratio"], west["observations_count"]) == (0.5, 1)
    assert west["near_green_ratio"] == 1.0


def test_residents_live_where_the_floors_are():
    town = four_sections()
    home = town["buildings"].filter(building_id="d").with_columns(
        building_id=pl.lit("e"), section_id=pl.lit("A"), floor_m2=pl.lit(900.0)
    )  # fmt: skip
    town["buildings"] = pl.concat([town["buildings"], home])

    # Of A's 100 people three quarters live at D's place, 600 m away.
    assert row(town, "W")["near_green_ratio"] == pytest.approx((25 + 100) / 200)


def test_without_streets_terrain_or_standards_nothing_breaks():
    town = four_sections()

    for name in town:
        found = green_nearby(**town | {name: town[name].clear()})
        assert found.schema == green_nearby(**town).schema


def test_the_order_of_rows_changes_nothing():
    town = four_sections()
    shuffled = {n: one.sample(fraction=1, shuffle=True, seed=3) for n, one in town.items()}

    assert green_nearby(**shuffled).equals(green_nearby(**town))


middles = st.tuples(st.floats(-150, 750), st.floats(-90, 90))


@pytest.mark.shows("property", "gold/green/green_nearby_by_quarter")
@settings(max_examples=25)
@given(middles, st.floats(72, 150), st.sampled_from(["parco", "bosco", "verde stradale"]))
def test_more_green_never_lowers_a_share_and_nobody_walks_less_than_a_crow_flies(at, side, kind):
    town = four_sections(park_x_m=700)
    new = town["areas"].with_columns(
        area_id=pl.lit("new"),
        kind_code=pl.lit(kind),
        border_geom=pl.lit(square(*at, side), dtype=pl.Binary),
    )

    before = green_nearby(**town)
    after = green_nearby(**town | {"areas": pl.concat([town["areas"], new])})

    for name in ("near_green_ratio", "crow_near_ratio", "three_thirty_ratio"):
        assert (after[name] >= before[name]).all()
    assert (after["near_green_ratio"] <= after["crow_near_ratio"]).all()
    ways = ways_to_green(
        town["buildings"]["shape_geom"], new["border_geom"], nodes=town["nodes"],
        segments=town["segments"], entrance_m=50, farthest_m=500,
    )  # fmt: skip
    assert (ways.walked_m >= ways.crow_m - 1e-6).all()


@settings(max_examples=25)
@given(st.lists(middles, min_size=1, max_size=4), st.floats(1, 5_000))
def test_trees_more_never_lower_a_share(where, crown_m2):
    town = four_sections()
    more = placed(
        tree_id=[f"n{n}" for n in range(len(where))], crown_m2=[crown_m2] * len(where), at=where
    )

    before = green_nearby(**town)
    after = green_nearby(**town | {"trees": pl.concat([town["trees"], more])})

    for name in ("trees_in_sight_ratio", "canopy_ratio", "three_thirty_ratio"):
        assert (after[name] >= before[name]).all()


def test_a_later_edition_of_a_standard_takes_its_place():
    town = four_sections()
    stricter = town["standards"].filter(standard_code="near_green").with_columns(
        valid_from_on=date(2026, 1, 1), within_m=pl.lit(100, pl.Int64)
    )  # fmt: skip
    town["standards"] = pl.concat([town["standards"], stricter])

    west = row(town, "W")
    assert (west["near_green_ratio"], west["definition_from_on"]) == (0.5, date(2026, 1, 1))


def test_what_the_columns_are_made_of_is_said():
    assert unsaid(declaration, four_sections(), may_be_empty={}) == []


@pytest.mark.shows("planted", "gold/green/green_nearby_by_quarter")
def test_the_trees_planted_by_the_action_register_are_canopy_where_it_says():
    city = City("small", 1, 7, date(2025, 3, 24))
    quarters = delivered(city, quarters_of_city, "comune_brescia/quarters")
    trees = delivered(city, trees_of_city, "comune_brescia/trees")
    terrain = delivered(city, terrain_of_city, "regione_lombardia/terrain")
    action = city.actions["AZ-05"]
    is_new = pl.col("planted_year") == action.finished_on.year

    before, after = (
        canopy_by_quarter(quarters, one, terrain) for one in (trees.filter(~is_new), trees)
    )

    gained = after["canopy_ratio"] - before["canopy_ratio"]
    ground = shapely.area(in_metres(quarters.sort("quarter_id")["border_geom"], **ORIGIN))
    crowns = trees.filter(is_new)["crown_m2"].sum()
    assert (gained * ground).sum() == pytest.approx(crowns, rel=0.02)
    # Nearly all of it within a kilometre of the place that was decided on.
    lat, lng = town_degrees(np.array([action.x_m]), np.array([action.y_m]))
    (place,) = in_metres(point_shapes(pl.Series(lat), pl.Series(lng)), **ORIGIN)
    borders = in_metres(quarters.sort("quarter_id")["border_geom"], **ORIGIN)
    is_near = shapely.distance(borders, place) < 1_000
    assert (gained * ground).filter(pl.Series(is_near)).sum() > 0.95 * crowns
    assert is_near.sum() < 8
