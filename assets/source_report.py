"""What Dagster is told of a landing: materialisations, counts, and checks with their reasons."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import dagster as dg

from assets.metadata import data_version, lineage_of
from assets.twin import Twin, utc_now
from infra.counting import counted
from infra.errors import ContractError, DeliveryRefused
from quality.consuming import standing
from quality.contract.model import Contract
from quality.drift import What
from quality.landing import Landing
from quality.shrinking import said as said_of
from quality.tables import bronze_key, bronze_spec, quarantine_key

CHECKS: Final = ("privacy", "contract", "drift")
# In the metadata of a check that came to no verdict: what ended the step before it.
STOPPED_BY: Final = "stopped by"
_EFFECTS: Final = {
    "privacy": "looks personal",
    "drift": "breaking",
    "disclosure": "could tell of persons",
}


def refused_checks(
    refusal: ContractError, table: dg.AssetKey, checks: Iterable[str] = CHECKS
) -> Iterator[dg.AssetCheckResult]:
    """The failed check that says why nothing was published, and the others, which it stopped.

    That is `contract` where nobody can read the delivery at all. Dagster would call the others
    failed, too, without a word.
    """
    check = refusal.check if isinstance(refusal, DeliveryRefused) else "contract"
    name = table.to_user_string()
    effect = {"effect": _EFFECTS[check]} if check in _EFFECTS else {}
    yield dg.AssetCheckResult(
        check_name=check,
        asset_key=table,
        passed=False,
        severity=dg.AssetCheckSeverity.ERROR,
        description=str(refusal),
        # The pages show metadata in full.
        metadata={"why": str(refusal), "what to do": _what_to_do(check, name), **effect},
    )
    others = [other for other in checks if other != check]
    yield from _without_verdict(
        others,
        table,
        said=f"No verdict: the check {check} stopped the delivery. See there; the rows published "
        "before are as they were.",
        stopped_by=f"the check {check}",
    )


def unavailable_checks(outage: str, table: dg.AssetKey) -> Iterator[dg.AssetCheckResult]:
    """The checks of a delivery that did not come; none of them has anything to judge."""
    name = table.to_user_string()
    yield from _without_verdict(
        CHECKS,
        table,
        said=f"No verdict: nothing came. {outage}. The rows published before are as they were. Try "
        f"later: gemello run --select {name}",
        stopped_by="the publisher",
    )


def _without_verdict(
    checks: Iterable[str], table: dg.AssetKey, *, said: str, stopped_by: str
) -> Iterator[dg.AssetCheckResult]:
    for check in checks:
        yield dg.AssetCheckResult(
            check_name=check,
            asset_key=table,
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=said,
            metadata={STOPPED_BY: stopped_by},
        )


def _what_to_do(check: str, table: str) -> str:
    """Whose move it is after a refusal, and how to go on."""
    if check == "disclosure":
        move = "Make the function's columns coarser, as the message says, or leave some out."
    elif not table.startswith("bronze/"):
        move = "Correct the function that computes the table, or what it declares."
    elif check == "privacy":
        move = (
            "Ask the publisher to leave out what looks personal, or name it under dropped in the "
            "contract; declare it under columns, with a treatment, only if the purpose needs it."
        )
    elif check == "drift":
        move = "Ask the publisher whether the change is meant to stay; if so, correct the contract."
    else:
        move = (
            "Show the publisher the lines that are named and ask for the delivery again; if the "
            "rows are right, correct the rule in the contract."
        )
    return f"{move} Then: gemello run --select {table}"


def report(
    context: dg.AssetExecutionContext,
    contract: Contract,
    result: Landing,
    twin: Twin,
    *,
    bronze: dg.AssetKey,
    refused: dg.AssetKey,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Say what landed in bronze and what was refused, and that the checks passed."""
    labels = bronze_spec(contract).labels
    treatments = ", ".join(sorted(f"{name}: {label}" for name, label in labels.items()))
    counts: dict[str, int | str] = {
        "news": "new delivery" if result.is_news else "nothing new: left as it was",
    }
    if result.is_news:
        counts |= {
            "rows delivered": result.delivered_count,
            "rows kept": result.kept_count,
            "rows refused": result.refused_count,
            "rows of other windows": result.elsewhere_count,
        }
    if clear := standing(contract, at=twin.workplace, adapter=twin.adapter(contract)):
        counts["files in the clear"] = clear.told(utc_now())
    if result.version is not None:
        counts["Delta version"] = result.version
    if result.delivery_id:
        counts["delivery"] = result.delivery_id
    extra: dict[str, int | str | dg.TableColumnLineage] = {
        "dagster/row_count": twin.rows_count(bronze_key(contract)),
        "dagster/uri": twin.lake.uri(bronze_key(contract)),
        "dagster/column_lineage": lineage_of(
            {
                name: [(f"source/{contract.key}", origin) for origin in column.source]
                for name, column in contract.stored.items()
            }
        ),
        "treatments": treatments,
    }
    if result.is_news:
        context.log_event(
            # The publisher's side of it: without, Dagster would count every source as missing.
            dg.AssetMaterialization(
                asset_key=dg.AssetKey(["source", contract.publisher, contract.dataset]),
                description="The publisher delivered; what came was not stored as it came.",
                metadata={"rows delivered": result.delivered_count},
            )
        )
    by_rule: dict[str, int | str] = {
        f"rule {rule}": count for rule, count in result.refused_by_rule.items()
    }
    yield dg.MaterializeResult(
        asset_key=bronze,
        metadata={**counts, **extra},
        data_version=data_version(context, bronze, twin),
    )
    yield dg.MaterializeResult(
        asset_key=refused,
        data_version=data_version(context, refused, twin),
        metadata={
            "rows refused": result.refused_count,
            "dagster/row_count": twin.rows_count(quarantine_key(contract)),
            **by_rule,
        },
    )
    yield dg.AssetCheckResult(
        check_name="privacy",
        asset_key=bronze,
        passed=True,
        metadata={
            "columns stored": len(contract.stored),
            "treatments": treatments,
            **{
                f"{name} names nobody": f"{count} of {counted(result.kept_count, 'row')}"
                for name, count in result.nobody_counts.items()
            },
        },
    )
    yield dg.AssetCheckResult(
        check_name="contract", asset_key=bronze, passed=True, metadata={**_rules(result), **by_rule}
    )
    yield _drift_check(result, bronze)


