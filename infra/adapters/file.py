"""The `file` protocol: local paths and globs, http(s) and s3, in any of the tabular formats."""

from typing import Literal

from infra.adapters.form import FileForm, Format, Melt
from infra.adapters.source import NOTHING_KNOWN, WebSource
from infra.arrivals import Arrivals, Known
from infra.errors import PublisherUnavailable
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
            raise PublisherUnavailable(f"{self.written}: nothing was found there for {window}")
        return arrivals


class FileAdapter(FileForm, FileSource):
    """Files a publisher leaves somewhere, and how to read them where sniffing would be wrong."""

    protocol: Literal["file"]
