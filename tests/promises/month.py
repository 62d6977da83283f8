"""A month of a small town's deliveries, and everything its publishers can do wrong in it."""

import json
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from tests.promises.contracts import VISITS_HEADER
from tests.promises.town import FIRST_DAY, Town

DAYS_COUNT: Final = 30
# By then every publisher has recovered.
LAST_FAULT: Final = 5
SESSIONS_HEADER: Final = "id_sosta;parcheggio;targa;intestatario;ingresso;uscita;importo;nota\n"
LOGIN_PAGE: Final = "<!DOCTYPE html><html><body><form>Accesso riservato</form></body></html>\n"
# On these days the lists change.
_LISTS_CHANGE: Final = (0, 10, 20)

# A file, by its path below the sources, and what is in it.
Files = Mapping[str, str]


@dataclass(frozen=True)
class Person:
    """Somebody invented, whose data come with the deliveries and may be found nowhere."""

    name: str
    plate: str

    @property
    def canaries(self) -> tuple[str, str]:
        """What to look for."""
        return self.name, self.plate


def people(chance: random.Random, count: int = 40) -> list[Person]:
    """So many people with plates and names that nobody has."""
    letters = "ABCDEFGHJKLMNPRSTVWXYZ"

    def text(of: str, length: int) -> str:
        return "".join(chance.choice(of) for _ in range(length))

    return [
        Person(
            name=f"Zz{text('bcdfglmnprst', 5)}{number:02} Qq{text('aeiou', 6)}",
            plate=f"{text(letters, 2)}{chance.randrange(100, 1000)}{text(letters, 2)}",
        )
        for number in range(count)
    ]


def day_of(number: int) -> date:
    """The day of this number, from 0."""
    return FIRST_DAY + timedelta(days=number)


def files_of(number: int, crowd: list[Person], *, seed: int) -> dict[str, str]:
    """What all publishers deliver for a day: the same for the same seed."""
    chance, day = random.Random(f"{seed}/{number}"), day_of(number)
    files = {
        f"brescia_mobilita_files/sosta/soste_{day}.csv": _sessions(chance, day, crowd),
        f"arpa_files/aria/aria_{day}.json": _measures(chance, day),
        f"town/visits_{day}.csv": _visits(chance, day, crowd),
        f"town/counts_{day}.csv": f"spira;giorno;h1;h2\nL1;{day};{chance.randrange(99)};7\n",
    }
    if number in _LISTS_CHANGE:
        files["brescia_mobilita_files/sosta/parcheggi.json"] = _car_parks(number)
        files["town/places.csv"] = (
            f"codice;nome;area\nDUCOS;Ducos;{100 + number}\nC;C;{1 + number}\n"
        )
    return files


def _sessions(chance: random.Random, day: date, crowd: list[Person]) -> str:
    rows = []
    for number in range(20):
        person, park = chance.choice(crowd), chance.choice(["P-ARNALDO", "P-STAZIONE"])
        on = day - timedelta(days=chance.choice([0, 0, 0, 0, 1]))
        hour, minute = chance.randrange(6, 20), chance.randrange(60)
        begins = f"{on:%d/%m/%Y} {hour:02}:{minute:02}"
        ends = f"{on:%d/%m/%Y} {hour + 2:02}:{minute:02}"
        if not number:
            begins = f"31/02/2025 {hour:02}:{minute:02}"
        rows.append(
            f"{day:%Y%m%d}{number};{park};{person.plate};{person.name};{begins};{ends};1,60;\n"
        )
    return SESSIONS_HEADER + "".join(rows)


def _visits(chance: random.Random, day: date, crowd: list[Person]) -> str:
    rows = []
    for number in range(8):
        person = chance.choice(crowd)
        park = "ALTROVE" if number == 3 else chance.choice(["DUCOS", "CASTELLI"])
        at = f"{day} {chance.randrange(5, 22):02}:10:00"
        rows.append(f"{day:%Y%m%d}{number};{person.plate};{park};{at};1.50;{person.name}\n")
    return VISITS_HEADER + "".join(rows)


def _measures(chance: random.Random, day: date) -> str:
    records = [
        {
            "idsensore": sensor, "data": f"{day}T{hour:02}:00:00.000",
            "valore": str(chance.randrange(5, 120)), "stato": chance.choice(["VA"] * 9 + ["NA"]),
            "idoperatore": "1", "nometiposensore": pollutant, "unitamisura": "µg/m³",
            "idstazione": "9", "nomestazione": "Broletto", "lat": "45.5", "lng": "10.2",
        }
        for sensor, pollutant in (("1", "PM10"), ("2", "NO2"))
        for hour in range(24)
    ]  # fmt: skip
    return json.dumps(records)


def _car_parks(number: int) -> str:
    place = {"latitudine": 45.54, "longitudine": 10.22, "referente": ""}
    parks = [
        {"codice": code, "nome": code, "posti": 20 + number, **place}
        for code in ("P-ARNALDO", "P-STAZIONE")
    ]
    return json.dumps({"dati": {"parcheggi": parks}})


def deliver(town: Town, name: str, content: str, *, dated: date) -> None:
    """Leave a file, dated as its publisher dates it."""
    path = town.sources / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    at = datetime.combine(dated, time(1), UTC).timestamp()
    os.utime(path, (at, at))


def faulty(
    number: int, files: Files, chance: random.Random
) -> Iterator[tuple[int, str, str | None]]:
    """When and how the files of a day really come: day, name, content; None: it goes away.

    The last of each file is the true one, at most `LAST_FAULT` days late.
    """
    for name, content in files.items():
        later = number + chance.randrange(1, LAST_FAULT + 1)
        half = content[: len(content) * chance.randrange(2, 9) // 10]
        lines = content.splitlines(keepends=True)
        draft = "".join(lines[: max(2, len(lines) // 2)]) if len(lines) > 3 else half
        match chance.choice(["well"] * 8 + [
            "late", "cut short", "login page", "twice", "draft", "early", "empty", "withdrawn",
        ]):  # fmt: skip
            case "late":
                yield later, name, content
            case "cut short":
                yield from ((number, name, half), (later, name, content))
            case "login page":
                yield from ((number, name, LOGIN_PAGE), (later, name, content))
            case "twice":
                yield from ((number, name, content), (later, name, content))
            case "draft":
                yield from ((number, name, draft), (later, name, content))
            case "early" if number and "20" in name:
                yield number - 1, name, content
            case "empty":
                yield from ((number, name, ""), (later, name, content))
            case "withdrawn":
                yield from ((number, name, content), (number + 1, name, None))
                yield later + 1, name, content
            case _:
                yield number, name, content
