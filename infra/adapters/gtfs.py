"""The `gtfs` protocol: one table of a timetable feed, a zip of text files by the GTFS standard."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

from infra.adapters.file import FileAdapter
from infra.arrivals import Arrivals, Payload
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


class GtfsAdapter(BaseModel):
    """A feed somewhere, and which of its tables a contract is about.

    Each table has a contract of its own, and each contract reads the whole feed: that is how rows
    that name what the feed does not have are found.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    protocol: Literal["gtfs"]
    url: str
    table: GtfsTable

    _written: str | None = PrivateAttr(default=None)

    @property
    def names_windows(self) -> bool:
        """Whether the names of the feeds say which window each is for."""
        return self._files().names_windows

    @property
    def may_be_empty(self) -> bool:
        """Whether the standard lets a feed leave this table out."""
        from infra.adapters.gtfs_feed import OPTIONAL

        return self.table in OPTIONAL

    @property
    def sends_versions(self) -> bool:
        """Whether several feeds at one address are versions of one timetable: they are."""
        return not self.names_windows

    def resolved(self, fill: Callable[[str], str]) -> Self:
        """The same adapter with the placeholders of its address filled."""
        filled = self.model_copy(update={"url": fill(self.url)})
        filled._written = self._written or self.url
        return filled

    def pull(self, window: Window) -> Arrivals:
        """Fetch the feeds, as the `file` protocol does, oldest first, dated by what they say.

        Raises PublisherUnavailable when nothing is found or the publisher does not answer.
        """
        from infra.adapters.gtfs_feed import holds_from
        from infra.adapters.opening import payloads_of

        fetched = payloads_of(self._files().pull(window))
        by_date = sorted(fetched, key=lambda feed: (feed.modified_at, feed.name))
        dated = [replace(feed, modified_at=holds_from(feed)) for feed in by_date]
        return Arrivals(sorted(dated, key=lambda feed: feed.modified_at))

    def read(self, payloads: Sequence[Payload]) -> "RawRows":
        """Read the rows of this table; a row that cannot be read is refused, with its reason.

        Rows that name a trip, stop, route, service or agency the feed does not have are faults.
        Raises ContractError for a feed that is damaged or lacks the table, unless it may.
        """
        from infra.adapters.gtfs_feed import read_feeds

        return read_feeds(self.table, payloads)

    def _files(self) -> FileAdapter:
        written = FileAdapter(protocol="file", url=self._written or self.url)
        return written.resolved(lambda _: self.url)
