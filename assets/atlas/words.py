"""Words of the atlas that are true of many indicators: themes, places, periods, codes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from assets.measured import Geometry, Grain
from quality.report.parts import day, month

THEMES: Final[Mapping[str, str]] = {
    "air": "Aria",
    "weather": "Meteo",
    "water": "Acqua",
    "soil": "Suolo",
    "green": "Verde",
    "mobility": "Mobilità",
    "services": "Servizi e tempi della città",
    "energy": "Energia",
    "waste": "Rifiuti",
    "safety": "Sicurezza",
    "risk": "Rischi",
    "tourism": "Turismo",
    "economy": "Economia",
    "actions": "Azioni",
}
# One place, several places, the heading of their column.
PLACES: Final[Mapping[Geometry, tuple[str, str, str]]] = {
    "cell": ("cella", "celle", "Cella"),
    "section": ("sezione di censimento", "sezioni di censimento", "Sezione di censimento"),
    "quarter": ("quartiere", "quartieri", "Quartiere"),
    "segment": ("tratto di strada", "tratti di strada", "Tratto di strada"),
    "point": ("luogo", "luoghi", "Luogo"),
    "city": ("voce", "voci", "Voce"),
}
# How far back a series is drawn.
REACH: Final[Mapping[Grain, str]] = {
    "quarter_hour": "2d", "hour": "7d", "day": "90d", "month": "120mo", "year": "50y",
}  # fmt: skip
_CITY: Final = ZoneInfo("Europe/Rome")
# Columns that tell the rows of a place apart.
_COLUMNS: Final[Mapping[str, str]] = {
    "pollutant_code": "Inquinante",
    "measure_code": "Misura",
    "category_code": "Categoria",
    "band_code": "Fascia oraria",
    "duration_h": "Durata in ore",
    "lead_h": "Ore dopo l'emissione",
    "lead_d": "Giorni dopo l'emissione",
    "sector_code": "Settore",
    "rule_code": "Limite",
    "day_code": "Tipo di giorno",
    "mode_code": "Mezzo",
    "severity_code": "Gravità",
    "fraction_code": "Frazione",
    "use_code": "Uso",
    "depth_code": "Profondità in cm",
    "quantity_code": "Grandezza",
    "class_code": "Classe",
    "origin_code": "Provenienza",
}
_CODES: Final[Mapping[str, str]] = {
    "weekday": "giorno feriale",
    "saturday": "sabato",
    "sunday": "domenica",
    "holiday": "festivo",
    "rain": "pioggia",
    "wind": "vento",
    "gust": "raffica",
    "heat": "caldo",
    "utci": "UTCI",
    "river": "fiume",
    "level": "livello",
    "gas": "gas",
    "electricity": "elettricità",
    "water": "acqua",
    "home": "casa",
    "work": "lavoro",
    "all": "tutti",
    "total": "totale",
    "car": "auto",
    "bike": "bicicletta",
    "walk": "a piedi",
    "bus": "autobus",
    "metro": "metropolitana",
}


def column(name: str) -> str:
    """The heading of a column by which rows are told apart."""
    stem = name.rpartition("_")[0] if name.endswith(("_code", "_name", "_id")) else name
    return _COLUMNS.get(name, stem.replace("_", " ").capitalize())


def code(value: object) -> str:
    """A code as words: `weekday_07_09` is giorno feriale 07-09; what is not known stays."""
    parts = str(value).split("_")
    # Two numbers in a row are hours, from one to the other.
    text = ""
    for before, part in zip(["", *parts], parts, strict=False):
        joint = "-" if part.isdigit() and before.isdigit() else " "
        text += (joint if text else "") + _CODES.get(part, part)
    return text


def moment(start: object, grain: Grain) -> str:
    """When a period began, by the city's clock: `24 marzo 2025, ore 8:00`, `marzo 2025`, `2025`."""
    if isinstance(start, datetime):
        local = start.astimezone(_CITY)
        if grain in ("hour", "quarter_hour"):
            return f"{day(local.date())}, ore {local.hour}:{local:%M}"
        start = local.date()
    if not isinstance(start, date):
        return str(start)
    if grain == "year":
        return str(start.year)
    return month(start) if grain == "month" else day(start)


def span(first: object, last: object, grain: Grain) -> str:
    """From when to when: `dal 24 marzo 2025 al 3 aprile 2025`, `da marzo 2025 a maggio 2026`."""
    start, end = moment(first, grain), moment(last, grain)
    if start == end:
        return start
    of, to = (
        ("da ", "a ") if grain == "month" else (_with_article("da", start), _with_article("a", end))
    )
    return f"{of}{start} {to}{end}"


def _with_article(word: str, when: str) -> str:
    """`dal `, or `dall'` before eight and eleven."""
    return f"{word}ll'" if when.startswith(("8 ", "11 ")) else f"{word}l "


def tick(start: object, grain: Grain) -> str:
    """The same, as short as an axis needs it; of hours only those that begin a day have one."""
    if isinstance(start, datetime):
        local = start.astimezone(_CITY)
        if grain in ("hour", "quarter_hour") and (local.hour, local.minute) != (0, 0):
            return ""
        start = local.date()
    if not isinstance(start, date):
        return str(start)
    if grain == "year":
        return str(start.year)
    return f"{start.month}/{start.year}" if grain == "month" else f"{start.day}/{start.month}"
