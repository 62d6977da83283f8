from pathlib import Path

import polars as pl
import pytest

from assets.twin import Twin
from infra.lake import TableSpec
from infra.settings import Settings
from tests.command_line import Said, call

ACTION = """
action_id: AZ-50
title: Ciclabile di prova
goal: {indicator: bike_counts, expected_ratio: 1.2}
works_from: 2025-04-24
works_until: 2025-09-11
treated: [CB05]
cost_eur: 1250000
decided_by: Giunta comunale
"""


def test_an_action_is_registered_changed_and_listed_with_what_it_superseded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    settings = {"GEMELLO_HOME": str(tmp_path / "home")}
    file = tmp_path / "azione.yaml"

    def gemello(*words: str, text: str = ACTION) -> Said:
        file.write_text(text, encoding="utf-8")
        return call(["action", *words], settings, monkeypatch=monkeypatch, capfd=capfd)

    first = gemello("register", str(file))
    again = gemello("register", str(file))
    changed = gemello("register", str(file), text=ACTION.replace("1.2", "1.3"))
    wrong = gemello("register", str(file), text=ACTION.replace("treated", "luoghi"))
    listed = gemello("list")

    assert [one.code for one in (first, again, changed, wrong, listed)] == [0, 2, 0, 2, 0]
    assert "registered so already" in again.text
    assert "takes the place of" in changed.text
    assert "luoghi: there is no such field" in wrong.text
    assert listed.text.count("AZ-50") == 2
    # The works ended before anybody wrote this down.
    assert first.text.count("the verdict will say so") == 1


def test_a_place_that_nobody_knows_is_told_before_it_is_too_late_and_an_unknown_action_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    settings = {"GEMELLO_HOME": str(tmp_path / "home")}
    twin = Twin.here(Settings.load(settings, folder=tmp_path))
    rows = pl.DataFrame(
        {
            "goal_code": ["bike_counts"] * 2,
            "place_id": ["CB05", "CB06"],
            "place_name": ["Nord", "Rova"],
        }
    )
    spec = TableSpec(rows.schema, descriptions={}, statistics=(), description="")
    twin.lake.amend("silver/actions/goal_by_day", lambda _: rows, spec=spec, notes={"run": "test"})
    file = tmp_path / "azione.yaml"

    def registered(text: str) -> str:
        file.write_text(text, encoding="utf-8")
        words = ["action", "register", str(file)]
        return call(words, settings, monkeypatch=monkeypatch, capfd=capfd).text

    wrong = registered(ACTION.replace("CB05", "CB5"))
    right = registered(ACTION)
    untold = registered(ACTION.replace("treated: [CB05]\n", ""))
    crashes = registered(ACTION.replace("bike_counts", "crashes"))
    unknown = call(
        ["action", "evaluate", "AZ-5"], settings, monkeypatch=monkeypatch, capfd=capfd
    )  # fmt: skip

    assert "CB5 is no place of bike_counts so far" in wrong
    assert "is no place" not in right
    assert "the title names no place of bike_counts" in untold
    assert "no area is stated" in crashes
    assert unknown.code == 2
    assert "there is no action AZ-5; did you mean AZ-50" in unknown.text
