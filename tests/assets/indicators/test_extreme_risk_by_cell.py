from datetime import date

import h3
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cells import cells_of
from assets.indicators.extreme_risk_by_cell import extreme_risk_by_cell
from assets.indicators.pluvial_vulnerability_by_cell import pluvial_vulnerability_by_cell
from assets.maps import cell_shapes
from assets.methods.composite import geometric_mean, rank_from_worst
from assets.twin import DEFINITIONS
from infra.simulator.datasets import census_sections, green_areas
from infra.simulator.datasets import terrain as ground
from infra.simulator.terrain import UNDERPASSES, degrees
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.indicators.risk_frames import as_bronze
from tests.assets.indicators.test_pluvial_vulnerability_by_cell import (
    CITY,
    CURVE_NUMBERS,
    WEIGHTS,
    maxima,
)

DEFINED = {
    name: pl.read_csv(DEFINITIONS / f"{table}.csv", try_parse_dates=True)
    for name, table in {
        "kinds": "green_kinds",
        "standards": "green_standards",
        "weights": "risk_weights",
    }.items()
}
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(45.54, 10.22, 9), 2))[:8]


def cells(hazard: list[float | None], residents: list[float]) -> pl.DataFrame:
    """Cells of the pluvial table, exposed by their place in residents."""
    count = len(hazard)
    return pl.DataFrame(
        {
            "cell_id": CELLS[:count],
            "hazard_index": pl.Series(hazard, dtype=pl.Float64),
            "sealed_ratio": [(n + 1) / count for n in range(count)],
            "residents_count": residents,
            "exposure_index": [min(1.0, one / max(residents)) for one in residents],
            "completeness_ratio": 1.0,
            "observations_count": 168,
            "quality_code": "modelled",
        }
    )


def sections(*elderly: int) -> pl.DataFrame:
    """A section a cell, of a hundred residents."""
    return pl.DataFrame(
        {
            "section_id": [f"{n}" for n in range(len(elderly))],
            "residents_count": 100,
            "age_65_79_count": elderly,
            "age_80_count": 0,
            "border_geom": cell_shapes(pl.Series(CELLS[: len(elderly)])),
        }
    )


def park(area_m2: float = 6_000.0, *, is_public: bool = True) -> pl.DataFrame:
    lat, lng = h3.cell_to_latlng(CELLS[0])
    return pl.DataFrame(
        {
            "area_id": "VR1",
            "kind_code": "parco",
            "area_m2": area_m2,
            "is_public": is_public,
            "border_geom": shapely.to_wkb(shapely.Point(lng, lat).buffer(0.0005)),
        }
    )


def rated(
    pluvial: pl.DataFrame, people: pl.DataFrame, green: pl.DataFrame, **changed: pl.DataFrame
) -> pl.DataFrame:
    inputs = {"pluvial": pluvial, "sections": people, "green": green} | DEFINED | changed
    return extreme_risk_by_cell(**inputs)


# The geometric mean of OECD/JRC (2008), § 6.3: the cube root of the product with equal weights.
def test_a_risk_is_the_cube_root_of_hazard_exposure_and_vulnerability():
    result = rated(cells([0.8, 0.2], [10, 5]), sections(30, 10), park())

    # Of two cells the higher ranks 0.75, the lower 0.25.
    assert result["pluvial_risk_index"].to_list() == pytest.approx(
        [(0.8 * 1.0 * 0.75) ** (1 / 3), (0.2 * 0.5 * 0.25) ** (1 / 3)]
    )
    assert result["elderly_ratio"].to_list() == pytest.approx([0.3, 0.1])


def test_a_cell_around_a_park_has_green_nearby_and_loses_it_with_the_park():
    world = cells([0.5, 0.5], [10, 10]), sections(20, 20)

    near = rated(*world, park())
    small = rated(*world, park(4_999.0))
    private = rated(*world, park(is_public=False))

    assert near["no_green_ratio"][0] == pytest.approx(0, abs=1e-9)
    assert small["no_green_ratio"].to_list() == private["no_green_ratio"].to_list() == [1, 1]
    assert near["heat_risk_index"][0] < small["heat_risk_index"][0]


def test_where_nobody_lives_there_is_no_risk():
    result = rated(cells([0.9, 0.1], [0, 10]), sections(20, 20), park())

    assert result["risk_max_index"].to_list()[0] == 0
    assert result["rank_level"].to_list() == [2, 1]


def test_a_cell_without_a_hazard_has_no_rank_and_says_so():
    result = rated(cells([None, 0.5], [5, 5]), sections(20, 20), park())

    assert result["quality_code"].to_list() == ["no_data", "modelled"]
    assert result["rank_level"].to_list() == [None, 1]


def test_a_cell_that_is_worst_in_everything_is_first_whatever_the_weights():
    result = rated(
        cells([0.1, 0.2, 0.9], [1, 2, 9]),
        sections(10, 20, 30),
        park(),
    )

    worst = result.filter(cell_id=CELLS[2]).row(0, named=True)
    assert (worst["rank_level"], worst["rank_low_level"], worst["rank_high_level"]) == (1, 1, 1)


