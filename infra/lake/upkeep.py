"""What is done to tables beside writing them: rewriting, purging, ending windows on time."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import date, timedelta

from infra.lake import expiring, rewriting
from infra.lake.faults import commit, translated
from infra.lake.fields import TableSpec, recorded_spec
from infra.lake.leases import Leases
from infra.lake.places import Place
from infra.lake.reading import newest
from infra.lake.rewriting import Change, Rewritten
from infra.lake.traces import Holding, Traces, Where, files_at, holding, traces
from infra.lake.writing import keep_properties, restated


class Upkeep:
    """The tables of a lake in the hands of one who holds them alone; see `Lake.upkeep`."""

    def __init__(self, place: Place, leases: Leases) -> None:
        self._place = place
        self._leases = leases

    def alone(self, *keys: str) -> AbstractContextManager[None]:
        """Hold these tables alone: running writers are waited for, new ones wait.

        Raises TwinError if others go on writing.
        """
        return self._leases.alone(*keys)

    def rewrite(
        self,
        key: str,
        change: Change,
        *,
        job: str,
        notes: Mapping[str, str],
        spec: TableSpec,
        anew: bool = False,
    ) -> Rewritten:
        """Put every row of a table through a change, in one commit that remembers the job.

        Rows come window by window, or all of a static table, with all their columns, and go back
        with the same columns. What was, stays readable as an older version: `purge` ends that.
        Files of windows whose rows come back as they were stay, unless all are written `anew`.
        Whether the job has done it already says `is_rewritten`; a change that may not be made
        twice asks first.
        """
        with self._leases.alone(key):
            return rewriting.rewrite(
                self._place, key, change, job=job, notes=notes, spec=spec, anew=anew
            )

    def recorded_spec(self, key: str) -> TableSpec:
        """What the table says of itself: columns, labels, statistics; those of pseudonyms aside."""
        return recorded_spec(newest(self._place, key))

    def is_rewritten(self, key: str, job: str) -> bool:
        """Whether this job is the last that has rewritten the table."""
        return rewriting.is_rewritten(self._place, key, job)

    def purge(self, key: str, *, job: str) -> int:
        """Remove every older version, every file that is no part of the table, and its old log.

        Gives the one version that is left. Can be done again at any time.
        """
        with self._leases.alone(key):
            return rewriting.purge(self._place, key, job=job)

    def is_purged(self, key: str, job: str) -> bool:
        """Whether this job is the last that has purged the table."""
        return rewriting.is_purged(self._place, key, job)

    def restate(self, key: str, spec: TableSpec) -> int:
        """Record columns, labels and statistics of a spec as all that the table has; its version.

        Who calls it has rewritten and purged the table so that it is true. Columns that the spec
        does not know, or knows with another type, are gone: nothing reads them any more.
        """
        with self._leases.alone(key):
            return commit(key, lambda: restated(newest(self._place, key), spec))

    def keep_statistics(self, key: str, spec: TableSpec) -> None:
        """Have statistics of no other columns than the spec's written from now on."""
        with self._leases.alone(key), translated(key, "recording the statistics"):
            keep_properties(newest(self._place, key), spec)

    def vacuum(self, key: str, *, older_than: timedelta) -> None:
        """Remove files that left the table longer ago than this: so old versions end."""
        with self._leases.alone(key), translated(key, "removing old files"):
            newest(self._place, key).vacuum(
                retention_hours=int(older_than / timedelta(hours=1)),
                enforce_retention_duration=False,
                dry_run=False,
            )

    def expire_windows(self, key: str, before: date, *, notes: Mapping[str, str]) -> int:
        """End all windows that begin before a day, in every version; the count of their files.

        Other windows of older versions stay readable. What was computed from them stays, too.
        """
        with self._leases.alone(key):
            return expiring.expire_windows(self._place, key, before, notes=notes)

    def files_of_windows(self, key: str, before: date) -> list[str]:
        """The files that are there of windows that begin before a day."""
        return expiring.files_of_windows(self._place, key, before)

    def files_at(self, key: str, version: int) -> list[str]:
        """The files that make up a table at a version: its rows, then its log up to there."""
        return files_at(self._place, key, version)

    def oldest_readable(self, key: str) -> int:
        """The oldest version that can be read, but for windows that have ended."""
        return expiring.oldest_readable(self._place, key)

    def holding(self, key: str, where: Where) -> Holding:
        """Where such rows stand: in the table, and in files of older or no versions."""
        return holding(self._place, key, where)

    def traces(self, key: str, *, allowed: Collection[str]) -> Traces:
        """What is left beside the newest rows; `allowed` columns may have statistics."""
        return traces(self._place, key, allowed=allowed)
