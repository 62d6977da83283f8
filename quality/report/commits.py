"""What the notes of a table's commits say of all its deliveries, summed."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from quality.drift import remembered
from quality.report.snapshot import Snapshot


@dataclass(frozen=True)
class Told:
    """The deliveries of a data set as its bronze commits tell of them; counts and ids only.

    `failed` are rows by rule that did not hold and let the delivery be published, `last_` what the
    newest commit says; `nobody` rows by pseudonymised column that name nobody. `undeclared_count`
    are columns that came and that nobody declared, in the newest delivery.
    """

    commits_count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    delivered_count: int = 0
    kept_count: int = 0
    refused_count: int = 0
    elsewhere_count: int = 0
    key_ids: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    redaction: str = ""
    undeclared_count: int = 0
    last_held: int = 0
    last_failed: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    nobody: Mapping[str, int] = field(default_factory=dict)


def told(table: str, lake: Snapshot) -> Told:
    """Sum the notes of a bronze table's commits; nothing where the table is not there."""
    if not lake.exists(table):
        return Told()
    commits = [one for one in lake.history(table) if "delivery" in one.notes]
    if not commits:
        return Told()
    newest = max(commits, key=lambda one: one.version)
    notes = [one.notes for one in commits]
    failed: Counter[str] = Counter()
    nobody: Counter[str] = Counter()
    for note in notes:
        failed.update(json.loads(note.get("checks", "{}")).get("failed", {}))
        nobody.update(json.loads(note.get("nobody", "{}")))
    memory = remembered([newest.notes], date.max)
    last = json.loads(newest.notes.get("checks", "{}"))
    return Told(
        commits_count=len(commits),
        first_at=min(one.at for one in commits),
        last_at=newest.at,
        delivered_count=_sum(notes, "rows_delivered"),
        kept_count=_sum(notes, "rows_kept"),
        refused_count=_sum(notes, "rows_refused"),
        elsewhere_count=_sum(notes, "rows_elsewhere"),
        key_ids=tuple(sorted({note["key"] for note in notes if "key" in note})),
        contracts=tuple(sorted({note["contract"] for note in notes if "contract" in note})),
        redaction=newest.notes.get("redaction", ""),
        undeclared_count=len(memory.unknown) if memory else 0,
        last_held=int(last.get("held", 0)),
        last_failed=dict(last.get("failed", {})),
        failed=dict(failed),
        nobody=dict(nobody),
    )


def _sum(notes: list[Mapping[str, str]], name: str) -> int:
    return sum(int(note.get(name, "0")) for note in notes)
