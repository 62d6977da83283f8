import hashlib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.derived_assets import find_declarations
from assets.scenarios.comparing import compared
from assets.scenarios.impact import impact_of, is_relative
from assets.scenarios.running import outcome_of
from assets.scenarios.stored import (
    drop_scenario,
    group_rows,
    impact_rows,
    run_scenario,
    scenarios_run,
)
from assets.twin import Twin
from infra.errors import UsageError
from tests.assets.scenarios.small_lake import (
    DECLARATIONS,
    RAIN,
    TRAFFIC,
    cells,
    scenario,
    small_lake,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DESEAL = "kind: deseal, removed_ratio: 0.5"
CLOSE = "kind: close_road, segments: [E07]"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return small_lake(tmp_path_factory.mktemp("lake"))


def impact(twin: Twin, folder: Path, *edits: str) -> pl.DataFrame:
    plan = scenario(folder, "prova", *edits)
    return impact_of(outcome_of(plan, DECLARATIONS, twin), DECLARATIONS, scenario="prova")


def run(twin: Twin, folder: Path, name: str, *edits: str) -> None:
    plan = scenario(folder, name, *edits)
    run_scenario(plan, DECLARATIONS, twin, run_id="run", at=NOW)


def bytes_of(twin: Twin) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(twin.settings.lake).rglob("*")
        if path.is_file() and "scenario_" not in str(path)
    }


def test_a_scenario_without_edits_computes_the_numbers_that_are_there(twin, tmp_path):
    plan = scenario(tmp_path, "vuoto")

    outcome = outcome_of(plan, DECLARATIONS, twin, also=DECLARATIONS)

    assert set(outcome.computed) == set(DECLARATIONS)
    assert impact_of(outcome, DECLARATIONS, scenario="vuoto").is_empty()


def test_only_what_an_edit_touches_is_computed(twin, tmp_path):
    ground = outcome_of(scenario(tmp_path, "uno", DESEAL), DECLARATIONS, twin)
    roads = outcome_of(scenario(tmp_path, "due", CLOSE), DECLARATIONS, twin)
    nothing = outcome_of(
        scenario(tmp_path, "tre", "kind: deseal, removed_ratio: 0.5, above_ratio: 0.95"),
        DECLARATIONS,
        twin,
    )

    assert ground.computed == (RAIN,)
    assert roads.computed == (TRAFFIC,)
    assert nothing.computed == ()


def test_two_edits_of_different_things_are_both_of_them_in_any_order(twin, tmp_path):
    ground, roads = impact(twin, tmp_path, DESEAL), impact(twin, tmp_path, CLOSE)

    both = impact(twin, tmp_path, DESEAL, CLOSE)

    assert both.equals(impact(twin, tmp_path, CLOSE, DESEAL))
    assert both.equals(pl.concat([roads, ground]))
    assert {TRAFFIC, RAIN} == {
        f"gold/{one}" for one in both["indicator_id"].str.split(".").list.first()
    }


def test_two_edits_of_one_table_add_up_where_they_touch_different_places(twin, tmp_path):
    one, two = cells()[0], cells()[-1]
    runoff = pl.col("value_code") == "runoff_50_mm"

    alone = [
        impact(twin, tmp_path, f"{DESEAL}, cells: ['{cell}']").filter(runoff) for cell in (one, two)
    ]
    both = impact(
        twin, tmp_path, f"{DESEAL}, cells: ['{one}']", f"{DESEAL}, cells: ['{two}']"
    ).filter(runoff)

    assert [part.height for part in alone] == [1, 1]
    assert both.equals(pl.concat(alone).sort("entity_id"))


def test_a_run_leaves_every_other_file_of_the_lake_as_it_is_byte_by_byte(twin, tmp_path):
    before = bytes_of(twin)

    run(twin, tmp_path, "prova", DESEAL, CLOSE)

    assert bytes_of(twin) == before
    assert impact_rows(twin).height > 0


