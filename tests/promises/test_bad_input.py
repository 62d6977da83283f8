import gzip
import os
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from orchestration.cli.exit_codes import EXIT_OURS, EXIT_REFUSED
from tests.command_line import Command, Said, call
from tests.conftest import ObjectStore
from tests.promises.contracts import VISITS_HEADER, edit_contract, parks_town
from tests.promises.town import FIRST_DAY, Town, days, listing, rows_of

SECOND_DAY = days(2)[1]
PERSON = "Zzcanari Zzprovina"
PLATE = "ZZ999ZZ"
AT = f"{SECOND_DAY} 10:05:00"
GOOD = f"V9;ZZ001ZZ;DUCOS;{AT};1.50;{PERSON}\n"
MEGABYTE = 1024**2


@pytest.fixture
def gemello(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """The command line, in this process."""

    def run(town: Town, *arguments: str, **settings: str) -> Said:
        return call(arguments, town.environment | settings, monkeypatch=monkeypatch, capfd=capfd)

    return run


@pytest.fixture(scope="module")
def visited_once(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The parks with one good day in the lake."""
    town = parks_town(tmp_path_factory.mktemp("parks"))
    (town.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(
        VISITS_HEADER + f"V1;ZZ001ZZ;DUCOS;{FIRST_DAY} 10:05:00;1.50;\n"
    )
    assert town.run("bronze/parks/visits", first=FIRST_DAY, last=FIRST_DAY).is_success
    return town


@pytest.fixture
def visited(visited_once: Town, tmp_path: Path) -> Town:
    """The same, to receive a bad second day."""
    return visited_once.copied(tmp_path / "parks")


def row(place: str = "DUCOS", *, number: int, paid: str = "1.50", at: str = AT) -> str:
    return f"W{number};{PLATE};{place};{at};{paid};{PERSON}\n"


def one_bad_line(text: str) -> bytes:
    return (VISITS_HEADER + GOOD + text).encode()


@dataclass(frozen=True)
class Refusal:
    """A delivery that publishes nothing."""

    content: bytes
    words: str


REFUSALS = {
    "truncated gzip": Refusal(
        gzip.compress(one_bad_line("".join(row(number=n) for n in range(999))))[:-40],
        "parks/visits.*gzip.*cut short|damaged.*ask the publisher to send it again",
    ),
    "zip bomb": Refusal(
        gzip.compress(VISITS_HEADER.encode() + b"0" * (80 * MEGABYTE)),
        "parks/visits.*unpacks to more than 250 times its size.*nothing of it was read",
    ),
    "web page": Refusal(
        f"<!DOCTYPE html><html><body>Benvenuto {PERSON}</body></html>".encode(),
        "parks/visits.*a web page came in place of csv.*the address has moved or asks for a login",
    ),
    "header renamed": Refusal(
        (VISITS_HEADER.replace("pagato", "pagata") + GOOD).encode(),
        "parks/visits: the delivery lacks .*'pagato'.*renamed to 'pagata'.*Correct `from`",
    ),
    "column missing": Refusal(
        f"visita;targa;arrivo;pagato;nome\nV9;{PLATE};{AT};1.50;{PERSON}\n".encode(),
        "parks/visits: the delivery lacks a declared column: 'parco'.*Correct `from`",
    ),
    "no header": Refusal(
        (GOOD + row(number=2)).encode(),
        "parks/visits: .*(lacks|undeclared).*",
    ),
    "empty file": Refusal(b"", "parks/visits.*file is empty; ask the publisher to send it again"),
    "another encoding altogether": Refusal(
        one_bad_line("").decode().encode("cp037"),
        "parks/visits",
    ),
    "too many bad rows": Refusal(
        one_bad_line("".join(row("ELSEWHERE", number=n) for n in range(99))),
        r"parks/visits: nothing was published. 99 of 100 delivered rows were refused; "
        r"the contract allows 90 %",
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
def test_a_bad_delivery_publishes_nothing_and_says_why(
    visited: Town, gemello: Command, refusal: Refusal
) -> None:
    (visited.sources / "town" / f"visits_{SECOND_DAY}.csv").write_bytes(refusal.content)
    before = listing(visited.lake)

    said = run_visits(visited, gemello)

    assert said.code == EXIT_REFUSED
    assert re.search(refusal.words, said.text, re.DOTALL), said.text
    assert_says_no_value(said)
    assert listing(visited.lake) == before


def run_visits(town: Town, gemello: Command, **settings: str) -> Said:
    span = ("--from", str(FIRST_DAY), "--to", str(SECOND_DAY))
    return gemello(town, "run", "--select", "bronze/parks/visits", *span, **settings)


def assert_says_no_value(said: Said) -> None:
    shown = said.text.lower()
    for value in ("zzcanari", "zzprovina", PLATE.lower(), "zz001zz", "zz998zz"):
        assert value not in shown
    assert "traceback" not in shown


@dataclass(frozen=True)
class BadRow:
    """A delivery whose one bad row is set aside while the good one lands."""

    content: bytes
    rule: str
    reason: str
    contract: tuple[str, str] = ("title:", "title:")
    refused_count: int = field(default=1)


BAD_ROWS = {
    "wrong encoding of one line": BadRow(
        one_bad_line("").replace(b"GOOD", b"")
        + f"W1;{PLATE};CITT\u00c0;{AT};1;\n".encode("cp1252"),
        "unreadable",
        "the line holds bytes that are not utf-8",
        ('.csv"}', '.csv", encoding: utf-8}'),
    ),
    "line of ten megabytes": BadRow(
        one_bad_line(f"W1;{PLATE};{'x' * 10 * MEGABYTE};{AT};1.50;\n"),
        "unreadable",
        "the line is longer than",
    ),
    "duplicated key": BadRow(
        one_bad_line(GOOD), "duplicate_key", "visit_pid: came before in this delivery"
    ),
    "date before the series": BadRow(
        one_bad_line(row(number=1, at="1970-01-01 00:00:00")),
        "event_time_out_of_range",
        "came_at: before 2025-03-01, where the series begins",
    ),
    "date after the day": BadRow(
        one_bad_line(row(number=1, at="2031-01-01 10:00:00")),
        "event_time_out_of_range",
        "came_at: after the day, month or year its file is for",
    ),
    "date that is none": BadRow(
        one_bad_line(row(number=1, at="2025-02-30 10:00:00")), "", "came_at"
    ),
    "number with stray thousands": BadRow(
        one_bad_line(row(number=1, paid="4.558.995.084.452.920")), "", "paid_eur"
    ),
    "number out of range": BadRow(
        one_bad_line(row(number=1, paid="900")),
        "expect_column_values_to_be_between(paid_eur)",
        "paid_eur",
    ),
    "identifier that is none": BadRow(
        one_bad_line(f"W1;{PERSON};DUCOS;{AT};1.50;\n"), "", "vehicle_pid"
    ),
    "too few fields": BadRow(
        one_bad_line(f"W1;{PLATE};{PERSON}\n"),
        "unreadable",
        "the line has 3 fields, the table has 6",
    ),
}


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=list(BAD_ROWS))
def test_a_bad_row_is_set_aside_with_its_reason_and_the_good_ones_land(
    visited: Town, gemello: Command, bad: BadRow
) -> None:
    edit_contract(visited, "parks/visits", *bad.contract)
    (visited.sources / "town" / f"visits_{SECOND_DAY}.csv").write_bytes(bad.content)

    said = run_visits(visited, gemello)

    rows = rows_of(visited)
    refused = rows["quarantine/parks/visits"]
    assert said.code == 0
    assert_says_no_value(said)
    assert sorted(rows["bronze/parks/visits"]["window_on"]) == [FIRST_DAY, SECOND_DAY]
    assert refused["window_on"].to_list() == [SECOND_DAY]
    assert refused["row_index"].to_list() == [3]
    assert bad.rule in refused["rule"].item()
    assert bad.reason in refused["reason"].item()
    assert not _shows_a_value(refused)


def _shows_a_value(refused: pl.DataFrame) -> bool:
    shown = str(refused.select("rule", "reason").rows()).lower()
    return any(value in shown for value in ("zz", "4.558", "4558995", "1970", "02-30"))


@contextmanager
def limited_files(byte_count: int) -> Iterator[None]:
    """No file may grow beyond this: what a full disk answers, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("archive_days", [0, 14])
def test_a_full_disk_leaves_the_tables_as_they_were_and_the_next_run_finishes(
    visited: Town, gemello: Command, archive_days: int
) -> None:
    terms = f"retention_days: 30\narchive_days: {archive_days}"
    edit_contract(visited, "parks/visits", "retention_days: 30", terms)
    # Names that do not compress: sealed, the delivery is larger than the room there is.
    names = np.random.default_rng(1).bytes(40 * 60_000).hex()
    # Nor do pseudonyms: the table would be, too.
    plates = [
        f"Z{'ABCDEFGHJK'[n // 6000]}{n % 1000:03}Z{'ABCDEF'[n // 1000 % 6]}" for n in range(60_000)
    ]
    many = "".join(
        f"W{n};{plates[n]};DUCOS;{AT};1;{names[80 * n : 80 * n + 80]}\n" for n in range(60_000)
    )
    (visited.sources / "town" / f"visits_{SECOND_DAY}.csv").write_text(VISITS_HEADER + many)
    before = rows_of(visited)

    with limited_files(MEGABYTE):
        said = run_visits(visited, gemello)

    assert said.code == EXIT_OURS
    assert re.search(r"parks/visits.*(disk is full|no space left)", said.text, re.DOTALL), said.text
    assert_says_no_value(said)
    assert rows_of(visited)["bronze/parks/visits"].equals(before["bronze/parks/visits"])
    assert run_visits(visited, gemello).code == 0
    assert rows_of(visited)["bronze/parks/visits"].height == 60_001


def test_an_unknown_key_of_a_contract_is_named_with_what_to_write(
    visited: Town, gemello: Command
) -> None:
    edit_contract(visited, "parks/visits", "primary_key:", "primary_keys:")
    before = listing(visited.lake)

    said = run_visits(visited, gemello)

    assert said.code == EXIT_REFUSED
    assert re.search(r"parks/visits: primary_keys.*primary_key", said.text, re.DOTALL), said.text
    assert listing(visited.lake) == before


def test_a_lake_that_cannot_be_written_is_named(visited: Town, gemello: Command) -> None:
    in_the_way = visited.home / "file"
    in_the_way.write_text("")

    said = run_visits(visited, gemello, GEMELLO_LAKE=str(in_the_way / "lake"))

    assert said.code == EXIT_OURS
    assert re.search(r"lake.*correct GEMELLO_LAKE", said.text, re.DOTALL), said.text
    assert in_the_way.read_text() == ""


def test_a_root_key_that_is_declared_and_missing_is_named_with_what_to_do(
    visited: Town, gemello: Command
) -> None:
    before = listing(visited.lake)

    said = run_visits(visited, gemello, GEMELLO_ROOT_KEY_FILE=str(visited.home / "other.key"))

    assert said.code == EXIT_OURS
    assert re.search(r"GEMELLO_ROOT_KEY_FILE names .*other.key.*does not exist", said.text)
    assert "head -c 32 /dev/urandom" in said.text
    assert listing(visited.lake) == before
    assert not (visited.home / "other.key").exists()


def test_a_lost_root_key_is_not_replaced_by_a_new_one(visited: Town, gemello: Command) -> None:
    (visited.home / "root.key").unlink()
    before = listing(visited.lake)

    said = run_visits(visited, gemello)

    assert said.code == EXIT_OURS
    assert "restore the root key from its copy" in said.text
    assert listing(visited.lake) == before


def test_a_lake_in_object_storage_asks_for_a_root_key_of_its_own(
    visited: Town, gemello: Command
) -> None:
    said = run_visits(visited, gemello, GEMELLO_LAKE="s3://twin/lake")

    assert said.code == EXIT_OURS
    assert re.search(r"s3://.*root key.*GEMELLO_ROOT_KEY_FILE", said.text, re.DOTALL), said.text


@pytest.mark.server
def test_a_wrong_key_of_the_object_store_is_named(
    visited: Town, gemello: Command, object_store: ObjectStore
) -> None:
    key = visited.home / "root.key"
    settings = object_store.environment | {
        "GEMELLO_LAKE": f"s3://{object_store.bucket}/{os.getpid()}",
        "GEMELLO_ROOT_KEY_FILE": str(key),
        "AWS_SECRET_ACCESS_KEY": "wrong",
    }

    said = run_visits(visited, gemello, **settings)

    assert said.code == EXIT_OURS
    assert "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in said.text
    assert_says_no_value(said)
