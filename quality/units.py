"""The closed list of units a number's name may end in; extended here and nowhere else."""

from typing import Final

UNITS: Final[dict[str, str]] = {
    "m": "metres",
    "km": "kilometres",
    "mm": "millimetres",
    "cm": "centimetres",
    "m2": "square metres",
    "km2": "square kilometres",
    "m3": "cubic metres",
    "m3h": "cubic metres per hour",
    "l": "litres",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "kwh": "kilowatt hours",
    "mwh": "megawatt hours",
    "kw": "kilowatts",
    "kwkm2": "kilowatts per square kilometre",
    "w": "watts",
    "wm2": "watts per square metre",
    "mjm2": "megajoules per square metre",
    "kwhm2": "kilowatt hours per square metre",
    "d": "days",
    "wm2k": "watts per square metre and kelvin",
    "kwhm3": "kilowatt hours per cubic metre",
    "kgkwh": "kilograms per kilowatt hour",
    "kgm2": "kilograms per square metre",
    "kd": "kelvin days, degree days",
    "c": "degrees Celsius",
    "pa": "pascals",
    "hpa": "hectopascals",
    "ugm3": "micrograms per cubic metre",
    "mgm3": "milligrams per cubic metre",
    "db": "decibels",
    "kg": "kilograms",
    "t": "tonnes",
    "kmh": "kilometres per hour",
    "ms": "metres per second",
    "mmh": "millimetres per hour",
    "eur": "euros",
    "deg": "degrees of angle",
    "ratio": "ratio, 0 to 1",
    "pct": "per cent",
    "count": "count",
    "score": "score",
    "index": "index",
    "level": "level of an ordered scale",
    "year": "calendar year",
}


def unit_of(column: str) -> str | None:
    """Name the unit suffix of a column, or None where it has none."""
    suffix = column.rpartition("_")[2]
    return suffix if "_" in column and suffix in UNITS else None
