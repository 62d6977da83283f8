"""A backup ends on time, and brings nobody back who was erased since it was made."""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.erasing import backups_of
from assets.twin import utc_now
from infra.backup import restore
from infra.errors import GemelloWarning, UsageError
from infra.scan import scan
from tests.conftest import ObjectStore
from tests.promises.erased_town import (
    ANNA,
    BRUNO,
    CARLA,
    ROWS,
    Killed,
    counts,
    deliver_holders,
    erase_in,
    erased_town,
    land_twice,
    pseudonyms_of_anna,
    restored,
    run,
    write_request,
)
from tests.promises.town import Town, rows_of


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
