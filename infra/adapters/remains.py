"""What is left of a file when rows are taken out of it: its other rows, as they were read.

A file of any format can be cut so, and each row keeps its line. What could not be read as a row
keeps its place and its reason; its text goes, for nobody can say whose it is.
"""

import io
import zipfile
from typing import Final

import polars as pl

from infra.adapters.raw import Table
from infra.errors import TwinError

_ROWS: Final = "rows.parquet"
_REFUSED: Final = "refused.parquet"


def packed(table: Table) -> bytes:
    """A file's rows as bytes; nothing of rows that were filtered out is in them."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, frame in ((_ROWS, table.frame), (_REFUSED, table.refused)):
            content = io.BytesIO()
            # Not Arrow IPC, whose buffers may still hold the texts of rows that are gone.
            frame.write_parquet(content, compression="uncompressed", statistics=False)
            archive.writestr(zipfile.ZipInfo(name), content.getvalue())
    return memory.getvalue()


def unpacked(content: bytes) -> Table:
    """Read what `packed` wrote."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            frames = [pl.read_parquet(archive.read(name)) for name in (_ROWS, _REFUSED)]
    except (zipfile.BadZipFile, KeyError, pl.exceptions.PolarsError):
        raise TwinError(
            "what is left of a sealed file does not open; restore the archive"
        ) from None
    return Table(*frames)
