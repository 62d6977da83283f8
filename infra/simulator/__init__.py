"""A simulated Brescia: publishers that deliver, in their own formats, data whose truth is known."""

from infra.simulator.city import Profile
from infra.simulator.run import FIRST_DAY, Rows, Simulation, canaries, simulate, truth_table

__all__ = ["FIRST_DAY", "Profile", "Rows", "Simulation", "canaries", "simulate", "truth_table"]
