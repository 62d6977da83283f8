from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from assets.derived_assets import find_declarations
from assets.lineage import descents_of
from assets.twin import Twin
from infra.errors import TwinError
from infra.settings import Settings
from orchestration.definitions import build
from orchestration.instance import CONFIG
from quality.contract.model import Contract

CHECKS = {"privacy", "contract", "drift", "freshness"}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return Twin.here(Settings.load({}, tmp_path_factory.mktemp("installation")))


@pytest.fixture(scope="module")
def graph(twin: Twin) -> Any:
    return build(twin).resolve_asset_graph()


def key(*parts: str) -> dg.AssetKey:
    return dg.AssetKey([part for text in parts for part in text.split("/")])


def test_every_contract_gives_a_source_outside_a_bronze_table_and_a_quarantine(twin, graph):
    for name in twin.contracts:
        assert not graph.get(key("source", name)).is_executable
        for stage in ("bronze", "quarantine"):
            assert graph.get(key(stage, name)).parent_keys == {key("source", name)}


def test_every_table_says_what_it_is_whose_it_is_and_what_its_columns_mean(twin, graph):
    for asset in graph.materializable_asset_keys:
        node = graph.get(asset)
        columns = node.metadata["dagster/column_schema"].columns
        assert node.group_name
        assert node.owners
        assert node.kinds >= {asset.path[0], "deltalake"}
        assert node.description
        assert columns
        assert all(column.description for column in columns), asset


def test_every_description_begins_with_words_and_not_with_a_mark(graph):
    for asset in graph.get_all_asset_keys():
        assert graph.get(asset).description[0].isalpha(), asset


def test_three_tables_of_one_name_are_told_apart_by_their_stage(twin, graph):
    for name in twin.contracts:
        for stage in ("source", "bronze", "quarantine"):
            assert stage in graph.get(key(stage, name)).kinds


def test_a_gold_page_names_the_publishers_columns_behind_each_of_its_own(graph):
    page = graph.get(key("gold/air/hourly_european_air_quality_index")).description

    (line,) = (text for text in page.splitlines() if text.startswith("* `hour_at`"))
    assert "/assets/silver/air/air_quality_observed) `observed_at`; published as" in line
    assert line.endswith("/assets/source/arpa_lombardia/air_quality) `data`")


def test_every_table_has_the_four_checks_and_an_open_one_that_of_the_disclosure_gate(twin, graph):
    tables = [f"bronze/{name}" for name in twin.contracts] + list(find_declarations())
    for table in tables:
        names = {check.name for check in graph.asset_check_keys if check.asset_key == key(table)}
        assert names == CHECKS | ({"disclosure"} if table.startswith("open/") else set()), table


def test_a_table_is_partitioned_by_the_cadence_of_its_contract(twin, graph):
    for name, contract in twin.contracts.items():
        partitions = graph.get(key("bronze", name)).partitions_def
        if contract.cadence == "daily":
            assert isinstance(partitions, dg.DailyPartitionsDefinition)
        if contract.is_static:
            assert partitions is None


def test_the_columns_of_a_gold_table_lead_back_to_a_publishers_columns(twin):
    declarations = find_declarations()

    ways = descents_of(
        "gold/air/hourly_european_air_quality_index", "band_name", declarations, twin
    )

    assert {(way.source, *way.source_columns) for way in ways} == {
        ("source/arpa_lombardia/air_quality", "valore"),
        ("source/arpa_lombardia/air_quality", "stato"),
        ("source/arpa_lombardia/air_quality", "nometiposensore"),
        *(
            ("source/definitions/air_quality_index_bands", name)
            for name in (
                "definition_code", "valid_from_on", "pollutant_code", "band_level", "band_name",
                "upper_ugm3", "averaging_h",
            )
        ),
        *(
            ("source/definitions/completeness_rules", name)
            for name in ("subject_code", "valid_from_on", "least_ratio")
        ),
    }  # fmt: skip


def test_looking_at_the_definitions_makes_no_file(tmp_path: Path):
    build(Twin.here(Settings.load({}, tmp_path)))

    assert list(tmp_path.iterdir()) == []


def test_every_job_schedule_and_sensor_loads(twin):
    repository = build(twin).get_repository_def()

    dg.Definitions.validate_loadable(build(twin))
    jobs = {job.name for job in repository.get_all_jobs()}
    assert jobs >= {"upkeep", "look_at_freshness", "publisher_a2a_daily", "theme_air_daily"}
    assert all(job.executor_def is dg.in_process_executor for job in repository.get_all_jobs())


def test_tables_can_be_chosen_by_publisher_stage_theme_and_whether_they_are_personal(twin, graph):
    def chosen(tag: str) -> set[str]:
        selection = dg.AssetSelection.from_string(f"tag:{tag}")
        return {key.to_user_string() for key in selection.resolve(graph)}

    def landed(contracts: list[Contract]) -> set[str]:
        return {f"{stage}/{c.key}" for c in contracts for stage in ("bronze", "quarantine")}

    contracts = list(twin.contracts.values())
    assert chosen("personal=yes") == landed([c for c in contracts if c.is_personal])
    assert chosen("personal=no") == landed([c for c in contracts if not c.is_personal])
    assert chosen("publisher=a2a") == landed([c for c in contracts if c.publisher == "a2a"])
    assert chosen("stage=silver") == {k for k in find_declarations() if k.startswith("silver/")}
    assert chosen("theme=mobility") == {k for k in find_declarations() if "/mobility/" in k}


def test_dagster_started_in_the_repository_goes_by_what_installations_go_by():
    here = Path(__file__).parents[2] / "dagster.yaml"

    assert yaml.safe_load(here.read_text(encoding="utf-8")) == yaml.safe_load(CONFIG)
    assert "enabled: false" in CONFIG
    assert "NoOpComputeLogManager" in CONFIG


def test_a_contract_that_keeps_a_direct_identifier_of_a_computed_table_fails_the_build(tmp_path):
    twin = Twin.here(Settings.load({}, tmp_path))
    contract = twin.contracts["a2a/electricity_readings"]
    bare = contract.columns["section_id"].model_copy(update={"personal": "direct"})
    twin.contracts["a2a/electricity_readings"] = contract.model_copy(
        update={"columns": {**contract.columns, "section_id": bare}}
    )

    with pytest.raises(TwinError, match="to which nothing was done; treat it in its contract"):
        build(twin)
