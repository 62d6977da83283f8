import json
import os
import subprocess
from pathlib import Path

import pytest

from quality.disclosure.anonymity import measure
from tests.quality.disclosure.random_tables import QUASI_IDENTIFIERS, SENSITIVE, random_table

# A Python that has pycanon: it pins numpy and pandas, so it lives apart.
PYCANON = os.environ.get("GEMELLO_PYCANON", "")

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not PYCANON, reason="GEMELLO_PYCANON names no Python that has pycanon"),
]


@pytest.mark.parametrize("seed", range(10))
def test_k_and_l_and_t_are_those_of_pycanon(seed):
    table = random_table(seed)
    script = Path(__file__).with_name("pycanon_measures.py")

    done = subprocess.run(
        [PYCANON, str(script), ",".join(QUASI_IDENTIFIERS), ",".join(SENSITIVE)],
        input=table.write_csv(),
        capture_output=True,
        text=True,
        check=True,
    )

    ours = measure(table, QUASI_IDENTIFIERS, SENSITIVE)
    theirs = json.loads(done.stdout)
    assert ours.k == theirs["k"]
    for name in SENSITIVE:
        assert ours.distinct_l[name] == theirs[f"l {name}"]
        assert ours.t[name] == pytest.approx(theirs[f"t {name}"], abs=1e-9)
