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


@dg.asset(
    check_specs=[
        dg.AssetCheckSpec("is_wet", asset="checked"),
        dg.AssetCheckSpec("is_cold", asset="checked"),
    ]
)
def checked():
    yield dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(check_name="is_wet", passed=True),
            dg.AssetCheckResult(check_name="is_cold", passed=False),
        ]
    )


@dg.asset(deps=[rain])
def broken():
    raise ValueError


def told_by(instance: dg.DagsterInstance, run: str) -> list[tuple[object, object]]:
    return [(entry.dagster_event_type, entry.step_key) for entry in instance.all_logs(run)]


def test_what_is_told_is_what_dagster_itself_would_tell_in_its_order(settings: Settings):
    whole = [rain, checked, broken]
    with open_instance(settings) as ours:
        done = dg.materialize(whole, instance=ours, raise_on_error=False)
        told = told_by(ours, done.run_id)
    with dg.DagsterInstance.from_config(str(dagster_home(settings))) as plain:
        read = told_by(plain, done.run_id)
        again = dg.materialize(whole, instance=plain, raise_on_error=False)
        expected = told_by(plain, again.run_id)
        checks = plain.event_log_storage.get_latest_asset_check_execution_by_key(
            [dg.AssetCheckKey(dg.AssetKey("checked"), name) for name in ("is_wet", "is_cold")]
        )

    assert told == read
    assert [one for one in told if one[1]] == [one for one in expected if one[1]]
    assert {key.name: one.status.value for key, one in checks.items()} == {
        "is_wet": "SUCCEEDED",
        "is_cold": "FAILED",
    }


def test_who_looks_while_a_step_is_at_work_sees_that_it_began(settings: Settings):
    seen = []

    @dg.asset
    def looking(context: dg.AssetExecutionContext) -> None:
        with dg.DagsterInstance.from_config(str(dagster_home(settings))) as plain:
            seen.extend(told_by(plain, context.run.run_id))

    with open_instance(settings) as ours:
        dg.materialize([looking], instance=ours)

    assert (dg.DagsterEventType.STEP_START, "looking") in seen


def test_what_waits_is_written_before_anything_is_read(settings: Settings):
    read = []

    @dg.asset
    def asking(context: dg.AssetExecutionContext):
        yield dg.AssetMaterialization("by_hand")
        read.append(context.instance.get_latest_materialization_event(dg.AssetKey("by_hand")))
        yield dg.Output(None)

    with open_instance(settings) as ours:
        dg.materialize([asking], instance=ours)

    assert read[0] is not None
