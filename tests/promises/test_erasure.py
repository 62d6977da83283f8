"""A person who is erased is nowhere any more, and whoever says so proves it."""

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from assets.erasing import backups_of, office_of
from assets.twin import Twin, utc_now
from infra.backup import restore
from infra.errors import GemelloWarning, TwinError, UsageError
from infra.scan import scan
from infra.signing import Signed, is_valid, read_signed
from quality.erasure.certificate import LEDGER, broken_links
from quality.erasure.erase import erase, lift
from quality.erasure.proof import NotErased
from quality.erasure.request import read_request
from tests.conftest import ObjectStore
from tests.promises.erased_town import (
    ANNA,
    BRUNO,
    CARLA,
    HOLDERS_TABLE,
    NOTES_TABLE,
    REFUSED_TABLE,
    SECOND_DAY,
    SESSIONS_TABLE,
    deliver_holders,
    deliver_sessions,
    erased_town,
    land_twice,
    run,
    write_request,
)
from tests.promises.town import FIRST_DAY, Town, days, process_environment, rows_of

THIRD_DAY = days(3)[2]
ROOT = Path(__file__).parents[2]
# Every row of the town, and those that are not Anna's.
ROWS = {HOLDERS_TABLE: (4, 2), NOTES_TABLE: (3, 2), SESSIONS_TABLE: (6, 4), REFUSED_TABLE: (2, 1)}


class Killed(BaseException):
    """What ends a run at a step, and is caught by nobody."""


@pytest.fixture(scope="module")
def settled_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Anna, Bruno and Carla in all tables, older versions, quarantine and sealed deliveries."""
    town = erased_town(tmp_path_factory.mktemp("settled"))
    land_twice(town)
    return town


@pytest.fixture
def settled(settled_once: Town, tmp_path: Path) -> Town:
    """The same, for a test that erases somebody."""
    shutil.copytree(settled_once.home.parent, tmp_path / "town")
    folder = tmp_path / "town"
    return Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")


def erase_in(town: Town, request: Path, told: Callable[[str], None] = lambda _: None) -> Signed:
    office = office_of(town.twin(), town.home / "dagster")
    return erase(read_request(request), office, clock=utc_now, told=told)


def counts(town: Town) -> dict[str, int]:
    found = rows_of(town)
    return {table: found[table].height for table in ROWS}


def pseudonyms_of_anna(town: Town) -> list[str]:
    """What only Anna's rows hold of the columns that say who a row is of, before she is erased."""
    rows = rows_of(town)[SESSIONS_TABLE]
    columns = [name for name in rows.columns if name.endswith("_pid") and name != "session_pid"]
    by_row = rows.select(pl.concat_list(columns)).to_series().to_list()
    return sorted({one for row in by_row for one in row})


def sealed_texts(town: Town) -> str:
    """Everything that sealed deliveries hold, as far as keys open it."""
    from infra.adapters.opening import payloads_of

    contents = town.twin().archive.contents
    return "".join(
        repr(pl.read_parquet(_rows_in(payload.content)).rows())
        if payload.stands_for
        else payload.content.decode()
        for key in contents.contract_keys()
        for records in contents.by_ciphertext(key)
        for payload in payloads_of(contents.open(records[0]))
    )


def _rows_in(content: bytes) -> bytes:
    import io
    import zipfile

    return zipfile.ZipFile(io.BytesIO(content)).read("rows.parquet")


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


def test_the_same_delivery_once_more_is_no_news_and_brings_nobody_back(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))
    before = {table: DeltaTable(settled.lake / table).version() for table in ROWS}

    run(settled)

    assert {table: DeltaTable(settled.lake / table).version() for table in ROWS} == before
    assert counts(settled) == {table: left for table, (_, left) in ROWS.items()}


