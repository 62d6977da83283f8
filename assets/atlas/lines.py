"""The series of the atlas as SVG in the page: lines that can be told apart without colours."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from assets.plots import pieces

_WIDTH: Final = 760
_HEIGHT: Final = 240
_LEFT: Final = 70
_RIGHT: Final = 14
_TOP: Final = 14
_BOTTOM: Final = 34
# Dark enough on white (4.5 to 1), each with another stroke.
_STROKES: Final = (
    ("#0b4f6c", ""),
    ("#a63603", "9 4"),
    ("#5b3f8c", "2 3"),
    ("#1b6e3c", "12 3 2 3"),
    ("#7a5c00", "5 5"),
    ("#8c1d5a", "1 5"),
)
MOST_LINES: Final = len(_STROKES)
_TICKS: Final = 8
# Nearer to the end of the axis a word would stand out of the picture.
_EDGE: Final = 20

Numbers = Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """Lines over the same periods; a band from low to high belongs to the first line."""

    ticks: Sequence[str]
    lines: Mapping[str, Numbers]
    low: Numbers = ()
    high: Numbers = ()
    # A narrower band on it: low and high.
    inner: tuple[Numbers, Numbers] = field(default=((), ()), kw_only=True)

    @property
    def numbers(self) -> list[float]:
        """Everything that has to fit on the sheet."""
        all_of_them = [*self.lines.values(), self.low, self.high, *self.inner]
        return [one for line in all_of_them for one in line if one is not None]


def chart(drawn: Chart, *, id_: str, title: str, desc: str, said: Callable[[float], str]) -> str:
    """The lines with their axes; `said` writes a number with its unit, `desc` tells it in words."""
    numbers = drawn.numbers
    if not numbers:
        return ""
    marks = axis(min(numbers), max(numbers))
    bottom, top = marks[0], marks[-1]
    inner, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    step = inner / max(1, len(drawn.ticks) - 1)

    def at(i: int, value: float) -> str:
        y = _TOP + tall * (1 - (value - bottom) / (top - bottom))
        return f"{_LEFT + i * step:.1f} {y:.1f}"

    parts = []
    for mark in marks:
        y = f"{_TOP + tall * (1 - (mark - bottom) / (top - bottom)):.1f}"
        style = "zero" if mark == 0 else "riga"
        parts.append(f"<path class='{style}' d='M{_LEFT} {y}h{inner}'/>")
        parts.append(
            f"<text x='{_LEFT - 8}' y='{y}' dy='4' text-anchor='end'>{escape(said(mark))}</text>"
        )
    parts += _below(drawn.ticks, step)
    for lows, highs in ((drawn.low, drawn.high), drawn.inner):
        for low in pieces(lows):
            high = [(i, highs[i]) for i, _ in low]
            edge = [at(i, one) for i, one in low]
            edge += [at(i, one) for i, one in reversed(high) if one is not None]
            parts.append(f"<path class='fascia' d='M{'L'.join(edge)}z'/>")
    for n, line in enumerate(drawn.lines.values()):
        colour, dashes = _STROKES[n % MOST_LINES]
        look = f"stroke='{colour}' stroke-dasharray='{dashes}'" if dashes else f"stroke='{colour}'"
        for piece in pieces(line):
            path = "L".join(at(i, value) for i, value in piece)
            # A number alone is a dot.
            dot = "" if len(piece) > 1 else "h.1"
            parts.append(f"<path class='linea' {look} d='M{path}{dot}'/>")
    return (
        f"<svg class='serie' viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' "
        f"aria-labelledby='{id_}-t' aria-describedby='{id_}-d'>"
        f"<title id='{id_}-t'>{escape(title)}</title><desc id='{id_}-d'>{escape(desc)}</desc>"
        f"{''.join(parts)}</svg>{_legend(drawn.lines)}"
    )


def _below(ticks: Sequence[str], step: float) -> list[str]:
    """Some of the periods under the axis, never two that touch."""
    told = [(i, tick) for i, tick in enumerate(ticks) if tick]
    every = max(1, math.ceil(len(told) / _TICKS))
    return [
        f"<text x='{_LEFT + i * step:.1f}' y='{_HEIGHT - 10}' text-anchor="
        f"'{'end' if (len(ticks) - 1 - i) * step < _EDGE else 'middle'}'>{escape(tick)}</text>"
        for i, tick in told[::every]
    ]


def _legend(lines: Mapping[str, Numbers]) -> str:
    if len(lines) < 2:
        return ""
    entries = []
    for n, name in enumerate(lines):
        colour, dashes = _STROKES[n % MOST_LINES]
        look = f"stroke='{colour}'" + (f" stroke-dasharray='{dashes}'" if dashes else "")
        entries.append(
            "<li><svg class='campione' viewBox='0 0 44 12' aria-hidden='true' focusable='false'>"
            f"<path class='linea' {look} d='M0 6h44'/></svg> {escape(name)}</li>"
        )
    return f"<ul class='legenda'>{''.join(entries)}</ul>"


def spark(line: Numbers, *, title: str) -> str:
    """A line a thumb wide without axes."""
    numbers = [one for one in line if one is not None]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    reach = (high - low) or 1.0
    step = 236 / max(1, len(line) - 1)
    paths = "".join(
        "M" + "L".join(f"{2 + i * step:.1f} {56 - 50 * (one - low) / reach:.1f}" for i, one in part)
        for part in pieces(line)
    )
    return (
        f"<svg class='scintilla' viewBox='0 0 240 60' role='img' aria-label=\"{escape(title)}\">"
        f"<path class='linea' stroke='#0b4f6c' d='{paths}'/></svg>"
    )


def axis(low: float, high: float) -> list[float]:
    """Round numbers from below the least to above the greatest, with zero where it is not far."""
    if low >= 0 and low < high / 2:
        low = 0.0
    if high <= 0 and high > low / 2:
        high = 0.0
    if high == low:
        low, high = (min(low, 0.0), max(high, 0.0)) if low else (0.0, 1.0)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    # Without the last digits, which are of the arithmetic: three times 0.1 is 0.3.
    return [float(f"{n * step:.12g}") for n in range(first, last + 1)]