def _rules(result: Landing) -> Mapping[str, str]:
    return {
        f"{number}. {rule.rule}": (
            f"{rule.unexpected_count} of {counted(rule.rows_count, 'row')}, {rule.severity}"
        )
        for number, rule in enumerate(result.results, start=1)
    }


def _drift_check(result: Landing, bronze: dg.AssetKey) -> dg.AssetCheckResult:
    """All that is otherwise than agreed or than before; a warning where somebody should look."""
    found = result.changes
    said = [f"{change.said} (since {change.since}; {change.effect})." for change in found]
    if any(change.what == "added" for change in found):
        said.append("Declare what is new, or name it under dropped.")
    if any(change.what == "renamed" for change in found):
        said.append("Correct `from`, and keep the former name under `earlier`.")
    if result.shrunk:
        said.append(said_of(result.shrunk))
    lines = [f"| {one.column} | {one.what} | {one.since} | {one.effect} |" for one in found]
    head = ["| column | what | since | effect |", "|---|---|---|---|"]
    table = {"changes": dg.MetadataValue.md("\n".join([*head, *lines]))} if found else {}
    counts = {
        name: sum(change.what == what for change in found) for what, name in _DRIFT_COUNTS.items()
    }
    counts["windows that shrank"] = len(result.shrunk)
    return dg.AssetCheckResult(
        check_name="drift",
        asset_key=bronze,
        passed=not result.shrunk
        and not any(one.what == "added" or one.effect == "breaking" for one in found),
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(said) or "The columns delivered are those agreed.",
        metadata={**counts, **table},
    )


_DRIFT_COUNTS: Mapping[What, str] = {
    "added": "undeclared columns",
    "removed": "columns that did not come",
    "renamed": "columns renamed",
    "retyped": "columns retyped",
}
