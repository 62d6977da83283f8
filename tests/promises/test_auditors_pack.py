import hashlib
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from infra.scan import scan
from tests.command_line import Said, call
from tests.promises.erased_town import ANNA, BRUNO, CARLA, erased_town, land_twice, write_request
from tests.promises.town import Town

Gemello = Callable[..., Said]


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
    """Every file with when it was last written and what is in it."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


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


def test_a_pack_says_what_was_collected_hidden_refused_and_erased(town, gemello, tmp_path):
    request = write_request(town, ANNA)
    assert gemello("erase", "--request", str(request)).code == 0
    gemello("report", "audit", "--out", str(tmp_path / "0"))
    refused = tables_of(tmp_path / "0")["quarantine"]
    assert gemello("upkeep").code == 0

    said = gemello("report", "audit", "--out", str(tmp_path / "1"))

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
    provenance = {(row["table"], row["column"]): row for row in found["provenance"]}
    meters = provenance["gold/energy/daily_electricity_by_section", "meters_count"]
    assert (meters["source_columns"], meters["personal"], meters["treatment"]) == (
        "pod", "diretto", "pseudonymise",
    )  # fmt: skip


def test_no_value_of_anybody_is_in_a_pack(town, gemello, tmp_path):
    gemello("report", "audit", "--out", str(tmp_path / "1"))
    values = [value for who in (ANNA, BRUNO, CARLA) for value in who.values]

    hits = scan(tmp_path / "1", values)
    (tmp_path / "1" / "planted").write_text(BRUNO.plate)

    assert hits == []
    assert scan(tmp_path / "1", values)


def test_who_makes_a_pack_needs_no_root_key_and_writes_nothing_into_the_installation(
    town, gemello, tmp_path
):
    gemello("report", "audit", "--out", str(tmp_path / "0"))
    ring = Path(f"{town.home / 'root.key'}.ring")
    for kept in (town.home / "root.key", ring):
        kept.rename(tmp_path / kept.name)
    before = contents(town.home)

    said = gemello("report", "audit", "--out", str(tmp_path / "1"))

    after = contents(town.home)
    for kept in (town.home / "root.key", ring):
        shutil.move(tmp_path / kept.name, kept)
    assert said.code == 0, said.text
    assert after == before


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
