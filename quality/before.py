"""What the lake says of windows before they are landed again: asked once for many of them."""

from collections.abc import Collection, Hashable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Final

import polars as pl

from infra.lake import Lake
from quality.contract.model import Contract
from quality.judgement import Verdict
from quality.privacy.protected import Protected
from quality.tables import bronze_key, quarantine_key

# Old windows may be loaded after new ones; further back nobody looks for what came before them.
_COMMITS_LOOKED_AT: Final = 20

Notes = Mapping[str, str]


class Before:
    """What stands of some windows, and what the last deliveries had.

    Holds while nobody else writes these windows; landing one changes nothing for the others.
    """

    def __init__(self, contract: Contract, starts: Collection[date | None], lake: Lake) -> None:
        """Nothing is read yet."""
        self._contract = contract
        self._starts = sorted(start for start in starts if start is not None)
        self._lake = lake
        self._newer: list[Notes] = []
        # What became of deliveries without rows, by their content: the same is judged once.
        self.empty: dict[Hashable, tuple[Protected, Verdict]] = {}

    def add(self, notes: Notes) -> None:
        """Count a delivery that is about to be committed among those that came before."""
        self._newer.append(notes)

    def notes(self) -> Iterator[Notes]:
        """The notes of the last deliveries, newest first; the first is at hand."""
        yield from reversed(self._newer[-_COMMITS_LOOKED_AT:])
        yield from self._last
        yield from self._older

    @cached_property
    def _last(self) -> list[Notes]:
        table = bronze_key(self._contract)
        return [self._lake.last_notes(table)] if self._lake.exists(table) else []

    @cached_property
    def _older(self) -> list[Notes]:
        table = bronze_key(self._contract)
        if not self._lake.exists(table):
            return []
        return [each.notes for each in self._lake.history(table, limit=_COMMITS_LOOKED_AT)]

    @cached_property
    def filled(self) -> frozenset[date]:
        """The windows that bronze holds rows of."""
        table = bronze_key(self._contract)
        present = self._lake.exists(table) and self._lake.changed_windows(table, after_version=None)
        return frozenset(present or ())

    @cached_property
    def held(self) -> Mapping[date, int]:
        """How many rows bronze and quarantine hold, of those of these windows that have any."""
        held: dict[date, int] = {}
        for table in (bronze_key(self._contract), quarantine_key(self._contract)):
            if self._starts and self._lake.exists(table):
                rows = self._lake.read(table).filter(pl.col("window_on").is_in(self._starts))
                for start, count in rows.group_by("window_on").len().collect().iter_rows():
                    held[start] = held.get(start, 0) + count
        return held
