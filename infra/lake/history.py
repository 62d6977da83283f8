"""What was done to a table: its commits with our notes, whoever else also wrote to it."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from infra.errors import TwinError
from infra.windows import Cadence, Window

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

# The kinds of commits we make; `mark`, `labels` and `purge` change no row, and `keys` nothing but
# the encryption of pseudonyms.
Write = Literal["windows", "table", "history", "mark", "labels", "keys", "rows", "rewrite", "purge"]
_PREFIX: Final = "gemello."
_WRITE: Final = "write"
WINDOWS: Final = "windows"
_CADENCE: Final = "cadence"
_STAMP: Final = "stamp"
_OURS: Final = frozenset({_WRITE, WINDOWS, _CADENCE, _STAMP})
# The names under which a commit says how many rows it added.
_ROWS_COUNTS: Final = ("num_added_rows", "numOutputRows", "num_target_rows_inserted")
# What other tools do to a table without changing what a reader gets.
_HARMLESS: Final = (
    "CREATE TABLE",
    "SET TBLPROPERTIES",
    "ADD COLUMN",
    "UPDATE COLUMN METADATA",
    "OPTIMIZE",
    "VACUUM START",
    "VACUUM END",
)
# Kept so that every published number stays explainable; upkeep shortens it table by table.
LOG_PROPERTIES: Final = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.checkpointInterval": "20",
}


@dataclass(frozen=True)
class Commit:
    """One version of a table: when and how it came about, and the notes left with it.

    `rows_count` are the rows the commit wrote; None where the writer did not say.
    """

    version: int
    at: datetime
    operation: str
    notes: Mapping[str, str] = field(default_factory=dict)
    rows_count: int | None = None


@dataclass(frozen=True)
class Stamp:
    """What travels with a commit: our notes, and marks by which a delivery is known again.

    With one attempt it stands only if no other commit came since the table was opened. `id` tells
    the commit from all others, those of the same delivery too.
    """

    write: Write
    notes: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)
    window: Window | None = None
    attempts_count: int = 101
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        taken = sorted(_OURS & set(self.notes))
        if taken:
            raise TwinError(f"the note {taken[0]} is the lake's own: choose another name")

    def properties(self, *, rows_count: int | None = None) -> "CommitProperties":
        """The form in which deltalake takes it; with the rows a commit of prepared files adds."""
        from deltalake import CommitProperties, Transaction

        notes: dict[str, str] = {**self.notes, _WRITE: self.write, _STAMP: self.id}
        if self.window is not None:
            notes |= {WINDOWS: str(self.window), _CADENCE: self.window.cadence}
        metadata: dict[str, object] = {_PREFIX + name: str(text) for name, text in notes.items()}
        if rows_count is not None:
            metadata["operationMetrics"] = {_ROWS_COUNTS[0]: rows_count}
        return CommitProperties(
            custom_metadata=metadata,
            app_transactions=[Transaction(name, mark) for name, mark in self.marks.items()],
            max_commit_retries=self.attempts_count - 1,
        )


def commits(
    table: "DeltaTable", limit: int | None = None
) -> Iterator[tuple[Commit, dict[str, str]]]:
    """Each commit, newest first, with the lake's own notes beside it."""
    for entry in table.history(limit):
        ours = {
            name.removeprefix(_PREFIX): str(text)
            for name, text in entry.items()
            if name.startswith(_PREFIX)
        }
        notes = {name: text for name, text in ours.items() if name not in _OURS - {WINDOWS}}
        yield (
            Commit(
                version=int(entry["version"]),
                at=datetime.fromtimestamp(int(entry.get("timestamp", 0)) / 1000, tz=UTC),
                operation=str(entry.get("operation", "")),
                notes=notes,
                rows_count=_rows_count(entry),
            ),
            ours,
        )


def _rows_count(entry: Mapping[str, Any]) -> int | None:  # as deltalake reads JSON
    metrics = entry.get("operationMetrics")
    if not isinstance(metrics, Mapping):
        return None
    for name in _ROWS_COUNTS:
        if name in metrics:
            return int(metrics[name])
    return None


def newest_notes(table: "DeltaTable") -> dict[str, str]:
    """The notes of the newest commit of a delivery or a computation; empty if there is none."""
    # Most tables answer from their last few commits: reading a whole log costs seconds on a bucket.
    for limit in (5, 100, None):
        for commit, ours in commits(table, limit):
            if ours.get(_WRITE, "labels") not in ("labels", "keys"):
                return dict(commit.notes)
        if limit is not None and table.version() < limit:
            break
    return {}


def notes_to_say_again(table: "DeltaTable") -> dict[str, str]:
    """The newest notes for a commit after which they would not be the newest, or be there at all.

    Which windows they were of is not true of that commit.
    """
    return {name: text for name, text in newest_notes(table).items() if name != WINDOWS}


def version_of(table: "DeltaTable", stamp: Stamp, *, after: int) -> int:
    """The version that a commit made, one of those after the given one; others may be newer."""
    newer_count = table.version() - after
    if newer_count > 1:
        for commit, ours in commits(table, newer_count):
            if ours.get(_STAMP) == stamp.id:
                return commit.version
    return table.version()


def windows_since(table: "DeltaTable", version: int) -> list[date] | None:
    """The windows written after a version, in order; None if the whole table may have changed."""
    newer_count = table.version() - version
    if newer_count <= 0:
        return []
    found: set[date] = set()
    seen_count = 0
    for commit, ours in commits(table, newer_count):
        seen_count += 1
        starts = _starts_of(commit, ours)
        if starts is None:
            return None
        found.update(starts)
    # The log no longer reaches back that far: what was written there is unknown.
    return sorted(found) if seen_count == newer_count else None


def _starts_of(commit: Commit, ours: Mapping[str, str]) -> Iterable[date] | None:
    write = ours.get(_WRITE)
    is_ours = write in ("mark", "labels", "keys", "purge")
    if is_ours or (write is None and commit.operation in _HARMLESS):
        return ()
    if write != "windows":
        return None
    start, _, end = ours[WINDOWS].partition("/")
    cadence = cast("Cadence", ours[_CADENCE])
    return Window(cadence, date.fromisoformat(start), date.fromisoformat(end)).starts()
