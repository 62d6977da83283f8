"""Invented people whose data are planted wherever a publisher could put them.

Everyone is planted in one place only, so that a find tells where it came from.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from infra.simulator.identifiers import fiscal_code, with_wrong_check_letter
from tests.promises.contracts import write_contract
from tests.promises.town import FIRST_DAY, days

SECOND_DAY: Final = days(2)[1]
_LETTERS: Final = "ABCDEFGHJKLMNPRSTVWXYZ"

SESSIONS: Final = """\
    title: Soste, con tutto ciò che un gestore può mandare
    owner: team:prova
    purpose: Contare le soste.
    legal_basis: public_task
    key_domain: canary
    retention_days: 30
    cadence: daily
    since: 2025-03-01
    source: {protocol: file, url: "{town}/sessions_{window:%Y-%m-%d}.csv", encoding: utf-8}
    primary_key: [session_pid]
    event_time: came_at
    columns:
      session_pid: {from: sosta, type: string, personal: indirect, treatment: pseudonymise}
      vehicle_pid:
        from: targa
        type: string
        personal: direct
        entity: IT_PLATE
        treatment: pseudonymise
        epoch: day
      owner_pid:
        from: codice_fiscale
        type: string
        personal: direct
        entity: IT_FISCAL_CODE
        treatment: pseudonymise
      meter_pid:
        from: pod
        type: string
        personal: direct
        entity: IT_POD
        treatment: pseudonymise
      phone_pid:
        from: telefono
        type: string
        personal: direct
        entity: PHONE_NUMBER
        treatment: pseudonymise
      mail_pid:
        from: email
        type: string
        personal: direct
        entity: EMAIL_ADDRESS
        treatment: pseudonymise
      place_code: {from: luogo, type: string}
      came_at: {from: arrivo, type: timestamp, sent_as: {timezone: Europe/Rome}}
      paid_eur: {from: pagato, type: float}
      seats_count: {from: posti, type: integer}
    dropped:
      nome: Per contare non serve.
      indirizzo: Per contare non serve.
      nota: È testo libero, e per contare non serve.
    max_quarantined_ratio: 0.9
    expectations:
      - expect_column_values_to_be_in_set: {column: place_code, value_set: [A, B]}
      - expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}
      - expect_column_values_to_be_between: {column: seats_count, min_value: 1, max_value: 9}
    """
HEADER: Final = (
    "sosta", "targa", "codice_fiscale", "pod", "telefono", "email", "luogo", "arrivo", "pagato",
    "posti", "nome", "indirizzo", "nota",
)  # fmt: skip

# A list without anything personal in it, as long as the publisher keeps to what was agreed.
PLAIN: Final = """\
    title: Elenco {name}
    owner: team:prova
    purpose: Contare.
    legal_basis: public_task
    retention_days: 30
    cadence: static
    source: {{protocol: file, url: "{{town}}/{files}"{more}}}
    columns:
      place_code: {{from: luogo, type: string}}
      seats_count: {{from: posti, type: integer}}
    max_quarantined_ratio: 0.9
    """


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    number: int

    @property
    def surname(self) -> str:
        """A name nobody has."""
        rest = self.number
        letters = []
        for _ in range(3):
            rest, place = divmod(rest, len(_LETTERS))
            letters.append(_LETTERS[place].lower())
        return "Zzcan" + "".join(letters)

    @property
    def name(self) -> str:
        """First name and surname."""
        return f"Zzprova {self.surname}"

    @cached_property
    def fiscal_code(self) -> str:
        """A codice fiscale with its right check letter."""
        place = f"Z{self.number % 1000:03}"
        born_on = date(1950 + self.number % 50, 1 + self.number % 12, 1 + self.number % 28)
        return fiscal_code(
            surname=self.surname, name="Zzprova", is_female=False, born_on=born_on, place=place
        )

    @property
    def plate(self) -> str:
        """A plate of a series that was never issued."""
        return f"ZY{self.number:03}WX"

    @property
    def pod(self) -> str:
        """A supply point of a distributor that does not exist."""
        return f"IT902E{55_000_000 + self.number}"

    @property
    def phone(self) -> str:
        """A mobile number."""
        return f"+39 333 97{self.number:05}"

    @property
    def email(self) -> str:
        """An address of a domain for examples."""
        return f"{self.surname.lower()}@zzposta.example.org"

    @property
    def address(self) -> str:
        """A street and a house number."""
        return f"Via {self.surname} {self.number}"

    @property
    def values(self) -> tuple[str, ...]:
        """Everything by which this person could be known."""
        return (
            self.surname, self.fiscal_code, self.plate, self.pod, self.phone, self.email,
        )  # fmt: skip


class People:
    """Hands out people, each once, and remembers for which place."""

    def __init__(self) -> None:
        """Nobody has been planted yet."""
        self.places: list[str] = []

    def new(self, place: str) -> Person:
        """Somebody for this place."""
        self.places.append(place)
        return Person(len(self.places))

    @property
    def canaries(self) -> list[str]:
        """Every value that was planted, the people in order."""
        found = [value for n in range(len(self.places)) for value in Person(n + 1).values]
        return [*found, "Zzprova"]

    def place_of(self, canary: int) -> str:
        """Where the person of a canary was planted."""
        number = canary // len(Person(1).values)
        return self.places[number] if number < len(self.places) else "first name"


def plant(folder: Path, contracts: Path, people: People | None = None) -> People:
    """Write the contracts, and for each the files of a publisher who sends people's data."""
    people = people or People()
    folder.mkdir(parents=True)
    write_contract(contracts, "canary/sessions", SESSIONS)
    for day in (FIRST_DAY, SECOND_DAY):
        text = _csv([HEADER, *_sessions(people, day)])
        broken = _broken_lines(people, day)
        (folder / f"sessions_{day}.csv").write_bytes(text.encode() + broken)
    # What the gate alone is shown: it knows no rules, so a name in place of a code would pass it.
    kept = [people.new("file for the gate alone") for _ in range(3)]
    rows = [_cells(who, FIRST_DAY) for who in kept]
    (folder / "gate.csv").write_text(_csv([HEADER, *(list(row.values()) for row in rows)]))
    _plain_lists(people, folder, contracts)
    return people


