"""Whether tables are as young as their cadence promises: which are stale, since when, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import dagster as dg

from assets.boundary import value_free
from assets.declaration import Declaration
from assets.twin import Twin, utc_now
from infra.counting import counted
from quality.tables import bronze_key

CHECK: Final = "freshness"
# How old the newest window may be, counted from its first day, by how often it comes.
_ALLOWED_DAYS: Final[Mapping[str, int]] = {
    "hourly": 1,
    "stream": 2,
    "daily": 2,
    "monthly": 62,
    "yearly": 550,
}
# The slower input decides how young a computed table can be.
_BY_SPEED: Final = ("hourly", "stream", "daily", "monthly", "yearly")


@dataclass(frozen=True)
class Freshness:
    """How young a table is: its newest window, and since when it is stale, if it is."""

    table: str
    pace: str
    exists: bool
    newest: date | None = None
    stale_since: date | None = None

    @property
    def is_stale(self) -> bool:
        """Whether it is older than it may be, or was never filled."""
        return self.stale_since is not None or not self.exists or not self._has_rows

    @property
    def _has_rows(self) -> bool:
        return self.newest is not None or self.pace == "static"

    @property
    def said(self) -> str:
        """The sentence the check shows."""
        if not self.exists:
            return "There is no table yet."
        if not self._has_rows:
            return "There are no rows yet."
        if self.newest is None:
            return "A list without windows is never stale."
        rule = f"the newest window is {self.newest}, and that of a table that comes {self.pace} "
        rule += f"is never to be more than {counted(_ALLOWED_DAYS[self.pace], 'day')} old."
        return f"Stale since {self.stale_since}: {rule}" if self.stale_since else f"Fresh: {rule}"


def freshness_of(
    table: str, declarations: Mapping[str, Declaration], *, twin: Twin, today: date
) -> Freshness:
    """How young a bronze, silver or gold table is on a day."""
    pace = pace_of(table, declarations, twin)
    if not twin.lake.exists(table):
        return Freshness(table, pace, exists=False)
    if pace == "static":
        return Freshness(table, pace, exists=True)
    newest = max(twin.lake.changed_windows(table, after_version=None) or (), default=None)
    if newest is None:
        return Freshness(table, pace, exists=True)
    stale_on = newest + timedelta(days=_ALLOWED_DAYS[pace] + 1)
    return Freshness(table, pace, True, newest, stale_on if stale_on <= today else None)


def pace_of(table: str, declarations: Mapping[str, Declaration], twin: Twin) -> str:
    """How often a table gets a new window: its contract's cadence, or that of its slowest input."""
    contract = twin.contract_of(table)
    if contract is not None:
        return contract.refresh or contract.cadence
    declaration = declarations[table]
    paces = [pace_of(read, declarations, twin) for read in declaration.reads.values()]
    paces = [pace for pace in paces if pace != "static"]
    if declaration.window_by is None or not paces:
        return "static"
    return max(paces, key=_BY_SPEED.index)


def is_hourly(table: str, declarations: Mapping[str, Declaration], twin: Twin) -> bool:
    """Whether some of what a table is made of is renewed during the day itself."""
    if table in declarations:
        reads = declarations[table].reads.values()
        return any(is_hourly(read, declarations, twin) for read in reads)
    contract = twin.contract_of(table)
    return contract is not None and contract.refresh == "hourly"


def freshness_checks(
    declarations: Mapping[str, Declaration],
    twin: Twin,
    *,
    condition: dg.AutomationCondition[dg.AssetCheckKey] | None = None,
) -> dg.AssetChecksDefinition:
    """One step that looks at any of the bronze, silver and gold tables.

    It needs nothing but the lake, so it also tells of tables that were not written because their
    publisher, or that of an input, sent nothing.
    """
    tables = [*map(bronze_key, twin.contracts.values()), *declarations]

    @dg.multi_asset_check(
        name=CHECK,
        specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=dg.AssetKey(table.split("/")),
                description="Warns when the newest window is older than its cadence promises.",
                automation_condition=condition,
            )
            for table in tables
        ],
        can_subset=True,
        required_resource_keys={"twin"},
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        opened: Twin = context.resources.twin.open()
        for key in sorted(context.selected_asset_check_keys):
            table = key.asset_key.to_user_string()
            with value_free(table):
                yield _result(table, declarations, opened)

    return freshness


def _result(table: str, declarations: Mapping[str, Declaration], twin: Twin) -> dg.AssetCheckResult:
    today = utc_now().date()
    state = freshness_of(table, declarations, twin=twin, today=today)
    said = state.said
    if state.is_stale:
        said = f"{said} {_what_to_do(table, declarations, twin, today)}"
    metadata = {"comes": state.pace}
    if state.newest is not None:
        metadata["newest window"] = str(state.newest)
    if state.stale_since is not None:
        metadata["stale since"] = str(state.stale_since)
    return dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=dg.AssetKey(table.split("/")),
        passed=not state.is_stale,
        severity=dg.AssetCheckSeverity.WARN,
        description=said,
        metadata=metadata,
    )


def _what_to_do(
    table: str, declarations: Mapping[str, Declaration], twin: Twin, today: date
) -> str:
    if table not in declarations:
        return (
            f"See the last failed run of {table}; if there is none, nothing was delivered: ask the "
            "publisher."
        )
    inputs = [
        freshness_of(read, declarations, twin=twin, today=today)
        for read in declarations[table].reads.values()
    ]
    waiting = [
        f"{each.table} ({f'stale since {each.stale_since}' if each.newest else 'empty'})"
        for each in inputs
        if each.is_stale
    ]
    if waiting:
        return f"It is made of {', '.join(waiting)}."
    return f"What it is made of is younger: gemello run --select {table}"
