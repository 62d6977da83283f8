"""Judging a protected delivery: which rows are kept, which are refused and why, and what stops it.

A failing row is always set aside. The delivery itself is stopped when a share of values that the
contract demands does not pass, when too many rows were refused, or when a table rule fails.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from infra.counting import agree, counted
from infra.windows import Window
from quality.contract.model import Contract
from quality.expectations.catalogue import rules_of
from quality.expectations.findings import Finding, findings_of
from quality.expectations.wording import reason, stop
from quality.implicit_rules import (
    Refusal,
    event_time_out_of_range,
    possible_repeats,
    repeated_keys,
    required,
)
from quality.privacy.cells import empty

_SEPARATOR: Final = "; "
_WORKERS: Final = 2
_MOST_ROWS: Final = 6_000_000
_WINDOW: Final = "__window"


@dataclass(frozen=True)
class RuleResult:
    """What one rule found in a delivery: counts of all its rows, never a value.

    `success` is Great Expectations' own verdict, `mostly` included; without a `mostly` in the
    contract it fails at the first row, which then is set aside without stopping the delivery.
    """

    rule: str
    severity: Literal["critical", "warning"]
    scope: Literal["row", "table"]
    rows_count: int
    unexpected_count: int
    success: bool
    mostly: float


@dataclass(frozen=True, repr=False)
class Verdict:
    """The judged delivery. `stops` says why nothing may be published; empty is good."""

    kept: pl.DataFrame
    refused: pl.DataFrame
    results: tuple[RuleResult, ...]
    stops: tuple[str, ...]

    def __repr__(self) -> str:
        """Show counts only."""
        return (
            f"Verdict({self.kept.height} kept, {self.refused.height} refused, "
            f"{len(self.stops)} stops)"
        )


def judge(
    frame: pl.DataFrame,
    contract: Contract,
    *,
    refused_before: int,
    delivered_count: int,
    window: Window | None,
    payload_windows: Sequence[date | None] = (),
) -> Verdict:
    """Judge the rows the gate let through, by the contract's expectations and by its schema.

    The frame is taken: its columns may be gone from it, for a large delivery must not be there
    twice.
    `refused_before` are rows of the `delivered_count` that could not be read. `payload_windows`
    says which window each file is for, where the publisher names files by it: a key then tells
    apart the rows of one window, however many are judged at once. Raises ContractError for an
    expectation that Great Expectations does not know or cannot compute.
    """
    rules = rules_of(contract)
    refusals = required(frame, contract)
    refusals += event_time_out_of_range(frame, contract, window, payload_windows)
    keys = _keys(frame, contract, payload_windows)
    # Beside each other, for each keeps one core busy; a large delivery has no room for both.
    with ThreadPoolExecutor(1 if frame.height > _MOST_ROWS else _WORKERS) as pool:
        looked = pool.submit(possible_repeats, keys)
        found = pool.submit(findings_of, rules, frame, contract)
    repeated, findings = looked.result(), found.result()
    failing = refusals + [
        Refusal(finding.rule.name, reason(finding.rule), finding.failing, finding.rule.columns)
        for finding in findings
        if finding.failing is not None and finding.rule.severity == "critical"
    ]
    if failing and repeated.len():
        repeated = repeated.filter(~_any(failing).gather(repeated))
    repeated = repeated_keys(frame, keys, repeated)
    kept, refused = _parted(frame, failing + _duplicates(frame, contract, repeated), contract)
    refused = _in_order_of_delivery(refused)
    counts = Counter({"duplicate_key": repeated.len()})
    for rule in {refusal.rule for refusal in refusals}:
        counts[rule] = int(_any([own for own in refusals if own.rule == rule]).sum())
    return Verdict(
        kept=kept,
        refused=refused,
        results=(*_schema_results(frame, contract, counts), *map(_result, findings)),
        stops=(
            *(stop(finding) for finding in findings if _stops(finding)),
            *_too_many(contract, refused_before + refused.height, delivered_count),
        ),
    )


def _any(refusals: list[Refusal]) -> pl.Series:
    failing, *others = [refusal.failing for refusal in refusals]
    for other in others:
        failing = failing | other
    return failing


def _parted(
    frame: pl.DataFrame, refusals: list[Refusal], contract: Contract
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if not refusals:
        none = pl.lit(None, pl.String)
        return frame, frame.clear().with_columns(rule=none, reason=none)
    fails = _any(refusals)
    # One column per reason, of the refused rows only: the sentence where the rule fails, else null.
    rules, reasons = [], []
    for refusal in refusals:
        failing = refusal.failing.filter(fails)
        rules.append(pl.when(failing).then(pl.lit(refusal.rule)))
        reasons.append(pl.when(failing).then(pl.lit(refusal.reason)))
    refused = _withheld(frame.filter(fails), refusals, fails, contract).with_columns(
        pl.coalesce(rules).alias("rule"),
        pl.concat_str(reasons, separator=_SEPARATOR, ignore_nulls=True).alias("reason"),
    )
    passes = ~fails

    def passing(name: str) -> pl.Series:
        return frame.drop_in_place(name).filter(passes)

    with ThreadPoolExecutor(_WORKERS) as pool:
        return pl.DataFrame(list(pool.map(passing, frame.columns))), refused


def _withheld(
    rows: pl.DataFrame, refusals: list[Refusal], fails: pl.Series, contract: Contract
) -> pl.DataFrame:
    """Refused rows without the cells that broke a rule, pseudonyms apart.

    A column that is kept holds what was agreed only while it keeps the rules: a name in place of
    a code, or a telephone in place of an amount, would be stored as it came.
    """
    broken: dict[str, pl.Series] = {}
    for refusal in refusals:
        failing = refusal.failing.filter(fails)
        for name in refusal.columns:
            if name in contract.stored and not contract.stored[name].is_pseudonym:
                broken[name] = broken[name] | failing if name in broken else failing
    return rows.with_columns(empty(rows[name], where=where) for name, where in broken.items())


def _keys(
    frame: pl.DataFrame, contract: Contract, payload_windows: Sequence[date | None]
) -> pl.DataFrame:
    keys = frame.select(contract.primary_key)
    if not contract.primary_key or not any(payload_windows):
        return keys
    windows = pl.Series(_WINDOW, payload_windows, dtype=pl.Date)
    return keys.with_columns(windows.gather(frame["__payload"]))


def _duplicates(frame: pl.DataFrame, contract: Contract, repeated: pl.Series) -> list[Refusal]:
    if not repeated.len():
        return []
    failing = pl.repeat(False, frame.height, eager=True).scatter(repeated, True)
    key = ", ".join(contract.primary_key)
    return [Refusal("duplicate_key", f"{key}: came before in this delivery", failing)]


def _in_order_of_delivery(rows: pl.DataFrame) -> pl.DataFrame:
    order = [name for name in ("__payload", "__line") if name in rows.columns]
    return rows.sort(order, maintain_order=True) if order else rows


def _schema_results(
    frame: pl.DataFrame, contract: Contract, counts: Counter[str]
) -> Iterator[RuleResult]:
    applies = {
        "required": bool(contract.primary_key or contract.event_time),
        "event_time_out_of_range": contract.event_time is not None,
        "duplicate_key": bool(contract.primary_key),
    }
    for rule in (rule for rule, does in applies.items() if does):
        yield RuleResult(
            rule=rule,
            severity="critical",
            scope="row",
            rows_count=frame.height,
            unexpected_count=counts[rule],
            success=not counts[rule],
            mostly=1.0,
        )


def _result(finding: Finding) -> RuleResult:
    return RuleResult(
        rule=finding.rule.name,
        severity=finding.rule.severity,
        scope=finding.rule.scope,
        rows_count=finding.rows_count,
        unexpected_count=finding.unexpected_count,
        success=finding.success,
        mostly=finding.rule.mostly,
    )


def _stops(finding: Finding) -> bool:
    if finding.success or finding.rule.severity == "warning":
        return False
    return finding.rule.scope == "table" or finding.rule.judges_the_delivery


def _too_many(contract: Contract, refused_count: int, delivered_count: int) -> list[str]:
    allowed = contract.max_quarantined_ratio
    if not delivered_count or refused_count / delivered_count <= allowed:
        return []
    return [
        f"{refused_count} of {counted(delivered_count, 'delivered row')} "
        f"{agree(refused_count, 'was', 'were')} refused; the contract allows "
        f"{allowed * 100:g} % (max_quarantined_ratio)."
    ]
