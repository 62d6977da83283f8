"""What the city has decided to do, and what it truly brought about."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from infra.simulator.sky import Series


@dataclass(frozen=True)
class Action:
    """One action of the Comune: when, where (metres from the town hall), what for, at what cost.

    `effect_ratio` is the truth that only the simulator knows: what became of the goal's indicator,
    where it has any effect in the data.
    """

    action_id: str
    kind: str
    title: str
    decided_on: date
    started_on: date
    finished_on: date
    cost_eur: int
    goal_indicator: str
    goal_ratio: float
    x_m: float
    y_m: float
    radius_m: float
    effect_ratio: float | None = None

    def covers(self, x: Series, y: Series) -> np.ndarray:
        """Which of these places it is about."""
        return np.asarray(np.hypot(x - self.x_m, y - self.y_m) <= self.radius_m)


@dataclass(frozen=True)
class _Plan:
    """An action by when it is finished, in days before the start, and how long it took."""

    action_id: str
    kind: str
    title: str
    finished: int
    deciding: int
    building: int
    cost_eur: int
    goal: tuple[str, float]
    place: tuple[float, float, float]
    effect_ratio: float | None = None


_PLANS: Final = (
    _Plan("AZ-01", "zone30", "Zona 30 Chiusure", 730, 120, 90, 410_000,
          ("crashes", 0.80), (-1_400.0, 600.0, 900.0), 0.75),
    _Plan("AZ-02", "cycle_lane", "Ciclabile di via Triumplina", 60, 200, 140, 1_250_000,
          ("bike_counts", 1.20), (500.0, 2_600.0, 600.0), 1.35),
    _Plan("AZ-03", "bus_headway", "Più corse sulla linea 3", -3, 60, 3, 300_000,
          ("accessibility", 1.05), (0.0, 0.0, 4_000.0)),
    _Plan("AZ-04", "deseal", "Depavimentazione di via Branze", 400, 300, 100, 520_000,
          ("runoff", 0.90), (1_200.0, 2_200.0, 250.0)),
    _Plan("AZ-05", "trees", "Mille alberi a Sanpolino", 500, 200, 60, 180_000,
          ("canopy", 1.10), (3_400.0, -2_900.0, 800.0)),
    _Plan("AZ-06", "retrofit", "Cappotto alle case di Fiumicello", 300, 500, 300, 6_400_000,
          ("heat", 0.85), (-900.0, 300.0, 900.0), 0.82),
    _Plan("AZ-07", "promotion", "Brescia d'inverno", 90, 60, 60, 150_000,
          ("stays", 1.05), (0.0, 0.0, 4_000.0), 1.00),
    _Plan("AZ-08", "new_service", "Casa della comunità di Lamarmora", -200, 400, 300, 2_100_000,
          ("accessibility", 1.05), (-300.0, -1_900.0, 1_200.0)),
)  # fmt: skip


def actions(start: date) -> dict[str, Action]:
    """The actions by their id."""
    return {plan.action_id: _at(start, plan) for plan in _PLANS}


def _at(start: date, plan: _Plan) -> Action:
    finished = start - timedelta(days=plan.finished)
    started = finished - timedelta(days=plan.building)
    x_m, y_m, radius_m = plan.place
    return Action(
        action_id=plan.action_id,
        kind=plan.kind,
        title=plan.title,
        decided_on=started - timedelta(days=plan.deciding),
        started_on=started,
        finished_on=finished,
        cost_eur=plan.cost_eur,
        goal_indicator=plan.goal[0],
        goal_ratio=plan.goal[1],
        x_m=x_m,
        y_m=y_m,
        radius_m=radius_m,
        effect_ratio=plan.effect_ratio,
    )
