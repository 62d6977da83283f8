import json
import warnings
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from infra.arrivals import Arrivals, Payload
from infra.keys import Keyring
from infra.settings import Settings
from infra.simulator import Simulation, truth_table
from infra.simulator.run import found_datasets
from infra.windows import Window
from quality.contract.load import BUILT_IN, load_contract
from quality.judgement import Verdict, judge
from quality.privacy.gate import protect
from quality.privacy.protected import Protected

DAYS = (date(2025, 3, 24), date(2025, 3, 30))
KEYS = sorted(one.KEY for one in found_datasets() if (BUILT_IN / one.KEY).is_dir())
Judged = tuple[Protected, Verdict]


@pytest.fixture(scope="module")
def judged(served: Settings) -> dict[str, Judged]:
    keyring = _keyring(served)
    return {key: _judged(key, served, keyring) for key in KEYS}


def _keyring(settings: Settings) -> Keyring:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a new root key was made
        return Keyring.open(settings)


def _judged(key: str, settings: Settings, keyring: Keyring) -> Judged:
    contract = load_contract(BUILT_IN / key)
    adapter = contract.source.resolved(lambda url: settings.resolve(url, contract=key))
    first = date(2024, 1, 1) if contract.cadence == "yearly" else DAYS[0]
    window = Window.between(first, DAYS[1], contract.cadence)
    protected = protect(adapter.pull(window), contract, keyring, adapter=adapter, window=window)
    verdict = judge(
        protected.frame,
        contract,
        refused_before=protected.refused.height,
        delivered_count=protected.delivered_count,
        window=None if window.is_static else window,
    )
    return protected, verdict


@pytest.mark.parametrize("key", KEYS)
def test_exactly_the_planted_defects_are_refused(
    key: str, week: Simulation, judged: dict[str, Judged]
) -> None:
    protected, verdict = judged[key]

    refused = protected.refused.height + verdict.refused.height
    assert protected.delivered_count == week.rows[key].delivered_count
    assert verdict.kept.height == week.rows[key].kept_count
    assert refused == week.rows[key].refused_count
    assert verdict.stops == ()


REFUSED_AS = {
    "duplicate key": ("duplicate_key",),
    "ragged row": ("unreadable",),
    "unparsable number": ("not_a_number",),
    "impossible date": ("not_a_date", "not_an_instant"),
    "invalid identifier": ("invalid_",),
    "missing value": ("required", "expect_column_values_to_not_be_null"),
    "value outside the list": ("expect_column_values_to_be_in_set",),
    "value of the wrong form": ("expect_column_values_to_match_regex",),
    "value out of range": ("expect_column_values_to_be_between",),
    "negative value": ("expect_column_values_to_be_between",),
    "unit slip": ("expect_column_values_to_be_between",),
    "more free than there are": ("expect_column_pair_values_a_to_be_greater_than_b",),
    "more guests than beds": ("expect_column_pair_values_a_to_be_greater_than_b",),
    "exit before entry": ("expect_column_pair_values_a_to_be_greater_than_b",),
}


@pytest.mark.parametrize("key", KEYS)
def test_each_rule_refuses_as_many_rows_as_were_planted_for_it(
    key: str, week: Simulation, judged: dict[str, Judged]
) -> None:
    protected, verdict = judged[key]
    planted: Counter[tuple[str, ...]] = Counter()
    for defect in json.loads((week.truth / "defects.json").read_text()):
        if defect["dataset"] == key and defect["is_refused"]:
            planted[REFUSED_AS[defect["kind"]]] += defect["rows_count"]

    rules = [*protected.refused["rule"], *verdict.refused["rule"]]

    found = {names: sum(rule.startswith(names) for rule in rules) for names in planted}
    assert found == dict(planted)


@pytest.mark.parametrize("key", KEYS)
def test_every_row_of_a_sample_is_kept(key: str, tmp_path: Path) -> None:
    contract = load_contract(BUILT_IN / key)
    (sample,) = (BUILT_IN / key).glob("sample.*")
    keyring = _keyring(Settings.load({}, tmp_path))
    payload = Payload(sample.name, sample.read_bytes(), datetime.now(UTC), None)

    protected = protect(Arrivals([payload]), contract, keyring, adapter=contract.source)

    verdict = judge(protected.frame, contract, refused_before=0, delivered_count=100, window=None)
    assert protected.refused.height == verdict.refused.height == 0
    assert verdict.kept.height == protected.delivered_count >= 3
    assert verdict.stops == ()


def test_the_undeclared_column_is_left_out_and_reported(judged: dict[str, Judged]) -> None:
    protected, _ = judged["arpa_lombardia/weather"]

    assert protected.drift.undeclared_count == 1
    assert protected.drift.missing == ()


def test_kept_readings_sum_to_the_energy_of_each_section(
    week: Simulation, judged: dict[str, Judged]
) -> None:
    _, verdict = judged["a2a/electricity_readings"]

    day = pl.col("read_at").dt.convert_time_zone("Europe/Rome").dt.date()
    sums = verdict.kept.group_by("section_id", day).agg(
        wh=(pl.col("energy_kwh") * 1000).round().cast(pl.Int64).sum(),
        meters=pl.col("meter_pid").n_unique(),
    )

    told = truth_table(week, "electricity_by_section").group_by("section_id", "consumed_on")
    truth = told.agg(pl.col("energy_wh").sum(), pl.col("meters_count").max())
    assert sorted(sums.rows()) == sorted(truth.rows())


def test_kept_sessions_are_the_entries_of_each_hour(
    week: Simulation, judged: dict[str, Judged]
) -> None:
    _, verdict = judged["brescia_mobilita/parking_sessions"]

    hours = verdict.kept.group_by("car_park_id", pl.col("entered_at").dt.truncate("1h")).len()

    assert sorted(hours.rows()) == sorted(truth_table(week, "parking_entries").rows())


def test_kept_air_is_the_air_that_was_simulated(
    week: Simulation, judged: dict[str, Judged]
) -> None:
    _, verdict = judged["arpa_lombardia/air_quality"]
    truth = truth_table(week, "air_by_hour")

    kept = verdict.kept.select(truth.columns)

    order = ["sensor_id", "measured_at"]
    assert kept.sort(order).equals(truth.sort(order))
