"""From contracts to Dagster assets: the source outside, and the step that lands it in bronze."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import dagster as dg

from assets.boundary import value_free
from assets.metadata import (
    column_schema,
    is_ours,
    lineage_of,
    materializations,
    windows_of_run,
)
from assets.twin import Twin, commit_notes, utc_now
from assets.upkeep import upkeep
from infra.errors import ContractError, DeliveryRefused, PublisherUnavailable
from infra.windows import Cadence, Window
from quality.contract.exports import to_markdown
from quality.contract.model import Contract
from quality.landing import Landing, land
from quality.replay import land_from_archive
from quality.shrinking import said
from quality.tables import bronze_key, bronze_spec, quarantine_key, quarantine_spec

# A flaky network is asked again; a bad delivery or a bug of ours is not.
RETRIES = {"max_retries": 2, "delay": 2.0}


def partitions_of(cadence: Cadence, since: date | None) -> dg.PartitionsDefinition[str] | None:
    """The Dagster partitions of a cadence; None for static tables."""
    if since is None or cadence == "static":
        return None
    start = since.isoformat()
    if cadence == "monthly":
        return dg.MonthlyPartitionsDefinition(start_date=start[:8] + "01")
    if cadence == "yearly":
        return dg.TimeWindowPartitionsDefinition(
            cron_schedule="0 0 1 1 *", start=f"{since.year}-01-01", fmt="%Y-%m-%d"
        )
    return dg.DailyPartitionsDefinition(start_date=start)


def source_spec(contract: Contract) -> dg.AssetSpec:
    """The outside world as Dagster shows it: where lineage ends."""
    return dg.AssetSpec(
        key=dg.AssetKey(["source", contract.publisher, contract.dataset]),
        group_name=contract.publisher,
        description=f"{contract.title}. Delivered by the publisher; never stored by us.",
        owners=[contract.owner],
        kinds={contract.source.protocol},
        metadata={
            "licence": contract.licence or "not stated",
            "columns read": len(contract.delivered),
            "columns refused": len(contract.dropped),
        },
    )


def bronze_asset(contract: Contract, twin: Twin) -> dg.AssetsDefinition:
    """The step that pulls, protects, judges and commits one data set."""
    bronze, refused = (
        dg.AssetKey(table.split("/")) for table in (bronze_key(contract), quarantine_key(contract))
    )
    partitions = partitions_of(contract.cadence, contract.since and twin.since(contract.since))
    checks = [
        dg.AssetCheckSpec("privacy", asset=bronze, blocking=True, description=_PRIVACY),
        dg.AssetCheckSpec("contract", asset=bronze, blocking=True, description=_CONTRACT),
        dg.AssetCheckSpec("drift", asset=bronze, description=_DRIFT),
    ]

    @dg.multi_asset(
        name=f"land_{contract.publisher}__{contract.dataset}",
        specs=[
            _spec(contract, bronze, stage="bronze", partitions=partitions),
            _spec(contract, refused, stage="quarantine", partitions=partitions),
        ],
        check_specs=checks,
        required_resource_keys={"twin"},
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        can_subset=False,
        op_tags={"publisher": contract.publisher, "cadence": contract.cadence},
    )
    def landing(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult | dg.Output[None]]:
        twin: Twin = context.resources.twin.open()
        window = windows_of_run(context, contract.cadence, twin.since(contract.since))
        with value_free(contract.key):
            try:
                result = _land(context, contract, window, twin)
            except ContractError as refusal:
                # Raising ends the step with nothing materialised; the check says why.
                yield refused_check(refusal, bronze)
                raise dg.Failure(str(refusal), allow_retries=False) from None
            except PublisherUnavailable as outage:
                attempts = int(RETRIES["max_retries"]) if outage.is_passing else 0
                raise dg.RetryRequested(
                    max_retries=attempts, seconds_to_wait=RETRIES["delay"]
                ) from dg.Failure(str(outage))
            if not is_ours(context):  # `gemello run` does it once, at the end of its run
                upkeep(twin)
        yield from _report(context, contract, result, twin, bronze=bronze, refused=refused)

    return landing


def _land(
    context: dg.AssetExecutionContext, contract: Contract, window: Window, twin: Twin
) -> Landing:
    from_archive = context.run.tags.get("gemello/from_archive") == "true"
    act = land_from_archive if from_archive else land
    return act(
        contract,
        window,
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes=commit_notes(context.run.run_id),
        now=utc_now(),
    )


_PRIVACY = (
    "Only declared columns were taken, each treated as its contract says; no undeclared column "
    "looks personal. Fails: nothing was published. Declare the column, or name it under dropped."
)
_CONTRACT = (
    "Great Expectations' verdict on all delivered rows, with what follows from the schema. "
    "Fails: nothing was published; the tables are as before. See the rules in the metadata."
)
_DRIFT = (
    "The columns delivered are those agreed, and no window lost most of its rows. Warns when the "
    "publisher adds columns, or gives far fewer rows than before."
)


def _spec(
    contract: Contract,
    key: dg.AssetKey,
    *,
    stage: str,
    partitions: dg.PartitionsDefinition[str] | None,
) -> dg.AssetSpec:
    is_bronze = stage == "bronze"
    spec = bronze_spec(contract) if is_bronze else quarantine_spec(contract)
    text = to_markdown(contract) if is_bronze else f"Righe rifiutate di: {contract.title}."
    return dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey(["source", contract.publisher, contract.dataset])],
        group_name=contract.publisher,
        description=text,
        owners=[contract.owner],
        kinds={"polars", "deltalake"},
        tags={
            "stage": stage,
            "cadence": contract.cadence,
            "publisher": contract.publisher,
            **({"refresh": contract.refresh} if contract.refresh else {}),
        },
        partitions_def=partitions,
        metadata={
            "dagster/column_schema": column_schema(spec.schema, spec.descriptions, spec.labels),
            "contract": contract.version,
            "legal basis": contract.legal_basis,
        },
    )


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


def _report(
    context: dg.AssetExecutionContext,
    contract: Contract,
    result: Landing,
    twin: Twin,
    *,
    bronze: dg.AssetKey,
    refused: dg.AssetKey,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
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
    if result.shrunk:
        parts.append(said(result.shrunk))
    if missing:
        parts.append(f"Optional columns that did not come: {', '.join(missing)}.")
    return dg.AssetCheckResult(
        check_name="drift",
        asset_key=bronze,
        passed=not undeclared and not result.shrunk,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(parts) or "The columns delivered are those agreed.",
        metadata={
            "undeclared columns": len(undeclared),
            "missing columns": len(missing),
            "shrunk windows": len(result.shrunk),
        },
    )


def freshness_check(table: str, cadence: Cadence) -> dg.AssetChecksDefinition:
    """Whether the newest rows are as young as the cadence promises, and since when not."""

    @dg.asset_check(
        asset=dg.AssetKey(table.split("/")),
        name="freshness",
        description="Warns when the newest window is older than the cadence promises.",
        required_resource_keys={"twin"},
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        twin: Twin = context.resources.twin.open()
        with value_free(table):
            return _freshness(table, cadence, twin)

    return freshness


_ALLOWED_AGE: Mapping[Cadence, timedelta] = {
    "stream": timedelta(days=2),
    "daily": timedelta(days=2),
    "monthly": timedelta(days=62),
    "yearly": timedelta(days=550),
}


def _freshness(table: str, cadence: Cadence, twin: Twin) -> dg.AssetCheckResult:
    if not twin.lake.exists(table):
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, description="There is no table yet."
        )
    if cadence == "static":
        newest = next((commit.at.date() for commit in twin.lake.history(table, limit=1)), None)
        return dg.AssetCheckResult(passed=True, metadata={"last written on": str(newest)})
    newest_window = max(twin.lake.changed_windows(table, after_version=None) or (), default=None)
    if newest_window is None:
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, description="There are no rows yet."
        )
    age = utc_now().date() - newest_window
    allowed = _ALLOWED_AGE[cadence]
    return dg.AssetCheckResult(
        passed=age <= allowed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"The newest window is {newest_window}, {age.days} days ago; "
        f"a {cadence} table is stale after {allowed.days} days.",
        metadata={"newest window": str(newest_window), "age in days": age.days},
    )