@pytest.mark.shows("property", "gold/risk/extreme_risk_by_cell")
@settings(max_examples=10)
@given(
    hazard=st.lists(st.floats(0.01, 1), min_size=8, max_size=8),
    residents=st.lists(st.floats(0, 50), min_size=8, max_size=8).filter(any),
)
def test_the_greater_risk_is_not_below_the_mean_and_the_rank_is_in_its_interval(hazard, residents):
    result = rated(
        cells(hazard, residents),
        sections(1, 2, 3, 4, 5, 6, 7, 8),
        park(),
    )

    assert (result["risk_max_index"] >= result["risk_mean_index"] - 1e-12).all()
    assert (result["rank_low_level"] <= result["rank_level"]).all()
    assert (result["rank_level"] <= result["rank_high_level"]).all()


def test_nine_of_ten_intervals_hold_the_rank_by_weights_that_nobody_knows():
    # What is planted is how the parts weigh; the rank is asked for by equal weights.
    random = np.random.default_rng(5)
    hazard, residents = random.uniform(0.05, 1, 8), random.uniform(1, 50, 8)
    elderly = random.integers(5, 60, 8).tolist()
    told = rated(cells(hazard.tolist(), residents.tolist()), sections(*elderly), park())
    parts = [
        told.select(f"{name}_hazard_index", "exposure_index", f"{name}_vulnerability_index")
        for name in ("pluvial", "heat")
    ]

    held = 0
    for weights in random.dirichlet(np.ones(3), size=200):
        true = rank_from_worst(np.stack([geometric_mean(p, weights) for p in parts]).max(axis=0))
        held += int(((told["rank_low_level"] <= true) & (told["rank_high_level"] >= true)).sum())

    assert 0.85 <= held / (200 * 8) <= 1
    assert (told["rank_high_level"] - told["rank_low_level"]).max() < 7


def test_the_definitions_decide_how_much_green_is_near():
    world = cells([0.5, 0.5], [10, 10]), sections(20, 20), park()
    standard = DEFINED["standards"]
    strict = standard.with_columns(
        least_m2=pl.when(standard_code="near_green").then(7_000).otherwise("least_m2")
    )

    later = DEFINED["weights"].with_columns(valid_from_on=date(2026, 1, 1))
    assert rated(*world, weights=later)["definition_from_on"].unique().to_list() == [
        date(2026, 1, 1)
    ]
    assert rated(*world)["no_green_ratio"][0] == pytest.approx(0, abs=1e-9)
    assert rated(*world, standards=strict)["no_green_ratio"][0] == 1
    assert set(rated(*world, standards=standard.clear())["quality_code"]) == {"no_data"}


@pytest.mark.shows("planted", "gold/risk/extreme_risk_by_cell")
def test_the_old_of_the_simulated_city_are_found_and_its_flooded_underpasses_among_the_worst():
    people = as_bronze("istat/census_sections", census_sections.sections(CITY))
    green = as_bronze("comune_brescia/green_areas", green_areas.areas(CITY))
    terrain = pl.concat(batch.rows for batch in ground.batches(CITY))
    pluvial = pluvial_vulnerability_by_cell(
        as_bronze("regione_lombardia/terrain", terrain),
        CURVE_NUMBERS,
        WEIGHTS,
        maxima(),
        people,
        completeness=COMPLETENESS,
    )

    result = rated(pluvial, people, green)

    both = result.join(pluvial, on="cell_id").with_columns(
        old_count=pl.col("elderly_ratio") * pl.col("residents_count")
    )
    registered = census_sections.population(CITY)
    old = registered["from_65_count"].sum() + registered["from_80_count"].sum()
    # A fiftieth of the sections' ground lies beyond the terrain.
    share = both["old_count"].sum() / both["residents_count"].sum()
    assert share == pytest.approx(old / registered["residents_count"].sum(), rel=0.005)
    assert both["old_count"].sum() == pytest.approx(old, rel=0.03)
    lat, lng = (pl.Series(one) for one in degrees(*np.array(UNDERPASSES).T))
    under = result.filter(pl.col("cell_id").is_in(set(cells_of(lat, lng))))
    # Many live about them: that counts for more here than how deep they are.
    assert under.height == len(UNDERPASSES)
    assert under["rank_level"].max() < result.height / 5


# Human Development Report 2010, technical note 1, example of China: 0.847, 0.589 and 0.584 make
# 0.663. Vulnerability is a rank here: 0.584 is that of two equal ones with 72 of 125 below them.
@pytest.mark.shows(
    "published",
    "gold/risk/extreme_risk_by_cell",
    source="UNDP, Human Development Report 2010, technical note 1 (China)",
)
def test_a_cell_with_the_dimensions_of_china_has_its_human_development_index_as_risk():
    names = sorted(h3.grid_disk(CELLS[0], 6))[:125]
    world = pl.concat([cells([0.847], [10])] * 125).with_columns(
        cell_id=pl.Series(names), exposure_index=pl.lit(0.589)
    )
    elderly = [*range(73), 72, *range(74, 125)]
    people = pl.DataFrame(
        {
            "section_id": names,
            "residents_count": 1_000,
            "age_65_79_count": elderly,
            "age_80_count": 0,
            "border_geom": cell_shapes(pl.Series(names)),
        }
    )

    result = rated(world, people, park())

    for row in result.sort("cell_id")[72:74].iter_rows(named=True):
        assert row["pluvial_vulnerability_index"] == pytest.approx(0.584)
        assert row["pluvial_risk_index"] == pytest.approx(0.663, abs=5e-4)
