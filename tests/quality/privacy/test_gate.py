import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError, GemelloError, TwinError
from infra.keys import Keyring
from quality.contract.model import Contract
from quality.privacy import gate
from quality.privacy.protected import Protected

PLATES = ["AB123CD", "ab 123 cd", "ZZ999ZZ", "N/D", "IO000IO"]
COLUMNS: dict[str, Any] = {
    "vehicle_pid": {
        "from": "targa",
        "type": "string",
        "personal": "direct",
        "entity": "IT_PLATE",
        "treatment": "pseudonymise",
    },
    "holder_pid": {
        "from": "cf",
        "type": "string",
        "personal": "direct",
        "entity": "IT_FISCAL_CODE",
        "treatment": "pseudonymise",
    },
    "phone_pid": {
        "from": "tel",
        "type": "string",
        "personal": "direct",
        "entity": "PHONE_NUMBER",
        "treatment": "pseudonymise",
    },
    "cell_id": {
        "from": ["lat", "lon"],
        "type": "string",
        "personal": "indirect",
        "treatment": {"h3": 7},
    },
    "entered_at": {
        "from": "ingresso",
        "type": "timestamp",
        "personal": "indirect",
        "treatment": {"truncate": "1h"},
    },
    "paid_eur": {"from": "importo", "type": "decimal"},
    "stay_min": {"from": "sosta", "type": "integer", "treatment": {"round_to": 5}},
    "car_park_id": {"from": "parcheggio", "type": "string"},
    "note_text": {
        "from": "note",
        "type": "string",
        "personal": "direct",
        "treatment": "redact",
    },
}
ROW = {
    "targa": "AB123CD",
    "cf": "RSSMRA85T10A562S",
    "tel": "333 1234567",
    "lat": "45,541623",
    "lon": "10,211867",
    "ingresso": "2025-01-05T10:17:31",
    "importo": "2,50",
    "sosta": "42",
    "parcheggio": "P-STAZIONE",
    "note": "Zzanna Zzprova ha perso il biglietto",
}
PERSONAL = ("targa", "cf", "tel", "lat", "lon", "ingresso", "note")


def delivery(*rows: Mapping[str, str | None]) -> dict[str, list[str | None]]:
    return {name: [{**ROW, **row}[name] for row in rows] for name in ROW}


def texts_of(protected: Protected) -> set[str]:
    """Every stored cell as text, our own columns and reasons included."""
    frames = (protected.frame, protected.refused)
    return {str(cell) for frame in frames for row in frame.iter_rows() for cell in row}


def test_a_row_comes_out_typed_protected_and_with_its_place(protect: Any) -> None:
    protected = protect(delivery({}), COLUMNS, event_time="entered_at")

    row = protected.frame.row(0, named=True)
    assert row["entered_at"] == datetime(2025, 1, 5, 9, tzinfo=UTC)
    assert (str(row["paid_eur"]), row["stay_min"], row["car_park_id"]) == (
        "2.500000",
        40,
        "P-STAZIONE",
    )
    assert (row["__payload"], row["__line"], row["__event_on"]) == (0, 2, date(2025, 1, 5))
    assert [len(row[name]) for name in ("vehicle_pid", "holder_pid", "phone_pid", "cell_id")] == [
        27,
        27,
        27,
        15,
    ]
    assert row["note_text"] == "[PERSON] ha perso il biglietto"


def test_the_event_day_is_that_of_the_citys_clock_before_it_was_truncated(protect: Any) -> None:
    columns = {"at": {"from": "ora", "type": "timestamp", "treatment": {"truncate": "1y"}}}

    protected = protect({"ora": ["2025-07-05T00:00:00", None]}, columns, event_time="at")

    assert protected.frame["__event_on"].to_list() == [date(2025, 7, 5), None]


