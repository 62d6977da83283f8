"""Everything `gemello contract check` looks at: the contract, its rules, and its sample."""

import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.arrivals import Arrivals, Payload
from infra.errors import ContractError
from quality.contract.load import BUILT_IN, load_contract
from quality.contract.model import Contract

# Redacted texts are kept for as long as somebody still answers them.
_LONG_FOR_TEXTS_DAYS: Final = 365
# Where such a thing is, there is its owner.
_MOVING: Final = ("IT_PLATE", "TRANSIT_CARD", "MAC_ADDRESS", "IMEI")


def check_contract(folder: Path) -> list[str]:
    """Everything wrong with a contract, a line each; empty when it is ready for deliveries.

    Beyond reading it: Great Expectations accepts the rules, and the `sample.*` beside it (required
    under `assets/sources`) passes gate and rules whole.
    """
    try:
        contract = load_contract(folder)
    except ContractError as error:
        return str(error).splitlines()
    return _rule_problems(contract) or _sample_problems(contract)


def notes_on(contract: Contract) -> list[str]:
    """What the author of a contract should know and need not change, a line each."""
    notes = [
        f"{contract.key}: columns.{name}: is not stored yet: census sections are not available in "
        "this version"
        for name, column in contract.columns.items()
        if not column.is_stored
    ]
    if contract.event_time and contract.columns[contract.event_time].type == "timestamp":
        notes += [
            f"{contract.key}: columns.{name}: the same {column.entity} can be followed from day to "
            "day, which shows where a person lives and works; write epoch: day unless the purpose "
            "needs it"
            for name, column in contract.columns.items()
            if column.is_pseudonym and column.entity in _MOVING and column.epoch is None
        ]
    texts = [name for name, column in contract.columns.items() if column.is_free_text]
    if texts and (contract.retention_days or 0) > _LONG_FOR_TEXTS_DAYS:
        notes.append(
            f"{contract.key}: retention_days: {contract.retention_days} days is long for free text "
            f"({texts[0]}), which is redacted and still not anonymous; {_LONG_FOR_TEXTS_DAYS} are "
            "usual"
        )
    return notes


def _rule_problems(contract: Contract) -> list[str]:
    from quality.expectations.catalogue import check_expectations

    found: list[str] = []
    for place, expectation in enumerate(contract.expectations, start=1):
        try:
            check_expectations(contract.model_copy(update={"expectations": (expectation,)}))
        except ContractError as error:
            start = f"{contract.key}: expectations."
            lines = str(error).splitlines()
            found += [line.replace(start, f"{start}{place}.", 1) for line in lines]
    return found


def _sample_problems(contract: Contract) -> list[str]:
    samples = sorted(contract.folder.glob("sample.*")) if contract.folder else []
    if not samples:
        is_ours = contract.folder is not None and contract.folder.is_relative_to(BUILT_IN)
        missing = f"{contract.key}: sample: is missing; put a sample.* of invented rows beside it"
        return [missing] if is_ours else []
    found: list[str] = []
    for sample in samples:
        try:
            found += _refusals(contract, sample)
        except ContractError as error:
            text = str(error).removeprefix(f"{contract.key}: ")
            found.append(f"{contract.key}: {sample.name}: {text}")
    return found


def _refusals(contract: Contract, sample: Path) -> list[str]:
    """Why the sample would not land whole. The keys used on it are thrown away."""
    from infra.keys import Keyring
    from infra.settings import Settings
    from quality.judgement import judge
    from quality.privacy.audit import unexpected
    from quality.privacy.gate import protect

    modified_at = datetime.fromtimestamp(sample.stat().st_mtime, tz=UTC)
    payload = Payload(sample.name, sample.read_bytes(), modified_at, contract.since)
    with tempfile.TemporaryDirectory() as keys, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a root key was made: it lives for this check only
        keyring = Keyring.open(Settings.load({}, Path(keys)))
        protected = protect(Arrivals([payload]), contract, keyring)
    surprises = unexpected(contract, [protected.frame])
    verdict = judge(
        protected.frame,
        contract,
        refused_before=protected.refused.height,
        delivered_count=protected.delivered_count,
        window=None,
    )
    where = f"{contract.key}: {sample.name}"
    lines = [
        f"{where}: line {line}: {reason}; correct the sample or the rule"
        for refused in (protected.refused, verdict.refused)
        for line, reason in refused.select("__line", "reason").iter_rows()
    ]
    lines += [f"{where}: {stop}" for stop in verdict.stops if not lines]
    lines += [
        f"{where}: {one} is not what the contract declares; correct one of them"
        for one in surprises
    ]
    if protected.delivered_count == 0:
        lines.append(f"{where}: has no rows; put in a few invented ones")
    return lines
