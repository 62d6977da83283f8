"""The smallest workbook (Office Open XML) that a spreadsheet opens: one sheet of cells."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

Cell = str | int | float | None
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(sheet: str, rows: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook with one sheet, the same bytes whenever it is made."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _members(sheet, rows).items():
            entry = zipfile.ZipInfo(name, date_time=_LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _HEAD + text)
    return content.getvalue()


def _members(sheet: str, rows: Sequence[Sequence[Cell]]) -> dict[str, str]:
    title = escape(sheet, {'"': "&quot;"})
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        f'<sheet name="{title}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>'
        + "".join(_row(number, row) for number, row in enumerate(rows, start=1))
        + "</sheetData></worksheet>",
    }


def _row(number: int, row: Sequence[Cell]) -> str:
    return f'<row r="{number}">{"".join(_cells(number, row))}</row>'


def _cells(number: int, row: Sequence[Cell]) -> Iterator[str]:
    for place, cell in enumerate(row):
        reference = f"{_letters(place)}{number}"
        if isinstance(cell, str):
            text = escape(cell)
            yield f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'
        elif cell is not None:
            yield f'<c r="{reference}"><v>{cell}</v></c>'


def _letters(place: int) -> str:
    """The name of a column: A, B, … Z, AA and so on."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)
