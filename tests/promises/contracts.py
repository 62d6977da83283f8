"""Small contracts of an installation's own, and the files their publisher sends."""

from pathlib import Path
from textwrap import dedent
from typing import Final

from tests.promises.town import Town

# One file a day, named by it, with a key, a plate by day and a choice of places.
VISITS: Final = """\
    title: Visite ai parchi
    owner: team:parchi
    purpose: Sapere quanta gente visita ogni parco.
    legal_basis: public_task
    key_domain: parks
    retention_days: 30
    cadence: daily
    since: 2025-03-01
    source: {protocol: file, url: "{town}/visits_{window:%Y-%m-%d}.csv"}
    primary_key: [visit_pid]
    event_time: came_at
    columns:
      visit_pid: {from: visita, type: string, personal: indirect, treatment: pseudonymise}
      vehicle_pid:
        from: targa
        type: string
        personal: direct
        entity: IT_PLATE
        treatment: pseudonymise
        epoch: day
      park_id: {from: parco, type: string}
      came_at:
        from: arrivo
        type: timestamp
        personal: indirect
        treatment: {truncate: 15m}
        sent_as: {timezone: Europe/Rome}
      paid_eur: {from: pagato, type: float}
    dropped:
      nome: Per contare le visite non serve sapere di chi sono.
    max_quarantined_ratio: 0.9
    expectations:
      - expect_column_values_to_be_in_set: {column: park_id, value_set: [DUCOS, CASTELLI]}
      - expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}
    """

# Whole files of many days, a column an hour, and no key: a loop and an hour may come twice.
COUNTS: Final = """\
    title: Passaggi alle spire
    owner: team:strade
    purpose: Sapere quanti veicoli passano.
    legal_basis: not_personal
    cadence: daily
    since: 2025-03-01
    archive_days: 14
    source:
      protocol: file
      url: "{town}/counts*.csv"
      melt: {columns: "^h[0-9]+$", name: ora, value: passaggi}
    event_time: counted_on
    columns:
      loop_id: {from: spira, type: string}
      counted_on: {from: giorno, type: date, sent_as: {format: "%Y-%m-%d"}}
      hour_code: {from: ora, type: string}
      passages_count: {from: passaggi, type: integer}
    max_quarantined_ratio: 0.9
    expectations:
      - expect_column_values_to_be_between: {column: passages_count, min_value: 0, max_value: 100}
    """

# A list of places with a key: its table keeps what was.
PLACES: Final = """\
    title: Parchi
    owner: team:parchi
    purpose: Sapere quali parchi ci sono.
    legal_basis: not_personal
    cadence: static
    archive_days: 14
    source: {protocol: file, url: "{town}/places.csv"}
    primary_key: [park_id]
    columns:
      park_id: {from: codice, type: string}
      park_name: {from: nome, type: string}
      area_m2: {from: area, type: integer}
    max_quarantined_ratio: 0.6
    expectations:
      - expect_column_values_to_be_between: {column: area_m2, min_value: 1, max_value: 1000}
    """

VISITS_HEADER: Final = "visita;targa;parco;arrivo;pagato;nome\n"


def write_contract(root: Path, key: str, text: str) -> Path:
    """Put a contract where an installation finds it: `<root>/<publisher>/<dataset>`."""
    folder = root / key
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(dedent(text), encoding="utf-8")
    return folder


def edit_contract(town: Town, key: str, old: str, new: str) -> None:
    """Write a contract of the town anew with other words in one place."""
    path = (town.contracts or Path()) / key / "contract.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def parks_town(folder: Path, *, is_new: bool = True) -> Town:
    """An installation with the three contracts above; nothing has been delivered yet."""
    town = Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")
    if is_new:
        for dataset, text in (("visits", VISITS), ("counts", COUNTS), ("places", PLACES)):
            write_contract(folder / "contracts", f"parks/{dataset}", text)
        (town.sources / "town").mkdir(parents=True)
    return town
