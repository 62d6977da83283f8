import json
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.derived_assets import find_declarations
from assets.scenarios.impact import impact_of
from assets.scenarios.kind import EditProblem
from assets.scenarios.kinds.retrofit import Retrofit, less_heat, retrofit
from assets.scenarios.planned import Pair
from assets.scenarios.running import Outcome, outcome_of
from assets.scenarios.stored import impact_rows, run_scenario, scenarios_run
from assets.twin import DEFINITIONS, Twin
from infra.lake import TableSpec
from infra.settings import Settings
from tests.assets.scenarios.small_lake import scenario

SIGNATURE = "gold/energy/yearly_heat_signature_by_quarter"
SAVED = pl.read_csv(DEFINITIONS / "retrofit_factors.csv", try_parse_dates=True)
# One that halves what is needed, between a quarter and three quarters of it.
HALVED = SAVED.with_columns(
    factor_index=pl.lit(0.5), factor_low_index=pl.lit(0.25), factor_high_index=pl.lit(0.75)
)
SECTIONS = pl.DataFrame({"section_id": ["1", "2"], "quarter_id": ["Q01", "Q02"]})
BUILDINGS = pl.DataFrame(
    {
        "building_id": ["a", "b", "c", "d"],
        "section_id": ["1", "1", "1", "2"],
        "use_code": ["residenziale", "residenziale", "uffici", "residenziale"],
        "built_year": [1960, 2010, 1960, None],
        "floor_m2": [500.0, 300.0, 200.0, 1000.0],
    }
)


def row(quarter: str, carrier: str, year: int, **numbers: float) -> dict[str, object]:
    # A need of 150 kWh, of which 0.1 a day are base: 113.5 for heating.
    fitted = {"normalised_kwhm2": 150.0, "slope_wm2k": 2.0, "change_c": 16.0, "base_kwhm2": 0.1}
    ends = {
        name.replace("_kwhm2", f"{end}_kwhm2").replace("_wm2k", f"{end}_wm2k").replace(
            "_c", f"{end}_c"
        ): value * times
        for name, value in fitted.items()
        for end, times in (("", 1.0), ("_low", 0.9), ("_high", 1.1))
    }  # fmt: skip
    return {
        "quarter_id": quarter, "carrier_code": carrier, "year_on": date(year, 7, 1), **ends,
        "emission_kgm2": 30.0, "definition_from_on": date(2025, 1, 1), "completeness_ratio": 1.0,
        "observations_count": 365, "quality_code": "ok", **numbers,
    }  # fmt: skip


HEAT = pl.DataFrame(
    [row("Q01", "gas", 2024), row("Q01", "gas", 2025), row("Q01", "heat", 2025),
     row("Q02", "gas", 2025), row("Q01", "gas", 2026, normalised_kwhm2=None)]
)  # fmt: skip


TABLES = {
    "bronze/comune_brescia/buildings": BUILDINGS,
    "bronze/istat/census_sections": SECTIONS,
    "bronze/definitions/retrofit_factors": SAVED,
}
KNOWN = {SIGNATURE: find_declarations()[SIGNATURE]}


def put(twin: Twin, tables: dict[str, pl.DataFrame]) -> None:
    for key, frame in tables.items():
        twin.lake.replace_all(key, frame, spec=TableSpec(frame.schema), notes={}, mark=1)


def plan(**asked: object) -> Retrofit:
    return Retrofit.model_validate(
        {"kind": "retrofit", "quarters": ["Q01"], "share_ratio": 0.5, "depth": "medium", **asked}
    )


def after(factors: pl.DataFrame = HALVED, rows: pl.DataFrame = HEAT, **asked: object):
    return less_heat(
        plan(**asked), rows, buildings=BUILDINGS, sections=SECTIONS, factors=factors
    )  # fmt: skip


def test_the_heating_of_the_share_of_floor_that_is_retrofitted_falls_by_the_factor():
    found = after()

    # 800 of 1,000 m² are homes; half of them need half: a fifth of the heating is spared.
    heating = 150 - 365 * 0.1
    newest = found.row(1, named=True)
    assert newest["normalised_kwhm2"] == pytest.approx(150 - heating / 5)
    assert newest["slope_wm2k"] == pytest.approx(2 * 0.8)
    assert newest["base_kwhm2"] == 0.1
    assert newest["emission_kgm2"] == pytest.approx(30 * newest["normalised_kwhm2"] / 150)
    assert newest["quality_code"] == "unverified"
    assert found.row(2, named=True)["slope_wm2k"] == pytest.approx(2 * 0.8)
    # Neither the years before, nor the one that has only begun, nor other quarters.
    assert found[[0, 3, 4]].equals(HEAT[[0, 3, 4]])


