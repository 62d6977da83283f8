"""Publishing deliveries that were judged: many windows in one commit, each judged by itself."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import TracebackType
from typing import Final, Self

import polars as pl

from infra.lake import Lake
from infra.windows import consecutive
from quality.committing import commit
from quality.contract.model import Contract
from quality.drift import NOTE, one_note
from quality.landed import Landing, joined
from quality.news import Marks
from quality.placing import TECHNICAL
from quality.privacy.free_text import redaction_note

# Rows wait for those of other windows up to this size, about: for more, a commit costs little.
_MOST_BYTES: Final = 8 * 2**20
# A run that is killed begins again with the windows that waited.
_MOST_WINDOWS: Final = 64


@dataclass(frozen=True, repr=False)
class Ready:
    """A delivery that was judged and may be published: its rows, and what is said with them.

    `lake` is the one that takes pseudonyms made with its keys, `key_id` names them, `columns` is
    the note on the columns it had.
    """

    landing: Landing
    marks: Marks
    lake: Lake
    kept: pl.DataFrame
    refused: pl.DataFrame
    changed_at: datetime
    key_id: str | None
    columns: str

    def __repr__(self) -> str:
        """The sizes only."""
        return f"Ready({self.kept.height} kept, {self.refused.height} refused)"

    @property
    def bytes_count(self) -> int:
        """How much memory its rows take."""
        return int(self.kept.estimated_size() + self.refused.estimated_size())

    @property
    def keys(self) -> tuple[object, ...]:
        """What its pseudonyms are made and encrypted with: rows under other keys are not mixed."""
        return self.key_id, self.lake.cipher

    @property
    def start(self) -> date | None:
        """The window it is for; None if it is for several, or for a static table."""
        return next(iter(self.marks)) if len(self.marks) == 1 else None


def publish(
    contract: Contract, ready: Sequence[Ready], *, notes: Mapping[str, str]
) -> list[Landing]:
    """Commit deliveries of windows that follow each other, or one of any; all of them or none."""
    marks = {start: mark for one in ready for start, mark in one.marks.items()}
    version = commit(
        contract,
        marks,
        lake=ready[-1].lake,
        kept=_stacked(one.kept for one in ready),
        refused=_stacked(one.refused for one in ready),
        changed_at=ready[-1].changed_at,
        notes={**notes, **_said(contract, ready)},
    )
    return [replace(one.landing, version=version) for one in ready]


class Together:
    """Collects windows that are ready, and commits those that follow each other together.

    Whatever ends the block, what is ready is published: windows before a failure stay landed.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        notes: Mapping[str, str],
        landed: Callable[[Landing], None] | None,
    ) -> None:
        """Nothing waits yet; `landed` is called for each window once it is committed."""
        self.landings: list[Landing] = []
        self._contract, self._notes = contract, notes
        self._landed = landed
        self._waiting: list[Ready] = []
        self._bytes_count = 0

    def __enter__(self) -> Self:
        """Begin to collect."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Publish what waits."""
        self.publish()

    def add(self, one: Ready | Landing) -> None:
        """Take a window that is ready; or hear of one that landed, or has nothing to be written."""
        if isinstance(one, Landing):
            self._done(one)
            return
        if self._waiting and one.keys != self._waiting[-1].keys:
            self.publish()
        self._waiting.append(one)
        self._bytes_count += one.bytes_count
        if self._bytes_count >= _MOST_BYTES or len(self._waiting) >= _MOST_WINDOWS:
            self.publish()

    def publish(self) -> None:
        """Commit what waits, and say so."""
        waiting, self._waiting, self._bytes_count = self._waiting, [], 0
        by_start = {one.start: one for one in waiting if one.start is not None}
        runs = [[one] for one in waiting if one.start is None]
        for run in consecutive([start for start in by_start if start], self._contract.cadence):
            runs.append([by_start[start] for start in run.starts()])
        for ready in runs:
            for one in publish(self._contract, ready, notes=self._notes):
                self._done(one)

    def _done(self, landing: Landing) -> None:
        self.landings.append(landing)
        if self._landed is not None and landing.is_news:
            self._landed(landing)


def _stacked(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([frame.drop(TECHNICAL, strict=False) for frame in frames])


def _said(contract: Contract, ready: Sequence[Ready]) -> dict[str, str]:
    """The notes of a commit: of which deliveries it is, and how many rows they had."""
    whole = joined([one.landing for one in ready], version=None)
    key_id = ready[-1].key_id
    return {
        "delivery": " ".join(one.landing.delivery_id or "" for one in ready),
        "contract": contract.version,
        "rows_delivered": str(whole.delivered_count),
        "rows_kept": str(whole.kept_count),
        "rows_refused": str(whole.refused_count),
        "rows_elsewhere": str(whole.elsewhere_count),
        "checks": json.dumps(
            {
                "held": sum(one.success for one in whole.results),
                "failed": {o.rule: o.unexpected_count for o in whole.results if not o.success},
            }
        ),
        "nobody": json.dumps(whole.nobody_counts),
        **({} if key_id is None else {"key": key_id}),
        **redaction_note(contract),
        NOTE: one_note([one.columns for one in ready]),
    }
