"""Asking Dagster what it would launch at a given minute, as its daemon does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor

ROME: Final = ZoneInfo("Europe/Rome")


def at(day: str, clock: str) -> datetime:
    """A minute of the city's clock."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ROME)


def partitions(first: str, days: int) -> set[str]:
    """So many days from one on, as Dagster names them."""
    start = datetime.fromisoformat(first)
    return {f"{start + timedelta(days=number):%Y-%m-%d}" for number in range(days)}


@dataclass
class Daemon:
    """What looks at the conditions again and again, and remembers what it saw.

    `of` is whose conditions it looks at: a few tables are looked at sooner than the whole city's.
    """

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    of: dg.AssetSelection = field(default_factory=dg.AssetSelection.all)
    resources: Mapping[str, object] = field(default_factory=dict)
    cursor: AssetDaemonCursor | None = None

    def look(self, moment: datetime | None = None) -> dict[str, set[str | None]]:
        """Which partitions of which tables it would launch now; None for a table without any."""
        result = dg.evaluate_automation_conditions(
            self.definitions,
            instance=self.instance,
            evaluation_time=moment,
            cursor=self.cursor,
            asset_selection=self.of,
        )
        self.cursor = result.cursor
        graph = self.definitions.resolve_asset_graph()
        tables = self.of.resolve(graph) & graph.materializable_asset_keys
        asked = {key.to_user_string(): result.get_requested_partitions(key) for key in tables}
        for each in result.results:
            if isinstance(each.key, dg.AssetCheckKey) and not each.true_subset.is_empty:
                asked[f"{each.key.asset_key.to_user_string()}:{each.key.name}"] = {None}
        return {name: set(found) for name, found in asked.items() if found}

    def at_last(self, moments: Iterable[datetime]) -> dict[str, set[str | None]]:
        """What it would launch at the last of these moments, having looked at all of them."""
        asked: dict[str, set[str | None]] = {}
        for moment in moments:
            asked = self.look(moment)
        return asked

    def run(self, *tables: str, day: str | None = None) -> dg.ExecuteInProcessResult:
        """Launch tables as Dagster does, for one partition if there is one."""
        keys = frozenset(dg.AssetKey(table.split("/")) for table in tables)
        graph = self.definitions.resolve_asset_graph()
        checks = set(graph.get_check_keys_for_assets(set(keys)))
        job = self.definitions.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection=keys,
            asset_check_selection=frozenset(key for key in checks if key.name != "freshness"),
        )
        return job.execute_in_process(
            instance=self.instance,
            resources=self.resources,
            partition_key=day,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
