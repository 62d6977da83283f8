"""Small pictures for the Dagster pages: self-contained SVG of no more than 60 kB."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import polars as pl

from infra.errors import TwinError

MAX_BYTES: Final = 60_000
_FONT: Final = "font-family='system-ui,sans-serif' font-size='11'"
_LEFT: Final = 150
_TOP: Final = 34


def as_markdown(svg: str, *, title: str) -> str:
    """The picture as Dagster's markdown shows it. Raises TwinError when it is too large."""
    data = base64.b64encode(svg.encode()).decode()
    if len(data) > MAX_BYTES:
        raise TwinError(f"the picture '{title}' has {len(data)} bytes, more than {MAX_BYTES}")
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
    """
    width = max(4, min(26, 760 // max(1, len(columns))))
    height = 18
    cells = [
        _cell(
            x=_LEFT + c * width,
            y=_TOP + r * height,
            size=(width, height),
            value=values.get((row, column)),
            colours=colours,
            name=f"{row}, {column}",
        )
        for r, row in enumerate(rows)
        for c, column in enumerate(columns)
    ]
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
    """Lines over a common axis that starts at zero; gaps stay gaps."""
    width, height = 640, 190
    numbers = [v for line in series.values() for v in line if v is not None]
    top = max(numbers, default=0) or 1.0
    step = width / max(1, len(x) - 1)
    palette = ["#1b6ca8", "#c1440e", "#2e7d32", "#6a1b9a", "#5d4037", "#00838f"]
    parts: list[str] = []
    for level in (0.0, 0.5, 1.0):
        y = _TOP + height * (1 - level)
        parts.append(f"<line x1='60' x2='{60 + width}' y1='{y}' y2='{y}' stroke='#ddd'/>")
        parts.append(f"<text x='54' y='{y + 4}' text-anchor='end'>{top * level:,.0f}</text>")
    for n, (name, line) in enumerate(series.items()):
        colour = palette[n % len(palette)]
        for piece in pieces(line):
            points = " ".join(
                f"{60 + i * step:.1f},{_TOP + height * (1 - value / top):.1f}" for i, value in piece
            )
            parts.append(
                f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2'/>"
            )
        parts.append(
            f"<text x='{70 + n * 160}' y='{_TOP + height + 34}' fill='{colour}'>"
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
    return svg_page(title, width + 90, _TOP + height + 44, parts)


def pieces(line: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """What of a line stands together, each number with its place; gaps are left out."""
    parts: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(line):
        if value is None:
            parts.append([])
        else:
            parts[-1].append((i, value))
    return [part for part in parts if part]


def _cell(
    *,
    x: int,
    y: int,
    size: tuple[int, int],
    value: float | None,
    colours: Sequence[tuple[float, str]],
    name: str,
) -> str:
    colour = "url(#none)"
    if value is not None:
        reached = [shade for start, shade in colours if value >= start]
        colour = reached[-1] if reached else colours[0][1]
    return f"<rect x='{x}' y='{y}' width='{size[0] - 1}' height='{size[1] - 1}' fill='{colour}'/>"


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
