"""The streets of the city: crossings, the edges between them, and what runs along each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.sky import Series
from infra.simulator.terrain import HALF_SIDE_M, degrees, elevation_m

# Nobody of the invented people lives in one of these.
STREET_NAMES: Final = (
    "Via San Faustino", "Corso Zanardelli", "Via Trieste", "Via Milano", "Via Triumplina",
    "Via Crocifissa di Rosa", "Via Cremona", "Via Corsica", "Via Lamarmora", "Via Orzinuovi",
    "Via Oberdan", "Via San Polo", "Viale Piave", "Via Turati", "Via Foro Boario", "Via Volta",
    "Via Valcamonica", "Via Dalmazia", "Viale Europa", "Via Branze", "Via Musei", "Via Moretto",
    "Corso Magenta", "Via Panoramica", "Via Chiusure", "Via Labirinto", "Via Flero",
    "Via Serenissima",
)  # fmt: skip
CLASSES: Final = ("arterial", "collector", "local")
_LIMITS: Final = {"arterial": 70, "collector": 50, "local": 30}
_LANES: Final = {"arterial": 2, "collector": 1, "local": 1}
_CAPACITY: Final = {"arterial": 1_800, "collector": 900, "local": 500}
_AADT: Final = {"arterial": 22_000, "collector": 8_500, "local": 1_300}
_FACILITIES: Final = ("none", "lane", "track", "shared")


@dataclass(frozen=True)
class Streets:
    """A bent grid with some diagonals: `side` by `side` crossings."""

    nodes: pl.DataFrame  # node_id, x_m, y_m, lat, lng, z_m
    edges: pl.DataFrame  # edge_id, u, v, name, class, length_m, lanes, limit_kmh, …

    @cached_property
    def middles(self) -> tuple[Series, Series]:
        """Metres east and north of the middle of each edge."""
        x, y = self.nodes["x_m"].to_numpy(), self.nodes["y_m"].to_numpy()
        u, v = self.edges["u"].to_numpy(), self.edges["v"].to_numpy()
        return (x[u] + x[v]) / 2, (y[u] + y[v]) / 2


def streets(rng: np.random.Generator, *, side: int, diagonals: int) -> Streets:
    """The street network; the same numbers give the same streets."""
    nodes = _nodes(rng, side)
    at = np.arange(side * side).reshape(side, side)
    pairs = [(at[:, :-1].ravel(), at[:, 1:].ravel()), (at[:-1].ravel(), at[1:].ravel())]
    corners = rng.choice((side - 1) ** 2, size=diagonals, replace=False)
    row, column = np.divmod(corners, side - 1)
    pairs.append((at[row, column], at[row + 1, column + 1]))
    u, v = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    lines = np.concatenate(
        [np.repeat(np.arange(side), side - 1), np.tile(np.arange(side), side - 1)]
    )
    line = np.concatenate([lines, np.full(diagonals, 3)])
    is_row = np.arange(len(u)) < side * (side - 1)
    kind = np.where(line % 10 == 5, "arterial", np.where(line % 5 == 0, "collector", "local"))
    name = (line * 2 + is_row) % len(STREET_NAMES)
    x, y, z = (nodes[column].to_numpy() for column in ("x_m", "y_m", "z_m"))
    length = np.maximum(np.hypot(x[u] - x[v], y[u] - y[v]), 12.0).round(1)
    middle = np.hypot((x[u] + x[v]) / 2, (y[u] + y[v]) / 2)
    aadt = np.array([_AADT[k] for k in kind]) * np.exp(-middle / 6_000)
    facility = _facilities(rng, kind)
    edges = pl.DataFrame(
        {
            "edge_id": [f"E{number:06}" for number in range(len(u))],
            "u": u,
            "v": v,
            "name": [STREET_NAMES[place] for place in name],
            "class": kind,
            "length_m": length,
            "lanes": [_LANES[k] for k in kind],
            "limit_kmh": [_LIMITS[k] for k in kind],
            "capacity_vph": [_CAPACITY[k] * _LANES[k] for k in kind],
            "aadt": (aadt * rng.lognormal(0, 0.25, len(u))).round(-1).astype(int),
            "facility": facility,
            "width_m": np.where(facility == "none", 0.0, rng.uniform(1.2, 3.0, len(u))).round(1),
            "slope_pct": ((z[v] - z[u]) / length * 100).round(1),
        }
    )
    return Streets(nodes, edges)


def _nodes(rng: np.random.Generator, side: int) -> pl.DataFrame:
    step = 2 * HALF_SIDE_M / side
    grid = (np.arange(side) + 0.5) * step - HALF_SIDE_M
    x, y = (axis.ravel() for axis in np.meshgrid(grid, grid))
    x = x + rng.normal(0, step / 8, x.size)
    y = y + rng.normal(0, step / 8, y.size)
    lat, lng = degrees(x, y)
    return pl.DataFrame(
        {
            "node_id": np.arange(x.size),
            "x_m": x,
            "y_m": y,
            "lat": lat.round(6),
            "lng": lng.round(6),
            "z_m": elevation_m(x, y).round(1),
        }
    )


def _facilities(rng: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    """Which way for bicycles an edge has: most have none."""
    share = np.where(kind == "arterial", 0.22, np.where(kind == "collector", 0.28, 0.08))
    has = rng.random(len(kind)) < share
    which = rng.choice(_FACILITIES[1:], size=len(kind), p=(0.45, 0.35, 0.2))
    return np.where(has, which, "none")
