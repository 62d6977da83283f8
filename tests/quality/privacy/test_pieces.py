from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.adapters import csv_rows, reading
from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals, Payload
from infra.keys import Keyring
from quality.contract.model import Contract
from quality.privacy.drift import Drift, drift_of_all
from quality.privacy.gate import protect
from quality.privacy.protected import Protected
from tests.quality.privacy.conftest import contract_of

COLUMNS: dict[str, Any] = {
    "owner_pid": {
        "from": "nome",
        "type": "string",
        "personal": "direct",
        "treatment": "pseudonymise",
        "description": "Chi.",
    },
    "energy_kwh": {"from": "energia", "type": "float", "description": "Quanta."},
    "read_at": {
        "from": "quando",
        "type": "timestamp",
        "sent_as": {"format": "%d/%m/%Y %H:%M"},
        "description": "Quando.",
    },
    "place_code": {"from": "luogo", "type": "string", "optional": True, "description": "Dove."},
}
CELLS = st.tuples(
    st.sampled_from(["Rosa Bianchi", "Aldo Neri", ""]),
    st.sampled_from(["1.5", "0.25", "ERR", ""]),
    st.sampled_from(["30/03/2025 01:30", "30/03/2025 02:30", "niente", ""]),
)


def arrived(*files: str) -> Arrivals:
    when = datetime(2025, 1, 1, tzinfo=UTC)
    return Arrivals(
        [Payload(f"{place}.csv", text.encode(), when) for place, text in enumerate(files)]
    )


def declared(**source: Any) -> Contract:
    return contract_of(
        COLUMNS, source={"protocol": "file", "url": "x.csv", "separator": ",", **source}
    )


def in_pieces(
    arrivals: Arrivals, contract: Contract, keyring: Keyring, *, of_bytes: int, **more: Any
) -> Protected:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "_PIECE_BYTES", of_bytes)
        patch.setattr(csv_rows, "_COPIED_BYTES", of_bytes)
        patch.setattr(reading, "_PIECE_BYTES", of_bytes)
        return protect(arrivals, contract, keyring, **more)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=20), min_size=1, max_size=2))
@settings(max_examples=40, deadline=None)
def test_a_delivery_protected_in_pieces_is_the_same_delivery(keyring, files):
    texts = ["\n".join(["nome,energia,quando", *map(",".join, rows)]) + "\n" for rows in files]
    contract = declared(decimal=".")

    pieces = in_pieces(arrived(*texts), contract, keyring, of_bytes=60)

    whole = protect(arrived(*texts), contract, keyring)
    assert pieces.frame.equals(whole.frame)
    assert pieces.refused.equals(whole.refused)
    assert pieces.delivered_count == whole.delivered_count
    assert pieces.drift == whole.drift


def test_numbers_that_explain_each_other_are_read_together(keyring):
    # Alone, the first sixty would be a little more than one kilowatt hour.
    lines = ["Aldo Neri;1.234;30/03/2025 01:30"] * 60
    text = "\n".join(["nome;energia;quando", *lines, "Aldo Neri;0,5;30/03/2025 01:30", ""])
    undeclared = contract_of(COLUMNS, source={"protocol": "file", "url": "x.csv", "separator": ";"})

    protected = in_pieces(arrived(text), undeclared, keyring, of_bytes=200)

    assert set(protected.frame["energy_kwh"]) == {1234.0, 0.5}


def test_what_was_read_can_be_let_go(keyring):
    arrivals = arrived("nome,energia,quando\nAldo Neri,1.5,30/03/2025 01:30\n")

    protect(arrivals, declared(decimal="."), keyring, lets_go=True)

    (payload,) = payloads_of(arrivals)
    with pytest.raises(AttributeError):
        _ = payload.content
    assert payload.name == "0.csv"


def test_a_column_is_missing_if_no_piece_has_it():
    parts = [Drift(missing=("a", "b"), kinds={"x": "nothing"}), Drift(missing=("b",))]
    parts[1] = Drift(missing=("b",), renamed={"a": "c", "b": "d"}, kinds={"x": "numbers"})

    drift = drift_of_all(parts)

    assert (drift.missing, drift.renamed, drift.kinds) == (("b",), {"b": "d"}, {"x": "numbers"})


def test_an_undeclared_column_of_two_pieces_counts_once():
    seen = {"0a": "column 5"}

    drift = drift_of_all(
        [Drift(undeclared_count=1, undeclared=("column 5",), unknown=seen)] * 2
        + [Drift(undeclared_count=1, undeclared=("note",), unknown={"0b": "note"})]
    )

    assert (drift.undeclared_count, drift.undeclared) == (2, ("column 5", "note"))
