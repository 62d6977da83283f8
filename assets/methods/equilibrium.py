"""How drivers spread over a road network: user equilibrium, where nobody gains by another way.

Beckmann, McGuire & Winsten (1956), solved by the conjugate Frank-Wolfe method (Mitradjieva &
Lindberg 2013). Flows are vehicles an hour, times are those of the link's free-flow time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = NDArray[np.float64]
# How close to 1 a conjugate direction may come to the last one (Mitradjieva & Lindberg).
_NEAREST: Final = 0.99
_BISECTIONS: Final = 40
# So many origins times all nodes are held in memory together.
_AT_ONCE: Final = 64


@dataclass(frozen=True)
class Network:
    """Links between nodes 0, 1, …: arrays over links; `from_node` and `to_node` are whole numbers.

    The time of a link with flow v is free · (1 + b (v / capacity)^power): the curve of the Bureau
    of Public Roads (1964) has b 0.15 and power 4. Nodes below `first_through` are where trips begin
    and end, and no trip passes through them.
    """

    from_node: NDArray[np.int64]
    to_node: NDArray[np.int64]
    free_time: Array
    capacity: Array
    b: Array
    power: Array
    first_through: int = 0

    @property
    def nodes_count(self) -> int:
        """How many nodes there are."""
        return int(max(self.from_node.max(), self.to_node.max())) + 1

    def time(self, flow: ArrayLike) -> Array:
        """The time of each link under a flow."""
        load = np.asarray(flow, dtype=float) / self.capacity
        return np.asarray(self.free_time * (1 + self.b * load**self.power))

    def beckmann(self, flow: ArrayLike) -> float:
        """The sum over links of the integral of time over flow: least in equilibrium."""
        v = np.asarray(flow, dtype=float)
        congested = self.b * v * (v / self.capacity) ** self.power / (self.power + 1)
        return float((self.free_time * (v + congested)).sum())


@dataclass(frozen=True)
class Equilibrium:
    """Flows and times by link, the relative gap, and how many rounds it took.

    `unserved` are trips an hour between places that no way connects.
    """

    flow: Array
    time: Array
    gap: float
    rounds: int
    unserved: float


def bpr(load: ArrayLike, *, b: float = 0.15, power: float = 4.0) -> Array:
    """Time over free-flow time at a load v/c: 1 + b · load^power (Bureau of Public Roads 1964)."""
    return np.asarray(1 + b * np.asarray(load, dtype=float) ** power)


def assign(
    network: Network,
    demand: ArrayLike,
    *,
    gap: float = 1e-4,
    most_rounds: int = 500,
    begin: Array | None = None,
) -> Equilibrium:
    """Trips an hour between zones, spread so that no way used is longer than another.

    `demand` is (zones, zones), zone i at node i. Ends when the relative gap (what all would save
    on the shortest ways at these times, over all their time) is below `gap`. It is reached sooner
    from flows of the same trips, `begin`, that lie near it.
    """
    trips = np.asarray(demand, dtype=float)
    free = network.time(np.zeros(len(network.b)))
    first, unserved, _ = _all_or_nothing(network, free, trips)
    flow = first if begin is None else np.asarray(begin, dtype=float)
    last: Array | None = None
    relative, rounds = np.inf, 0
    while rounds < most_rounds:
        rounds += 1
        times = network.time(flow)
        target, _, shortest = _all_or_nothing(network, times, trips)
        spent = float((flow * times).sum())
        relative = 1 - shortest / spent if spent > 0 else 0.0
        if relative < gap:
            break
        if last is not None:
            target = _conjugate(network, flow, target, last)
        step = _step(network, flow, target)
        flow = flow + step * (target - flow)
        last = target if step < _NEAREST else None
    return Equilibrium(flow, network.time(flow), float(relative), rounds, unserved)


def _all_or_nothing(network: Network, times: Array, trips: Array) -> tuple[Array, float, float]:
    """Everybody on the shortest way: flows by link, trips without any way, all time spent."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    zones = len(trips)
    nodes = max(network.nodes_count, zones)
    # Of parallel links the shortest is the one taken.
    order = np.lexsort((times, network.to_node, network.from_node))
    starts, ends = network.from_node[order], network.to_node[order]
    is_first = np.r_[True, (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])]
    links = order[is_first]
    # A link of no time would be no link to scipy.
    cost = np.maximum(times[links], 1e-12)
    graph = csr_matrix((cost, (network.from_node[links], network.to_node[links])), (nodes, nodes))
    wanted = trips.copy()
    np.fill_diagonal(wanted, 0.0)
    flow = np.zeros(len(times))
    unserved = spent = 0.0
    for origins in _batches(np.flatnonzero(wanted.any(axis=1)), network.first_through):
        usable = _without_other_zones(graph, int(origins[0]), network.first_through)
        distance, before = dijkstra(usable, indices=origins, return_predecessors=True)
        there = distance[:, :zones]
        reached = np.isfinite(there)
        served = np.where(reached, wanted[origins], 0.0)
        unserved += float(wanted[origins][~reached].sum())
        spent += float((served * np.where(reached, there, 0.0)).sum())
        carried = _carried(served, distance, before)
        row, node = np.nonzero((before >= 0) & (carried > 0))
        pairs = before[row, node].astype(np.int64) * nodes + node
        known = network.from_node[links].astype(np.int64) * nodes + network.to_node[links]
        taken = links[np.searchsorted(known, pairs)]
        flow += np.bincount(taken, weights=carried[row, node], minlength=len(flow))
    return flow, unserved, spent


def _batches(origins: NDArray[np.int64], first_through: int) -> list[NDArray[np.int64]]:
    """Origins whose shortest ways are looked for at once: those of which all links are the same."""
    size = 1 if first_through > 0 else _AT_ONCE
    return [origins[at : at + size] for at in range(0, len(origins), size)]


def _carried(served: Array, distance: Array, before: NDArray[np.int32]) -> Array:
    """Trips through each node (origins, nodes): the farthest hand theirs on to the one before."""
    from assets.methods.equilibrium_compiled import hand_on

    carried = np.zeros(distance.shape)
    carried[:, : served.shape[1]] = served
    far_first = np.argsort(-np.where(np.isfinite(distance), distance, -1.0), axis=1, kind="stable")
    hand_on(carried, far_first, before)
    return carried


def _without_other_zones(graph: "csr_matrix", origin: int, first_through: int) -> "csr_matrix":
    """The graph without links out of zones, but for the one where the trip begins."""
    if first_through <= 0:
        return graph
    kept = graph.copy()
    for zone in range(first_through):
        if zone != origin:
            kept.data[kept.indptr[zone] : kept.indptr[zone + 1]] = np.inf
    return kept


def _conjugate(network: Network, flow: Array, target: Array, last: Array) -> Array:
    """A target whose direction is conjugate to the last one with respect to the curvature."""
    safe = np.maximum(flow, 1e-9)
    curvature = (
        network.free_time * network.b * network.power * safe ** (network.power - 1)
        / network.capacity**network.power
    )  # fmt: skip
    back, ahead = (last - flow) * curvature, target - flow
    above, below = float((back * ahead).sum()), float((back * (target - last)).sum())
    share = above / below if below != 0 else 0.0
    share = min(max(share, 0.0), _NEAREST)
    return share * last + (1 - share) * target


def _step(network: Network, flow: Array, target: Array) -> float:
    """How far towards the target Beckmann's sum falls: where its slope is nought."""
    direction = target - flow

    def slope(step: float) -> float:
        return float((network.time(flow + step * direction) * direction).sum())

    if slope(1.0) <= 0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2