def test_a_row_with_several_problems_is_one_refused_row_with_all_its_reasons(protect: Any) -> None:
    bad = {"targa": "ZZ-??-1", "importo": "gratis", "ingresso": "ieri"}

    protected = protect(delivery({}, bad), COLUMNS)

    assert protected.frame.height == 1
    row = protected.refused.row(0, named=True)
    assert row["rule"] == "invalid_it_plate"
    assert row["reason"] == (
        "vehicle_pid: not a valid IT_PLATE; entered_at: not an instant; paid_eur: not a number"
    )
    assert (row["vehicle_pid"], row["paid_eur"], row["__line"]) == (None, None, 3)
    assert row["holder_pid"] == protected.frame["holder_pid"].item()


def test_lines_that_could_not_be_read_are_refused_rows_too(protect: Any) -> None:
    unreadable = [(3, "the line has 4 cells, the header 10")]

    protected = protect(delivery({}, {}), COLUMNS, unreadable=unreadable)

    assert protected.delivered_count == 3
    assert protected.refused.select("__line", "rule", "reason").rows() == [
        (3, "unreadable", "the line has 4 cells, the header 10")
    ]
    assert protected.refused.columns == [*protected.frame.columns, "rule", "reason"]
    assert protected.refused.schema.items() >= protected.frame.schema.items()


def test_a_placeholder_is_null_and_never_a_pseudonym(protect: Any) -> None:
    protected = protect(delivery({"targa": "N/D"}, {"targa": ""}), COLUMNS)

    assert protected.frame["vehicle_pid"].to_list() == [None, None]


def test_names_of_columns_are_matched_without_their_outer_white_space(protect: Any) -> None:
    columns = {"station_id": {"from": " codice ", "type": "string"}}

    assert protect({"codice": ["S1"]}, columns).frame["station_id"].item() == "S1"


def test_an_entity_of_a_kept_column_is_checked_and_written_canonically(protect: Any) -> None:
    columns = {"company_id": {"from": "piva", "type": "string", "entity": "IT_VAT_CODE"}}

    protected = protect({"piva": ["IT 00743110157", "00743110158"]}, columns)

    assert protected.frame["company_id"].to_list() == ["00743110157"]
    assert protected.refused["rule"].to_list() == ["invalid_it_vat_code"]


def test_a_pseudonym_by_day_needs_a_day(protect: Any) -> None:
    columns = {"vehicle_pid": {**COLUMNS["vehicle_pid"], "epoch": "day"}}

    source = {"protocol": "file", "url": "seen-{window:%Y-%m-%d}.csv"}
    series = {"cadence": "daily", "since": date(2025, 1, 1), "source": source}

    with pytest.raises(ContractError, match="event_time"):
        protect({"targa": ["AB123CD"]}, columns, **series)


cells = st.none() | st.text(max_size=24) | st.sampled_from([*ROW.values(), *PLATES, "-9999", "1e3"])
damaged_rows = st.lists(
    st.dictionaries(st.sampled_from(sorted(ROW)), cells, max_size=6), max_size=6
)


@settings(max_examples=60)
@given(rows=damaged_rows)
def test_no_value_of_a_personal_column_comes_out_and_every_row_does(
    protect: Any, rows: list[dict[str, str | None]]
) -> None:
    delivered = delivery(*rows, {})

    protected = protect(delivered, COLUMNS, event_time="entered_at")

    assert (
        protected.frame.height + protected.refused.height
        == protected.delivered_count
        == len(rows) + 1
    )
    car_parks = [str(cell) for cell in delivered["parcheggio"]]
    kept = {*car_parks, *(cell.strip() for cell in car_parks), "None"}
    # A text such as 0000 is also part of the number 2.500000.
    for rows_out in (protected.frame, protected.refused):
        kept |= {str(number) for name in ("paid_eur", "stay_min") for number in rows_out[name]}
    secret = {
        cell for name in PERSONAL for cell in delivered[name] if cell and len(cell.strip()) > 3
    }
    out = texts_of(protected) - kept
    assert not {text for text in out for cell in secret - kept if cell.strip() in text}


