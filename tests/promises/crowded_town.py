"""A town in which people stand wherever a publisher can put them, for the story of an installation.

Beside what `canaries` plants: free texts, least and greatest values, a rule of the whole table,
a web server, and people who are erased later.
"""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Final

from tests.promises.canaries import PLAIN, People, Person, plant
from tests.promises.contracts import write_contract
from tests.promises.erased_town import HOLDERS
from tests.promises.talkative_server import FAULTS
from tests.promises.town import Town, days, simulated_town

TOKEN: Final = "zztoken-4711-0815"  # noqa: S105 # invented
LAST_DAY: Final = days(2)[1]
# Publishers of the simulated city, so that there are tables that are computed, and open ones.
CITY: Final = ("brescia_mobilita/car_parks", "brescia_mobilita/parking_sessions")
# What is coarser in the lake: as it came, each is of one person alone.
INCOMES: Final = (1_234_567, 9_876_543)
BIRTHS: Final = ("1899-02-03", "2007-11-29")

LETTERS: Final = """\
    title: Lettere al Comune
    owner: team:prova
    purpose: Sapere di che cosa si scrive.
    legal_basis: public_task
    key_domain: letters
    retention_days: 30
    cadence: static
    source: {protocol: file, url: "{town}/letters.csv", encoding: utf-8}
    primary_key: [letter_pid]
    columns:
      letter_pid: {from: numero, type: string, personal: indirect, treatment: pseudonymise}
      owner_pid:
        from: cf
        type: string
        personal: direct
        entity: IT_FISCAL_CODE
        treatment: pseudonymise
      subject_code: {from: oggetto, type: string}
      letter_text: {from: testo, type: string, personal: direct, treatment: redact}
      income_eur: {from: reddito, type: integer, personal: indirect, treatment: {round_to: 1000}}
      born_on: {from: nascita, type: date, personal: indirect, treatment: {truncate: 1y}}
    dropped:
      mittente: Per contare non serve.
    max_quarantined_ratio: 0.9
    expectations:
      - expect_column_values_to_be_in_set: {column: subject_code, value_set: [A, B]}
    """
LETTERS_HEADER: Final = "numero,cf,oggetto,testo,reddito,nascita,mittente\n"
RULED: Final = """\
expectations:
  - expect_table_row_count_to_be_between: {min_value: 100}
"""


@dataclass(frozen=True)
class CrowdedTown:
    """The town, who is in it, and the two who ask to be erased."""

    town: Town
    people: People
    anna: Person
    bruno: Person

    @property
    def canaries(self) -> list[str]:
        """Everything that may be found nowhere but at the publishers'."""
        citizens = self.town.sources / "_ground_truth" / "canaries.txt"
        few = citizens.read_text(encoding="utf-8").splitlines()[::25]
        return [*self.people.canaries, TOKEN, *map(str, INCOMES), *BIRTHS, *few]

    def deliver_once_more(self) -> None:
        """The same letters and permits with news: rows of those who were erased, too."""
        letters, holders = (self.town.sources / "town" / name for name in _WITH_NEWS)
        with letters.open("a") as file:
            file.write(_lines(self._news(3)))
        with holders.open("a") as file:
            file.write(_holder(self.anna, "Z7") + _holder(self.bruno, "Z8"))

    def _news(self, number: int) -> list[tuple[object, ...]]:
        both = enumerate((self.anna, self.bruno))
        return [(f"L{number}{n}", who, "A", _letter(who), 30_000, "1960-01-01") for n, who in both]


_WITH_NEWS: Final = ("letters.csv", "holders.jsonl")


def _letters(town: CrowdedTown) -> list[tuple[object, ...]]:
    """Letters whose texts are the first and the last of all, of those erased later, and refused."""
    low, high, bad, slip, other = (
        town.people.new(f"letter, {place}")
        for place in ("first", "last", "refused by a rule", "refused by the gate", "kept")
    )
    return [
        ("L1", low, "A", f"!! {low.name} {low.phone} !!", INCOMES[0], BIRTHS[0]),
        ("L2", high, "B", f"~~ {high.name}, {high.address}", INCOMES[1], BIRTHS[1]),
        ("L3", town.anna, "A", _letter(town.anna), 20_100, "1970-05-17"),
        ("L4", town.anna, "ELSEWHERE", _letter(town.anna), 20_100, "1970-05-17"),
        ("L5", town.bruno, "B", _letter(town.bruno), 20_200, "1971-05-17"),
        ("L6", bad, bad.name, _letter(bad), 20_300, ""),
        ("L7", slip, slip.name, _letter(slip), slip.phone, ""),
        ("L8", other, "A", _letter(other), 20_400, "1980-01-01"),
    ]


def _letter(who: Person) -> str:
    return (
        f"{who.name}, {who.email}, chiede di riparare il lampione di {who.address}. Il codice "
        f"fiscale è {who.fiscal_code}, il telefono {who.phone}, la targa {who.plate}."
    )


def _lines(rows: list[tuple[object, ...]]) -> str:
    memory = io.StringIO()
    writer = csv.writer(memory, lineterminator="\n")
    for number, who, *cells in rows:
        assert isinstance(who, Person)
        writer.writerow([number, who.fiscal_code, *cells, who.name])
    return memory.getvalue()


def _holder(who: Person, zone: str) -> str:
    return json.dumps({"cf": who.fiscal_code, "zona": zone}) + "\n"


def crowded_town(outside: Path, home: Path, web: str, people: People) -> CrowdedTown:
    """All publishers in one folder, and an installation in which nothing has been delivered yet."""
    sources, contracts = simulated_town(outside, days=2, only=CITY).sources, outside / "contracts"
    folder = sources / "town"
    plant(folder, contracts, people)
    kept = [n for n, place in enumerate(people.places, 1) if place == "row that is kept"]
    town = CrowdedTown(
        Town(home=home, sources=sources, contracts=contracts),
        people,
        anna=Person(kept[0]),
        bruno=Person(kept[1]),
    )
    write_contract(contracts, "canary/letters", LETTERS)
    (folder / "letters.csv").write_text(LETTERS_HEADER + _lines(_letters(town)))
    write_contract(contracts, "canary/holders", HOLDERS)
    holders = (town.anna, town.bruno, people.new("holder of a permit"))
    (folder / "holders.jsonl").write_text("".join(_holder(who, "Z1") for who in holders))
    _list(contracts, "canary/ruled", "{town}/ruled.csv", RULED)
    phone = people.new("table that is refused").phone
    (folder / "ruled.csv").write_text(f"luogo;posti\nA;1\nA;{phone}\n")
    for name in (*FAULTS, "good"):
        kind = "json" if name == "not_json" else "csv"
        _list(contracts, f"web/{name}", f"{{web}}/{name}.{kind}?token={{web_token}}")
    (sources / "sources.toml").write_text(f'web = "{web}"\nweb_token = "{TOKEN}"\n')
    return town


def _list(contracts: Path, key: str, url: str, more: str = "") -> None:
    text = PLAIN.format(name=key, files="x", more="").replace("{town}/x", url)
    write_contract(contracts, key, dedent(text) + more)
