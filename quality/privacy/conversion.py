"""Units at the door: what a publisher's number is multiplied by to be in the unit of our column."""

from fractions import Fraction
from typing import Final

from infra.errors import ContractError

# Each unit in the base unit of its quantity; units that share no quantity cannot be converted.
_QUANTITIES: Final[tuple[dict[str, Fraction], ...]] = (
    {"mm": Fraction(1, 1000), "cm": Fraction(1, 100), "m": Fraction(1), "km": Fraction(1000)},
    {"m2": Fraction(1), "km2": Fraction(1_000_000)},
    {"l": Fraction(1, 1000), "m3": Fraction(1)},
    {"s": Fraction(1), "min": Fraction(60), "h": Fraction(3600)},
    {"kwh": Fraction(1), "mwh": Fraction(1000)},
    {"w": Fraction(1), "kw": Fraction(1000)},
    {"pa": Fraction(1), "hpa": Fraction(100)},
    {"ugm3": Fraction(1), "mgm3": Fraction(1000)},
    {"kg": Fraction(1), "t": Fraction(1000)},
    {"ms": Fraction(1), "kmh": Fraction(5, 18)},
    {"pct": Fraction(1, 100), "ratio": Fraction(1)},
)


def factor(sent: str, stored: str) -> Fraction:
    """What a number in the unit `sent` is multiplied by to be in the unit `stored`.

    Raises ContractError for units of different quantities.
    """
    if sent == stored:
        return Fraction(1)
    for quantity in _QUANTITIES:
        if sent in quantity and stored in quantity:
            return quantity[sent] / quantity[stored]
    raise ContractError(
        f"sent_as.unit: {sent} cannot be converted to {stored}; end the column's name in a unit of "
        "the same quantity, or correct sent_as.unit"
    )
