"""What citizens report to the Comune: free Italian text, by the Comune's API."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import ROME, is_free_day, local_midnight
from infra.simulator.forms import JsonLines
from infra.simulator.handover import Records
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Spoiled, strewn
from infra.simulator.streets import STREET_NAMES
from infra.simulator.terrain import UNDERPASSES, degrees
from infra.simulator.voices import Span, Voice, written

KEY: Final = "comune_brescia/citizen_reports"
PLACE: Final = "comune_api"
FORM: Final = JsonLines()
HANDOVER: Final = Records()
PERSONAL: Final = ("segnalante", "telefono", "email")
# A piece of text so short stands anywhere by chance: no trace of anybody.
_SHORTEST_TRACE: Final = 7
# Nor is a first name that a street has too.
_STREETS: Final = "|".join(STREET_NAMES)
MATTERS: Final = {
    "buche": ("una buca profonda", "l'asfalto tutto rotto", "un tombino che balla"),
    "illuminazione": ("il lampione spento", "tutta la via al buio"),
    "rifiuti": ("un mucchio di rifiuti abbandonati", "il cassonetto che trabocca"),
    "verde": ("un ramo che sta per cadere", "l'erba alta un metro", "un albero malato"),
    "rumore": ("un chiasso da non dormire", "l'allarme che suona ogni notte"),
    "traffico": ("macchine in doppia fila", "auto che corrono come matte"),
    "allagamenti": ("acqua fino al marciapiede", "il sottopasso allagato", "la caditoia intasata"),
}
CHANNELS: Final = ("app", "web", "telefono", "pec")
# Planted: each millimetre of rain brings so many more reports of flooding.
REPORTS_A_MM: Final = 0.25
# And so far from the middle of an underpass.
_FLOOD_M: Final = 40.0


def publish(city: City, publication: Publication) -> None:
    """Deliver the reports of each day, and tell where personal data stand in the texts."""
    told = []
    for batch, spans in _days(city):
        put(publication, FORM, [batch], personal=PERSONAL)
        for report_id, span in spans:
            told.append({"report_id": report_id, **asdict(span)})
            is_traceable = len(span.text) >= _SHORTEST_TRACE and span.text not in _STREETS
            if is_traceable and span.label != "DATE_OF_BIRTH":
                publication.leaves_traces([span.text])
    schema = {"report_id": pl.String, "start": pl.Int64, "end": pl.Int64,
              "label": pl.String, "text": pl.String}  # fmt: skip
    publication.tell("citizen_text_spans", pl.DataFrame(told, schema=schema))
    publication.planted("rain floods streets", reports_a_mm=REPORTS_A_MM)
    lat, lng = degrees(*np.array(UNDERPASSES).T)
    for place in zip(lat, lng, strict=True):
        publication.planted("flooded underpass", lat_deg=float(place[0]), lng_deg=float(place[1]))


def batches(city: City) -> Iterator[Batch]:
    """The reports of each day."""
    for batch, _ in _days(city):
        yield batch


def _days(city: City) -> Iterator[tuple[Batch, list[tuple[str, Span]]]]:
    for day in city.dates:
        rows, spans = _one_day(city, day)
        chance = city.chance(KEY, "bad", day)
        someone = city.people[int(chance.integers(len(city.people)))]
        bad = [
            # The one who called stands where the matter should.
            Spoiled("value outside the list", cells={"categoria": f"sig. {someone.written}"}),
            Spoiled("duplicate key", is_extra=True),
        ]
        spoiled = strewn(chance, rows.height, bad)
        if day.day % 3 == 0:
            lost = Spoiled("impossible date", (spoiled[0].at + spoiled[1].at + 1) % rows.height,
                           {"data_ora": f"{day.year}-02-30T10:00:00+01:00"})  # fmt: skip
            spoiled += [lost] if lost.at not in {bad.at for bad in spoiled} else []
        yield (
            Batch(
                name=f"citizen_reports/{day:%Y-%m-%d}.jsonl",
                at=local_midnight(day + timedelta(days=1)) + timedelta(minutes=30),
                day=day,
                rows=rows,
                spoiled=spoiled,
            ),
            spans,
        )


def _one_day(city: City, day: date) -> tuple[pl.DataFrame, list[tuple[str, Span]]]:
    chance = city.chance(KEY, day)
    rain = float(city.climate.filter(on=day)["rain_mm"].item())
    usual = int(chance.poisson(city.sized(40, 50) * (0.6 if is_free_day(day) else 1.0))) + 4
    floods = int(chance.poisson(REPORTS_A_MM * rain * city.sized(1, 3)))
    kinds = [*chance.choice(list(MATTERS)[:-1], usual), *["allagamenti"] * floods]
    hours = np.sort(np.clip(chance.normal(13, 4.5, len(kinds)), 0.2, 23.6))
    order = chance.permutation(len(kinds))
    x, y = np.clip(chance.normal(0, 1_900, (2, len(kinds))), -4_500, 4_500)
    is_flood = np.array([kinds[place] == "allagamenti" for place in order], dtype=bool)
    x[is_flood], y[is_flood] = _flooded(city.chance(KEY, "floods", day), int(is_flood.sum()))
    lat, lng = degrees(x, y)
    rows, spans = [], []
    for place, hour in enumerate(hours):
        kind = str(kinds[order[place]])
        writer, other = (city.people[int(p)] for p in chance.integers(len(city.people), size=2))
        plate = city.plates[int(chance.integers(len(city.plates)))]
        matters = MATTERS[kind]
        register, text, found = written(
            chance,
            Voice(writer, other, plate),
            matter=matters[int(chance.integers(len(matters)))],
            street=STREET_NAMES[int(chance.integers(len(STREET_NAMES)))],
        )
        report_id = f"SEG-{day:%Y%m%d}-{place:04}"
        spans += [(report_id, span) for span in found]
        at = (local_midnight(day) + timedelta(hours=float(hour))).astimezone(ROME)
        by_phone = register == "operatore"
        channel = "telefono" if by_phone else CHANNELS[int(chance.choice((0, 1, 3)))]
        rows.append(
            {
                "id": report_id,
                "data_ora": at.replace(microsecond=0).isoformat(),
                "canale": channel,
                "categoria": kind,
                "posizione.lat": round(float(lat[place]), 6),
                "posizione.lng": round(float(lng[place]), 6),
                "testo": text,
                "segnalante": writer.written if channel != "web" else None,
                "telefono": writer.phone if by_phone else None,
                "email": writer.email if channel in ("app", "pec") else None,
                "stato": ("aperta", "in carico", "chiusa")[int(chance.integers(3))],
            }
        )
    texts = {"segnalante": pl.String, "telefono": pl.String, "email": pl.String}
    return pl.DataFrame(rows, schema_overrides=texts), spans


def _flooded(chance: np.random.Generator, count: int) -> tuple[Series, Series]:
    """Places where water stands: each in one of the underpasses."""
    x, y = np.array(UNDERPASSES)[chance.integers(len(UNDERPASSES), size=count)].T
    return x + chance.normal(0, _FLOOD_M, count), y + chance.normal(0, _FLOOD_M, count)
