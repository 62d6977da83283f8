from pathlib import Path

import pytest

from assets.scenarios.kind import find_kinds
from assets.scenarios.plan import check_name, read_scenario, template
from infra.errors import UsageError
from tests.assets.scenarios.small_lake import scenario


def faults(folder: Path, text: str) -> str:
    path = folder / "prova.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as refused:
        read_scenario(path)
    return str(refused.value)


HEAD = "title: Una prova\npurpose: Provare\ndecided_by: null\ndecided_on: null\ncost_eur: null\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: Una prova\nedits: []\n", "decided_by is missing; write it, such as"),
        (HEAD + "edit: []\n", "'edit' is not a key of it (did you mean edits?)"),
        (HEAD + "edits:\n- {kind: desael}\n", "edit 1: 'desael' is not a kind of edit"),
        (
            HEAD + "edits:\n- {kind: close_road}\n- {kind: deseal, removed_ratio: 20}\n",
            "edit 2 (deseal): removed_ratio: input should be less than or equal to 1",
        ),
        (
            HEAD + "edits:\n- {kind: deseal, removed_ratio: 0.2, cell: []}\n",
            "edit 1 (deseal): 'cell' is not a key of it (did you mean cells?)",
        ),
        (HEAD + "edits:\n- [", "is no YAML in line"),
    ],
)
def test_what_is_wrong_is_said_by_edit_with_what_to_write(tmp_path, text, said):
    assert said in faults(tmp_path, text)


@pytest.mark.parametrize("kind", sorted(find_kinds()))
def test_what_new_writes_can_be_read(tmp_path, kind):
    path = tmp_path / "prova.yaml"
    path.write_text(template("prova", [kind]), "utf-8")

    assert [edit.kind for edit in read_scenario(path).edits] == [kind]


def test_the_same_text_has_the_same_hash_and_another_another(tmp_path):
    first = scenario(tmp_path, "uno", "kind: deseal, removed_ratio: 0.2")
    again = scenario(tmp_path, "due", "kind: deseal, removed_ratio: 0.2")
    other = scenario(tmp_path, "tre", "kind: deseal, removed_ratio: 0.3")

    assert first.text_hash == again.text_hash != other.text_hash


@pytest.mark.parametrize("name", ["Meno asfalto", "a", "../altro", "Rossi", "2026_piano"])
def test_a_scenario_is_named_by_small_letters_digits_and_underscores(name):
    with pytest.raises(UsageError, match="the name of a scenario is"):
        check_name(name)
