"""Whoever says that a person is erased proves it, and signs nothing else."""

import shutil

import polars as pl
import pytest
from deltalake import DeltaTable

from infra.signing import is_valid, read_signed
from quality.erasure.certificate import LEDGER, broken_links
from quality.erasure.proof import NotErased
from tests.promises.erased_town import (
    ANNA,
    BRUNO,
    SECOND_DAY,
    SESSIONS_TABLE,
    erase_in,
    write_request,
)
from tests.promises.town import FIRST_DAY, Town, rows_of


def test_a_copy_that_somebody_kept_is_found_and_nothing_is_signed(settled: Town) -> None:
    parts = sorted((settled.lake / SESSIONS_TABLE).rglob("*.parquet"))
    shutil.copy(parts[0], settled.lake / "bronze" / "copy of a colleague.parquet")
    request = write_request(settled, ANNA)

    with pytest.raises(NotErased, match=r"copy of a colleague.*holds a value") as refused:
        erase_in(settled, request)

    assert not any(value in str(refused.value) for value in ANNA.values)
    assert LEDGER not in rows_of(settled)
    (settled.lake / "bronze" / "copy of a colleague.parquet").unlink()
    assert erase_in(settled, request).document["rows_erased"] == 6


def test_statistics_of_pseudonyms_are_found_and_nothing_is_signed(settled: Town) -> None:
    table = DeltaTable(settled.lake / SESSIONS_TABLE)
    table.alter.set_table_properties({"delta.dataSkippingStatsColumns": "owner_pid,place_code"})
    table.optimize.compact()

    with pytest.raises(NotErased, match="statistics of owner_pid"):
        erase_in(settled, write_request(settled, ANNA))

    assert LEDGER not in rows_of(settled)


def test_what_cannot_be_opened_is_not_proven_clean(settled: Town) -> None:
    (settled.home / "dagster").joinpath("kept.zip").write_bytes(b"PK\x03\x04 cut short")

    with pytest.raises(NotErased, match=r"kept\.zip cannot be opened"):
        erase_in(settled, write_request(settled, ANNA))


def test_a_certificate_is_signed_and_any_changed_word_shows(settled: Town) -> None:
    signed = erase_in(settled, write_request(settled, ANNA))

    again = read_signed(signed.as_json())
    changed = read_signed(signed.as_json().replace('"rows_erased": 6', '"rows_erased": 7'))
    assert is_valid(again)
    assert not is_valid(changed)
    assert not any(value in signed.as_json() for value in ANNA.values)


def test_certificates_are_chained_in_the_ledger(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))
    erase_in(settled, write_request(settled, BRUNO, name="ER-2026-002"))

    entries = rows_of(settled)[LEDGER].sort("completed_at")

    assert entries["request_id"].to_list() == ["ER-2026-001", "ER-2026-002"]
    assert broken_links(entries) == []
    assert broken_links(entries.tail(1)) == ["ER-2026-002"]
    forged = entries["certificate"][0].replace('"rows_erased": 6', '"rows_erased": 5')
    swapped = entries.with_columns(
        certificate=pl.when(pl.col("request_id") == "ER-2026-001")
        .then(pl.lit(forged))
        .otherwise("certificate")
    )
    assert broken_links(swapped) == ["ER-2026-001", "ER-2026-002"]


def test_days_whose_keys_are_gone_are_said_to_be_nobodys(settled: Town) -> None:
    twin = settled.twin()
    twin.keyring.expire_epochs(SECOND_DAY)

    signed = erase_in(settled, write_request(settled, ANNA))

    gone = signed.document["not_attributable"]
    assert isinstance(gone, dict)
    assert gone["days"] == [
        {
            "key_domain": "canary",
            "days": 1,
            "first": FIRST_DAY.isoformat(),
            "last": FIRST_DAY.isoformat(),
        }
    ]
