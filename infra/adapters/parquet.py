"""Reading Parquet files: the cells keep the types the publisher gave them."""

import polars as pl

from infra.adapters.layout import column_names
from infra.adapters.raw import LINE, Table, refusals
from infra.errors import ContractError


def read_parquet(content: bytes) -> Table:
    """The rows of a Parquet file. Raises ContractError for one that is damaged.

    pyarrow reads it, and checks what it read: polars panics on some damaged files, with what it
    met there on standard error, and may take the process with it.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with pa.BufferReader(content) as source:
            table = parquet.ParquetFile(source, page_checksum_verification=True).read()
        table.validate(full=True)
        str(table.schema)  # every name in it, nested ones too, is text
        table = table.rename_columns(column_names(table.column_names))
        frame = pl.DataFrame(pl.from_arrow(table))
    except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError, pl.exceptions.PolarsError):
        raise ContractError(
            "the Parquet file is damaged or was cut short; ask the publisher to send it again"
        ) from None
    numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(LINE)
    return Table(frame.with_columns(numbers), refusals(()))
