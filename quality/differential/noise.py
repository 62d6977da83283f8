"""Noise from OpenDP's measurements, and what a measurement really spends."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from infra.errors import TwinError

# Rounding in OpenDP's proofs goes upwards: what is spent may be above by so much.
_ROUNDING: Final = 1e-9


def check_installed(table: str) -> None:
    """Raise TwinError where OpenDP is missing, which is an extra."""
    if find_spec("opendp") is None:
        raise TwinError(
            f"{table}: noise needs OpenDP, which is not installed; run make setup, or install "
            "gemello with the extra differential-privacy"
        )


def noisy(numbers: Sequence[int], *, epsilon: float, sensitivity: int) -> list[int]:
    """Add discrete Laplace noise to whole numbers, as one measurement that spends epsilon.

    `sensitivity` is by how much one person-unit can change all of them together, the sum of the
    absolute changes (L1). Ghosh, Roughgarden and Sundararajan (2009); the sampler is OpenDP's,
    exact and from the system's secure randomness. Raises TwinError where OpenDP proves less.
    """
    import opendp.prelude as dp

    # Its measurements are all "contributed"; OpenDP wants that to be said.
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    measurement = space >> dp.m.then_laplace(scale=sensitivity / epsilon)
    proved = float(measurement.map(sensitivity))
    if proved > epsilon * (1 + _ROUNDING):
        raise TwinError(
            f"the noise spends {proved:.6g} instead of {epsilon:.6g}; nothing was released; this "
            "is a bug"
        )
    return [int(number) for number in measurement(list(numbers))] if numbers else []
