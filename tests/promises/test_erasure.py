"""A person who is erased is nowhere any more, and the others are where they were."""

import json
import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable

from infra.errors import TwinError, UsageError
from infra.scan import scan
from quality.erasure.request import read_request
from tests.promises.erased_town import (
    ANNA,
    BRUNO,
    CARLA,
    REFUSED_TABLE,
    ROWS,
    SESSIONS_TABLE,
    counts,
    erase_in,
    pseudonyms_of_anna,
    run,
    sealed_texts,
    write_request,
)
from tests.promises.town import Town, rows_of


def test_an_erased_person_is_nowhere_and_the_others_are_where_they_were(settled: Town) -> None:
    before = pseudonyms_of_anna(settled)
    assert scan(settled.home, before)
    assert ANNA.fiscal_code in sealed_texts(settled)

    erase_in(settled, write_request(settled, ANNA))

    after = pseudonyms_of_anna(settled)
    hers = sorted(set(before) - set(after))
    assert len(before) == 3 * (4 + 2)
    assert len(hers) == 4 + 2  # four identifiers, and a plate on two days
    assert scan(settled.home, [*hers, *ANNA.values[1:]]) == []
    assert scan(settled.home, after)
    assert counts(settled) == {table: left for table, (_, left) in ROWS.items()}
    texts = sealed_texts(settled)
    assert not any(value in texts or value.lower() in texts for value in ANNA.values[1:])
    assert BRUNO.fiscal_code in texts
    assert CARLA.fiscal_code in texts


def test_older_versions_in_which_the_person_was_cannot_be_read(settled: Town) -> None:
    newest = DeltaTable(settled.lake / SESSIONS_TABLE).version()
    assert DeltaTable(settled.lake / SESSIONS_TABLE, version=newest - 1)

    erase_in(settled, write_request(settled, ANNA))

    twin = settled.twin()
    left = twin.lake.version(SESSIONS_TABLE) or 0
    assert twin.lake.upkeep.oldest_readable(SESSIONS_TABLE) == left
    with pytest.raises(TwinError):
        twin.lake.read(SESSIONS_TABLE, version=newest).collect()


def test_a_lake_that_is_rebuilt_from_sealed_deliveries_is_without_the_person(
    settled: Town,
) -> None:
    erase_in(settled, write_request(settled, ANNA))
    before = rows_of(settled)
    for stage in ("bronze", "quarantine"):
        shutil.rmtree(settled.lake / stage)

    run(settled, from_archive=True)

    again = rows_of(settled)
    assert counts(settled) == {table: left for table, (_, left) in ROWS.items()}
    assert again[SESSIONS_TABLE].equals(before[SESSIONS_TABLE])
    assert again[REFUSED_TABLE].equals(before[REFUSED_TABLE])


def _one(**identifier: str) -> str:
    return json.dumps({"request": "ER-1", "identifiers": [identifier]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "cannot be read as JSON"),
        ('{"request": "ER-1"}', "request and identifiers"),
        ('{"request": "Anna Rossi", "identifiers": []}', "nothing by which the person"),
        ('{"request": "ER-1", "identifiers": []}', "at least one"),
        (_one(entity="IT_PLATE"), "write entity and value"),
        (_one(entity="PLATE", value="ZZQQ999ZZ"), "entity is one of"),
        (_one(entity="IT_PLATE", value="ZZQQ999ZZ"), "no valid IT_PLATE"),
        (_one(entity="RECORD_ID", value="ZZQQ999ZZ"), "write the domain"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_without_showing_it(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "request.json"
    path.write_text(text)

    with pytest.raises(UsageError, match=said) as refused:
        read_request(path)

    assert "ZZQQ999ZZ" not in str(refused.value)


def test_the_command_erases_certifies_and_consumes_the_request(settled: Town) -> None:
    request = write_request(settled, ANNA)

    done = settled.command("erase", "--request", str(request))

    assert done.returncode == 0, done.stderr
    certificate = settled.home / "certificates" / "ER-2026-001.json"
    assert not request.exists()
    assert json.loads(certificate.read_text())["document"]["rows_erased"] == 6
    assert not any(value in done.stdout + done.stderr for value in ANNA.values)
    checked = settled.command("erase", "--verify", str(certificate))
    assert "signature is right" in checked.stdout
    certificate.write_text(certificate.read_text().replace("ER-2026-001", "ER-2026-009"))
    assert settled.command("erase", "--verify", str(certificate)).returncode == 1