def test_the_difference_has_the_interval_of_the_factor():
    pair = Pair(HEAT, after())
    outcome = Outcome({}, {SIGNATURE: pair}, (), ())

    rows = impact_of(outcome, find_declarations(), scenario="prova")

    heating = 150 - 365 * 0.1
    need = rows.filter(pl.col("value_code") == "normalised_kwhm2").row(0, named=True)
    assert (need["lo"], need["delta"], need["hi"]) == pytest.approx(
        (-heating * 0.4 * 0.75, -heating * 0.4 * 0.5, -heating * 0.4 * 0.25)
    )
    assert rows["is_better"].all()


@pytest.mark.parametrize(
    ("asked", "share"),
    [
        ({"uses": ["uffici"], "share_ratio": 1}, 0.2),
        ({"built_before": 1976, "share_ratio": 1}, 0.5),
        ({"uses": ["residenziale", "uffici"], "share_ratio": 1}, 1.0),
        ({"quarters": [], "sections": ["1"], "share_ratio": 1}, 0.8),
    ],
)
def test_only_the_buildings_that_are_meant_need_less(asked, share):
    slopes = after(**asked)["slope_wm2k"].to_list()

    assert slopes[1] == pytest.approx(2 - 2 * share * 0.5)
    assert slopes[3] == 2.0


def test_no_place_named_is_all_of_the_city():
    assert after(quarters=[], share_ratio=1)["slope_wm2k"].to_list() == pytest.approx(
        [2.0, 2 * 0.6, 2 * 0.6, 2 * 0.5, 2.0]
    )


@settings(max_examples=20)
@given(share=st.floats(0.01, 1), depth=st.sampled_from(["light", "medium", "deep"]))
def test_a_retrofit_never_raises_a_need_and_more_of_it_spares_more(share, depth):
    some, all_of_it = (after(SAVED, share_ratio=one, depth=depth) for one in (share, 1.0))

    for name in ("normalised_kwhm2", "slope_wm2k", "emission_kgm2"):
        assert (some[name] <= HEAT[name]).all()
        assert (all_of_it[name] <= some[name]).all()
        assert (some[name] < HEAT[name]).any()
    assert (some["normalised_low_kwhm2"] <= some["normalised_kwhm2"]).all()
    assert (some["normalised_kwhm2"] <= some["normalised_high_kwhm2"]).all()


def test_a_factor_that_was_read_at_its_source_leaves_a_row_as_reliable_as_it_was():
    found = after(HALVED.with_columns(is_verified=pl.lit(value=True)))

    assert found["quality_code"].to_list() == ["ok"] * 5


def test_a_year_without_a_signature_and_a_depth_without_a_factor_stay_as_they_are():
    fitted = [name for name, kind in HEAT.schema.items() if kind == pl.Float64]
    bare = HEAT.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in fitted if name != "completeness_ratio"
    ).with_columns(quality_code=pl.lit("no_data"))

    assert after(rows=bare).equals(bare)
    assert after(HALVED.filter(pl.col("depth_code") != "medium")).equals(HEAT)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"quarters": ["Q1"]}, "Q1 was not found; did you mean Q01? look it up"),
        ({"sections": ["9"]}, "9 was not found; look it up with gemello sql"),
        ({"uses": ["residenza"]}, "residenza was not found; did you mean residenziale?"),
        ({"built_before": 1900}, "there is no such building in these places"),
    ],
)
def test_buildings_that_are_not_there_are_refused(asked, said):
    with pytest.raises(EditProblem) as refused:
        retrofit(plan(**asked), BUILDINGS, SECTIONS)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (HEAT.tail(1), "nessun suo numero cambierebbe, o non ne ha ancora"),
        (None, f"{SIGNATURE} non esiste ancora"),
    ],
)
def test_without_a_signature_it_is_said_that_the_retrofit_changes_none(tmp_path, signature, why):
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(tmp_path)}, folder=tmp_path))
    put(twin, {SIGNATURE: signature, **TABLES} if signature is not None else TABLES)
    asked = scenario(tmp_path, "cappotto", "kind: retrofit, share_ratio: 0.5, depth: medium")

    outcome = outcome_of(asked, KNOWN, twin)

    assert outcome.left_out == {SIGNATURE: why}
    assert outcome.indicators == {}


def test_a_scenario_of_a_retrofit_edits_no_table_and_names_all_that_it_was_made_of(tmp_path):
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(tmp_path)}, folder=tmp_path))
    put(twin, {SIGNATURE: HEAT, **TABLES})
    asked = scenario(tmp_path, "cappotto", "kind: retrofit, share_ratio: 0.5, depth: medium")
    outcome = run_scenario(
        asked, KNOWN, twin, run_id="run", at=datetime(2026, 11, 23, tzinfo=UTC)
    )  # fmt: skip

    assert (outcome.edited, outcome.computed, list(outcome.indicators)) == ((), (), [SIGNATURE])
    assert outcome.left_out == {}
    assert set(impact_rows(twin)["period_start"].dt.year()) == {2025}
    assert set(json.loads(scenarios_run(twin)["inputs_text"].item())) == {SIGNATURE, *TABLES}
