import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from quality.contract.exports import to_odcs
from quality.contract.load import BUILT_IN, contract_folders, load_contract

LINTER = os.environ.get("GEMELLO_DATACONTRACT", "")
# To start the command takes most of a second: one process of its Python lints all files.
PROGRAM = """
import json, sys
from datacontract.data_contract import DataContract

found = {}
for file in sys.argv[1:]:
    run = DataContract(data_contract_file=file).lint()
    found[file] = [str(run.result.value), *(f"{c.name}: {c.reason}" for c in run.checks)]
print(json.dumps(found))
"""

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not LINTER, reason="GEMELLO_DATACONTRACT names no datacontract command"),
]


def linted(*files: Path) -> dict[str, list[str]]:
    """What the linter comes to for each file, and why."""
    python = Path(LINTER).with_name("python")
    done = subprocess.run(
        [python, "-c", PROGRAM, *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return {Path(file).stem: words for file, words in said.items()}


def test_the_linter_of_the_open_data_contract_standard_finds_nothing_in_any_contract(
    tmp_path: Path,
):
    files = []
    for folder in contract_folders([BUILT_IN]):
        exported = to_odcs(load_contract(folder))
        files.append(tmp_path / f"{folder.parent.name}.{folder.name}.yaml")
        text = yaml.safe_dump(exported, allow_unicode=True, sort_keys=False)
        files[-1].write_text(text, encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    exported["schema"] = "none"
    broken.write_text(yaml.safe_dump(exported), encoding="utf-8")

    found = linted(*files, broken)

    assert len(found) == len(files) + 1 > 50
    assert found.pop("broken")[0] != "passed"
    assert {name: words for name, words in found.items() if words[0] != "passed"} == {}
