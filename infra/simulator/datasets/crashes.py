"""The local police's road crashes of five years, with plates and what the officers wrote."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import Csv
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Sheet, Spoiled, strewn
from infra.simulator.terrain import degrees

KEY: Final = "comune_brescia/crashes"
PLACE: Final = "comune_files"
FORM: Final = Csv(
    Sheet(separator=";", encoding="windows-1252", line_end="\r\n", decimal_comma=True, decimals=6)
)
PERSONAL: Final = ("Targa A", "Conducente A")
SEVERITIES: Final = ("solo danni", "feriti", "feriti gravi", "mortale")
_SEVERITY_SHARES: Final = (0.45, 0.46, 0.08, 0.01)
MODES: Final = ("auto", "moto", "bicicletta", "pedone", "monopattino")
MODE_SHARES: Final = (0.62, 0.15, 0.11, 0.09, 0.03)
_ZONE_30: Final = "AZ-01"
_DAYS: Final = 5 * 365
# Expected crashes of an edge grow with its traffic to this power.
TRAFFIC_POWER: Final = 0.75
WET_RATIO: Final = 1.25


def publish(city: City, publication: Publication) -> None:
    """Deliver the register up to the last day, and tell the expected crashes of every edge."""
    put(publication, FORM, batches(city), personal=PERSONAL)
    edges = city.streets.edges["edge_id"]
    action = city.actions[_ZONE_30]
    inside = action.covers(*city.streets.middles)
    publication.tell(
        "crashes_by_edge",
        pl.DataFrame(
            {"edge_id": edges, "expected_a_year": expected_a_year(city), "is_in_zone_30": inside}
        ),
    )
    publication.planted(
        "zone 30 cuts crashes",
        action_id=action.action_id,
        from_on=f"{action.finished_on}",
        effect_ratio=action.effect_ratio or 1.0,
    )


def batches(city: City) -> Iterator[Batch]:
    """The register."""
    rows = register(city)
    last = city.dates[-1]
    bad = [
        Spoiled("unparsable number", cells={"Persone coinvolte": "due"}),
        Spoiled("impossible date", cells={"Data": "29/02/2023"}),
        Spoiled("value outside the list", cells={"Esito": "lievi"}),
        Spoiled("missing value", cells={"Protocollo": ""}),
        Spoiled("ragged row", cut=4),
        Spoiled("duplicate key", is_extra=True),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="polizia_locale/incidenti.csv",
        at=midnight(last) + timedelta(hours=31),
        day=last,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def expected_a_year(city: City) -> Series:
    """Expected crashes of each edge in a year without rain, before any zone 30."""
    edges = city.streets.edges
    risk = edges["aadt"].to_numpy() ** TRAFFIC_POWER * edges["length_m"].to_numpy()
    return np.asarray(city.sized(330, 1_050) * risk / risk.sum())


def register(city: City) -> pl.DataFrame:
    """Every crash of the last five years, as the officers wrote it down."""
    return _described(city, occurred(city))


def occurred(city: City) -> list[tuple[date, int]]:
    """When and on which edge, by place, each crash was; rain brings more, the zone 30 fewer."""
    yearly, action = expected_a_year(city), city.actions[_ZONE_30]
    inside = action.covers(*city.streets.middles)
    first = city.start - timedelta(days=_DAYS)
    weather = city.climate.filter(pl.col("on") >= first)
    found: list[tuple[date, int]] = []
    for day, rain in weather.select("on", "rain_mm").iter_rows():
        chance = city.chance(KEY, day)
        ratio = action.effect_ratio or 1.0
        now = np.where(inside & (day >= action.finished_on), ratio, 1.0) * yearly / 365
        now = now * (WET_RATIO if rain > 1 else 1.0)
        count = int(chance.poisson(now.sum()))
        found += [(day, int(e)) for e in chance.choice(len(now), count, p=now / now.sum())]
    return found


def _described(city: City, found: list[tuple[date, int]]) -> pl.DataFrame:
    chance, count = city.chance(KEY, "who"), len(found)
    edges = np.array([edge for _, edge in found])
    x, y = city.streets.middles
    lat, lng = degrees(x[edges], y[edges])
    modes = [MODES[m] for m in chance.choice(len(MODES), count, p=MODE_SHARES)]
    drivers = chance.integers(len(city.people), size=count)
    cars = chance.integers(len(city.plates), size=count)
    hours = np.clip(chance.normal(14, 5, count), 0, 23.9)
    names = city.streets.edges["name"].gather(edges)
    people = [city.people[int(driver)] for driver in drivers]
    plates = [city.plates[int(car)] for car in cars]
    texts = [
        f"Il veicolo tg. {plate} condotto da {p.name} {p.surname} (n. {p.born_on:%d/%m/%Y}) in "
        f"{street} urtava {'un ' + mode if mode != 'auto' else 'altra autovettura'}; sentito sul "
        f"posto, tel. {p.phone}."
        for plate, p, street, mode in zip(plates, people, names, modes, strict=True)
    ]
    return pl.DataFrame(
        {
            "Protocollo": [f"PL/{day.year}/{n:06}" for n, (day, _) in enumerate(found, start=1)],
            "Data": [f"{day:%d/%m/%Y}" for day, _ in found],
            "Ora": [f"{int(hour):02}:{int(hour % 1 * 60):02}" for hour in hours],
            "Strada": names,
            "Arco": city.streets.edges["edge_id"].gather(edges),
            "Lat": lat.round(6),
            "Lon": lng.round(6),
            "Esito": [SEVERITIES[s] for s in chance.choice(4, count, p=_SEVERITY_SHARES)],
            "Mezzo B": modes,
            "Persone coinvolte": chance.integers(1, 5, size=count),
            "Targa A": plates,
            "Conducente A": [person.written for person in people],
            "Descrizione": texts,
        }
    )
