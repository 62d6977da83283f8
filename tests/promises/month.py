"""A month of a small town's deliveries, and everything that can be wrong with a delivery in it."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from tests.promises.contracts import VISITS_HEADER
from tests.promises.town import FIRST_DAY
from tests.transit.feeds import edited, zipped

DAYS_COUNT: Final = 30
# By then every delivery has come as it should have.
LAST_FAULT: Final = 4
SESSIONS_HEADER: Final = "id_sosta;parcheggio;targa;intestatario;ingresso;uscita;importo;nota\n"
LOGIN_PAGE: Final = b"<!DOCTYPE html><html><body><form>Accesso riservato</form></body></html>\n"
FILE_FAULTS: Final = (
    "late",
    "cut short",
    "login page",
    "twice",
    "draft",
    "corrected",
    "older again",
    "early",
    "empty",
    "withdrawn",
)
# On these days the lists change.
_LISTS_CHANGE: Final = (0, 10, 20)
_LINES_OF_A_DRAFT: Final = 2

# A delivery, by its publisher and its path there. What an API gives has a record on each line.
Files = Mapping[str, bytes]


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


def dated(number: int) -> datetime:
    """When a publisher says that what it delivers for a day was made."""
    return datetime.combine(day_of(number), time(1), UTC)


def files_of(number: int, crowd: list[Person], *, seed: int) -> dict[str, bytes]:
    """What all publishers deliver for a day: the same for the same seed."""
    chance, day = random.Random(f"{seed}/{number}"), day_of(number)
    files: dict[str, str | bytes] = {
        f"brescia_mobilita_files/sosta/soste_{day}.csv": _sessions(chance, day, crowd),
        f"arpa_files/aria/aria_{day}.json": _measures(chance, day),
        f"town/visits_{day}.csv": _visits(chance, day, crowd),
        f"town/counts_{day}.csv": f"spira;giorno;h1;h2\nL1;{day};{chance.randrange(99)};7\n",
        f"parking/soste/{day}": _records(_stays(chance, day, crowd)),
        f"arpa/abcd-0001/{day}": _records(_readings(chance, day)),
        f"energy/letture_{day}.csv": _meters(chance),
    }
    if number in _LISTS_CHANGE:
        size = 20 + number + chance.randrange(9)
        name = f"Duomo {size}"
        files |= {
            "brescia_mobilita_files/sosta/parcheggi.json": _car_parks(size),
            "portal/alberi/alberi.csv": f"albero,specie,alto\nA1,Tiglio,{size}\nA2,Acero,7\n",
            "transit/orari/gtfs.zip": zipped(
                edited("stops.txt", "Duomo", name),
                made_at=dated(number).replace(tzinfo=None),
            ),
        }
    return {
        name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()
    }


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
        key = f"{day:%Y%m%d}{number}"
        rows.append(f"{key};{park};{person.plate};{person.name};{begins};{ends};1,60;\n")
    return SESSIONS_HEADER + "".join(rows)


def _visits(chance: random.Random, day: date, crowd: list[Person]) -> str:
    rows = []
    for number in range(8):
        person = chance.choice(crowd)
        park = "ALTROVE" if number == 3 else chance.choice(["DUCOS", "CASTELLI"])
        at = f"{day} {chance.randrange(5, 22):02}:10:00"
        # The last comes under the key of the one before.
        key = f"{day:%Y%m%d}{min(number, 6)}"
        rows.append(f"{key};{person.plate};{park};{at};1.50;{person.name}\n")
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


def _stays(chance: random.Random, day: date, crowd: list[Person]) -> list[dict[str, object]]:
    """Twelve stays of an API, one of which was paid with less than nothing."""
    return [
        {
            "id": f"{day}-{number}",
            "targa": chance.choice(crowd).plate,
            "intestatario": chance.choice(crowd).name,
            "ingresso": f"{day}T{number + 8:02d}:{chance.randrange(60):02d}:00",
            "importo": -1 if number == 5 else chance.randrange(9),
        }
        for number in range(12)
    ]


def _readings(chance: random.Random, day: date) -> list[dict[str, object]]:
    """Twelve readings of a portal; it numbers its rows, and says when each last changed."""
    return [
        {
            ":id": f"row-{day}-{number:02d}",
            ":updated_at": f"{day}T00:00:{number % 3:02d}.000Z",
            "idsensore": "6951",
            "data": f"{day}T{number + 8:02d}:00:00.000",
            "valore": str(chance.randrange(99)) if number != 7 else "n.d.",
        }
        for number in range(12)
    ]


def _records(records: list[dict[str, object]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def _meters(chance: random.Random) -> str:
    rows = [f"1702900{number};{chance.randrange(99)},5\n" for number in range(8)]
    return "sezione;energia\n" + "".join(rows)


def _car_parks(size: int) -> str:
    place = {"latitudine": 45.54, "longitudine": 10.22, "referente": ""}
    parks = [
        {"codice": code, "nome": code, "posti": size, **place}
        for code in ("P-ARNALDO", "P-STAZIONE")
    ]
    return json.dumps({"dati": {"parcheggi": parks}})


def faulty(
    number: int, files: Files, others: Files, chance: random.Random, told: Callable[[str], None]
) -> Iterator[tuple[int, str, bytes | None]]:
    """When and how the files of a day really come: day, name, content; None: it goes away.

    `others` are what is delivered in their place by mistake. The last of each file is the true
    one, at most `LAST_FAULT` days late. `told` hears of each fault.
    """
    for name, content in files.items():
        later = number + chance.randrange(1, LAST_FAULT + 1)
        half = content[: len(content) * chance.randrange(2, 9) // 10]
        lines = content.splitlines(keepends=True)
        is_long = len(lines) > _LINES_OF_A_DRAFT + 1 and not name.endswith(".zip")
        draft = b"".join(lines[: max(_LINES_OF_A_DRAFT, len(lines) // 2)]) if is_long else half
        first = {"cut short": half, "login page": LOGIN_PAGE, "twice": content, "empty": b""}
        first |= {"draft": draft, "corrected": others[name]}
        fault = chance.choice(["well"] * len(FILE_FAULTS) + list(FILE_FAULTS))
        if fault == "early" and (not number or str(day_of(number)) not in name):
            fault = "well"
        told(fault)
        match fault:
            case "late":
                yield later, name, content
            case "early":
                yield number - 1, name, content
            case "older again":
                yield from ((number, name, content), (number + 1, name, draft))
                yield later + 1, name, content
            case "withdrawn":
                yield from ((number, name, content), (number + 1, name, None))
                yield later + 1, name, content
            case "well":
                yield number, name, content
            case _:
                yield from ((number, name, first[fault]), (later, name, content))
