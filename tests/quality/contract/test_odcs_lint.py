import os
import subprocess
from pathlib import Path

import pytest
import yaml

from quality.contract.exports import to_odcs
from quality.contract.load import BUILT_IN, contract_folders, load_contract

LINTER = os.environ.get("GEMELLO_DATACONTRACT", "")

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not LINTER, reason="GEMELLO_DATACONTRACT names no datacontract command"),
]


@pytest.mark.parametrize("folder", contract_folders([BUILT_IN]), ids=lambda folder: folder.name)
def test_the_linter_of_the_open_data_contract_standard_finds_nothing(folder: Path, tmp_path: Path):
    file = tmp_path / "contract.odcs.yaml"
    exported = to_odcs(load_contract(folder))
    file.write_text(yaml.safe_dump(exported, allow_unicode=True, sort_keys=False), encoding="utf-8")

    done = subprocess.run([LINTER, "lint", str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
