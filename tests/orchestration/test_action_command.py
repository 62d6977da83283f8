from pathlib import Path

import pytest

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
