"""The recorded real files, read by other means than ours: what a landing must come to.

How each file is written is said here by hand, and none of it is found out by the pipeline's code.
"""

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from quality.contract.columns import Column
from quality.contract.model import Contract

REAL_FILES: Final = Path(__file__).parents[3] / "shared" / "data"
CONTRACTS: Final = Path(__file__).parent / "contracts"
REAL_SOURCES: Final = Path(__file__).parents[2] / "assets" / "real_sources"
ROME: Final = ZoneInfo("Europe/Rome")

Cell: TypeAlias = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class Written:
    """How a publisher wrote the files of a data set, and how many rows in them are wrong."""

    files: Mapping[str, date | None]
    separator: str = ","
    encoding: str = "utf-8"
    day: str = "%Y-%m-%d"
    instant: Callable[[Mapping[str, str]], datetime] | None = None
    melted: Callable[[str], bool] | None = None
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Row:
    """One delivered row: its file, its line, its cells by the publisher's names, and its window."""

    file: int
    line: int
    cells: Mapping[str, str]
    window_on: date | None


def _half_hour(cells: Mapping[str, str]) -> datetime:
    hour, minute = cells["mezzora"].partition(" - ")[0].split(".")
    at = time(int(hour), int(minute))
    return datetime.combine(date.fromisoformat(cells["data"]), at, ROME)


def _bulletin(cells: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(cells["data"]).replace(tzinfo=ROME)


def _bulletins(kind: str) -> dict[str, date | None]:
    days = ("20200224", "20200901", "20210109", "20210115", "20220101", "20250108")
    return {f"schema_drift/covid_{kind}_{day}.csv": date.fromisoformat(day) for day in days}


def _is_half_hour(name: str) -> bool:
    start, dash, end = name.partition(" - ")
    return bool(dash) and start.replace(".", "").isdigit() and end.replace(".", "").isdigit()


def _one(name: str) -> dict[str, date | None]:
    return {name: None}


_ACCIDENTS: Final = "traffic/aci_incidenti_strade_provinciali_{}.csv.gz"
WRITTEN: Final[dict[str, Written]] = {
    "aci/yearly_road_accidents": Written(
        {_ACCIDENTS.format(year): date(year, 1, 1) for year in (2014, 2016)}
    ),
    "arpa_lombardia/monthly_air": Written(
        _one("air_meteo/aria_mensile_to_2021.csv.gz"), day="%Y-%m"
    ),
    "arpa_lombardia/monthly_weather": Written(
        _one("air_meteo/meteo_mensile_to_2021.csv.gz"),
        day="%Y-%m",
        refused={"duplicate_key": 7},
    ),
    "arpa_lombardia/sensors": Written(_one("air_meteo/stazioni_arpa.csv")),
    "brescia_mobilita/bike_stations": Written(
        _one("mobility_brescia/bike_sharing_stations.csv"),
        encoding="utf-8-sig",
        refused={"not_a_number": 1},
    ),
    "brescia_mobilita/garages": Written(_one("mobility_brescia/garages.csv")),
    "comune_alessandria/citizen_reports": Written(
        _one("reports/alessandria_segnalazioni_to_2023.csv"), separator=";"
    ),
    "comune_alessandria/house_numbers": Written(
        _one("territory_municipal/alessandria_numeri_civici.csv.gz"), separator=";"
    ),
    "comune_alessandria/trees": Written(
        _one("territory_municipal/alessandria_alberi_even_ids.csv.gz"),
        separator=";",
        refused={"duplicate_key": 15},
    ),
    "comune_bologna/half_hourly_loop_counts": Written(
        _one("traffic/bologna_spire_viali_to_2021h1.csv.gz"),
        separator=";",
        encoding="utf-8-sig",
        instant=_half_hour,
        melted=_is_half_hour,
        refused={"not_an_instant": 48},  # one row holds nothing but its total
    ),
    "istat/yearly_population": Written(_one("territory_brescia/popolazione_comuni.csv"), day="%Y"),
    "protezione_civile/daily_provinces": Written(_bulletins("province"), instant=_bulletin),
    "protezione_civile/daily_regions": Written(_bulletins("regioni"), instant=_bulletin),
    "provincia_trento/daily_road_counts": Written(
        _one("traffic/trentino_traffico_2015.csv.gz"),
        encoding="windows-1252",
        day="%d/%m/%Y %H:%M:%S",
        refused={"duplicate_key": 545},
    ),
    "regione_lombardia/monthly_tourism": Written(
        _one("territory_brescia/turismo_comuni_mensile.csv.gz"), day="%Y-%m"
    ),
}


def delivered(name: str) -> list[Row]:
    """Every row of a data set as the publisher wrote it, in the order of the files."""
    written = WRITTEN[name]
    return [
        Row(position, line, cells, window_on)
        for position, (file, window_on) in enumerate(written.files.items())
        for line, record in _records(REAL_FILES / file, written)
        for cells in _long(record, written.melted)
    ]


def _records(path: Path, written: Written) -> Iterator[tuple[int, dict[str, str]]]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    text = io.StringIO(content.decode(written.encoding), newline="")
    reader = csv.reader(text, delimiter=written.separator)
    names = [name.strip() for name in next(reader)]
    for record in reader:
        yield reader.line_num, dict(zip(names, map(str.strip, record), strict=True))


def _long(
    record: dict[str, str], melted: Callable[[str], bool] | None
) -> Iterator[Mapping[str, str]]:
    if melted is None:
        yield record
        return
    others = {name: cell for name, cell in record.items() if not melted(name)}
    for name, cell in record.items():
        if melted(name):
            yield {**others, "mezzora": name, "veicoli": cell}


def expected(row: Row, contract: Contract) -> tuple[Cell, ...]:
    """What the row must be in bronze: the contract's columns in order, and its window if any."""
    cells = {name: _cell(row, column, contract) for name, column in contract.stored.items()}
    if contract.is_static:
        return tuple(cells.values())
    happened = cells[contract.event_time] if contract.event_time else None
    day = happened.astimezone(ROME).date() if isinstance(happened, datetime) else happened
    assert row.window_on is not None or isinstance(day, date)
    return (*cells.values(), row.window_on or _window_of(day, contract))


def _window_of(day: Cell, contract: Contract) -> Cell:
    if not isinstance(day, date):
        return None
    match contract.cadence:
        case "monthly":
            return day.replace(day=1)
        case "yearly":
            return day.replace(month=1, day=1)
    return day


def _cell(row: Row, column: Column, contract: Contract) -> Cell:
    written = WRITTEN[contract.key]
    if column.type == "timestamp":
        assert written.instant is not None
        return written.instant(row.cells).astimezone(UTC)
    text = row.cells.get(column.source[0], "")
    return _READ[column.type](text, written) if text else None


def _whole(text: str) -> int:
    assert float(text).is_integer()
    return int(float(text))


def _day(text: str, written: Written) -> date:
    layout = "%Y-%m-%d" if len(text) == len("2025-01-01") else written.day
    return datetime.strptime(text, layout).replace(tzinfo=UTC).date()


_READ: Final[dict[str, Callable[[str, Written], Cell]]] = {
    "string": lambda text, _: text,
    "integer": lambda text, _: _whole(text),
    "float": lambda text, _: float(text),
    "boolean": lambda text, _: {"Si": True, "No": False}[text],
    "date": _day,
}
