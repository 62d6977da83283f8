"""The numbers of an indicator as tables on its page, and all of them as a file beside it."""

from typing import Final

import polars as pl

from assets.atlas.indicator import Indicator, is_share
from assets.atlas.summary import SHORT, SIGNS
from assets.atlas.words import PLACES, code, column
from assets.measured import TRUST
from quality.report.document import Cell, Table
from quality.report.look import number

MOST_ROWS: Final = 150
# Eight digits are more than anything here is known to, and sums agree to them.
_DIGITS: Final = 8


def in_order(one: Indicator) -> pl.DataFrame:
    """The newest rows, worst (or greatest) of the first value first, then by place."""
    measured = one.measured
    return one.rows.sort(
        one.first, measured.entity, *measured.by,
        descending=[measured.is_high_bad is not False, False, *[False] * len(measured.by)],
        nulls_last=True,
    )  # fmt: skip


def table_of(one: Indicator, rows: pl.DataFrame, *, key: str, caption: str) -> Table:
    """Rows with the names of their places, all values with intervals, and their trust."""
    measured = one.measured
    *_, heading = PLACES[measured.geometry]
    has_quarter = bool(one.places.quarters)
    columns = [(measured.entity, heading)]
    if has_quarter:
        columns.append(("quarter", "Quartiere"))
    columns += [(name, column(name)) for name in measured.by]
    for name, value in measured.values.items():
        # The cells of a share have their sign themselves.
        unit = "" if is_share(measured, name) else one.unit(name)
        columns.append((name, f"{value.name} ({unit})" if unit else value.name))
        if value.low:
            columns.append((f"{name}_interval", f"Intervallo al {round(100 * value.level)} %"))
    columns += [
        ("completeness_ratio", "Completezza"),
        ("observations_count", "Osservazioni"),
        ("quality_code", "Qualità"),
    ]
    cells = tuple(_cells(one, row, has_quarter=has_quarter) for row in rows.iter_rows(named=True))
    return Table(key, caption, tuple(columns), cells)


def _cells(one: Indicator, row: dict[str, object], *, has_quarter: bool) -> tuple[Cell, ...]:
    measured = one.measured
    place = str(row[measured.entity])
    name = one.places.name(place)
    cells: list[Cell] = [code(name) if measured.geometry == "city" else name]
    if has_quarter:
        cells.append(one.places.quarters.get(place))
    cells += [code(row[column_]) for column_ in measured.by]
    for name, value in measured.values.items():
        cells.append(_number(row[name]))
        if value.low:
            low, high = _number(row[value.low]), _number(row[value.high])
            has_interval = low is not None and high is not None
            sign = " %" if is_share(measured, name) else ""
            text = f"{_said(one, name, low)} – {_said(one, name, high)}{sign}"
            cells.append(text if has_interval else None)
    quality = str(row["quality_code"])
    return (
        *cells,
        float(_number(row["completeness_ratio"]) or 0.0),
        int(_number(row["observations_count"]) or 0),
        f"{SIGNS.get(quality, '')} {SHORT.get(quality, quality)}",
    )


def _said(one: Indicator, value: str, amount: float | None) -> str:
    """A number with as many digits as those beside it; its unit is in the heading."""
    return (
        number(amount * (100 if is_share(one.measured, value) else 1))
        if amount is not None
        else "–"
    )


def _number(value: object) -> float | int | None:
    """A number of a row; decimals as floats, what is none as nothing."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return float(str(value))


def as_csv(one: Indicator) -> str:
    """All newest rows, as a spreadsheet set to Italian opens them: semicolons, decimal commas.

    The columns have the names and base units of the table in the lake; beside them stand the names
    of the place and of its quarter, where there are some.
    """
    measured = one.measured
    rows = in_order(one)
    ids = rows[measured.entity].cast(pl.String)
    said = {
        "place_name": pl.Series([one.places.name(place) for place in ids], dtype=pl.String),
        "quarter_name": pl.Series(
            [one.places.quarters.get(place) for place in ids], dtype=pl.String
        ),
    }
    named = pl.DataFrame({measured.entity: ids}).with_columns(
        names.alias(column_)
        for column_, names in said.items()
        # Sections go by their ids: a column that says the same once more is left out.
        if not names.is_null().all() and not names.equals(ids)
    )
    wanted = [*([measured.period] if measured.period else []), *measured.by]
    for name, value in measured.values.items():
        wanted += [name, *([value.low, value.high] if value.low else [])]
    wanted += [name for name in TRUST if name not in wanted]
    numbers = rows.select(list(dict.fromkeys(wanted)))
    rounded = numbers.with_columns(
        pl.col(name).round_sig_figs(_DIGITS)
        for name, kind in numbers.schema.items()
        if kind.is_float()
    )
    return "\ufeff" + pl.concat([named, rounded], how="horizontal").write_csv(
        separator=";", decimal_comma=True, datetime_format="%Y-%m-%dT%H:%M:%SZ"
    )
