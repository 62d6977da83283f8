"""Known ways in which Great Expectations tells the values it was asked about."""

import json
import logging
import os
import socket
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from infra.errors import ContractError
from quality.expectations import engine
from quality.expectations.pandas_columns import as_pandas
from tests.quality.judging.deliveries import SCHEMA, contract, judged
from tests.quality.judging.every_rule import ROW_RULES, TABLE_RULES

TEXT = "RSSMRA80A01B157X_CANARY"
NUMBER = 770077.0077
WHOLE = 77007700
AT = datetime(2025, 1, 2, 7, 7, 7, 70077, tzinfo=UTC)
CANARIES = ("RSSMRA80A01B157X", "770077", "77007700", "07:07:07", "2077", "70077")
VALUES = {
    "session_id": TEXT,
    "car_park_id": TEXT,
    "entered_at": AT,
    "paid_on": date(2077, 7, 7),
    "paid_eur": NUMBER,
    "refund_eur": -NUMBER,
    "cars_count": WHOLE,
    "spots_count": -WHOLE,
    "__payload": 0,
    "__line": 3,
    "__event_on": date(2025, 1, 2),
}
HARMLESS = {name: [None, None, VALUES.get(name)] for name in SCHEMA}
UNCOMPUTABLE = [
    ("expect_column_value_z_scores_to_be_less_than", {"column": "car_park_id", "threshold": 1}),
    ("expect_column_values_to_be_dateutil_parseable", {"column": "paid_eur"}),
    ("expect_column_values_to_match_json_schema", {"column": "car_park_id", "json_schema": {}}),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "car_park_id", "column_B": "paid_eur"},
    ),
    ("expect_column_stdev_to_be_between", {"column": "session_id", "max_value": 1}),
]


def said(verdict):
    yield from (repr(verdict), repr(verdict.results), str(verdict.results), *verdict.stops)
    yield from verdict.refused["rule"]
    yield from verdict.refused["reason"]


@pytest.mark.parametrize(("name", "arguments"), ROW_RULES + TABLE_RULES + UNCOMPUTABLE)
def test_a_value_of_a_failing_row_is_in_nothing_but_the_frames(
    name, arguments, caplog, capfd, recwarn
):
    caplog.set_level(logging.DEBUG)
    frame = pl.DataFrame(HARMLESS, schema=SCHEMA)
    if name.endswith("z_scores_to_be_less_than"):
        arguments = {**arguments, "double_sided": True}
    terms = contract({name: arguments}, primary_key=["session_id"], max_quarantined_ratio=0.0)

    try:
        heard = list(said(judged(frame, terms)))
    except ContractError as error:
        heard = ["".join(traceback.format_exception(error)), repr(error.__context__)]

    heard += [caplog.text, *capfd.readouterr(), *(str(warning.message) for warning in recwarn)]
    assert not [canary for canary in CANARIES for text in heard if canary in text]


def test_great_expectations_by_itself_tells_the_value():
    import great_expectations as gx
    import pandas as pd
    from great_expectations.expectations import ExpectColumnValuesToBeInSet

    frames = gx.get_context(mode="ephemeral").data_sources.add_pandas("leak")
    batch = frames.add_dataframe_asset("leak").add_batch_definition_whole_dataframe("leak")
    batch = batch.get_batch({"dataframe": pd.DataFrame({"car_park_id": [TEXT]})})

    verdict = batch.validate(ExpectColumnValuesToBeInSet(column="car_park_id", value_set=["A"]))

    assert TEXT in str(verdict)


@pytest.mark.parametrize(("name", "arguments"), UNCOMPUTABLE)
def test_what_cannot_be_computed_is_an_error_of_the_contract(name, arguments):
    if name.endswith("z_scores_to_be_less_than"):
        arguments = {**arguments, "double_sided": True}
    frame = pl.DataFrame(HARMLESS, schema=SCHEMA)

    with pytest.raises(ContractError, match=rf"parking_sessions: expectations\.{name}"):
        judged(frame, contract({name: arguments}))


@pytest.fixture
def raw_results(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What Great Expectations answers, before we take the counts out of it."""
    from great_expectations.validator.validator import Validator

    heard: list[object] = []
    validate = Validator.graph_validate

    def recorded(self, *args, **options):
        results = validate(self, *args, **options)
        heard.extend(results)
        return results

    monkeypatch.setattr(Validator, "graph_validate", recorded)
    return heard


@pytest.mark.parametrize("rows", [True, False])
def test_no_answer_about_rows_holds_a_value_of_them(rows, raw_results):
    frame = as_pandas(pl.DataFrame(HARMLESS, schema=SCHEMA))

    for name, arguments in ROW_RULES:
        with suppress(engine.NotComputableError):
            engine.ask(frame, [engine.build(name, dict(arguments))], rows=rows)

    failed = [result for result in raw_results if result.result.get("unexpected_count")]
    assert len(failed) > 20
    texts = [json.dumps(result.to_json_dict(), default=str) for result in raw_results]
    assert not [canary for canary in CANARIES for text in texts if canary in text]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in which everything would be written, and a context made there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    engine._context.cache_clear()
    yield tmp_path
    engine._context.cache_clear()


def failed_delivery() -> None:
    rule = {"expect_column_values_to_be_in_set": {"column": "car_park_id", "value_set": ["A"]}}
    verdict = judged(pl.DataFrame(HARMLESS, schema=SCHEMA), contract(rule))
    assert [found.unexpected_count for found in verdict.results if "in_set" in found.rule] == [1]


def test_great_expectations_leaves_no_file_of_what_it_judged(fresh: Path):
    import great_expectations as gx

    failed_delivery()

    assert list(fresh.rglob("*")) == []
    gx.get_context(mode="file", project_root_dir=fresh)
    assert list(fresh.rglob("uncommitted"))  # where a context of its own kind would keep them


def test_great_expectations_calls_nobody_and_has_nothing_to_do_after_a_verdict(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
):
    called: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, place: called.append(place))
    monkeypatch.delenv("GX_ANALYTICS_ENABLED", raising=False)

    failed_delivery()

    assert called == []
    assert os.environ["GX_ANALYTICS_ENABLED"] == "False"
    context = engine._context()
    assert context.config.analytics_enabled is False
    assert list(context.checkpoints.all()) == []
