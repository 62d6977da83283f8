"""Units of UCUM as people read them: kW.h is kWh, ug/m3 is µg/m³."""

import re
from typing import Final

_NAMES: Final = {
    "1": "", "Cel": "°C", "a": "anno", "mo": "mese", "wk": "settimana", "d": "giorno", "L": "l",
    "EUR": "€",
}  # fmt: skip
# What there is of something else.
_RATES: Final = {"10*-6/km": "per milione di km", "10*-3": "per mille"}
_EACH: Final = {"h": "ora"}
_SUPERSCRIPT: Final = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_ATOM: Final = re.compile(r"(?P<name>10[*^]|\D.*?|1)(?P<power>[+-]?\d+)?")
_TIMES: Final = {
    "a": ("anno", "anni"), "mo": ("mese", "mesi"), "wk": ("settimana", "settimane"),
    "d": ("giorno", "giorni"),
}  # fmt: skip


def readable(unit: str, *, amount: float | None = None) -> str:
    """A unit of UCUM as it is written beside a number in Italian; nothing for a number alone.

    What stands in braces is said as it is. Of a time alone there are several, but for one.
    """
    if unit in _RATES:
        return _RATES[unit]
    if unit.startswith("/"):
        names = (_EACH.get(part, _factor(part)) for part in unit[1:].split("/"))
        return f"per {' e '.join(names)}"
    if unit in _TIMES:
        one, several = _TIMES[unit]
        return one if amount == 1 else several
    return "/".join("".join(_factor(one) for one in part.split(".")) for part in unit.split("/"))


def _factor(text: str) -> str:
    if text.startswith("{") and text.endswith("}"):
        inner = text[1:-1]
        return _NAMES.get(inner, inner)
    found = _ATOM.fullmatch(text)
    if found is None or text.startswith("{"):
        return text.replace("{", " ").replace("}", "").strip()
    name = found["name"].replace("10*", "10").replace("10^", "10")
    if name.startswith("u") and name != "u":
        name = f"µ{name[1:]}"
    return _NAMES.get(name, name) + (found["power"] or "").translate(_SUPERSCRIPT)
