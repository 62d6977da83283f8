"""What becomes of what is delivered, drawn: a bar a publisher."""

from collections.abc import Mapping
from html import escape
from typing import Final

from quality.report.commits import Told

_WIDTH: Final = 420
_LEFT: Final = 170
_PARTS: Final = (
    ("conservate", "#0b4f6c"),
    ("rifiutate", "#b00020"),
    ("di altre finestre", "#8a8a8a"),
)


def rows_by_publisher(deliveries: Mapping[str, Told]) -> str:
    """An SVG with each publisher's rows, kept, refused and of other windows, as shares."""
    sums: dict[str, list[int]] = {}
    for key, its in deliveries.items():
        if its.delivered_count:
            three = sums.setdefault(key.partition("/")[0], [0, 0, 0])
            for at, count in enumerate((its.kept_count, its.refused_count, its.elsewhere_count)):
                three[at] += count
    if not sums:
        return ""
    parts = []
    for line, (publisher, three) in enumerate(sorted(sums.items())):
        y, x, total = 44 + line * 24, float(_LEFT), sum(three)
        parts.append(f"<text x='0' y='{y + 12}'>{escape(publisher)}</text>")
        for count, (_, colour) in zip(three, _PARTS, strict=True):
            # A share too small to be seen is still there.
            width = max(_WIDTH * count / total, 1.5) if count else 0.0
            parts.append(
                f"<rect x='{x:.1f}' y='{y}' width='{width:.1f}' height='16' fill='{colour}'/>"
            )
            x += width
        share = f"{three[1] / total:.2%}".replace(".", ",")
        text = f"{total:,} righe, {share} rifiutate".replace(",", ".", f"{total:,}".count(","))
        parts.append(f"<text x='{_LEFT + _WIDTH + 12}' y='{y + 12}'>{text}</text>")
    for at, (name, colour) in enumerate(_PARTS):
        x = _LEFT + at * 140
        parts.append(
            f"<rect x='{x}' y='18' width='12' height='12' fill='{colour}'/>"
            f"<text x='{x + 17}' y='28'>{name}</text>"
        )
    height = 56 + 24 * len(sums)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 860 {height}' role='img' "
        "aria-labelledby='disegno' style='max-width:100%' font-family='system-ui,sans-serif' "
        "font-size='13'><title id='disegno'>Che cosa è stato delle righe consegnate, per fonte"
        f"</title>{''.join(parts)}</svg>"
    )