@settings(max_examples=30)
@given(order=st.permutations(sorted(ROW)))
def test_the_order_of_columns_changes_nothing(protect: Any, order: list[str]) -> None:
    delivered = delivery({}, {"targa": "x1"}, {"tel": "1"})

    mixed = protect({name: delivered[name] for name in order}, COLUMNS)
    straight = protect(delivered, COLUMNS)

    assert mixed.frame.equals(straight.frame)
    assert mixed.refused.equals(straight.refused)


@settings(max_examples=60)
@given(
    names=st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=4),
    values=st.lists(st.none() | st.text(max_size=20), min_size=3, max_size=3),
)
def test_a_damaged_header_or_cell_raises_nothing_but_our_own_errors(
    protect: Any, names: list[str], values: list[str | None]
) -> None:
    delivered: dict[str, Any] = {"codice": ["a", "b", "c"]} | {
        f"#{name}".strip(): values for name in names
    }
    columns = {"station_id": {"from": "codice", "type": "string"}}

    try:
        protected = protect(delivered, columns)
    except GemelloError as error:
        shown = "".join(traceback.format_exception(error))
        assert not [value for value in values if value and len(value) > 8 and value in shown]
    else:
        assert protected.delivered_count == 3


CANARY = "RSSMRA80A01B157X_CANARY"


def _cast() -> object:
    return pl.Series([CANARY]).cast(pl.Float64)


def _to_date() -> object:
    return pl.Series([CANARY]).str.to_date("%Y-%m-%d")


def _strptime() -> object:
    return pl.Series([CANARY]).str.strptime(pl.Datetime, "%Y-%m-%d")


def _to_integer() -> object:
    return pl.Series([CANARY]).str.to_integer()


def _enum() -> object:
    return pl.Series([CANARY]).cast(pl.Enum(["a"]))


def _missing_column() -> object:
    return pl.LazyFrame({"a": ["x"]}).filter(pl.col("b") == CANARY).collect()


@pytest.mark.parametrize("fault", [_cast, _to_date, _strptime, _to_integer, _enum, _missing_column])
def test_whatever_polars_says_of_a_value_stays_inside_the_gate(fault: Callable[[], object]) -> None:
    with pytest.raises(TwinError) as caught, gate.fenced("city/things"):
        fault()

    shown = "".join(traceback.format_exception(caught.value))
    assert "city/things" in str(caught.value)
    assert CANARY not in shown


def arrivals_of(content: str) -> Arrivals:
    return Arrivals([Payload("things", content.encode(), datetime(2025, 1, 6, tzinfo=UTC))])


def contract_of(format_: str) -> Contract:
    return Contract.model_validate(
        {
            "publisher": "city",
            "dataset": "things",
            "title": "Cose",
            "owner": "team:city",
            "purpose": "Contare.",
            "legal_basis": "not_personal",
            "cadence": "static",
            "source": {"protocol": "file", "url": "things", "format": format_},
            "columns": {"thing_id": {"from": "id", "type": "string"}, "size_m": {"type": "float"}},
        }
    )


def test_a_sealed_delivery_is_opened_and_protected(keyring: Keyring) -> None:
    contract = contract_of("csv")

    protected = gate.protect(arrivals_of("id;size_m\n001;1,5\n002;boh\n"), contract, keyring)

    assert protected.frame.select("thing_id", "size_m").rows() == [("001", 1.5)]
    assert protected.refused["reason"].to_list() == ["size_m: not a number"]
    assert repr(protected) == "Protected(1 kept, 1 refused)"


def test_an_empty_list_is_a_delivery_of_nothing(keyring: Keyring) -> None:
    protected = gate.protect(arrivals_of("[]"), contract_of("json"), keyring)

    assert protected.delivered_count == 0
    assert protected.frame.columns[:2] == ["thing_id", "size_m"]


def test_an_empty_file_is_refused(keyring: Keyring) -> None:
    with pytest.raises(ContractError):
        gate.protect(arrivals_of(""), contract_of("csv"), keyring)


def test_importing_the_gate_imports_no_presidio() -> None:
    code = "import sys, quality.privacy.gate; sys.exit('presidio_analyzer' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
