"""What Dagster is told of the disclosure gate: its check, its measures, and what was lost."""

import json
from collections.abc import Mapping
from typing import Any, Final

import dagster as dg

from assets.declaration import Declaration
from assets.derive import DISCLOSURE
from assets.source_report import CHECKS
from assets.twin import Twin
from quality.disclosure.verdict import Loss

# With more of all person-units than this in withheld cells, a table is worth another look.
_MUCH: Final = 0.5
_WITH_NOISE: Final = "Its numbers carry noise; what they spent is in audit/privacy/epsilon_spent."
_DESCRIPTION: Final = (
    "Nobody can be found in what is published, nor anything learnt about somebody: groups are "
    "large and mixed enough, nobody dominates a sum, what is withheld cannot be worked out, three "
    "attacks come to nothing. Fails: nothing was published. Warns where more than half is withheld."
)


def disclosure_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check of an open table."""
    return dg.AssetCheckSpec(DISCLOSURE, asset=key, blocking=True, description=_DESCRIPTION)


def checks_of(declaration: Declaration) -> tuple[str, ...]:
    """The checks that a computed table has."""
    return (*CHECKS, DISCLOSURE) if declaration.release is not None else CHECKS


def disclosure_result(declaration: Declaration, twin: Twin) -> dg.AssetCheckResult:
    """What the gate found of the rows that were published last."""
    text = twin.lake.last_notes(declaration.key).get(DISCLOSURE, "{}")
    verdict: dict[str, Any] = json.loads(text)  # numbers, names, and groups of them
    is_noisy = verdict.get("release") == "noisy"
    loss = Loss(**verdict.get("loss", {}))
    return dg.AssetCheckResult(
        check_name=DISCLOSURE,
        passed=loss.withheld_ratio <= _MUCH,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"It may be published. {_WITH_NOISE if is_noisy else loss.said}",
        metadata=_flat(verdict),
    )


def _flat(verdict: Mapping[str, Any], before: str = "") -> dict[str, int | float | str]:  # as above
    """Measures by name: `linkage: linked_count`."""
    found: dict[str, int | float | str] = {}
    for name, value in verdict.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}: ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for each in value:
                found |= _flat(each, f"{before}{name} of {each.get('column', '')}: ")
        elif isinstance(value, list):
            found[f"{before}{name}"] = ", ".join(map(str, value))
        elif value is not None:
            found[f"{before}{name}"] = value
    return found
