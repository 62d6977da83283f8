import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest

from assets.audit_report import audit_report
from assets.derived_assets import find_declarations
from infra.scan import scan
from quality.report.document import Report
from quality.report.pack import as_text
from quality.report.page import page
from tests.command_line import Said, call
from tests.promises.erased_town import ANNA, BRUNO, CARLA, erased_town, land_twice, write_request
from tests.promises.town import COMMAND, Town, process_environment

Gemello = Callable[..., Said]
ROOT: Final = Path(__file__).parents[2]
AT: Final = datetime(2025, 3, 30, 6, tzinfo=UTC)
# Permissions do not bind root, unless it gives that up.
_NO_MORE: Final = "-dac_override,-dac_read_search,-fowner"
AS_A_READER: Final = ["setpriv", f"--bounding-set={_NO_MORE}"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Three people have landed twice; nobody has been erased yet."""
    town = erased_town(tmp_path_factory.mktemp("audited"))
    land_twice(town)
    return town


@pytest.fixture
def gemello(
    town: Town, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Gemello:
    def run(*arguments: str, **settings: str) -> Said:
        values = {**town.environment, "DAGSTER_HOME": str(town.home / "dagster"), **settings}
        return call(arguments, values, monkeypatch=monkeypatch, capfd=capfd)

    return run


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file and folder with when it was last written and what is in it."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


def own_key(folder: Path) -> dict[str, str]:
    """The setting of whoever signs with a key of their own."""
    path = folder / "auditor.key"
    path.write_bytes(bytes(32))
    path.chmod(0o600)
    return {"GEMELLO_SIGNING_KEY_FILE": str(path)}


@pytest.fixture
def another(town: Town, tmp_path: Path) -> Town:
    """The same installation, in a folder of the test's own, in which nobody has signed yet."""
    home = tmp_path / "another" / "home"
    shutil.copytree(town.home, home, symlinks=True)
    for left in home.glob("signing.key*"):
        left.unlink()
    return replace(town, home=home)


def tables_of(pack: Path) -> dict[str, Any]:
    sections = json.loads((pack / "report.json").read_text())["sections"]
    return {name: rows for one in sections.values() for name, rows in one["tables"].items()}


class Outline(HTMLParser):
    """The headings, the landmarks and whatever a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: set[str] = set()
        self.loaded: list[str] = []
        self.headers_without_scope = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        its = dict(attrs)
        self.tags.add(tag)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(int(tag[1]))
        if tag == "th" and its.get("scope") not in {"col", "row"}:
            self.headers_without_scope += 1
        if tag in {"script", "link", "img", "iframe"} or (its.get("src") or "").strip():
            self.loaded.append(tag)


def test_a_pack_says_what_was_collected_hidden_refused_and_erased(another, gemello, tmp_path):
    here = another.environment
    request = write_request(another, ANNA)
    assert gemello("erase", "--request", str(request), **here).code == 0
    gemello("report", "audit", "--out", str(tmp_path / "0"), **here)
    refused = tables_of(tmp_path / "0")["quarantine"]
    assert gemello("upkeep", **here).code == 0

    said = gemello("report", "audit", "--out", str(tmp_path / "1"), **here)

    assert said.code == 0, said.text
    found = tables_of(tmp_path / "1")
    mine = {
        row["dataset"]: row for row in found["register"] if row["dataset"].startswith("canary/")
    }
    assert set(mine) == {"canary/sessions", "canary/holders", "canary/notes"}
    assert mine["canary/holders"]["purpose"] == "Contare i permessi."
    assert {"dataset": "canary/notes", "column": "testo", "why": "È testo libero."} in found[
        "refused"
    ]
    balance = {row["dataset"]: row for row in found["balance"]}
    assert balance["canary/sessions"]["balanced"]
    assert balance["canary/sessions"]["refused"] > 0
    assert [row["dataset"] for row in refused] == ["canary/sessions"]
    assert found["quarantine"] == []
    assert [row["request_id"] for row in found["erasures"]] == ["ER-2026-001"]
    assert found["erasures"][0]["is_intact"]
    assert (tmp_path / "1" / "certificates" / "0001.json").is_file()
    assert {row["table_name"] for row in found["terms"]} >= {"bronze/canary/sessions"}
    meters = {
        (row["source_columns"], row["personal"], row["treatment"])
        for row in found["provenance"]
        if (row["table"], row["column"])
        == ("gold/energy/daily_electricity_by_section", "meters_count")
    }
    assert ("pod", "diretto", "pseudonymise") in meters


def test_no_value_of_anybody_is_in_a_pack(town, gemello, tmp_path):
    gemello("report", "audit", "--out", str(tmp_path / "1"))
    values = [value for who in (ANNA, BRUNO, CARLA) for value in who.values]

    hits = scan(tmp_path / "1", values)
    (tmp_path / "1" / "planted").write_text(BRUNO.plate)

    assert hits == []
    assert scan(tmp_path / "1", values)


def test_who_makes_a_pack_needs_no_root_key_and_writes_nothing_into_the_installation(
    another, gemello, tmp_path
):
    (another.home / "root.key").unlink()
    shutil.rmtree(another.home / "root.key.ring")
    before = contents(another.home)

    gemello(
        "report", "audit", "--out", str(tmp_path / "1"),
        **{**another.environment, "DAGSTER_HOME": str(tmp_path / "d"), **own_key(tmp_path)},
    )  # fmt: skip

    assert (tmp_path / "1" / "manifest.json").is_file()
    assert contents(another.home) == before


def test_an_account_that_may_only_read_makes_a_pack(another, tmp_path):
    key = own_key(tmp_path)
    for kept in (another.home / "root.key", another.home / "root.key.ring"):
        kept.rename(tmp_path / kept.name)
    with only_readable(another.home):
        before = contents(another.home)

        trial = subprocess.run(
            [*AS_A_READER, "touch", another.home / "lake" / "x"], capture_output=True, check=False
        )
        said = subprocess.run(
            [*AS_A_READER, COMMAND, "report", "audit", "--out", str(tmp_path / "1")],
            env=process_environment(another.environment | key),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

        assert trial.returncode != 0
        assert (tmp_path / "1" / "manifest.json").is_file(), said.stderr
        assert contents(another.home) == before


@contextmanager
def only_readable(folder: Path) -> Iterator[None]:
    """Nobody may write below this folder for a while, its owner included."""
    everything = [folder, *folder.rglob("*")]
    modes = [path.stat().st_mode for path in everything]
    for path, mode in zip(everything, modes, strict=True):
        path.chmod(mode & 0o7555)
    try:
        yield
    finally:
        for path, mode in zip(everything, modes, strict=True):
            path.chmod(mode)


def test_a_new_signing_key_is_made_only_where_none_was_named(another, gemello, tmp_path):
    named = {"GEMELLO_SIGNING_KEY_FILE": str(tmp_path / "gone.key")}
    out = ("report", "audit", "--out", str(tmp_path / "1"))

    refused = gemello(*out, **{**another.environment, **named})
    made = gemello(*out, **another.environment)

    assert refused.code == 2
    assert f"there is no signing key at {tmp_path / 'gone.key'}" in refused.text
    assert not (tmp_path / "gone.key").exists()
    assert f"A signing key is made: {another.home / 'signing.key'}" in made.text


def test_rows_that_outlived_their_term_come_first_and_end_the_command_with_an_error(
    another, gemello, tmp_path
):
    out = ("report", "audit", "--out")

    late = gemello(*out, str(tmp_path / "1"), **another.environment)
    gemello("upkeep", **another.environment)
    kept = gemello(*out, str(tmp_path / "2"), **another.environment)

    first = json.loads((tmp_path / "1" / "report.json").read_text())["findings"][0]
    assert (late.code, kept.code) == (1, 0), kept.text
    assert (first["weight"], first["section"]) == ("broken", "conservazione")
    assert "bronze/canary/sessions" in first["text"]


def test_the_same_lake_at_the_same_instant_gives_the_same_bytes(town):
    made = [audit_report(town.twin(), find_declarations(), now=AT, say=str) for _ in range(2)]

    pages = {page(one.report, picture=one.picture, footer=()) for one in made}
    assert len(pages) == 1
    assert len({as_text(one.report.as_json()) for one in made}) == 1


def test_the_keys_of_the_report_are_those_that_its_page_lists(town):
    report = audit_report(town.twin(), find_declarations(), now=AT, say=str).report
    text = (ROOT / "docs" / "auditors-pack.md").read_text()

    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
    listed = [(section, table, re.findall(r"`(\w+)`", keys)) for section, table, keys in rows]
    figures = text.partition("## Figures\n")[2].partition("\n\n")[0]
    assert listed == [
        (section.key, table.key, [name for name, _ in table.columns])
        for section in report.sections
        for table in section.tables
    ]
    assert re.findall(r"`(\w+)`", figures) == [figure.key for figure in report.figures]


def test_every_measure_names_tests_that_there_are(town):
    report = audit_report(town.twin(), find_declarations(), now=AT, say=str).report

    named = set(re.findall(r"tests/[\w/]+\.py", as_text(report.as_json())))
    assert len(named) >= 8
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


def test_keys_are_told_by_id_and_version_and_days_by_what_became_of_their_keys(town):
    keyring = town.twin().keyring
    report = audit_report(town.twin(), find_declarations(), now=AT, say=str).report

    keys = {row["domain"]: row["keys"] for row in records(report, "domains")}
    people = {row["dataset"]: row for row in records(report, "identities")}
    assert keys["permits"] == f"{keyring.key_id('permits')} (versione 1)"
    # Of three holders one moved to another zone: one person, two rows.
    assert (people["canary/holders"]["rows"], people["canary/holders"]["distinct"]) == (4, 3)
    # Plates have a key a day: of each of the two days it is still there.
    live = {row["domain"]: (row["live"], row["destroyed"]) for row in records(report, "key_days")}
    assert live["canary"] == (2, 0)


def records(report: Report, table: str) -> list[dict[str, Any]]:
    return next(
        one.records() for section in report.sections for one in section.tables if one.key == table
    )


def test_a_changed_byte_of_a_handed_out_pack_ends_the_check_with_an_error(town, gemello, tmp_path):
    gemello("report", "audit", "--out", str(tmp_path / "1"))
    gemello("report", "audit", "--out", str(tmp_path / "2"))
    key = f"{town.settings.signing_key_file}.pub"
    options = ("--public-key", key, "--previous", str(tmp_path / "1"))

    right = gemello("report", "verify", str(tmp_path / "2"), *options)
    page = tmp_path / "2" / "report.html"
    page.write_bytes(page.read_bytes().replace(b"Brescia", b"Brescla", 1))
    wrong = gemello("report", "verify", str(tmp_path / "2"), *options)

    assert (right.code, wrong.code) == (0, 1)
    assert "Pack number 2" in right.text
    assert "report.html: it was changed after it was signed" in wrong.text


def test_the_page_loads_nothing_and_can_be_read_aloud(town, gemello, tmp_path):
    gemello("report", "audit", "--out", str(tmp_path / "1"))
    html = (tmp_path / "1" / "report.html").read_text()
    outline = Outline()

    outline.feed(html)

    assert outline.loaded == []
    assert "url(" not in html
    assert {"main", "nav", "header", "footer", "caption"} <= outline.tags
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.headers_without_scope == 0
    assert "<html lang='it'>" in html


def test_a_pack_is_not_written_over_anything_nor_of_nothing(town, gemello, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")

    full = gemello("report", "audit", "--out", str(tmp_path / "full"))
    empty = gemello(
        "report", "audit", "--out", str(tmp_path / "1"), GEMELLO_HOME=str(tmp_path / "h")
    )
    none = gemello("report", "verify", str(tmp_path / "full"))

    assert (full.code, empty.code, none.code) == (2, 2, 2)
    assert "is not empty" in full.text
    assert "the lake holds no table yet" in empty.text
    assert "it is no pack" in none.text