def _csv(rows: Iterable[Sequence[str]]) -> str:
    memory = io.StringIO()
    csv.writer(memory, delimiter=";", lineterminator="\n").writerows(rows)
    return memory.getvalue()


def _sessions(people: People, day: date) -> list[list[str]]:
    """Good rows, and rows of each kind of fault, everywhere with somebody's data."""

    def row(place: str, **cells: str) -> list[str]:
        who = people.new(place)
        planted = {name: text.format(who=who) for name, text in cells.items()}
        return list((_cells(who, day) | planted).values())

    wrong = with_wrong_check_letter(people.new("codice fiscale with a slip").fiscal_code)
    twice = row("key that comes twice")
    return [
        *(row("row that is kept") for _ in range(12)),
        row("name in place of a plate", targa="{who.name}"),
        row("plate with a slip", targa="{who.plate}X"),
        row("name in place of a codice fiscale", codice_fiscale="{who.name}"),
        row("codice fiscale with a slip", codice_fiscale=wrong),
        row("phone in place of a POD", pod="{who.phone}"),
        row("name in place of a phone", telefono="{who.name}"),
        row("two phones", telefono="{who.phone} / {who.phone}"),
        row("phone in place of an e-mail", email="{who.phone}"),
        row("two e-mails", email="{who.email} {who.email}"),
        row("name in a choice", luogo="{who.name}"),
        row("codice fiscale in a choice", luogo="{who.fiscal_code}"),
        row("name in place of an instant", arrivo="{who.name}"),
        row("name in place of a number", pagato="{who.name}"),
        row("phone in place of a number", pagato=f"39333970{len(people.places) + 1:04}"),
        row("phone in place of a count", posti=f"39333970{len(people.places) + 1:04}"),
        row("instant before the series", arrivo="1970-01-01 00:00:00"),
        row("instant after the day", arrivo="2031-01-01 00:00:00"),
        row("no instant", arrivo=""),
        row("no key", sosta=""),
        twice,
        twice,
    ]


