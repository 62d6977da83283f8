import json
from datetime import date
from pathlib import Path

import h3
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.cells import cells_of
from assets.indicators.monthly_ndvi import declaration, monthly_ndvi
from assets.silver.vegetation_observed import declaration as silver
from assets.silver.vegetation_observed import vegetation_observed
from infra.simulator import simulate
from tests.assets.indicators.defined import COMPLETENESS
from tests.assets.lineage_seen import unsaid

MARCH = date(2025, 3, 1)
PICTURE = "regione_lombardia/surface_reflectance"
TERRAIN = "regione_lombardia/terrain"
M_A_DEGREE = 111_132


def pixels(red: list[float], infrared: list[float], mask: list[str]) -> pl.DataFrame:
    """Pixels of one row, 20 m apart: all in one cell."""
    count = len(red)
    return pl.DataFrame(
        {
            "month_on": [MARCH] * count,
            "grid_row_index": [0] * count,
            "grid_column_index": list(range(count)),
            "lat_deg": [45.54] * count,
            "lng_deg": [10.22 + n * 2.5e-4 for n in range(count)],
            "red_ratio": red,
            "infrared_ratio": infrared,
            "mask_code": mask,
        },
        schema_overrides={"red_ratio": pl.Float64, "infrared_ratio": pl.Float64},
    )


@pytest.mark.shows(
    "published",
    "gold/green/monthly_ndvi_by_cell",
    source="spyndex, the example of its documentation (Montero et al. 2023)",
)
def test_a_cell_sends_back_light_as_in_the_example_of_spyndex_and_is_as_green():
    # Montero et al. (2023), A standardized catalogue of spectral indices, Scientific Data 10:197,
    # and its package: N 0.643 and R 0.175 are an NDVI of 0.5721271393643031.
    seen = vegetation_observed(pixels([0.175] * 3, [0.643] * 3, ["sereno"] * 3))

    (row,) = monthly_ndvi(seen, COMPLETENESS).iter_rows(named=True)

    assert row["ndvi_index"] == pytest.approx(0.5721271393643031, abs=5e-7)
    assert (row["observations_count"], row["quality_code"]) == (3, "ok")


def test_a_cell_is_as_green_as_its_pixels_without_clouds():
    # NDVI of 0.5 and 0.1 is 0.6667; of 0.3 and 0.1 it is 0.5.
    seen = vegetation_observed(
        pixels([0.1, 0.1, 0.4], [0.5, 0.3, 0.4], ["sereno", "sereno", "nube"])
    )

    (row,) = monthly_ndvi(seen, COMPLETENESS).iter_rows(named=True)

    assert seen["ndvi_index"].to_list() == [pytest.approx(0.6667, abs=5e-5), 0.5, None]
    assert row["ndvi_index"] == pytest.approx((2 / 3 + 1 / 2) / 2, abs=1e-6)
    assert (row["observations_count"], row["quality_code"]) == (2, "partial")
    assert row["completeness_ratio"] == pytest.approx(2 / 3)


def test_a_cell_under_clouds_is_shown_without_a_number():
    row = monthly_ndvi(vegetation_observed(pixels([0.4], [0.4], ["nube"])), COMPLETENESS).row(
        0, named=True
    )

    assert (row["ndvi_index"], row["quality_code"], row["completeness_ratio"]) == (
        None, "no_data", 0.0,
    )  # fmt: skip


def test_no_picture_is_no_cell():
    assert monthly_ndvi(vegetation_observed(pixels([], [], [])), COMPLETENESS).is_empty()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("city")
    simulate(profile="small", days=10, seed=7, out=out, only=[PICTURE, TERRAIN])
    return out


def delivered(city: Path, month: date) -> pl.DataFrame:
    raw = pl.read_parquet(city / f"regione_files/satellite/riflettanza_{month:%Y%m}.parquet")
    names = dict(zip(raw.columns, pixels([], [], []).columns, strict=False))
    names |= {"maschera": "mask_code", "rosso": "red_ratio", "infrarosso": "infrared_ratio"}
    return raw.rename(names).filter(
        pl.col("red_ratio").is_between(0, 1), pl.col("infrared_ratio").is_between(0, 1)
    )


def planted(city: Path, what: str) -> list[dict]:
    facts = json.loads((city / "_ground_truth/planted.json").read_text())
    return [fact for fact in facts if fact["what"] == what]


