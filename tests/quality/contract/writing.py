"""A contract as a person writes it, and how to save a changed copy of it."""

from pathlib import Path
from typing import Final

import pytest

from infra.errors import ContractError
from quality.contract.load import load_contract

GOOD: Final = """\
title: Soste nei parcheggi in struttura
owner: team:brescia-mobilita
purpose: Sapere quanto è pieno ogni parcheggio, ora per ora.
legal_basis: public_task
key_domain: parking
retention_days: 730
cadence: daily
since: 2025-01-01
source: {protocol: file, url: "{parking}/sessions-{window:%Y-%m-%d}.csv"}
primary_key: [session_pid]
event_time: entered_at
columns:
  session_pid: {from: id_sosta, type: string, personal: indirect, treatment: pseudonymise}
  car_park_id: {from: parcheggio, type: string}
  vehicle_pid: {from: targa, type: string, personal: direct, entity: IT_PLATE,
                treatment: pseudonymise, epoch: day}
  entered_at: {from: ingresso, type: timestamp, personal: indirect, treatment: {truncate: 15m}}
  paid_eur: {from: importo, type: float}
dropped:
  intestatario: Per contare le auto non serve sapere di chi sono.
expectations:
  - expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}
  - expect_column_values_to_be_in_set: {column: car_park_id, value_set: [P-STAZIONE, P-ARNALDO]}
"""


def changed(old: str, new: str) -> str:
    """The good contract with one place changed."""
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times in the contract"
    return GOOD.replace(old, new)


def saved(root: Path, text: str = GOOD, *, name: str = "brescia_mobilita/parking_sessions") -> Path:
    """The folder of a contract with this text."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(text, encoding="utf-8")
    return folder


def refusal(tmp_path: Path, text: str) -> list[str]:
    """What the refusal of a contract with this text says, line by line."""
    with pytest.raises(ContractError) as caught:
        load_contract(saved(tmp_path, text))
    return str(caught.value).replace(str(tmp_path), "").splitlines()
