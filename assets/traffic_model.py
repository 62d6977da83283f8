"""From tables of a city to a model of its traffic: zones, the network of streets, and who drives.

Trips are vehicles an hour, times are minutes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.methods.equilibrium import Equilibrium, Network, assign
from assets.methods.gravity import deterrence, trips
from assets.methods.walking import metres_of, snap
from assets.methods.walking import network as streets_both_ways

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
_M_MIN_A_KMH: Final = 1000 / 60
_FLOOR_M2: Final = 100
_MOST_ROUNDS: Final = 60
# Of a plan, which is compared.
_MOST_ROUNDS_PLANNED: Final = 400
_FINER: Final = 20
_FITS: Final = 6
_NEAR_ENOUGH: Final = 0.005


@dataclass(frozen=True)
class Rules:
    """The values of one edition of `definitions/traffic_model`."""

    zone_level: int
    from_h: int
    until_h: int
    deterrence_min: float
    return_ratio: float
    delay_ratio: float
    delay_power_index: float
    snap_reach_m: float
    gap_ratio: float
    matched_index: float


@dataclass(frozen=True)
class Traffic:
    """Vehicles an hour along each street and back, and times over free ones: arrays (streets,).

    `served_ratio` is the share of inhabitants for whose trips there is a way.
    """

    there: Array
    back: Array
    there_delay: Array
    back_delay: Array
    served_ratio: float


@dataclass(frozen=True)
class Plan:
    """The streets and zones of a city as somebody plans it."""

    streets: pl.DataFrame
    zones: pl.DataFrame


def zones_of(
    sections: pl.DataFrame,
    buildings: pl.DataFrame,
    services: pl.DataFrame,
    pulls: pl.DataFrame,
    *,
    level: int,
) -> pl.DataFrame:
    """Give each H3 cell where people live or go: `residents`, `pull`, and the middle of both.

    A building counts in the cell of its census section. What has no place or no weight counts
    nothing. In the order of cells.
    """
    homes = sections.drop_nulls(["lat_deg", "lng_deg"]).unique("section_id", keep="first")
    places = homes.select("section_id", "lat_deg", "lng_deg")
    floors = buildings.join(places, on="section_id").select(
        "lat_deg", "lng_deg", kind_code="use_code", size=pl.col("floor_m2") / _FLOOR_M2
    )
    seats = services.select("lat_deg", "lng_deg", kind_code="category_code", size="capacity_count")
    parts = [homes.select("lat_deg", "lng_deg", residents="residents_count", pull=pl.lit(0.0))]
    for source, things in (("building", floors), ("service", seats)):
        weights = pulls.filter(pl.col("source_code") == source).select("kind_code", "weight_index")
        parts.append(
            things.join(weights, on="kind_code").select(
                "lat_deg",
                "lng_deg",
                residents=pl.lit(0, pl.Int64),
                pull=pl.col("size").cast(pl.Float64) * pl.col("weight_index"),
            )
        )
    known = pl.concat(parts, how="vertical_relaxed").drop_nulls().sort(pl.all())
    mass = pl.col("residents") + pl.col("pull")
    middle = ((pl.col(name) * mass).sum() / mass.sum() for name in ("lat_deg", "lng_deg"))
    return (
        known.filter(mass > 0)
        .with_columns(zone_id=_cells(known.filter(mass > 0), level))
        .group_by("zone_id", maintain_order=True)
        .agg(pl.col("residents", "pull").sum(), *middle)
        .sort("zone_id")
    )


def _cells(points: pl.DataFrame, level: int) -> pl.Series:
    import h3

    cells = [h3.latlng_to_cell(*at, level) for at in points.select("lat_deg", "lng_deg").rows()]
    return pl.Series(cells, dtype=pl.String)


def traffic(
    streets: pl.DataFrame,
    nodes: pl.DataFrame,
    zones: pl.DataFrame,
    counted: Array,
    rules: Rules,
    *,
    planned: Plan | None = None,
) -> Traffic | None:
    """Give the equilibrium of the trips that make as many vehicles on the counted streets.

    `streets` has whole rows, `counted` vehicles an hour in one direction by street, nan where
    nobody counts. Every street is open both ways. Trips within a zone are on no street. None where
    there is nothing to model or nothing to fit it to. With a plan the trips are fitted as the city
    is, and drive as it would be: who goes where stays, but for who lives or works elsewhere.
    """
    places, begun, pull = _masses(streets, nodes, zones, rules)
    is_counted = np.isfinite(counted)
    if len(places.zones) < 2 or not is_counted.any() or not pull.any() or not begun.any():
        return None
    network = _network(streets, places, rules)
    demand, leaving = _demand(network, begun, pull, rules)
    if not demand.any():
        return None
    known_ratio = leaving / float(zones["residents"].sum())
    count, total = streets.height, 1.0
    begin: Array | None = None
    for _ in range(_FITS):
        wanted = demand * total
        found = assign(network, wanted, gap=rules.gap_ratio, most_rounds=_MOST_ROUNDS, begin=begin)
        modelled = (found.flow[:count] + found.flow[count:]) / 2
        passed = modelled[is_counted].sum()
        if not passed > 0:
            return None
        ratio = counted[is_counted].sum() / passed
        if abs(ratio - 1) < _NEAR_ENOUGH:
            break
        total, begin = total * ratio, found.flow * ratio
    if planned is None:
        return _told(found, network, wanted, known_ratio)
    return _as_planned(streets, nodes, planned, float(wanted.sum() / demand.sum()), rules)


def _as_planned(
    streets: pl.DataFrame, nodes: pl.DataFrame, planned: Plan, total: float, rules: Rules
) -> Traffic:
    """The equilibrium of the trips of a plan's zones at today's times, on the plan's streets.

    Nearer to it than that of the city as it is: differences of two are to be told from its error.
    """
    places, begun, pull = _masses(streets, nodes, planned.zones, rules)
    demand, leaving = _demand(_network(streets, places, rules), begun, pull, rules)
    wanted = demand * total
    network = _network(planned.streets, places, rules)
    found = assign(network, wanted, gap=rules.gap_ratio / _FINER, most_rounds=_MOST_ROUNDS_PLANNED)
    return _told(found, network, wanted, leaving / float(planned.zones["residents"].sum()))


@dataclass(frozen=True)
class _Places:
    """Nodes by the number they have in the network: those where trips begin come first."""

    number: dict[str, int]
    zones: Integers


def _masses(
    streets: pl.DataFrame, nodes: pl.DataFrame, zones: pl.DataFrame, rules: Rules
) -> tuple[_Places, Array, Array]:
    """The nodes where trips begin and end, and the residents and the pull at each of them."""
    places, at = _places(streets, nodes, zones, rules)
    begun, pull = (
        np.bincount(
            at[at >= 0], zones[name].to_numpy()[at >= 0], minlength=len(places.zones)
        ).astype(float)
        for name in ("residents", "pull")
    )
    return places, begun, pull


def _places(
    streets: pl.DataFrame, nodes: pl.DataFrame, zones: pl.DataFrame, rules: Rules
) -> tuple[_Places, Integers]:
    """The numbers of nodes, and of each zone that of its crossing; -1 where none is near.

    A crossing of streets that are not in the network leads nowhere: nobody could leave from it.
    """
    known = nodes.drop_nulls(["lat_deg", "lng_deg"]).unique("node_id", keep="first").sort("node_id")
    middle = known["lat_deg"].mean()
    if not isinstance(middle, float):
        return _Places({}, np.empty(0, np.int64)), np.full(zones.height, -1)
    ends = pl.concat([streets["from_node_id"], streets["to_node_id"]])
    crossings = np.flatnonzero(known["node_id"].is_in(ends.implode()))
    metres = [
        metres_of(one["lat_deg"], one["lng_deg"], middle_lat_deg=middle)
        for one in (zones, known[crossings])
    ]
    found = snap(*metres, farthest_m=rules.snap_reach_m).node
    nearest = np.where(found >= 0, np.r_[crossings, -1][found], -1)
    first = np.unique(nearest[nearest >= 0])
    rest = np.setdiff1d(np.arange(known.height), first)
    names = known["node_id"].to_list()
    number = {names[node]: place for place, node in enumerate(np.r_[first, rest])}
    at = np.where(nearest >= 0, np.searchsorted(first, nearest), -1)
    return _Places(number, np.arange(len(first))), at


def _network(streets: pl.DataFrame, places: _Places, rules: Rules) -> Network:
    """Each street along, then each street back."""
    start, end = (
        streets[name].replace_strict(places.number, return_dtype=pl.Int64).to_numpy()
        for name in ("from_node_id", "to_node_id")
    )
    free = streets.select(pl.col("length_m") / (pl.col("limit_kmh") * _M_MIN_A_KMH))
    capacity = streets["capacity_count"].cast(pl.Float64).to_numpy()
    links = 2 * streets.height
    return Network(
        np.r_[start, end],
        np.r_[end, start],
        np.tile(free.to_series().to_numpy(), 2),
        np.tile(capacity, 2),
        np.full(links, rules.delay_ratio),
        np.full(links, rules.delay_power_index),
    )


def _demand(network: Network, begun: Array, pull: Array, rules: Rules) -> tuple[Array, float]:
    """Trips by the gravity model at free-flow times, out and back, one an inhabitant in all.

    Within a zone it takes half as long as to the next one. With them how many inhabitants can
    leave: those whom no street leads anywhere make no trip.
    """
    from scipy.sparse.csgraph import dijkstra

    half = len(network.free_time) // 2
    start, end, free = (
        one[:half] for one in (network.from_node, network.to_node, network.free_time)
    )
    nodes = max(network.nodes_count, len(begun))
    graph = streets_both_ways(start, end, free, free, nodes_count=nodes)
    cost = dijkstra(graph, indices=np.arange(len(begun)))[:, : len(begun)]
    others = cost + np.where(np.eye(len(begun), dtype=bool), np.inf, 0.0)
    np.fill_diagonal(cost, others.min(axis=1) / 2)
    out = trips(begun, pull, deterrence(cost, scale=rules.deterrence_min))
    leaving = float(out.sum())
    np.fill_diagonal(out, 0.0)
    return np.asarray((1 - rules.return_ratio) * out + rules.return_ratio * out.T), leaving


def _told(found: Equilibrium, network: Network, demand: Array, known_ratio: float) -> Traffic:
    half = len(found.flow) // 2
    delay = found.time / network.free_time
    return Traffic(
        found.flow[:half],
        found.flow[half:],
        delay[:half],
        delay[half:],
        known_ratio * (1 - found.unserved / float(demand.sum())),
    )
