import dagster as dg
import pytest

from infra.settings import Settings
from orchestration.instance import dagster_home, open_instance


@dg.asset
def rain() -> None:
    pass


@pytest.fixture
def settings(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return Settings.load({}, tmp_path)


def test_what_a_run_told_is_read_by_an_instance_that_knows_nothing_of_us(settings: Settings):
    with open_instance(settings) as ours:
        done = dg.materialize([rain], instance=ours)
        told = ours.all_logs(done.run_id)

    with dg.DagsterInstance.from_config(str(dagster_home(settings))) as plain:
        read = plain.all_logs(done.run_id)
        newest = plain.get_latest_materialization_event(dg.AssetKey("rain"))

    assert type(plain.event_log_storage).__name__ == "SqliteEventLogStorage"
    assert [entry.dagster_event_type for entry in read] == [e.dagster_event_type for e in told]
    assert newest is not None
    assert newest.run_id == done.run_id


def test_two_instances_write_to_the_same_files_at_once(settings: Settings):
    with open_instance(settings) as ours, open_instance(settings) as other:
        first = dg.materialize([rain], instance=ours)
        second = dg.materialize([rain], instance=other)
        third = dg.materialize([rain], instance=ours)

        assert {run.run_id for run in ours.get_runs()} == {
            done.run_id for done in (first, second, third)
        }
        assert len(other.fetch_materializations(dg.AssetKey("rain"), limit=9).records) == 3


def test_more_runs_than_files_are_kept_open_can_be_written(settings: Settings):
    with open_instance(settings) as ours:
        for _ in range(10):
            assert dg.materialize([rain], instance=ours).success

        assert len(ours.fetch_materializations(dg.AssetKey("rain"), limit=99).records) == 10
