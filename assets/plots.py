"""Small pictures for the Dagster pages: self-contained SVG of no more than 60 kB."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import polars as pl

MAX_BYTES: Final = 60_000
# Base64 makes four bytes of three.
MAX_SVG: Final = MAX_BYTES * 3 // 4 - 100
# More rows or lines are more than anybody reads.
_MOST_ROWS: Final = 40
_MOST_LINES: Final = 12
_NAMES_A_ROW: Final = 4
# Below such a reach an axis needs digits after the point.
_FEW: Final = 10
_COARSER: Final = (1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 192, 384, 768)
_FONT: Final = "font-family='system-ui,sans-serif' font-size='11'"
_LEFT: Final = 150
_TOP: Final = 34


def as_markdown(svg: str, *, title: str) -> str:
    """The picture as Dagster's markdown shows it.

    A picture that is too large is told and left out: the table is written by then, and stands.
    """
    data = base64.b64encode(svg.encode()).decode()
    if len(data) > MAX_BYTES:
        return f"The picture '{title}' has {len(data)} bytes, more than {MAX_BYTES}: left out."
    return f"![{title}](data:image/svg+xml;base64,{data})"


def heat_table(
    title: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[str, str], float | None],
    colours: Sequence[tuple[float, str]],
    legend: str,
    label_every: int = 1,
) -> str:
    """A table of coloured cells: a row per place, a column per time.

    A cell takes the colour of the last `(from, colour)` it reaches; a missing value stays hatched.
    Of many rows the first are drawn, and of a table that would be too large several columns as one,
    with the greatest of their values; the title says so.
    """
    shown = list(rows)[:_MOST_ROWS]
    if len(shown) < len(rows):
        title = f"{title} (first {len(shown)} of {len(rows)})"
    for several in _COARSER:
        told = title if several == 1 else f"{title} (greatest of {several} columns)"
        picture = _heat(
            told, shown, columns[::several], _greatest(shown, columns, values, several), colours,
            legend=legend, label_every=max(1, label_every // several),
        )  # fmt: skip
        if len(picture.encode()) <= MAX_SVG:
            break
    return picture


def _greatest(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[str, str], float | None],
    several: int,
) -> Mapping[tuple[str, str], float | None]:
    """The greatest value of so many columns in a row, under the name of the first of them."""
    if several == 1:
        return values
    found: dict[tuple[str, str], float | None] = {}
    for row in rows:
        for start in range(0, len(columns), several):
            known = [values.get((row, name)) for name in columns[start : start + several]]
            numbers = [one for one in known if one is not None]
            found[row, columns[start]] = max(numbers, default=None)
    return found


def _heat(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[str, str], float | None],
    colours: Sequence[tuple[float, str]],
    *,
    legend: str,
    label_every: int,
) -> str:
    width = max(4, min(26, 760 // max(1, len(columns))))
    height = 18
    # A path a colour: a rectangle a cell would be four times as long.
    paths: dict[str, list[str]] = {}
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            corner = f"M{_LEFT + c * width} {_TOP + r * height}"
            colour = _colour(values.get((row, column)), colours)
            paths.setdefault(colour, []).append(f"{corner}h{width - 1}v{height - 1}h{1 - width}z")
    cells = [f"<path fill='{colour}' d='{''.join(each)}'/>" for colour, each in paths.items()]
    names = [
        f"<text x='{_LEFT - 6}' y='{_TOP + r * height + 13}' text-anchor='end'>{escape(row)}</text>"
        for r, row in enumerate(rows)
    ]
    bottom = _TOP + len(rows) * height
    ticks = [
        f"<text x='{_LEFT + c * width}' y='{bottom + 13}'>{escape(column)}</text>"
        for c, column in enumerate(columns)
        if c % label_every == 0
    ]
    key = _legend(colours, y=bottom + 24, text=legend)
    wide = max(_LEFT + len(columns) * width + 70, 160 + 7 * len(legend) + 62 * len(colours))
    return svg_page(title, wide, bottom + 46, [*cells, *names, *ticks, *key])


def hourly_heat(
    title: str,
    frame: pl.DataFrame,
    *,
    row: str,
    value: str,
    days: int,
    colours: Sequence[tuple[float, str]],
    legend: str,
    label_every: int,
) -> str:
    """A heat table of the last days of a table by `hour_at`: a row a place, a column an hour."""
    last = frame["hour_at"].max()
    recent = frame.filter(pl.col("hour_at") > pl.lit(last).dt.offset_by(f"-{days}d")).select(
        row, "hour_at", value, hour_name=pl.col("hour_at").dt.strftime("%d/%m %H")
    )
    return heat_table(
        title,
        rows=recent[row].unique().sort().to_list(),
        columns=recent.sort("hour_at")["hour_name"].unique(maintain_order=True).to_list(),
        values={
            (place, hour): number
            for place, hour, number in recent.select(row, "hour_name", value).iter_rows()
        },
        colours=colours,
        legend=legend,
        label_every=label_every,
    )


def line_chart(
    title: str, *, x: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str
) -> str:
    """Lines over a common axis that has zero on it; gaps stay gaps.

    Of many lines the first are drawn, and of very long ones every so many numbers; the title says
    so.
    """
    shown = dict(list(series.items())[:_MOST_LINES])
    if len(shown) < len(series):
        title = f"{title} (first {len(shown)} of {len(series)})"
    for every in _COARSER:
        told = title if every == 1 else f"{title} (every {every} numbers)"
        thinned = {name: line[::every] for name, line in shown.items()}
        picture = _lines(told, x[::every], thinned, unit)
        if len(picture.encode()) <= MAX_SVG:
            break
    return picture


def _lines(
    title: str, x: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str
) -> str:
    width, height = 640, 190
    numbers = [v for line in series.values() for v in line if v is not None]
    top, bottom = max([0.0, *numbers]), min([0.0, *numbers])
    reach = (top - bottom) or 1.0
    step = width / max(1, len(x) - 1)
    palette = ["#1b6ca8", "#c1440e", "#2e7d32", "#6a1b9a", "#5d4037", "#00838f"]
    parts: list[str] = []

    def down(value: float) -> float:
        return _TOP + height * (1 - (value - bottom) / reach)

    for share in (0.0, 0.5, 1.0):
        level = bottom + reach * share
        y = down(level)
        parts.append(f"<line x1='60' x2='{60 + width}' y1='{y}' y2='{y}' stroke='#ddd'/>")
        digits = 0 if reach >= _FEW else 2
        parts.append(f"<text x='54' y='{y + 4}' text-anchor='end'>{level:,.{digits}f}</text>")
    if bottom < 0:
        y = down(0)
        parts.append(f"<line x1='60' x2='{60 + width}' y1='{y:.1f}' y2='{y:.1f}' stroke='#777'/>")
    for n, (name, line) in enumerate(series.items()):
        colour = palette[n % len(palette)]
        for piece in pieces(line):
            points = " ".join(f"{60 + i * step:.1f},{down(value):.1f}" for i, value in piece)
            parts.append(
                f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2'/>"
            )
        row, place = divmod(n, _NAMES_A_ROW)
        parts.append(
            f"<text x='{70 + place * 160}' y='{_TOP + height + 34 + 14 * row}' fill='{colour}'>"
            f"{escape(name)}</text>"
        )
    every = max(1, len(x) // 8)
    parts += [
        f"<text x='{60 + i * step:.1f}' y='{_TOP + height + 16}' text-anchor='middle'>"
        f"{escape(label)}</text>"
        for i, label in enumerate(x)
        if i % every == 0
    ]
    parts.append(f"<text x='4' y='{_TOP - 8}'>{escape(unit)}</text>")
    rows = max(1, -(-len(series) // _NAMES_A_ROW))
    return svg_page(title, width + 90, _TOP + height + 30 + 14 * rows, parts)


def pieces(line: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """What of a line stands together, each number with its place; gaps are left out."""
    parts: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(line):
        if value is None:
            parts.append([])
        else:
            parts[-1].append((i, value))
    return [part for part in parts if part]


def _colour(value: float | None, colours: Sequence[tuple[float, str]]) -> str:
    if value is None:
        return "url(#none)"
    reached = [shade for start, shade in colours if value >= start]
    return reached[-1] if reached else colours[0][1]


def _legend(colours: Sequence[tuple[float, str]], *, y: int, text: str) -> list[str]:
    parts = [f"<text x='6' y='{y + 11}'>{escape(text)} (hatched: no value)</text>"]
    left = 160 + round(6.2 * len(text))
    for n, (start, colour) in enumerate(colours):
        x = left + n * 62
        parts.append(
            f"<rect x='{x}' y='{y}' width='14' height='14' fill='{colour}' stroke='#888'/>"
        )
        parts.append(f"<text x='{x + 18}' y='{y + 11}'>≥ {start:g}</text>")
    return parts


def svg_page(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    """A picture with its title; the fill `url(#none)` hatches what has no value."""
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' {_FONT} role='img'><title>{escape(title)}</title>"
        "<defs><pattern id='none' width='4' height='4' patternUnits='userSpaceOnUse'>"
        "<path d='M0 4L4 0' stroke='#bbb'/></pattern></defs>"
        f"<rect width='{width}' height='{height}' fill='#fff'/>"
        f"<text x='6' y='18' font-size='14' font-weight='600'>{escape(title)}</text>"
        + "".join(parts)
        + "</svg>"
    )