def _cells(who: Person, day: date) -> dict[str, str]:
    """A good row of this person, by the columns of `HEADER`."""
    note = f"Avvisato {who.name} al {who.phone}, {who.email}, {who.address}"
    own = (who.email, who.plate, who.fiscal_code, who.pod, who.phone, who.email)
    more = ("A", f"{day} 10:05:00", "1.50", "2", who.name, who.address, note)
    return dict(zip(HEADER, own + more, strict=True))


def _broken_lines(people: People, day: date) -> bytes:
    """Lines that are no rows: too short, too long, with marks that do not pair, not UTF-8."""
    short, long, marks, bytes_ = (people.new(f"broken line {n}") for n in range(4))
    good = ";".join(["1"] * (len(HEADER) - 1))
    return (
        f"{short.plate};{short.name};{short.email}\n"
        f"{good};{long.name};{long.phone};{long.fiscal_code}\n"
        f'{marks.plate};"{marks.name};{marks.email};{good}\n'
    ).encode() + f"{good};{bytes_.name} {bytes_.phone} perché\n".encode("cp1252")


def _plain_lists(people: People, folder: Path, contracts: Path) -> None:
    def listed(name: str, files: str, more: str = "") -> None:
        text = PLAIN.format(name=name, files=files, more=more)
        write_contract(contracts, f"canary/{name}", text)

    who = [people.new("undeclared column, blocked") for _ in range(6)]
    listed("undeclared", "undeclared.csv")
    (folder / "undeclared.csv").write_text(
        "luogo;posti;codice\n" + "".join(f"A;1;{one.fiscal_code}\n" for one in who)
    )
    who = [people.new("undeclared column, left out")]
    listed("left_out", "left_out.csv")
    (folder / "left_out.csv").write_text(
        "luogo;posti;stato\n"
        + "".join(f"A;1;stato {n % 40} del posto\n" for n in range(400))
        + f"A;1;{who[0].name} {who[0].phone}\n"
    )
    who = [people.new("file without a header") for _ in range(3)]
    listed("headerless", "headerless.csv")
    (folder / "headerless.csv").write_text(
        "".join(f"{one.name};{one.email};{one.phone};{one.fiscal_code}\n" for one in who)
    )
    one = people.new("names of columns")
    names = [one.name, one.email, one.plate, one.phone, one.fiscal_code, one.pod, one.address]
    listed("column_names", "column_names.csv")
    (folder / "column_names.csv").write_text(f"luogo;posti;{';'.join(names)}\nA;1{';' * 7}\n")
    one = people.new("name of the one column too many")
    listed("one_name", "one_name.csv")
    (folder / "one_name.csv").write_text(f"luogo;posti;{one.name}\nA;1;\n")
    one = people.new("address that names a column")
    listed("one_address", "one_address.csv")
    (folder / "one_address.csv").write_text(f"luogo;posti;{one.address}\nA;1;\n")
    one = people.new("keys of JSON")
    keys = {one.name: 1, one.email: {one.plate: [one.fiscal_code, {one.phone: one.pod}]}}
    listed("json_keys", "keys.json")
    (folder / "keys.json").write_text(json.dumps([{"luogo": "A", "posti": 1, **keys}]))
    one = people.new("JSON that is none")
    listed("json_broken", "broken.json")
    (folder / "broken.json").write_text(f'[{{"luogo": "A", "posti": "{one.name}", {one.email}')
    one = people.new("names of a file, a zip's members, and a sheet")
    listed("packed", "packed/*", ", format: xlsx")
    (folder / "packed").mkdir()
    with zipfile.ZipFile(folder / "packed" / f"{one.name} {one.plate}.zip", "w") as archive:
        archive.writestr(f"{one.fiscal_code}/{one.email}.xlsx", _workbook(one))
    one = people.new("file that is not what its name says")
    listed("damaged", "damaged*", ", format: parquet")
    (folder / f"damaged {one.name}.parquet").write_bytes(b"PAR1" + one.email.encode() * 50)
    one = people.new("web page")
    listed("web_page", "page.csv")
    (folder / "page.csv").write_text(f"<html><title>{one.name} {one.phone}</title></html>")


def _workbook(who: Person) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = who.name
    for cells in (["luogo", "posti"], ["A", 1], ["B", who.name]):
        sheet.append(cells)
    book.create_sheet(who.plate)
    memory = io.BytesIO()
    book.save(memory)
    return memory.getvalue()
