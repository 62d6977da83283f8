"""How the city is divided: 33 quarters in five zones, and the census sections within them."""

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.terrain import HALF_SIDE_M, degrees, metres

# The names are those of the real quarters; where they lie, and how large they are, is invented.
QUARTERS: Final = (
    "Brescia Antica", "Borgo Trento", "Buffalora", "Caionvico", "Casazza", "Centro Storico Nord",
    "Centro Storico Sud", "Chiesanuova", "Chiusure", "Crocifissa di Rosa", "Don Bosco",
    "Fiumicello", "Folzano", "Fornaci", "Lamarmora", "Mompiano", "Porta Cremona-Volta",
    "Porta Milano", "Porta Venezia", "Primo Maggio", "San Bartolomeo", "San Polo Case",
    "San Polo Cimabue", "San Polo Parco", "San Rocchino", "Sanpolino", "Sant'Anna", "Sant'Eufemia",
    "Urago Mella", "Villaggio Badia", "Villaggio Prealpino", "Villaggio Sereno",
    "Villaggio Violino",
)  # fmt: skip
_CENTRE_M: Final = 1_400.0


@dataclass(frozen=True)
class _Box:
    """A rectangle in metres east and north of the town hall, and which sections lie in it."""

    west: float
    south: float
    east: float
    north: float
    inside: np.ndarray


def quarters_and_sections(sections: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Quarters, and sections with the quarter they lie in; both cover the city without gaps.

    `quarter_id`, `name`, `zone`, `geometry`; `section_id`, `quarter_id`, `geometry`, in the order
    of `sections`. Geometries are GeoJSON.
    """
    x, y = metres(sections["lat"].to_numpy(), sections["lng"].to_numpy())
    side = 1.1 * HALF_SIDE_M
    whole = _Box(-side, -side, side, side, np.arange(len(x)))
    quarters, rows = [], []
    for number, (box, name) in enumerate(
        zip(_split(whole, len(QUARTERS), x, y), QUARTERS, strict=True), start=1
    ):
        quarter_id = f"Q{number:02}"
        quarters.append(
            {
                "quarter_id": quarter_id,
                "name": name,
                "zone": _zone(box),
                "geometry": _polygon(box),
            }
        )
        for cell in _split(box, len(box.inside), x, y):
            (section,) = cell.inside
            rows.append((int(section), quarter_id, _polygon(cell)))
    rows.sort()
    of_sections = pl.DataFrame(
        {
            "section_id": sections["section_id"],
            "quarter_id": [quarter for _, quarter, _ in rows],
            "geometry": [geometry for *_, geometry in rows],
        }
    )
    return pl.DataFrame(quarters), of_sections


def _split(box: _Box, parts: int, x: np.ndarray, y: np.ndarray) -> list[_Box]:
    """Cut a box across its longer side until there are so many, with sections shared fairly."""
    if parts == 1:
        return [box]
    across = box.east - box.west > box.north - box.south
    along = (x if across else y)[box.inside]
    order = np.argsort(along, kind="stable")
    left = parts // 2
    count = int(np.clip(round(len(order) * left / parts), left, len(order) - (parts - left)))
    cut = float(along[order[count - 1]] + along[order[count]]) / 2
    one, other = box.inside[order[:count]], box.inside[order[count:]]
    if across:
        halves = (
            _Box(box.west, box.south, cut, box.north, one),
            _Box(cut, box.south, box.east, box.north, other),
        )
    else:
        halves = (
            _Box(box.west, box.south, box.east, cut, one),
            _Box(box.west, cut, box.east, box.north, other),
        )
    return [*_split(halves[0], left, x, y), *_split(halves[1], parts - left, x, y)]


def _zone(box: _Box) -> str:
    x, y = (box.west + box.east) / 2, (box.south + box.north) / 2
    if np.hypot(x, y) < _CENTRE_M:
        return "Centro"
    if abs(y) > abs(x):
        return "Nord" if y > 0 else "Sud"
    return "Est" if x > 0 else "Ovest"


def _polygon(box: _Box) -> str:
    x = np.array([box.west, box.east, box.east, box.west, box.west])
    y = np.array([box.south, box.south, box.north, box.north, box.south])
    lat, lng = degrees(x, y)
    ring = [[round(float(a), 6), round(float(b), 6)] for a, b in zip(lng, lat, strict=True)]
    return json.dumps({"type": "Polygon", "coordinates": [ring]}, separators=(",", ":"))
