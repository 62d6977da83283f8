import re
from pathlib import Path

import polars as pl
import pytest

from orchestration.cli.exit_codes import (
    EXIT_OURS,
    EXIT_REFUSED,
    EXIT_UNAVAILABLE,
    EXIT_USAGE,
    gravest,
)
from quality.contract.load import BUILT_IN
from tests.command_line import Command, Said, call

READINGS = "a2a/electricity_readings"
SAMPLE = next((BUILT_IN / READINGS).glob("sample.*"))


@pytest.fixture
def gemello(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """The command line in this process, on an installation of its own that holds nothing."""

    def run(*arguments: str, **settings: str) -> Said:
        own = {"GEMELLO_HOME": str(tmp_path / "home"), **settings}
        return call(arguments, own, monkeypatch=monkeypatch, capfd=capfd, folder=tmp_path)

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--select", "nonsense"), "--select nonsense names no table; write one such as"),
        (
            ("run", "--select", "bronze/a2a/electricity_reading"),
            rf"did you mean bronze/{READINGS}",
        ),
        (("run", "--select", "electricity_readings"), rf"did you mean bronze/{READINGS}\?"),
        (("run", "--select", f"source/{READINGS}"), "the outside world is not ours to run"),
        (("run", "--select", "key:(("), "is not a selection Dagster understands"),
        (("run", "--from", "soon"), "--from"),
        (("history", "bronze/nothing/here"), "there is no table bronze/nothing/here"),
        (("quarantine", "show", "a2a/electricity_reading"), f"did you mean {READINGS}"),
        (("contract", "check", "a2a/electricity_reading"), f"did you mean {READINGS}"),
        (("contract", "show", "zzz"), "known are "),
        (("sql", "DROP TABLE x"), "takes one SELECT"),
        (("sql", "SELECT * FROM nowhere"), "names a table or function that is not there"),
        (("keys", "new", "enrgy"), "did you mean energy"),
        (("protect", READINGS, str(SAMPLE), "--out", "x.doc"), "ends in .parquet or .csv"),
    ],
)
def test_a_command_that_names_nothing_is_a_mistake_of_usage(
    gemello: Command, arguments: tuple[str, ...], words: str
) -> None:
    said = gemello(*arguments)

    assert said.code == EXIT_USAGE
    assert re.search(words, said.text), said.text


@pytest.mark.parametrize("command", [("run", "--select", f"bronze/{READINGS}"), ("doctor",)])
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GEMELLO_LAKE", "gs://bucket", "take a folder or s3://"),
        ("GEMELLO_CONTRACTS", "nowhere", "GEMELLO_CONTRACTS names .* not a folder"),
        (
            "GEMELLO_SOURCES",
            "other=/srv",
            rf"{READINGS}: source names {{a2a_files}}, and GEMELLO_SOURCES does not say where "
            "that is; add a2a_files = ",
        ),
    ],
)
def test_a_wrong_setting_is_ours_to_put_right(
    gemello: Command, command: tuple[str, ...], name: str, value: str, words: str
) -> None:
    said = gemello(*command, **{name: value})

    assert said.code == EXIT_OURS
    assert re.search(words, said.text), said.text


def test_a_folder_of_sources_that_is_not_there_is_found_by_the_doctor(
    gemello: Command, tmp_path: Path
) -> None:
    said = gemello("doctor", GEMELLO_SOURCES=f"a2a_files={tmp_path}/gone")

    assert said.code == EXIT_OURS
    assert (
        f"{{a2a_files}} is {tmp_path}/gone, as GEMELLO_SOURCES says, and there is no" in said.text
    )


def test_the_doctor_of_a_fresh_installation_says_where_sources_are_looked_for(
    gemello: Command, tmp_path: Path
) -> None:
    said = gemello("doctor")

    assert said.code == 0
    assert f"{{a2a_files}} is {tmp_path}/home/sources/a2a_files" in said.text


def test_nothing_found_says_where_it_was_looked_for(gemello: Command, tmp_path: Path) -> None:
    said = gemello("run", "--select", f"bronze/{READINGS}", "--from", "2025-03-01")

    assert said.code == EXIT_UNAVAILABLE
    assert "nothing was found there for 2025-03-01/" in said.text
    assert f"{{a2a_files}} is {tmp_path}/home/sources/a2a_files, by default" in said.text


def test_a_password_in_a_setting_is_not_shown(gemello: Command) -> None:
    said = gemello(
        "run",
        "--select",
        f"bronze/{READINGS}",
        GEMELLO_SOURCES="a2a_files=http://user:secret@127.0.0.1:9/x",
    )

    assert said.code == EXIT_UNAVAILABLE
    assert "{a2a_files} is http://127.0.0.1:9/x, as GEMELLO_SOURCES says" in said.text
    assert "secret" not in said.text


def test_protecting_a_file_gives_the_rows_that_would_land(gemello: Command, tmp_path: Path) -> None:
    header, *rows = SAMPLE.read_text().splitlines()
    delivery = tmp_path / "delivery.csv"
    delivery.write_text("\n".join([header, *rows, rows[0]]))
    wide = _with(tmp_path, "max_quarantined_ratio: 1")

    said = gemello("protect", str(wide), str(delivery), "--out", "out.parquet")

    assert said.code == 0, said.text
    assert pl.read_parquet(tmp_path / "out.parquet").height == len(rows)
    assert "duplicate_key: 1 row" in said.text


def test_protecting_a_file_that_would_be_refused_writes_nothing(
    gemello: Command, tmp_path: Path
) -> None:
    header, *rows = SAMPLE.read_text().splitlines()
    delivery = tmp_path / "delivery.csv"
    delivery.write_text("\n".join([header, *[rows[0]] * 9]))

    said = gemello("protect", READINGS, str(delivery), "--out", "out.parquet")

    assert said.code == EXIT_REFUSED
    assert "nothing was written. 8 of 9 delivered rows were refused" in said.text
    assert not (tmp_path / "out.parquet").exists()


def _with(folder: Path, line: str) -> Path:
    """A copy of the contract of the readings with one more line."""
    copy = folder / "a2a" / "electricity_readings"
    copy.mkdir(parents=True)
    text = (BUILT_IN / READINGS / "contract.yaml").read_text()
    kept = [old for old in text.splitlines() if not old.startswith(line.partition(":")[0])]
    (copy / "contract.yaml").write_text("\n".join([*kept, line, ""]))
    defaults = BUILT_IN / "a2a" / "publisher.yaml"
    if defaults.exists():
        (folder / "a2a" / "publisher.yaml").write_text(defaults.read_text())
    return copy


def test_of_several_failures_the_one_nobody_else_can_repair_is_told() -> None:
    assert gravest([EXIT_UNAVAILABLE, EXIT_OURS, EXIT_REFUSED]) == EXIT_OURS
    assert gravest([EXIT_UNAVAILABLE, EXIT_REFUSED]) == EXIT_REFUSED
    assert gravest([]) == 0


@pytest.mark.slow
def test_checking_all_contracts_checks_what_computed_tables_make_of_them(gemello: Command) -> None:
    said = gemello("contract", "check")

    assert said.code == 0
    assert re.search(r"ok +[0-9]+ computed tables: every column goes back to columns", said.text)
