"""A town whose publishers send people's data in several ways, for erasures."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from assets.erasing import office_of
from assets.twin import Twin, utc_now
from infra.backup import restore
from infra.signing import Signed
from quality.erasure.erase import erase
from quality.erasure.request import read_request
from tests.promises.canaries import HEADER, SESSIONS, Person
from tests.promises.contracts import write_contract
from tests.promises.town import FIRST_DAY, Town, days, rows_of

SECOND_DAY, THIRD_DAY = days(3)[1:]
SESSIONS_TABLE: Final = "bronze/canary/sessions"
REFUSED_TABLE: Final = "quarantine/canary/sessions"
HOLDERS_TABLE: Final = "bronze/canary/holders"
NOTES_TABLE: Final = "bronze/canary/notes"
# Every row of the town, and those that are not Anna's.
ROWS: Final = {
    HOLDERS_TABLE: (4, 2),
    NOTES_TABLE: (3, 2),
    SESSIONS_TABLE: (6, 4),
    REFUSED_TABLE: (2, 1),
}
ALL: Final = ("bronze/canary/*",)
ANNA, BRUNO, CARLA = (Person(number) for number in (701, 702, 703))

# A list with a history, as JSON lines, of people by their codice fiscale.
HOLDERS: Final = """\
    title: Titolari di permesso
    owner: team:prova
    purpose: Contare i permessi.
    legal_basis: public_task
    key_domain: permits
    retention_days: 30
    cadence: static
    source: {protocol: file, url: "{town}/holders.jsonl", format: jsonl}
    primary_key: [owner_pid]
    columns:
      owner_pid:
        from: cf
        type: string
        personal: direct
        entity: IT_FISCAL_CODE
        treatment: pseudonymise
      zone_code: {from: zona, type: string}
    max_quarantined_ratio: 0.9
    """

# A list without any identifier kept: the name in it is refused by the allow-list.
NOTES: Final = """\
    title: Segnalazioni
    owner: team:prova
    purpose: Contare le segnalazioni.
    legal_basis: public_task
    key_domain: notes
    retention_days: 30
    cadence: static
    source: {protocol: file, url: "{town}/notes.csv"}
    primary_key: [note_code]
    columns:
      note_code: {from: numero, type: string}
      kind_code: {from: tipo, type: string}
    dropped:
      cf: Per contare non serve.
      testo: È testo libero.
    max_quarantined_ratio: 0.9
    """


def erased_town(folder: Path) -> Town:
    """An installation with these contracts; nothing has been delivered yet."""
    town = Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")
    for name, text in (("sessions", SESSIONS), ("holders", HOLDERS), ("notes", NOTES)):
        write_contract(folder / "contracts", f"canary/{name}", text)
    (town.sources / "town").mkdir(parents=True)
    return town


def deliver_sessions(town: Town, day: date, rows: Iterable[tuple[str, Person, str]]) -> None:
    """A day of parking: for each row its number, whose it is and the place it was at."""
    memory = io.StringIO()
    writer = csv.writer(memory, delimiter=";", lineterminator="\n")
    writer.writerow(HEADER)
    for number, who, place in rows:
        writer.writerow(
            [
                number, who.plate, who.fiscal_code, who.pod, who.phone, who.email, place,
                f"{day} 10:05:00", "1.50", "2", who.name, who.address, "",
            ]
        )  # fmt: skip
    (town.sources / "town" / f"sessions_{day}.csv").write_text(memory.getvalue())


def deliver_holders(town: Town, zones: Mapping[Person, str]) -> None:
    """The list of those who hold a permit, each with a zone."""
    lines = [json.dumps({"cf": who.fiscal_code, "zona": zone}) for who, zone in zones.items()]
    (town.sources / "town" / "holders.jsonl").write_text("\n".join(lines) + "\n")


def deliver_notes(town: Town, rows: Iterable[tuple[str, str, str]]) -> None:
    """Notes: number, the codice fiscale of who wrote, and the text."""
    memory = io.StringIO()
    writer = csv.writer(memory, delimiter=";", lineterminator="\n")
    writer.writerow(["numero", "tipo", "cf", "testo"])
    for number, code, text in rows:
        writer.writerow([number, "A", code, text])
    (town.sources / "town" / "notes.csv").write_text(memory.getvalue())


def land_twice(town: Town) -> None:
    """Two days, the first corrected: Anna is in rows, in refused rows, and in older versions."""
    everyone = (ANNA, BRUNO, CARLA)
    first = [(f"S{n}", who, "A") for n, who in enumerate(everyone)]
    second = [(f"T{n}", who, "A") for n, who in enumerate(everyone)]
    refused = [("S8", ANNA, "ELSEWHERE"), ("S9", BRUNO, "ELSEWHERE")]
    deliver_sessions(town, FIRST_DAY, [*first, ("S7", ANNA, "B"), *refused])
    deliver_sessions(town, SECOND_DAY, second)
    deliver_holders(town, {ANNA: "Z1", BRUNO: "Z1", CARLA: "Z2"})
    code = ANNA.fiscal_code
    mention = f"Ho visto {code.lower()} sul ponte"
    deliver_notes(town, [("N1", code, "buca"), ("N2", BRUNO.fiscal_code, mention), ("N3", "", "")])
    run(town)
    deliver_sessions(town, FIRST_DAY, [*first, *refused])
    deliver_holders(town, {ANNA: "Z9", BRUNO: "Z1", CARLA: "Z2"})
    run(town)


def run(town: Town, *, from_archive: bool = False) -> None:
    """Bring the town up to date."""
    summary = town.run(*ALL, first=FIRST_DAY, last=SECOND_DAY, from_archive=from_archive)
    assert summary.is_success, summary.failures


def write_request(town: Town, *people: Person, name: str = "ER-2026-001") -> Path:
    """A request of these people, with all identifiers they have."""
    kinds = (
        ("IT_FISCAL_CODE", "fiscal_code"), ("IT_PLATE", "plate"), ("IT_POD", "pod"),
        ("PHONE_NUMBER", "phone"), ("EMAIL_ADDRESS", "email"),
    )  # fmt: skip
    identifiers = [
        {"entity": entity, "value": getattr(who, attribute)}
        for who in people
        for entity, attribute in kinds
    ]
    path = town.home.parent / f"{name}.request.json"
    path.write_text(json.dumps({"request": name, "identifiers": identifiers}))
    return path


class Killed(BaseException):
    """What ends a run at a step, and is caught by nobody."""


def erase_in(town: Town, request: Path, told: Callable[[str], None] = lambda _: None) -> Signed:
    office = office_of(town.twin(), town.home / "dagster")
    return erase(read_request(request), office, clock=utc_now, told=told)


def counts(town: Town) -> dict[str, int]:
    found = rows_of(town)
    return {table: found[table].height for table in ROWS}


def pseudonyms_of_anna(town: Town) -> list[str]:
    """What only Anna's rows hold of the columns that say who a row is of, before she is erased."""
    rows = rows_of(town)[SESSIONS_TABLE]
    columns = [name for name in rows.columns if name.endswith("_pid") and name != "session_pid"]
    by_row = rows.select(pl.concat_list(columns)).to_series().to_list()
    return sorted({one for row in by_row for one in row})


def sealed_texts(town: Town) -> str:
    """Everything that sealed deliveries hold, as far as keys open it."""
    from infra.adapters.opening import payloads_of

    contents = town.twin().archive.contents
    return "".join(
        repr(pl.read_parquet(_rows_in(payload.content)).rows())
        if payload.stands_for
        else payload.content.decode()
        for key in contents.contract_keys()
        for records in contents.by_ciphertext(key)
        for payload in payloads_of(contents.open(records[0]))
    )


def _rows_in(content: bytes) -> bytes:
    import io
    import zipfile

    return zipfile.ZipFile(io.BytesIO(content)).read("rows.parquet")


def restored(twin: Twin, folder: str) -> int:
    done = restore(twin.lake, twin.archive, twin.keyring, folder=folder, told=lambda _: None)
    return done.erased_rows_count