def far_from(fact: dict, cell: str) -> float:
    return h3.great_circle_distance(
        h3.cell_to_latlng(cell), (fact["lat_deg"], fact["lng_deg"]), unit="m"
    )


def test_the_green_that_withered_is_where_least_is_green_for_so_much_open_ground(city):
    cells = monthly_ndvi(vegetation_observed(delivered(city, date(2025, 3, 1))), COMPLETENESS)
    ground = pl.concat(
        pl.read_parquet(path, columns=["lat", "lng", "impermeabile", "copertura"])
        for path in sorted((city / "regione_files/territorio").glob("*.parquet"))
    ).filter(pl.col("impermeabile").is_between(0, 1))
    of_cell = ground.group_by(cell_id=cells_of(ground["lat"], ground["lng"])).agg(
        open_ratio=1 - pl.col("impermeabile").mean(),
        is_dry=pl.col("copertura").ne("acqua").all(),
    )

    # Cells at the edge of the picture are of a pixel or two.
    whole = cells.filter(pl.col("observations_count") >= 8)
    both = whole.join(of_cell, on="cell_id").filter("is_dry", quality_code="ok")
    worst = both.sort(pl.col("ndvi_index") / pl.col("open_ratio"))["cell_id"].head(4)

    (fact,) = planted(city, "withered green")
    assert np.corrcoef(both["ndvi_index"], both["open_ratio"])[0, 1] > 0.5
    assert max(far_from(fact, cell) for cell in worst) < fact["radius_m"]


@pytest.mark.shows("planted", "gold/green/monthly_ndvi_by_cell")
def test_woods_get_their_leaves_in_april_and_cells_under_the_planted_cloud_say_nothing(city):
    march, april = (
        monthly_ndvi(vegetation_observed(delivered(city, month)), COMPLETENESS)
        for month in (MARCH, date(2025, 4, 1))
    )

    both = march.join(april, on="cell_id", suffix="_april").drop_nulls(
        ["ndvi_index", "ndvi_index_april"]
    )
    is_green = both["ndvi_index"] > 0.5
    spring = both["ndvi_index_april"] - both["ndvi_index"]
    assert is_green.sum() > 50
    assert (spring.filter(is_green) > 0.05).all()
    cloud = planted(city, "cloud")[0]
    hidden = march.filter(quality_code="no_data")["cell_id"]
    assert cloud["month"] == f"{MARCH}"
    assert hidden.len() > 5
    assert max(far_from(cloud, cell) for cell in hidden) < cloud["radius_m"]


def test_what_the_columns_are_made_of_is_said():
    sky = ["sereno", "nube"] * 30
    random = np.random.default_rng(1)
    seen = pixels(*random.uniform(0.05, 0.5, (2, 60)).tolist(), sky)
    seen = seen.with_columns(lat_deg=45.5 + pl.int_range(60) % 7 / 100)

    assert unsaid(silver, {"pixels": seen}, may_be_empty={}) == []
    read = {"seen": vegetation_observed(seen), "completeness": COMPLETENESS}
    assert unsaid(declaration, read, may_be_empty={}) == []


@pytest.mark.shows("property", "gold/green/monthly_ndvi_by_cell")
@settings(max_examples=30, deadline=None)
@given(
    bands=st.lists(st.tuples(st.floats(0.01, 0.5), st.floats(0.01, 0.5)), min_size=1, max_size=12),
    light=st.floats(0.5, 2.0),
    seed=st.integers(0, 99),
)
def test_ndvi_lies_between_its_ends_and_hangs_neither_on_light_nor_on_order(bands, light, seed):
    red, infrared = [one for one, _ in bands], [one for _, one in bands]
    clear = ["sereno"] * len(bands)

    def index(frame: pl.DataFrame) -> dict:
        return monthly_ndvi(vegetation_observed(frame), COMPLETENESS).row(0, named=True)

    exact = index(pixels(red, infrared, clear))
    brighter = index(pixels([light * r for r in red], [light * n for n in infrared], clear))
    greener = index(pixels(red, [1.2 * n for n in infrared], clear))
    order = pixels(red, infrared, clear).sample(fraction=1, shuffle=True, seed=seed)

    assert -1 <= exact["ndvi_p10_index"] <= exact["ndvi_p90_index"] <= 1
    assert brighter["ndvi_index"] == pytest.approx(exact["ndvi_index"], abs=2e-6)
    assert greener["ndvi_index"] > exact["ndvi_index"]
    assert index(order) == exact
