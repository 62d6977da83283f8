import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from assets.explaining import explain
from infra.scan import scan
from tests.assets.atlas.reading import Seen, faults
from tests.command_line import Said, call
from tests.promises.test_numbers_can_be_explained import DECLARATIONS, ENERGY, a_key
from tests.promises.town import Town

pytestmark = pytest.mark.slow

Gemello = Callable[..., Said]
_LOOKED_FOR: Final = 1000


@pytest.fixture
def gemello(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Gemello:
    def run(town: Town, *arguments: str, **settings: str) -> Said:
        values = town.environment | settings
        return call(arguments, values, monkeypatch=monkeypatch, capfd=capfd)

    return run


def pseudonyms(town: Town) -> list[str]:
    """Every pseudonym that bronze holds."""
    logs = sorted(town.lake.glob("bronze/*/*/_delta_log"))
    frames = [pl.read_delta(str(log.parent)) for log in logs]
    return [
        value
        for frame in frames
        for name in frame.columns
        if name.endswith("_pid")
        for value in frame[name].drop_nulls().unique()
    ]


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_atlas_of_a_town_is_whole_small_and_the_same_each_time(landed_once, gemello, tmp_path):
    before = bytes_of(landed_once.lake)

    said = gemello(landed_once, "atlas", "--out", str(tmp_path / "1"))
    gemello(landed_once, "atlas", "--out", str(tmp_path / "2"))
    again = gemello(landed_once, "atlas", "--out", str(tmp_path / "1"))

    assert (said.code, again.code) == (0, 0), said.text
    assert f"{tmp_path / '1' / 'index.html'}: " in said.text
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "2")
    assert bytes_of(landed_once.lake) == before
    files = {path.name: path.read_text() for path in (tmp_path / "1").iterdir()}
    pages = {name: text for name, text in files.items() if name.endswith(".html")}
    assert [one for name, text in pages.items() for one in faults(name, text, files)] == []
    assert sum(path.stat().st_size for path in (tmp_path / "1").iterdir()) < 2_000_000


def test_a_page_names_the_versions_that_an_explanation_names(landed_once, gemello, tmp_path):
    gemello(landed_once, "atlas", "--out", str(tmp_path / "1"))
    newest = pl.read_delta(str(landed_once.lake / ENERGY))["consumed_on"].max()
    key = a_key(landed_once, ENERGY) | {"consumed_on": str(newest)}
    section = pl.read_delta(str(landed_once.lake / ENERGY)).filter(pl.col("consumed_on") == newest)
    key["section_id"] = section["section_id"].min()

    found = explain(DECLARATIONS[ENERGY], DECLARATIONS, key, landed_once.twin())

    page = tmp_path / "1" / "energy-daily_electricity_by_section.html"
    tables = [one.text for one in Seen(page.read_text()).all("table")]
    inputs = next(text for text in tables if "Versione letta" in text)
    for one in found.inputs:
        by = f"contratto {one.contract}, {one.mark}" if one.contract else f"versione {one.mark}"
        assert f"{one.table}{one.version}{one.newest}" in inputs
        assert by in inputs
    text = Seen(page.read_text()).text()
    for words in (
        found.notes["run"],
        f"{found.method:x}",
        f"Versione della tabella{found.version}",
    ):
        assert words in text


def test_nobody_is_in_the_atlas(landed_once, gemello, tmp_path):
    gemello(landed_once, "atlas", "--out", str(tmp_path / "1"))
    planted = landed_once.sources / "_ground_truth" / "canaries.txt"
    people, pids = planted.read_text().splitlines(), pseudonyms(landed_once)
    # So many as can be looked for in seconds, from all over the list.
    values = [*people[:: max(1, len(people) // _LOOKED_FOR)], *pids[:_LOOKED_FOR]]

    hits = scan(tmp_path / "1", values)
    (tmp_path / "1" / "planted").write_text(f"{values[0]} {values[-1]}")

    assert len(values) >= 2 * _LOOKED_FOR
    assert hits == []
    assert len(scan(tmp_path / "1", values)) >= 2


def test_an_atlas_is_made_of_something_and_written_over_nothing(landed_once, gemello, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")

    full = gemello(landed_once, "atlas", "--out", str(tmp_path / "mine"))
    empty = gemello(
        landed_once, "atlas", "--out", str(tmp_path / "1"), GEMELLO_HOME=str(tmp_path / "home")
    )

    assert (full.code, empty.code) == (2, 2)
    assert "holds notes.txt, which no atlas wrote" in full.text
    assert "the lake holds no indicator yet" in empty.text
    assert not (tmp_path / "1").exists()
