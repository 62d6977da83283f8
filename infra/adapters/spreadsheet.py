"""Reading a workbook's sheet as text, cell by cell, as a spreadsheet shows its values."""

from typing import TYPE_CHECKING, Final

import polars as pl

from infra.adapters.layout import Record, column_names, find_layout, without_unnamed
from infra.adapters.packed import check_workbook
from infra.adapters.raw import LINE, Table, refusals
from infra.counting import counted
from infra.errors import ContractError

if TYPE_CHECKING:
    from infra.adapters.form import FileForm

_SAMPLE_ROWS: Final = 400
_MIDNIGHT: Final = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"
# A spreadsheet counts days from here: a time of day alone is a moment of its first day.
_DAY_ZERO: Final = r"^1899-12-3[01] (\d{2}:\d{2}:\d{2})"


def read_xlsx(content: bytes, adapter: "FileForm") -> Table:
    """Read one sheet: by name or by place from 0, the first if none is declared.

    Numbers keep the digits a spreadsheet keeps (15), dates become ISO text, a cell with an error
    is empty. Rows are counted as in the sheet. Raises ContractError if there is no such sheet.
    """
    check_workbook(content)
    grid = _grid(content, adapter)
    rows = grid.head(_SAMPLE_ROWS).rows()
    skip = adapter.skip_rows or 0
    records = [
        Record(number, number + 1, [cell or "" for cell in row])
        for number, row in enumerate(rows, 1)
        if number > skip and any(row)
    ]
    layout = find_layout(records, adapter.header, skips=adapter.skip_rows is None)
    names = [*layout.names, *[""] * (grid.width - layout.width)][: grid.width]
    cells = [_iso(column) for column in grid.columns]
    frame = grid.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))
    frame = frame.slice(layout.first_line - 1)
    frame = frame.filter(pl.any_horizontal(pl.col(grid.columns).is_not_null()))
    frame = without_unnamed(frame.select(*cells, LINE), names)
    final = dict(zip(grid.columns, column_names(names), strict=True))
    kept = {old: new for old, new in final.items() if old in frame.columns}
    return Table(frame.rename(kept), refusals(()))


def _grid(content: bytes, adapter: "FileForm") -> pl.DataFrame:
    import fastexcel

    try:
        book = fastexcel.read_excel(content)
    except fastexcel.FastExcelError:
        raise ContractError("the file is not an Excel workbook (xlsx), or it is damaged") from None
    sheets = book.sheet_names
    wanted = 0 if adapter.sheet is None else adapter.sheet
    known = range(len(sheets)) if isinstance(wanted, int) else sheets
    if wanted not in known:
        raise ContractError(
            f"source.sheet: the workbook has {counted(len(sheets), 'sheet')}, and none is the "
            "declared one"
        )
    try:
        sheet = book.load_sheet(wanted, header_row=None, skip_rows=0, dtypes="string")
        grid: pl.DataFrame = sheet.to_polars()
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError):
        raise ContractError("the sheet cannot be read; ask the publisher for a plain one") from None
    grid = grid.rename({name: str(place) for place, name in enumerate(grid.columns)})
    return grid.select(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())


def _iso(column: str) -> pl.Expr:
    """Dates without the midnight and times without the day that the spreadsheet adds to them."""
    cell = pl.col(column)
    is_date = cell.str.contains(_MIDNIGHT)
    # Only a column of nothing but midnights is one of dates.
    has_times = (cell.str.contains(r"^\d{4}-\d{2}-\d{2} \d{2}:") & ~is_date).any()
    dated = pl.when(has_times).then(cell).otherwise(cell.str.replace(_MIDNIGHT, "${1}"))
    return dated.str.replace(_DAY_ZERO, "${1}").alias(column)
