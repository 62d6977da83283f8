"""The `gtfs` protocol: one table of a timetable feed, a zip of text files by the GTFS standard."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from infra.adapters.file import FileSource
from infra.adapters.source import NOTHING_KNOWN
from infra.arrivals import Arrivals, Known, Payload
from infra.windows import Window

if TYPE_CHECKING:
    from infra.adapters.raw import RawRows

GtfsTable = Literal[
    "agency",
    "stops",
    "routes",
    "trips",
    "stop_times",
    "calendar",
    "calendar_dates",
    "frequencies",
    "shapes",
    "feed_info",
    "transfers",
]


class GtfsAdapter(FileSource):
    """A feed somewhere, and which of its tables a contract is about.

    Each table has a contract of its own, and each contract reads the whole feed: that is how rows
    that name what the feed does not have are found.
    """

    protocol: Literal["gtfs"]
    table: GtfsTable

    @property
    def may_be_empty(self) -> bool:
        """Whether the standard lets a feed leave this table out."""
        from infra.adapters.gtfs_feed import OPTIONAL

        return self.table in OPTIONAL

    @property
    def sends_versions(self) -> bool:
        """Whether several feeds at one address are versions of one timetable: they are."""
        return not self.names_windows

    def pull(self, window: Window, known: Known = NOTHING_KNOWN) -> Arrivals:
        """Fetch the feeds, as the `file` protocol does, oldest first, dated by what they say.

        Raises PublisherUnavailable when nothing is found or the publisher does not answer.
        """
        from infra.adapters.gtfs_feed import holds_from
        from infra.adapters.opening import payloads_of, receipts_of

        fetched = super().pull(window, known)
        by_date = sorted(payloads_of(fetched), key=lambda feed: (feed.modified_at, feed.name))
        dated = [replace(feed, modified_at=holds_from(feed)) for feed in by_date]
        return Arrivals(
            sorted(dated, key=lambda feed: feed.modified_at),
            receipts=receipts_of(fetched),
            unchanged=fetched.unchanged,
        )

    def read(self, payloads: Sequence[Payload]) -> "RawRows":
        """Read the rows of this table; a row that cannot be read is refused, with its reason.

        Rows that name a trip, stop, route, service or agency the feed does not have are faults.
        Raises ContractError for a feed that is damaged or lacks the table, unless it may.
        """
        from infra.adapters.gtfs_feed import read_feeds

        return read_feeds(self.table, payloads)
