"""Run by a Python that has pycanon, which pins packages that ours cannot be locked with.

CSV comes on standard input; the measures go out as JSON.
"""

import json
import sys

import pandas as pd
from pycanon import anonymity

quasi_identifiers, sensitive = sys.argv[1].split(","), sys.argv[2].split(",")
table = pd.read_csv(sys.stdin)
found = {"k": int(anonymity.k_anonymity(table, quasi_identifiers))}
for name in sensitive:
    found[f"l {name}"] = int(anonymity.l_diversity(table, quasi_identifiers, [name]))
    found[f"t {name}"] = float(anonymity.t_closeness(table, quasi_identifiers, [name]))
sys.stdout.write(json.dumps(found))
