"""What Dagster is told of a landing: materialisations, counts, and checks with their reasons."""

from collections.abc import Iterator, Mapping

import dagster as dg

from assets.metadata import lineage_of, materializations
from assets.twin import Twin
from infra.errors import ContractError, DeliveryRefused
from quality.contract.model import Contract
from quality.landing import Landing
from quality.tables import bronze_key, bronze_spec, quarantine_key


def refused_check(refusal: ContractError, bronze: dg.AssetKey) -> dg.AssetCheckResult:
    """The failed check that says why nothing was published; `contract` if nobody can read it."""
    return dg.AssetCheckResult(
        check_name=refusal.check if isinstance(refusal, DeliveryRefused) else "contract",
        asset_key=bronze,
        passed=False,
        severity=dg.AssetCheckSeverity.ERROR,
        description=str(refusal),
        metadata={"why": str(refusal)},  # the pages show metadata in full
    )


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
            dg.AssetObservation(
                asset_key=dg.AssetKey(["source", contract.publisher, contract.dataset]),
                metadata={"rows delivered": result.delivered_count},
            )
        )
        materializations(context, bronze, result.windows, {"delivery": result.delivery_id or ""})
        materializations(context, refused, result.windows, {})
    by_rule: dict[str, int | str] = {
        f"rule {rule}": count for rule, count in result.refused_by_rule.items()
    }
    yield dg.MaterializeResult(asset_key=bronze, metadata={**counts, **extra})
    yield dg.MaterializeResult(
        asset_key=refused,
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
        metadata={"columns stored": len(contract.stored), "treatments": treatments},
    )
    yield dg.AssetCheckResult(
        check_name="contract", asset_key=bronze, passed=True, metadata={**_rules(result), **by_rule}
    )
    yield _drift_check(result, bronze)


def _rules(result: Landing) -> Mapping[str, str]:
    return {
        f"{number}. {rule.rule}": (
            f"{rule.unexpected_count} of {rule.rows_count} rows, {rule.severity}"
        )
        for number, rule in enumerate(result.results, start=1)
    }


def _drift_check(result: Landing, bronze: dg.AssetKey) -> dg.AssetCheckResult:
    drift = result.drift
    undeclared = drift.undeclared if drift else ()
    missing = drift.missing if drift else ()
    parts = []
    if undeclared:
        parts.append(
            f"{len(undeclared)} columns came that nobody declared: "
            f"{', '.join(undeclared)}. They were left out; declare them or name them under dropped."
        )
    if missing:
        parts.append(f"Optional columns that did not come: {', '.join(missing)}.")
    return dg.AssetCheckResult(
        check_name="drift",
        asset_key=bronze,
        passed=not undeclared,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(parts) or "The columns delivered are those agreed.",
        metadata={"undeclared columns": len(undeclared), "missing columns": len(missing)},
    )