def test_a_second_run_takes_the_place_of_the_first_and_a_drop_takes_it_away(twin, tmp_path):
    run(twin, tmp_path, "altra", CLOSE)
    run(twin, tmp_path, "prova", DESEAL)
    run(twin, tmp_path, "prova", CLOSE)

    rows = impact_rows(twin).partition_by("scenario_id", as_dict=True, include_key=False)
    assert rows[("prova",)].equals(rows[("altra",)])
    assert scenarios_run(twin)["scenario_id"].to_list() == ["altra", "prova"]

    drop_scenario("prova", twin, run_id="run")

    assert set(impact_rows(twin)["scenario_id"]) == {"altra"}
    assert scenarios_run(twin)["scenario_id"].to_list() == ["altra"]
    with pytest.raises(UsageError, match="prova has not been run"):
        drop_scenario("prova", twin, run_id="run")


def test_the_register_says_who_decided_what_it_costs_and_of_which_versions_it_is(twin, tmp_path):
    run(twin, tmp_path, "prova", DESEAL)

    row = scenarios_run(twin).filter(scenario_id="prova").row(0, named=True)
    assert (row["decided_by_name"], row["cost_eur"]) == ("Giunta comunale", 1000.0)
    assert '"bronze/regione_lombardia/terrain": 1' in row["inputs_text"]
    (notes,) = [twin.lake.history("gold/actions/scenario_impact")[0].notes]
    assert notes["plan"] == row["plan_code"]


def test_a_scenario_tells_no_group_of_fewer_than_ten(twin, tmp_path):
    run(twin, tmp_path, "prova", DESEAL)

    rows = group_rows(twin).filter(
        pl.col("scenario_id") == "prova", pl.col("indicator_id").str.ends_with("runoff_50_mm")
    )
    assert set(rows["quarter_id"]) == {"all", "Q01"}
    assert rows["residents_count"].min() >= 10
    told = pl.concat([rows["winners_count"], rows["losers_count"]]).drop_nulls()
    assert (told % 10 == 0).all()
    assert rows.filter(pl.col("quarter_id") == "all", pl.col("age_code") == "all")[
        "winners_count"
    ].to_list() == [910]


def test_who_is_overtaken_in_a_rank_has_lost_nothing(twin, tmp_path):
    run(twin, tmp_path, "prova", f"{DESEAL}, cells: ['{cells()[0]}']")

    own = pl.col("scenario_id") == "prova"
    rows = impact_rows(twin).filter(own)
    rank, water = (rows.filter(value_code=name) for name in ("hazard_index", "runoff_50_mm"))
    # Less water runs off one cell; others are ranked anew, and nothing happened there.
    assert set(water["entity_id"]) < set(rank["entity_id"])
    assert water["is_better"].to_list() == [True]
    assert rank["is_better"].null_count() == rank.height
    told = group_rows(twin).filter(own)
    is_rank = is_relative(DECLARATIONS)
    assert told.filter(is_rank)["winners_count"].null_count() == told.filter(is_rank).height > 0
    assert told.filter(~is_rank)["winners_count"].max() > 0


def test_ranks_and_shares_of_the_city_are_marked_as_relative():
    found = find_declarations()
    names = {
        f"{key}.{name}"
        for key, one in found.items()
        if one.measured is not None
        for name, value in one.measured.values.items()
        if value.is_relative
    }

    assert names == {
        "gold/economy/firms_by_cell_and_sector.location_quotient_index",
        "gold/risk/extreme_risk_by_cell.rank_level",
        "gold/risk/extreme_risk_by_cell.risk_max_index",
        "gold/risk/extreme_risk_by_cell.risk_mean_index",
        "gold/risk/pluvial_vulnerability_by_cell.hazard_index",
        "gold/risk/pluvial_vulnerability_by_cell.risk_index",
    }


def test_the_difference_lies_in_its_interval(twin, tmp_path):
    rows = impact(twin, tmp_path, DESEAL).filter(pl.col("value_code") == "runoff_50_mm")

    assert rows["lo"].null_count() == 0
    assert (rows["lo"] < rows["delta"]).all()
    assert (rows["delta"] < rows["hi"]).all()
    assert (rows["hi"] < 0).all()


def test_competing_scenarios_stand_in_one_table(twin, tmp_path):
    run(twin, tmp_path, "poco", "kind: deseal, removed_ratio: 0.1")
    run(twin, tmp_path, "molto", "kind: deseal, removed_ratio: 0.9")

    table = compared(group_rows(twin), ["poco", "molto"], by="city", indicator="runoff_50")

    (row,) = table.rows(named=True)
    assert row["molto delta"] < row["poco delta"] < 0
    assert row["baseline_value"] > -row["molto delta"]
