"""Two drawings for the summary: what became of rows, and of columns; a bar a publisher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.impact import is_generalised
from quality.report.look import number

_WIDTH: Final = 420
_LEFT: Final = 170
_LEAST: Final = 1.5  # a share too small to be seen is still there
# Neighbours differ in lightness, too: the drawing is read without colours and printed in grey.
_ROWS: Final = (
    ("conservate", "#0b4f6c"),
    ("rifiutate", "#d0491f"),
    ("di altre finestre", "#9aa5ab"),
)
_COLUMNS: Final = (
    ("come sono", "#0b4f6c"),
    ("più grossolane", "#7fb2c9"),
    ("pseudonimi", "#5b3f8c"),
    ("testi oscurati", "#d9a441"),
    ("rifiutate", "#d0491f"),
)


@dataclass(frozen=True)
class _Bar:
    name: str
    counts: Sequence[int]
    said: str


def rows_by_publisher(deliveries: Mapping[str, Told]) -> str:
    """An SVG with each publisher's rows, kept, refused and of other windows, as shares."""
    sums: dict[str, list[int]] = {}
    for key, its in deliveries.items():
        if its.delivered_count:
            three = (its.kept_count, its.refused_count, its.elsewhere_count)
            _add(sums.setdefault(key.partition("/")[0], [0] * len(_ROWS)), three)
    bars = []
    for publisher, counts in sorted(sums.items()):
        share = f"{counts[1] / sum(counts):.2%}".replace(".", ",").replace("%", " %")
        bars.append(_Bar(publisher, counts, f"{number(sum(counts))} righe, {share} rifiutate"))
    return _drawn("righe", "Che cosa è stato delle righe consegnate, per fonte", _ROWS, bars)


def columns_by_publisher(contracts: Mapping[str, Contract]) -> str:
    """An SVG with what is done to the columns of personal data sets, by publisher, as shares."""
    sums: dict[str, list[int]] = {}
    for contract in contracts.values():
        if contract.is_personal:
            stored = contract.stored.values()
            counts = (
                sum(column.treatment == "keep" for column in stored),
                sum(is_generalised(column) for column in stored),
                sum(column.is_pseudonym for column in stored),
                sum(column.is_free_text for column in stored),
                len(contract.dropped),
            )
            _add(sums.setdefault(contract.publisher, [0] * len(_COLUMNS)), counts)
    bars = [
        _Bar(publisher, counts, f"{sum(counts)} colonne, {counts[-1]} rifiutate")
        for publisher, counts in sorted(sums.items())
    ]
    title = "Che cosa si fa delle colonne, dove ci sono dati personali, per fonte"
    return _drawn("colonne", title, _COLUMNS, bars)


def _add(sums: list[int], counts: Sequence[int]) -> None:
    for at, count in enumerate(counts):
        sums[at] += count


def _drawn(key: str, title: str, parts: Sequence[tuple[str, str]], bars: Sequence[_Bar]) -> str:
    if not bars:
        return ""
    shapes = []
    for line, bar in enumerate(bars):
        y, x, total = 36 + line * 24, float(_LEFT), sum(bar.counts)
        shapes.append(f"<text x='0' y='{y + 12}'>{escape(bar.name)}</text>")
        small = sum(1 for count in bar.counts if 0 < _WIDTH * count / total < _LEAST)
        room = _WIDTH - small * _LEAST
        for count, (_, colour) in zip(bar.counts, parts, strict=True):
            width = max(room * count / total, _LEAST) if count else 0.0
            shapes.append(
                f"<rect x='{x:.1f}' y='{y}' width='{width:.1f}' height='16' fill='{colour}'/>"
            )
            x += width
        shapes.append(f"<text x='{_LEFT + _WIDTH + 12}' y='{y + 12}'>{escape(bar.said)}</text>")
    step = (860 - _LEFT) // len(parts)
    for at, (name, colour) in enumerate(parts):
        x = _LEFT + at * step
        shapes.append(
            f"<rect x='{x}' y='8' width='12' height='12' fill='{colour}'/>"
            f"<text x='{x + 17}' y='18'>{escape(name)}</text>"
        )
    height = 44 + 24 * len(bars)
    return (
        f"<figure><figcaption id='disegno-{key}'>{escape(title)}</figcaption>"
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 860 {height}' role='img' "
        f"aria-labelledby='disegno-{key}' font-family='system-ui,sans-serif' font-size='13'>"
        f"{''.join(shapes)}</svg></figure>"
    )