def test_a_later_delivery_lands_without_the_person_and_is_sealed_without(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    rows = [("U1", ANNA, "A"), ("U2", BRUNO, "B"), ("U3", ANNA, "ELSEWHERE")]
    deliver_sessions(settled, FIRST_DAY, [*rows, ("U4", CARLA, "A"), ("U5", CARLA, "B")])
    deliver_holders(settled, {BRUNO: "Z7", ANNA: "Z1"})
    run(settled)

    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 3
    texts = sealed_texts(settled)
    assert "U1" not in texts
    assert "U2" in texts
    assert not any(value in texts for value in ANNA.values[1:])
    current = rows_of(settled)[HOLDERS_TABLE].filter(pl.col("valid_to").is_null())
    assert current["zone_code"].to_list() == ["Z7"]


def test_a_delivery_of_nobody_else_is_no_failure_and_leaves_no_trace(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    deliver_sessions(settled, THIRD_DAY, [("W1", ANNA, "A")])
    summary = settled.run(SESSIONS_TABLE, first=THIRD_DAY, last=THIRD_DAY)

    assert summary.is_success, summary.failures
    assert rows_of(settled)[SESSIONS_TABLE].height == ROWS[SESSIONS_TABLE][1]
    assert "W1" not in sealed_texts(settled)


def test_a_request_that_is_lifted_lets_later_rows_land(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    lift("ER-2026-001", office_of(settled.twin(), settled.home / "dagster"))
    deliver_sessions(settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B")])
    run(settled)

    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 2


def test_who_was_erased_stays_out_after_the_root_key_was_renewed(settled: Town) -> None:
    erase_in(settled, write_request(settled, ANNA))

    for _ in range(2):
        assert settled.command("keys", "renew").returncode == 0
    deliver_sessions(settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B")])
    summary = settled.run(SESSIONS_TABLE, HOLDERS_TABLE, first=FIRST_DAY, last=SECOND_DAY)

    assert summary.is_success, summary.failures
    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 1
    assert not any(value in sealed_texts(settled) for value in ANNA.values[1:])


def test_a_request_that_comes_again_finds_what_came_since(settled: Town) -> None:
    request = write_request(settled, ANNA)
    erase_in(settled, request)
    lift("ER-2026-001", office_of(settled.twin(), settled.home / "dagster"))
    deliver_sessions(settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B")])
    run(settled)

    erase_in(settled, request)

    sessions = rows_of(settled)[SESSIONS_TABLE]
    assert sessions.filter(pl.col("window_on") == FIRST_DAY).height == 1
    assert rows_of(settled)[LEDGER].height == 2


def killed_and_finished(town: Town, last: int) -> Signed:
    """The certificate of an erasure that was killed after so many steps and asked for again."""
    request = write_request(town, ANNA)
    seen: list[str] = []

    def kill(step: str) -> None:
        seen.append(step)
        if len(seen) > last:
            raise Killed

    with pytest.raises(Killed):
        erase_in(town, request, kill)
    return erase_in(town, request)


def copy_of(town: Town, folder: Path) -> Town:
    shutil.copytree(town.home.parent, folder)
    return Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")


def assert_finished(town: Town, signed: Signed) -> None:
    assert counts(town) == {table: left for table, (_, left) in ROWS.items()}
    assert scan(town.home, list(ANNA.values[1:])) == []
    assert signed.document["rows_erased"] == 6
    assert signed.document["sealed_deliveries"] == {
        "canary/holders": {"cut": 2},
        "canary/notes": {"cut": 1},
        "canary/sessions": {"cut": 3},
    }


@pytest.mark.parametrize("last", [2, 13])
def test_an_erasure_that_was_killed_is_finished_by_the_same_command(
    settled: Town, last: int
) -> None:
    signed = killed_and_finished(settled, last)

    assert_finished(settled, signed)


KILLED_BY_THE_SYSTEM = """
import os, signal, sys
from pathlib import Path
from assets.erasing import office_of
from assets.twin import Twin, utc_now
from quality.erasure.erase import erase
from quality.erasure.request import read_request

def told(step):
    if step.endswith("sessions: history purged"):
        os.kill(os.getpid(), signal.SIGKILL)

twin = Twin.here()
office = office_of(twin, twin.settings.home / "dagster")
erase(read_request(Path(sys.argv[1])), office, clock=utc_now, told=told)
"""


def test_a_process_that_the_system_kills_leaves_no_lease_and_is_gone_on_with(
    settled: Town,
) -> None:
    request = write_request(settled, ANNA)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_BY_THE_SYSTEM, str(request)],
        env=process_environment(settled.environment),
        cwd=ROOT,
        check=False,
        capture_output=True,
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert_finished(settled, erase_in(settled, request))


@dataclass(frozen=True)
class BucketTown(Town):
    """A town whose lake and archive lie in a bucket."""

    bucket: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """See Town."""
        key = self.home.parent / "root.key"
        return {
            **super().environment,
            "GEMELLO_LAKE": f"{self.bucket}/lake",
            "GEMELLO_ARCHIVE": f"{self.bucket}/archive",
            "GEMELLO_ROOT_KEY_FILE": str(key),
        }


@pytest.mark.server
def test_in_a_bucket_a_person_is_erased_and_a_backup_restored_without_them(
    object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in object_store.environment.items():
        monkeypatch.setenv(name, text)
    plain = erased_town(tmp_path)
    bucket = f"s3://{object_store.bucket}/{uuid.uuid4().hex}"
    town = BucketTown(plain.home, plain.sources, plain.contracts, bucket)
    (tmp_path / "root.key").write_bytes(bytes(range(32)))
    (tmp_path / "root.key").chmod(0o600)
    land_twice(town)
    twin = town.twin()
    backup = backups_of(twin).make(twin.lake, f"{bucket}/safe", now=utc_now())

    signed = erase_in(town, write_request(town, ANNA))

    left = {table: twin.lake.read(table).collect() for table in ROWS}
    assert {table: rows.height for table, rows in left.items()} == {
        table: kept for table, (_, kept) in ROWS.items()
    }
    assert signed.document["rows_erased"] == 6
    files = object_store.files()
    for stage in ("bronze", "quarantine"):
        files.rm(f"{bucket}/lake/{stage}", recursive=True)
    assert restored(town.twin(), backup.folder) == 6
    again = town.twin().lake
    assert all(again.read(table).collect().equals(rows) for table, rows in left.items())
    assert not any("alone" in name or "writer" in name for name in files.find(f"{bucket}/lake"))


@pytest.mark.slow
def test_an_erasure_killed_at_any_step_is_finished_by_the_same_command(
    settled: Town, tmp_path: Path
) -> None:
    steps: list[str] = []
    erase_in(copy_of(settled, tmp_path / "whole"), write_request(settled, ANNA), steps.append)
    assert len(steps) > 15

    for last in range(len(steps)):
        town = copy_of(settled, tmp_path / f"killed-{last}")
        signed = killed_and_finished(town, last)
        assert_finished(town, signed)
        shutil.rmtree(town.home.parent)


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


def test_a_backup_is_named_until_it_ends_and_restores_without_the_person(
    settled: Town, tmp_path: Path
) -> None:
    twin = settled.twin()
    made = backups_of(twin).make(twin.lake, str(tmp_path / "safe"), now=utc_now(), keep_days=9)
    assert scan(tmp_path / "safe", [*pseudonyms_of_anna(settled), *ANNA.values]) == []
    before = pseudonyms_of_anna(settled)

    signed = erase_in(settled, write_request(settled, ANNA))

    left = signed.document["backups"]
    assert isinstance(left, dict)
    assert left["last_expires_on"] == made.expires_on.isoformat()
    expected = rows_of(settled)
    for stage in ("bronze", "quarantine"):
        shutil.rmtree(settled.lake / stage)
    shutil.rmtree(settled.home / "archive")
    again = restored(settled.twin(), made.folder)
    assert again == 6
    found = rows_of(settled)
    assert all(found[table].equals(expected[table]) for table in ROWS)
    hers = set(before) - set(pseudonyms_of_anna(settled))
    assert len(hers) == 4 + 2
    assert scan(settled.lake, sorted(hers)) == []
    deliver_holders(settled, {ANNA: "Z3", BRUNO: "Z1", CARLA: "Z2"})
    run(settled)
    assert scan(settled.lake, sorted(hers)) == []


def restored(twin: Twin, folder: str) -> int:
    done = restore(twin.lake, twin.archive, twin.keyring, folder=folder, told=lambda _: None)
    return done.erased_rows_count


@pytest.mark.parametrize("tables_count", [1, 3])
def test_a_restore_that_was_stopped_is_gone_on_with(
    settled: Town, tmp_path: Path, tables_count: int
) -> None:
    twin = settled.twin()
    made = backups_of(twin).make(twin.lake, str(tmp_path / "safe"), now=utc_now())
    before = rows_of(settled)
    with pytest.raises(UsageError, match="nothing is overwritten"):
        restored(settled.twin(), made.folder)
    for stage in ("bronze", "quarantine"):
        shutil.rmtree(settled.lake / stage)

    told: list[str] = []

    def kill(said: str) -> None:
        told.append(said)
        if len(told) == tables_count:
            raise Killed

    with pytest.raises(Killed):
        restore(twin.lake, twin.archive, twin.keyring, folder=made.folder, told=kill)
    restored(settled.twin(), made.folder)

    found = rows_of(settled)
    assert all(found[table].equals(before[table]) for table in ROWS)
    assert not list(settled.lake.rglob(".restoring/*"))
    run(settled)
    assert counts(settled) == {table: all_ for table, (all_, _) in ROWS.items()}


def test_a_backup_that_has_ended_opens_to_nobody(settled: Town, tmp_path: Path) -> None:
    twin = settled.twin()
    backups = backups_of(twin)
    made = backups.make(twin.lake, str(tmp_path / "safe"), now=utc_now(), keep_days=1)

    assert backups.expire(made.made_at.date()) == 0
    assert backups.expire(made.expires_on) == 1

    assert backups.all() == []
    with pytest.raises(UsageError, match="its key is destroyed"):
        restored(settled.twin(), made.folder)
    with pytest.raises(UsageError, match="1 to 30 days"):
        backups.make(twin.lake, str(tmp_path / "safe"), now=utc_now(), keep_days=31)


def test_a_landing_that_runs_meanwhile_waits_and_brings_nobody_back(settled: Town) -> None:
    deliver_sessions(
        settled, FIRST_DAY, [("U1", ANNA, "A"), ("U2", BRUNO, "B"), ("U3", CARLA, "A")]
    )
    landing = threading.Thread(target=lambda: run(settled))
    waited: list[bool] = []

    def told(step: str) -> None:
        if step == f"{REFUSED_TABLE}: rewritten":
            landing.start()
            time.sleep(4)
            waited.append(landing.is_alive())

    erase_in(settled, write_request(settled, ANNA), told)
    landing.join(120)

    assert waited == [True]
    first = rows_of(settled)[SESSIONS_TABLE].filter(pl.col("window_on") == FIRST_DAY)
    assert first.height == 2
    assert not any(value in sealed_texts(settled) for value in ANNA.values[1:])


def _one(**identifier: str) -> str:
    return json.dumps({"request": "ER-1", "identifiers": [identifier]})


def test_a_backup_that_cannot_be_removed_stays_noted_and_stops_nothing(
    settled: Town, tmp_path: Path
) -> None:
    twin = settled.twin()
    backups = backups_of(twin)
    made = backups.make(twin.lake, str(tmp_path / "safe"), now=utc_now(), keep_days=1)
    shutil.rmtree(tmp_path / "safe")
    (tmp_path / "safe").write_text("no folder any more")

    with pytest.warns(GemelloWarning, match="tried again at every upkeep"):
        ended = backups.expire(made.expires_on)

    assert ended == 0
    assert backups.all() == [made]


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
