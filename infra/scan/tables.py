"""Looking into tables: cells of text and bytes, numbers that are canaries, statistics, notes."""

import io
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import numpy as np

from infra.scan.cells import search_cells
from infra.scan.containers import FIRST_BYTES, kind_of, look_inside
from infra.scan.hits import Findings

_BATCH_ROWS: Final = 65_536
_SQLITE_ROWS: Final = 2_000
_WITHIN_BYTES: Final = 64  # a shorter cell is no container


def look_into_tables(
    kind: str, file: BinaryIO, findings: Findings, *, path: str, trail: str
) -> None:
    """Look into a Parquet, Arrow or SQLite file. Raises ValueError, OSError if it does not open."""
    look = _Look(findings, path, trail)
    match kind:
        case "parquet":
            look.parquet(file)
        case "arrow":
            look.arrow(file)
        case "sqlite":
            look.sqlite(file)
        case _:
            raise ValueError(kind)


class _Look:
    """One table file under the eye."""

    def __init__(self, findings: Findings, path: str, trail: str) -> None:
        self._findings = findings
        self._path = path
        self._trail = trail

    def parquet(self, file: BinaryIO) -> None:
        """Rows of all columns, nested ones too; minima and maxima; notes of file and fields."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(file) as table:
            self._schema(table.schema_arrow)
            for group in range(table.num_row_groups):
                self._statistics(table.metadata.row_group(group), group)
                first = 0
                for batch in table.iter_batches(_BATCH_ROWS, row_groups=[group]):
                    self._batch(batch, f"row group {group}, ", first)
                    first += batch.num_rows

    def arrow(self, file: BinaryIO) -> None:
        """Rows of all columns of an Arrow file, compressed or not."""
        import pyarrow as pa

        with pa.ipc.open_file(pa.PythonFile(file, mode="r")) as table:
            self._schema(table.schema)
            for number in range(table.num_record_batches):
                self._batch(table.get_batch(number), f"batch {number}, ", 0)

    def sqlite(self, file: BinaryIO) -> None:
        """All cells of all tables. What waits in a write-ahead log is a file of its own."""
        name = getattr(file, "name", None)
        try:
            if name is None:
                connection = sqlite3.connect(":memory:")
                connection.deserialize(file.read())
            else:
                address = f"file:{quote(str(Path(name).absolute()))}?mode=ro&immutable=1"
                connection = sqlite3.connect(address, uri=True)
            with closing(connection):
                connection.text_factory = bytes
                self._sqlite_tables(connection)
        except sqlite3.Error:
            raise ValueError from None

    def _sqlite_tables(self, connection: sqlite3.Connection) -> None:
        named = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        tables: list[tuple[bytes, bytes | None]] = [(b"sqlite_master", None), *named.fetchall()]
        for number, (table, made_by) in enumerate(tables):
            if (made_by or b"").upper().startswith(b"CREATE VIRTUAL"):
                continue  # its content lies in tables of its own
            # Names of tables cannot be parameters; quotes in them are doubled.
            quoted = table.decode().replace('"', '""')
            rows = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608
            first = 0
            while some := rows.fetchmany(_SQLITE_ROWS):
                self._rows(some, f"table {number}, ", first)
                first += len(some)

    def _rows(self, rows: list[tuple[object, ...]], where: str, first: int) -> None:
        width = len(rows[0])
        values = [value for row in rows for value in row]
        cells = [_as_bytes(value) for value in values]

        def place(cell: int) -> str:
            return f"{where}row {first + cell // width}, column {cell % width}"

        search_cells(cells, self._findings, path=self._path, trail=self._trail, place=place)
        for number, cell in enumerate(cells):
            if cell[:1] and cell[:1] in FIRST_BYTES:
                self._within(cell, place(number))

    def _schema(self, schema: Any) -> None:  # pyarrow has no types
        notes = [schema.metadata, *(schema.field(i).metadata for i in range(len(schema)))]
        cells = [name.encode("utf-8", "surrogatepass") for name in schema.names]
        cells += [text for note in notes if note for pair in note.items() for text in pair]
        self._cells(cells, "names and notes of the columns")

    def _cells(self, cells: list[bytes], where: str) -> None:
        search_cells(
            cells, self._findings, path=self._path, trail=self._trail, place=lambda _: where
        )

    def _statistics(self, group: Any, number: int) -> None:  # pyarrow has no types
        for column in range(group.num_columns):
            found = group.column(column).statistics
            if found is None or not found.has_min_max:
                continue
            with suppress(NotImplementedError):  # pyarrow reads no minima of some types
                cells = [_as_bytes(value) for value in (found.min, found.max)]
                where = f"row group {number}, column {column}, statistics"
                self._cells(cells, where)

    def _batch(self, batch: Any, where: str, first: int) -> None:  # pyarrow has no types
        for number, column in enumerate(batch.columns):
            for leaf in _leaves(column):
                self._leaf(leaf, f"{where}column {number}, ", first)

    def _leaf(self, leaf: Any, where: str, first: int) -> None:  # pyarrow has no types
        import pyarrow as pa

        kind = leaf.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            self._numbers(leaf, where, first)
            return
        if not _is_text(kind):
            return
        cells = leaf.cast(pa.large_string() if pa.types.is_string_view(kind) else kind)
        cells = cells.cast(pa.large_binary())
        if len(cells) == 0 or cells.buffers()[2] is None:
            return
        _, offsets_buffer, data_buffer = cells.buffers()
        offsets = np.frombuffer(offsets_buffer, np.int64)[cells.offset :][: len(cells) + 1]
        start, stop = int(offsets[0]), int(offsets[-1])
        data = data_buffer[start:stop].to_pybytes()
        ends = offsets[1:] - start

        def place(begin: int, end: int) -> str:
            row = int(np.searchsorted(ends, begin, side="right"))
            return f"{where}row {first + row}" if end <= ends[row] else ""

        self._findings.search(data, path=self._path, trail=self._trail, place=place)
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            self._containers_in(data, offsets - start, lambda row: f"{where}row {first + row}")

    def _numbers(self, leaf: Any, where: str, first: int) -> None:  # pyarrow has no types
        """Look for canaries that are numbers, such as a phone in a column of integers."""
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = self._findings.numbers
        if not numbers or leaf.type.bit_width < 32:
            return
        wide = pa.int64() if pa.types.is_integer(leaf.type) else pa.float64()
        wanted = pa.array(list(numbers), pa.int64()).cast(wide, safe=False)
        found = pc.is_in(leaf.cast(wide, safe=False), value_set=wanted)
        for row in pc.indices_nonzero(found).to_pylist():
            canary = numbers.get(int(leaf[row].as_py()))
            if canary is not None:
                where_row = f"{where}row {first + row}"
                self._findings.add("number", canary, self._path, self._trail, where_row)

    def _containers_in(self, data: bytes, offsets: Any, place: Callable[[int], str]) -> None:
        """Look into cells that are containers: most are not, and their first byte tells."""
        lengths = np.diff(offsets)
        long = np.flatnonzero(lengths >= _WITHIN_BYTES)
        firsts = np.frombuffer(data, np.uint8)[offsets[long]]
        for row in long[np.isin(firsts, np.frombuffer(FIRST_BYTES, np.uint8))].tolist():
            self._within(data[offsets[row] : offsets[row + 1]], place(row))

    def _within(self, cell: bytes, where: str) -> None:
        if len(cell) >= _WITHIN_BYTES and kind_of(cell):
            trail = f"{self._trail}{where} > "
            look_inside(io.BytesIO(cell), self._findings, path=self._path, trail=trail)


def _leaves(column: Any) -> Iterator[Any]:  # pyarrow has no types
    """Give the plain columns a nested column is made of."""
    import pyarrow as pa

    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        yield from _leaves(column.storage)
    elif pa.types.is_dictionary(kind):
        yield from _leaves(column.dictionary)
    elif pa.types.is_map(kind):
        yield from _leaves(column.keys)
        yield from _leaves(column.items)
    elif pa.types.is_struct(kind) or pa.types.is_nested(kind):
        inner = column.flatten()
        for part in inner if isinstance(inner, list) else [inner]:
            yield from _leaves(part)
    else:
        yield column


def _is_text(kind: Any) -> bool:  # pyarrow has no types
    import pyarrow as pa

    types = pa.types
    return any(
        test(kind)
        for test in (
            types.is_string,
            types.is_large_string,
            types.is_string_view,
            types.is_binary,
            types.is_large_binary,
            types.is_binary_view,
            types.is_fixed_size_binary,
        )
    )


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "surrogatepass")
