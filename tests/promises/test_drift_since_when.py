from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from tests.promises.checks import checks_of, metadata_of
from tests.promises.contracts import edit_contract, write_contract
from tests.promises.town import Town, days

TABLE = "bronze/bikes/stations"
DAYS = days(4)
CONTRACT = """\
    title: Biciclette disponibili
    owner: team:bici
    purpose: Sapere dove si trova una bicicletta.
    legal_basis: not_personal
    cadence: daily
    since: 2025-01-01
    source: {protocol: file, url: "{bikes}/stations_{window:%Y-%m-%d}.csv"}
    columns:
      station_id: {from: codice, type: string}
      free_count: {from: libere, type: integer}
      docks_count: {from: colonnine, type: integer, optional: true}
      state_name: {from: stato, type: string}
    dropped:
      note: Non servono.
    """
ROWS = {
    "codice": ["V1", "V2", "V3"],
    "libere": ["3", "0", "12"],
    "colonnine": ["10", "10", "20"],
    "stato": ["aperta", "chiusa", "aperta"],
    "note": ["", "", ""],
}


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A series that has landed one day."""
    town = Town(
        home=tmp_path / "home", sources=tmp_path / "sources", contracts=tmp_path / "contracts"
    )
    write_contract(tmp_path / "contracts", "bikes/stations", CONTRACT)
    (town.sources / "bikes").mkdir(parents=True)
    land(town, DAYS[0], ROWS)
    return town


def land(
    town: Town, day: date, rows: dict[str, list[str]], *, refused: bool = False
) -> dict[str, dg.AssetCheckEvaluation]:
    lines = [",".join(rows), *(",".join(cells) for cells in zip(*rows.values(), strict=True))]
    (town.sources / "bikes" / f"stations_{day}.csv").write_text("\n".join(lines) + "\n")
    done = town.run(TABLE, first=day, last=day)
    assert done.is_success is not refused, done.failures
    return checks_of(town, done)


def without(*names: str) -> dict[str, list[str]]:
    return {name: cells for name, cells in ROWS.items() if name not in names}


def test_a_delivery_as_agreed_has_no_drift(town: Town) -> None:
    drift = land(town, DAYS[1], ROWS)["drift"]

    assert drift.passed
    assert drift.description == "The columns delivered are those agreed."


def test_a_new_column_is_benign_and_says_since_when_it_comes(town: Town) -> None:
    more = ROWS | {"quota": ["120", "121", "122"]}
    land(town, DAYS[1], more)

    drift = land(town, DAYS[2], more)["drift"]

    assert not drift.passed
    assert drift.description == (
        "quota came, which nobody declared: it was left out (since 2025-03-25; benign). Declare "
        "what is new, or name it under dropped."
    )
    said = metadata_of(drift)
    assert said["undeclared columns"] == 1
    assert "| quota | added | 2025-03-25 | benign |" in str(said["changes"])


def test_a_column_whose_name_may_be_a_value_is_known_again_without_being_named(town: Town) -> None:
    more = ROWS | {"Zzcanari": ["1", "2", "3"]}
    land(town, DAYS[1], more)

    first = land(town, DAYS[2], more | {"Zzprovina": ["4", "5", "6"]})["drift"]
    second = land(town, DAYS[3], ROWS)["drift"]

    assert "column 6 came, which nobody declared: it was left out (since 2025-03-25" in str(
        first.description
    )
    assert "column 7 came, which nobody declared: it was left out (since 2025-03-26" in str(
        first.description
    )
    assert "column 6, which nobody declared, no longer comes (since 2025-03-27" in str(
        second.description
    )
    log = b"".join(path.read_bytes() for path in town.lake.rglob("*.json"))
    assert b"column 6" in log
    assert b"zzcanari" not in log.lower()


def test_columns_that_no_longer_come_are_benign_where_nobody_needs_them(town: Town) -> None:
    drift = land(town, DAYS[1], without("colonnine", "note"))["drift"]

    assert drift.passed
    assert drift.description == (
        "docks_count, which is optional, did not come: it is empty (since 2025-03-25; benign). "
        "note, which is under dropped, no longer comes (since 2025-03-25; benign)."
    )


def test_an_optional_column_that_seems_renamed_is_breaking(town: Town) -> None:
    rows = without("colonnine") | {"colonnine_totali": ROWS["colonnine"]}
    land(town, DAYS[1], rows)

    drift = land(town, DAYS[2], rows)["drift"]

    assert not drift.passed
    assert (
        "docks_count did not come and is empty: it may have been renamed to 'colonnine_totali' "
        "(since 2025-03-25; breaking)"
    ) in str(drift.description)


def test_a_required_column_that_is_gone_says_which_delivery_still_had_it(town: Town) -> None:
    rows = without("libere") | {"bici_libere": ROWS["libere"]}

    drift = land(town, DAYS[1], rows, refused=True)["drift"]

    assert not drift.passed
    assert metadata_of(drift)["effect"] == "breaking"
    assert "'libere' may have been renamed to 'bici_libere'" in str(drift.description)
    assert str(drift.description).endswith("The delivery of 2025-03-24 still had it")


def test_a_column_that_looks_personal_says_so(town: Town) -> None:
    rows = ROWS | {"targa": ["AB123CD", "CD456EF", "EF789GH"]}

    privacy = land(town, DAYS[1], rows, refused=True)["privacy"]

    assert metadata_of(privacy)["effect"] == "looks personal"


def test_a_column_that_holds_another_kind_stops_the_delivery_and_says_what_it_held(
    town: Town,
) -> None:
    rows = ROWS | {"libere": ["poche", "nessuna", "molte"]}

    contract = land(town, DAYS[1], rows, refused=True)["contract"]

    assert "'libere' holds text, and held numbers on 2025-03-24." in str(contract.description)


def test_a_text_column_that_now_holds_numbers_is_benign_and_told_once(town: Town) -> None:
    rows = ROWS | {"stato": ["1", "0", "1"]}

    first = land(town, DAYS[1], rows)["drift"]
    second = land(town, DAYS[2], rows)["drift"]

    assert first.passed
    assert first.description == (
        "'stato' holds numbers, and held text on 2025-03-24 (since 2025-03-25; benign)."
    )
    assert second.description == "The columns delivered are those agreed."


def test_an_old_delivery_is_compared_with_what_came_before_it(town: Town) -> None:
    land(town, DAYS[2], ROWS | {"quota": ["120", "121", "122"]})

    drift = land(town, DAYS[1], ROWS)["drift"]

    assert drift.description == "The columns delivered are those agreed."


def test_a_column_that_is_declared_at_last_is_no_drift_any_more(town: Town) -> None:
    rows = ROWS | {"quota": ["120", "121", "122"]}
    land(town, DAYS[1], rows)
    edit_contract(town, "bikes/stations", "dropped:\n", "dropped:\n  quota: Non serve.\n")

    drift = land(town, DAYS[2], rows)["drift"]

    assert drift.passed
