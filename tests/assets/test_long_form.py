import dataclasses
from datetime import UTC, date, datetime

import polars as pl
import pytest

from assets.declaration import Declaration, given
from assets.long_form import KEY, SCHEMA, long_form
from assets.measured import Measured, Value, check_trust
from infra.errors import TwinError

MEASURED = Measured(
    entity="cell_id",
    urn="urn:ngsi-ld:GreenSpace:brescia:comune:",
    geometry="cell",
    grain="day",
    period="day_on",
    by=("species_code",),
    values={"shade_m2": Value("Ombra", "m2", low="shade_lo_m2", high="shade_hi_m2")},
    title="Ombra",
    how="Si misura a mezzogiorno.",
)
COLUMNS = (
    "cell_id", "day_on", "species_code", "shade_m2", "shade_lo_m2", "shade_hi_m2",
    "completeness_ratio", "observations_count", "quality_code",
)  # fmt: skip


def shade(trees: pl.DataFrame) -> pl.DataFrame:
    return trees


INDICATOR = Declaration(
    function=shade,
    key="gold/green/daily_shade_by_cell",
    reads={"trees": "silver/green/trees"},
    gives={name: given("x") for name in COLUMNS},
    key_columns=("cell_id", "day_on", "species_code"),
    window_by="day_on",
    title="Shade",
    method_version="2",
    literature="None.",
    measured=MEASURED,
)


def a_row(**change: object) -> pl.DataFrame:
    row = {
        "cell_id": "891f8e1a2dbffff", "day_on": date(2025, 3, 30), "species_code": "tiglio",
        "shade_m2": 12.0, "shade_lo_m2": 10.0, "shade_hi_m2": 15.0, "completeness_ratio": 0.5,
        "observations_count": 3, "quality_code": "partial",
    }  # fmt: skip
    return pl.DataFrame([row | change], schema_overrides={"shade_m2": pl.Float64})


def test_a_wide_row_becomes_one_long_row_a_value_with_its_interval_and_trust():
    row = long_form(a_row(), INDICATOR).row(0, named=True)

    assert row["indicator_id"] == "green/daily_shade_by_cell.shade_m2;species_code=tiglio"
    assert row["entity_id"] == "urn:ngsi-ld:GreenSpace:brescia:comune:891f8e1a2dbffff"
    assert row["h3_9"] == 0x891F8E1A2DBFFFF
    assert (row["value"], row["unit"], row["lo"], row["hi"], row["level"]) == (
        12.0, "m2", 10.0, 15.0, 0.95,
    )  # fmt: skip
    assert (row["n_obs"], row["completeness"], row["quality_flag"]) == (3, 0.5, "partial")
    assert (row["method_version"], row["scenario_id"]) == ("2", "baseline")


def test_the_day_on_which_the_clock_changes_has_23_hours():
    row = long_form(a_row(), INDICATOR).row(0, named=True)

    assert row["period_start"] == datetime(2025, 3, 29, 23, tzinfo=UTC)
    assert row["period_end"] == datetime(2025, 3, 30, 22, tzinfo=UTC)


def test_a_coarser_cell_is_no_cell_of_resolution_9():
    row = long_form(a_row(cell_id="871f8e1a2ffffff"), INDICATOR).row(0, named=True)

    assert row["h3_9"] is None


def test_an_empty_indicator_has_an_empty_long_form():
    long = long_form(a_row().clear(), INDICATOR)

    assert long.schema == SCHEMA
    assert set(KEY) <= set(long.columns)
    assert long.is_empty()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"completeness_ratio": 1.2}, "completeness_ratio is not from 0 to 1"),
        ({"completeness_ratio": None}, "completeness_ratio is not from 0 to 1"),
        ({"observations_count": -1}, "observations_count"),
        ({"quality_code": "fine"}, "quality_code is not of the closed list"),
        ({"shade_m2": 16.0}, "shade_m2 is outside its interval"),
        ({"shade_m2": float("nan")}, "shade_m2 is not a finite number"),
        ({"shade_m2": None, "quality_code": "ok"}, "shade_m2 is empty and quality_code is ok"),
    ],
)
def test_a_number_whose_trust_cannot_be_true_is_not_published(change, words):
    with pytest.raises(TwinError, match=f"in 1 row {words}"):
        check_trust("gold/green/daily_shade_by_cell", a_row(**change), MEASURED)


def test_a_number_without_a_value_that_says_so_is_published():
    empty = a_row(shade_m2=None, shade_lo_m2=None, shade_hi_m2=None, quality_code="no_data")

    check_trust("gold/green/daily_shade_by_cell", empty, MEASURED)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entity": "tree_id"}, "tree_id is not among the columns"),
        ({"by": ()}, "its key is"),
        ({"values": {}}, "name at least one value"),
        ({"period": None, "by": ("species_code", "day_on")}, "goes with a period"),
        ({"urn": "GreenSpace"}, "urn begins with"),
        ({"values": {"shade_m2": Value("Ombra", "m2")}}, "or says why it has none"),
        ({"values": {"shade_m2": Value("Ombra", "m2", low="shade_lo_m2")}}, "has an interval"),
    ],
)
def test_a_statement_of_what_is_measured_that_leaves_something_open_is_refused(change, words):
    measured = dataclasses.replace(MEASURED, **change)

    with pytest.raises(TwinError, match=words):
        dataclasses.replace(INDICATOR, measured=measured).check()
