"""What is done to tables beside writing them: rewriting, purging, closing, ending windows."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import date, timedelta

from infra.lake import closing, expiring, purging, rewriting
from infra.lake.faults import commit, translated
from infra.lake.fields import TableSpec
from infra.lake.leases import Leases
from infra.lake.places import Place
from infra.lake.reading import newest
from infra.lake.rewriting import Change, Purpose, Rewritten
from infra.lake.shaping import keep_properties, restated
from infra.lake.traces import Holding, Traces, Where, files_at, holding, traces


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
        anew: bool = False,
    ) -> Rewritten:
        """Put every row of a table through a change, in one commit that remembers the job.

        Rows come window by window, or all of a static table, with all their columns, and go back
        with the same columns. What was, stays readable as an older version: `purge` ends that.
        Files of windows whose rows come back as they were stay, unless all are written `anew`.
        Whether the job has done it already says `is_rewritten`; a change that may not be made
        twice asks first.
        """
        purpose = Purpose.of_job(job)
        with self._leases.alone(key):
            return rewriting.rewrite(
                self._place, key, change, purpose=purpose, notes=notes, anew=anew
            )

    def is_rewritten(self, key: str, job: str) -> bool:
        """Whether this job is the last that has rewritten the table."""
        return rewriting.is_rewritten(self._place, key, job)

    def rekey(
        self, key: str, change: Change, *, domain: str, mark: int, notes: Mapping[str, str]
    ) -> Rewritten:
        """As `rewrite`, for new pseudonyms of the same people: with the mark of their key.

        The number of rows stays, all are written, and nobody who reads the table is told news. A
        table that has the mark already is left alone.
        """
        purpose = Purpose.of_key(domain, mark)
        with self._leases.alone(key):
            return rewriting.rewrite(
                self._place, key, change, purpose=purpose, notes=notes, anew=True
            )

    def purge(self, key: str, *, job: str) -> int:
        """Remove every older version, every file that is no part of the table, and its old log.

        Gives the one version that is left. Can be done again at any time.
        """
        with self._leases.alone(key):
            return purging.purge(self._place, key, job=job)

    def is_purged(self, key: str, job: str) -> bool:
        """Whether this job is the last that has purged the table."""
        return purging.is_purged(self._place, key, job)

    def remove_files(self, key: str, *, older_than: timedelta = timedelta()) -> None:
        """Remove the files that left the table longer ago than this; as of now, all of no version.

        So older versions end, and their log stays: for a new key, since it holds no pseudonym, and
        for a term, since the newer of them stay.
        """
        with self._leases.alone(key):
            purging.remove_files(self._place, key, older_than=older_than)

    def close(self, key: str, why: str) -> None:
        """Let nobody read or write the table from now on, whoever is stopped, until `reopen`.

        Raises TwinError if it is closed for another reason.
        """
        with self._leases.alone(key):
            closing.close(self._place, key, why)

    def is_closed(self, key: str) -> bool:
        """Whether nobody may read or write the table."""
        return closing.is_closed(self._place, key)

    def reopen(self, key: str) -> None:
        """Let everybody read and write again; versions before are told to be gone."""
        with self._leases.alone(key):
            closing.reopen(self._place, key)

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
