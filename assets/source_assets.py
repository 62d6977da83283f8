"""From contracts to Dagster assets: the source outside, and the step that lands it in bronze."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from assets.boundary import value_free
from assets.metadata import column_schema, is_ours, materializations, windows_of_run
from assets.resuming import RESUMES, landed_since, settled
from assets.source_report import refused_checks, report, unavailable_checks
from assets.twin import Twin, commit_notes, utc_now
from assets.upkeep import upkeep
from infra.errors import ContractError, PublisherUnavailable
from infra.windows import Cadence, Window
from quality.by_window import land_by_window
from quality.consuming import consume
from quality.contract.exports import to_markdown
from quality.contract.model import Contract
from quality.landing import Landing
from quality.rebuilding import land_from_archive
from quality.tables import bronze_key, bronze_spec, quarantine_key, quarantine_spec

# A flaky network is asked again; a bad delivery or a bug of ours is not.
RETRIES = {"max_retries": 2, "delay": 2.0}


def partitions_of(
    cadence: Cadence, since: date | None, *, with_today: bool = False
) -> dg.PartitionsDefinition[str] | None:
    """The Dagster partitions of a cadence; None for static tables.

    A day is one once it is over, or `with_today` from its beginning.
    """
    if since is None or cadence == "static":
        return None
    start = since.isoformat()
    if cadence == "monthly":
        return dg.MonthlyPartitionsDefinition(start_date=start[:8] + "01")
    if cadence == "yearly":
        return dg.TimeWindowPartitionsDefinition(
            cron_schedule="0 0 1 1 *", start=f"{since.year}-01-01", fmt="%Y-%m-%d"
        )
    return dg.DailyPartitionsDefinition(start_date=start, end_offset=1 if with_today else 0)


def source_spec(contract: Contract) -> dg.AssetSpec:
    """The outside world as Dagster shows it: where lineage ends."""
    return dg.AssetSpec(
        key=dg.AssetKey(["source", contract.publisher, contract.dataset]),
        group_name=contract.publisher,
        description=f"{contract.title}. Delivered by the publisher; never stored by us.",
        owners=[contract.owner],
        kinds={"source", contract.source.protocol},
        metadata={
            "licence": contract.licence or "not stated",
            "columns read": len(contract.delivered),
            "columns refused": len(contract.dropped),
        },
    )


def bronze_asset(contract: Contract, since: date | None) -> dg.AssetsDefinition:
    """The step that pulls, protects, judges and commits one data set, from `since` on."""
    bronze, refused = (
        dg.AssetKey(table.split("/")) for table in (bronze_key(contract), quarantine_key(contract))
    )
    partitions = partitions_of(
        contract.cadence,
        since,
        with_today=contract.refresh == "hourly",
    )
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
        with value_free(contract.key):
            twin: Twin = context.resources.twin.open()
            window = windows_of_run(context, contract.cadence, twin.since(contract.since))
            try:
                result = _land(context, contract, window, twin)
            except ContractError as refusal:
                # Raising ends the step with nothing materialised; the check says why.
                yield from refused_checks(refusal, bronze)
                raise dg.Failure(str(refusal), allow_retries=False) from None
            except PublisherUnavailable as outage:
                attempts = int(RETRIES["max_retries"]) if outage.is_passing else 0
                said = _with_place(outage, contract, twin)
                if context.retry_number >= attempts:
                    yield from unavailable_checks(said, bronze)
                raise dg.RetryRequested(
                    max_retries=attempts, seconds_to_wait=RETRIES["delay"]
                ) from dg.Failure(said)
            if not is_ours(context):  # `gemello run` does it once, at the end of its run
                upkeep(twin)
            yield from report(context, contract, result, twin, bronze=bronze, refused=refused)

    return landing


def _land(
    context: dg.AssetExecutionContext, contract: Contract, window: Window, twin: Twin
) -> Landing:
    bronze, refused = (
        dg.AssetKey(table.split("/")) for table in (bronze_key(contract), quarantine_key(contract))
    )

    def landed(landing: Landing) -> None:
        # Told as soon as it is true: whatever stops the step does not undo it.
        delivery = {"delivery": landing.delivery_id or ""}
        materializations(context, bronze, landing.windows, delivery, twin=twin)
        materializations(context, refused, landing.windows, {}, twin=twin)

    def told(done: int, of: int) -> None:
        context.resources.twin.tell(contract.key, done, of)

    tags, now = context.run.tags, utc_now()
    is_from_archive = tags.get("gemello/from_archive") == "true"
    act = land_from_archive if is_from_archive else land_by_window
    done = landed_since(tags.get(RESUMES), contract, twin)
    if is_ours(context) and "gemello/from" not in tags and not is_from_archive:
        done |= settled(contract, window, twin, now=now)
    adapter = twin.adapter(contract)
    landing = act(
        contract,
        window,
        at=twin.workplace,
        adapter=adapter,
        notes=commit_notes(context.run.run_id),
        now=now,
        done=done,
        landed=landed,
        told=told,
    )
    if not is_from_archive and not landing.shrunk:
        consume(contract, window, at=twin.workplace, adapter=adapter)
    return landing


def _with_place(outage: PublisherUnavailable, contract: Contract, twin: Twin) -> str:
    """What is not there, and where our settings say that it is."""
    place = twin.settings.told(contract.source.url)
    return f"{outage}; {place}" if place else str(outage)


_PRIVACY = (
    "Only declared columns were taken, each treated as its contract says; no undeclared column "
    "looks personal. Fails: nothing was published. Declare the column, or name it under dropped."
)
_CONTRACT = (
    "Great Expectations' verdict on all delivered rows, with what follows from the schema. "
    "Fails: nothing was published; the tables are as before. See the rules in the metadata."
)
_DRIFT = (
    "The columns delivered are those agreed, and hold what they held. Warns of columns that were "
    "added, renamed or retyped, and says since when, and of windows that lost most of their rows. "
    "A delivery that lacks a column is refused."
)


def _refused_text(contract: Contract) -> str:
    return (
        f"Righe rifiutate di: {contract.title}. Rows that were set aside, in protected form, with "
        f"the rule, the reason and their place in the delivery: "
        f"`gemello quarantine show {contract.key}`."
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
    # The catalogue shows the first words as they are written, so without the mark of a heading.
    text = to_markdown(contract).removeprefix("# ") if is_bronze else _refused_text(contract)
    return dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey(["source", contract.publisher, contract.dataset])],
        group_name=contract.publisher,
        description=text,
        owners=[contract.owner],
        # The graph shows the last part of a key alone, the same for all stages of a data set.
        kinds={stage, "deltalake"},
        tags={
            "stage": stage,
            "cadence": contract.cadence,
            "publisher": contract.publisher,
            "personal": "yes" if contract.is_personal else "no",
            **({"refresh": contract.refresh} if contract.refresh else {}),
        },
        partitions_def=partitions,
        metadata={
            "dagster/column_schema": column_schema(spec.schema, spec.descriptions, spec.labels),
            "contract": contract.version,
            "legal basis": contract.legal_basis,
        },
    )
