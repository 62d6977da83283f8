import polars as pl
import pytest

from assets.twin import BUILT_IN, DEFINITIONS
from quality.contract.load import load_contract
from tests.quality.judging.deliveries import judged

LIMITS = pl.read_csv(DEFINITIONS / "disclosure_limits.csv", try_parse_dates=True)
OF_EVENTS_AND_HOUSES = {"crashes_by_place", "stays_houses"}
OF_ENERGY_AND_WATER = {
    "energy_by_day", "energy_by_quarter_hour", "water_by_day", "charging_by_hour",
}  # fmt: skip


def kept(**changes: pl.Expr) -> set[str]:
    rows = LIMITS.with_columns(**changes).with_row_index("__line", offset=2)
    delivery = rows.with_columns(
        pl.col("__line").cast(pl.Int64),
        pl.lit(0, pl.Int32).alias("__payload"),
        pl.col("valid_from_on").alias("__event_on"),
    )
    contract = load_contract(BUILT_IN / "definitions" / "disclosure_limits")
    # So that whatever is not refused is seen to be kept.
    lenient = contract.model_copy(update={"max_quarantined_ratio": 1.0})
    return set(judged(delivery, lenient, window=None).kept["subject_code"])


def test_the_limits_of_the_twin_keep_what_it_promises():
    assert kept() == set(LIMITS["subject_code"])


@pytest.mark.parametrize(("least", "told"), [(9, OF_EVENTS_AND_HOUSES), (2, set()), (None, set())])
def test_no_edition_tells_of_fewer_than_ten_or_three_of_what_is_no_person(least, told):
    assert kept(least_count=pl.lit(least, pl.Int64)) == told


@pytest.mark.parametrize("largest", [0.26, None])
def test_no_edition_tells_energy_or_water_of_which_one_has_more_than_a_quarter(largest):
    refused = set(LIMITS["subject_code"]) - kept(largest_ratio=pl.lit(largest, pl.Float64))

    assert refused == OF_ENERGY_AND_WATER


def test_a_stricter_edition_is_taken():
    stricter = kept(least_count=pl.col("least_count") * 2, largest_ratio=pl.lit(0.1))

    assert stricter == set(LIMITS["subject_code"])
