"""The lake as it stood at one moment: each table at one version, whoever writes meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from infra.lake import Access, Commit, Lake


@dataclass(frozen=True)
class Snapshot:
    """The tables of a lake at pinned versions; reading writes nothing, and asks for no lease."""

    lake: Lake
    versions: Mapping[str, int]

    @classmethod
    def of(cls, lake: Lake) -> "Snapshot":
        """Pin every table at its newest version now."""
        found = {table: lake.version(table) for table in lake.tables()}
        return cls(lake, {name: number for name, number in found.items() if number is not None})

    def tables(self) -> list[str]:
        """The tables there were, sorted."""
        return sorted(self.versions)

    def exists(self, table: str) -> bool:
        """Whether there was such a table."""
        return table in self.versions

    def version(self, table: str) -> int | None:
        """The version of a table; None if there was none."""
        return self.versions.get(table)

    def read(self, table: str) -> pl.LazyFrame:
        """The rows of a table at its version, lazily."""
        return self.lake.read(table, version=self.versions[table])

    def history(self, table: str) -> list[Commit]:
        """The commits of a table up to its version, newest first."""
        last = self.versions[table]
        return [one for one in self.lake.history(table) if one.version <= last]

    def labels(self, table: str) -> dict[str, str]:
        """What a table's history holds of each column (now: labels only ever grow stricter)."""
        return self.lake.labels(table)

    def rows_count(self, table: str) -> int:
        """How many rows a table has, from its files' footers."""
        return int(self.read(table).select(pl.len()).collect().item())

    def access(self, stage: str) -> Access:
        """Who may read a stage, as far as can be seen."""
        return self.lake.access(stage)
