"""Whether the newest rows of a table are as young as its cadence promises."""

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from assets.boundary import value_free
from assets.twin import Twin, utc_now
from infra.counting import counted
from infra.windows import Cadence


def freshness_check(table: str, cadence: Cadence) -> dg.AssetChecksDefinition:
    """Whether the newest rows are as young as the cadence promises, and since when not."""

    @dg.asset_check(
        asset=dg.AssetKey(table.split("/")),
        name="freshness",
        description="Warns when the newest window is older than the cadence promises.",
        required_resource_keys={"twin"},
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        with value_free(table):
            twin: Twin = context.resources.twin.open()
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
        description=f"The newest window is {newest_window}, {counted(age.days, 'day')} ago; "
        f"a {cadence} table is stale after {counted(allowed.days, 'day')}.",
        metadata={"newest window": str(newest_window), "age in days": age.days},
    )
