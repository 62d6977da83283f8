"""The `file` protocol: local paths and globs, http(s) and s3, in any of the tabular formats."""

from collections.abc import Callable
from typing import Literal

from infra.adapters.form import FileForm, Format, Melt
from infra.adapters.source import NOTHING_KNOWN, WebSource
from infra.arrivals import Arrivals, Known
from infra.drops import Drop
from infra.errors import NothingDelivered
from infra.windows import Window

__all__ = ["FileAdapter", "FileSource", "Format", "Melt"]


class FileSource(WebSource):
    """Files a publisher leaves somewhere."""

    def pull(self, window: Window, known: Known = NOTHING_KNOWN) -> Arrivals:
        """Fetch the files of these windows, as they are.

        If the address names windows, those of each window in the range that are there; otherwise
        all files at the address. What a web server says did not change since `known` is in
        `unchanged`. Raises PublisherUnavailable when nothing is found or the publisher does not
        answer.
        """
        from infra.adapters.fetch import fetch

        arrivals = fetch(self.places(window), self.web(self.url), known)
        if not arrivals.payloads_count and not arrivals.unchanged:
            raise NothingDelivered(f"{self.written}: nothing was found there for {window}")
        return arrivals

    def drops(self, digest: Callable[[str], str]) -> list[Drop]:
        """What lies at the address now, oldest change first; nothing on the web, which shows none.

        `digest` makes of a file's name, size and time what it may be known by elsewhere. Raises
        PublisherUnavailable if the folder or bucket does not answer.
        """
        from infra.adapters.drops import drops_at

        return drops_at(self.url, self.written, digest=digest)


class FileAdapter(FileForm, FileSource):
    """Files a publisher leaves somewhere, and how to read them where sniffing would be wrong."""

    protocol: Literal["file"]
    # Files in a folder are removed once they have landed and lie sealed in our archive.
    consume: bool = False

    def pull(self, window: Window, known: Known = NOTHING_KNOWN) -> Arrivals:
        """Fetch the files of these windows; of consumed ones, nothing there is nothing new."""
        try:
            return super().pull(window, known)
        except NothingDelivered:
            if not self.consume:
                raise
            return Arrivals([], unchanged=[None])

    def remove(self, window: Window, is_ours: Callable[[bytes], bool]) -> int:
        """Remove the files of these windows whose content is ours; give how many there were."""
        if not self.consume:
            return 0
        from infra.adapters.fetch import remove_from_folders

        return remove_from_folders(self.places(window), is_ours)
