from itertools import islice, product
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from infra.simulator.run import TRUTH_FOLDER
from quality.privacy.canonical import canonical
from quality.privacy.pseudonyms import pseudonyms
from quality.rotation import rotate
from tests.promises.attack import (
    blocks_of,
    digests,
    everything_in,
    found_in,
    matched,
    pseudonyms_in,
    spellings,
    written,
)
from tests.promises.contracts import write_contract
from tests.promises.town import FIRST_DAY, PARKING, RESIDENTS, Town, days, simulated_town

PAYERS: Final = "bronze/tax/payers"
PERMITS: Final = "bronze/tax/permits"
LETTERS: Final = "ABCDEFGHJKLMNPRSTVWXYZ"
SHORTEST_IN_COMMON: Final = 12

# The same people as in the register, and the same cars as in the car parks, in a third domain.
PAYERS_TEXT: Final = """\
    title: Contribuenti
    owner: team:tributi
    purpose: Contare i contribuenti di ogni zona.
    legal_basis: public_task
    key_domain: tax
    retention_days: 30
    cadence: static
    source:
      {protocol: file, url: "{comune_files}/anagrafe/residenti.csv", encoding: windows-1252}
    columns:
      payer_pid:
        from: codice_fiscale
        type: string
        personal: direct
        entity: IT_FISCAL_CODE
        treatment: pseudonymise
      section_id: {from: sezione, type: string, personal: indirect}
    dropped: {cognome: No., nome: No., data_nascita: No., sesso: No., indirizzo: No., nucleo: No.,
      latitudine: No., longitudine: No., tessera: No., telefono: No., email: No.}
    """
PERMITS_TEXT: Final = """\
    title: Auto nei parcheggi
    owner: team:tributi
    purpose: Contare le auto.
    legal_basis: public_task
    key_domain: tax
    retention_days: 30
    cadence: daily
    since: 2025-03-01
    source:
      {protocol: file, url: "{brescia_mobilita_files}/sosta/soste_{window:%Y-%m-%d}.csv"}
    columns:
      car_pid:
        from: targa
        type: string
        personal: direct
        entity: IT_PLATE
        treatment: pseudonymise
      car_park_id: {from: parcheggio, type: string}
    dropped:
      {id_sosta: No., intestatario: No., ingresso: No., uscita: No., importo: No., nota: No.}
    """


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Two days of the small city's car parks, its register, and both in a third domain."""
    folder = tmp_path_factory.mktemp("city")
    only = [key.removeprefix("bronze/") for key in (PARKING, RESIDENTS)]
    simulated = simulated_town(folder, days=2, only=only)
    write_contract(folder / "contracts", "tax/payers", PAYERS_TEXT)
    write_contract(folder / "contracts", "tax/permits", PERMITS_TEXT)
    town = Town(simulated.home, simulated.sources, folder / "contracts")
    done = town.run(PARKING, RESIDENTS, PAYERS, PERMITS, first=FIRST_DAY, last=days(2)[-1])
    assert done.is_success, done.failures
    return town


@pytest.fixture(scope="module")
def truth(city: Town) -> dict[str, list[str]]:
    """All codici fiscali of the city and all plates in use, in their one way of writing."""
    lines = (city.sources / TRUTH_FOLDER / "canaries.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for entity in ("IT_FISCAL_CODE", "IT_PLATE"):
        forms = canonical(pl.Series(lines), entity)[0]  # type: ignore[arg-type] # both are entities
        shape = "^[A-Z]{6}[0-9]{2}" if entity == "IT_FISCAL_CODE" else "^[A-Z]{2}[0-9]{3}[A-Z]{2}$"
        found[entity] = forms.filter(forms.str.contains(shape)).unique().sort().to_list()
    return found


def with_the_keys(city: Town, forms: list[str], entity: str) -> set[str]:
    """What the same guesses lead to for somebody who has the keys."""
    keyring = city.twin().keyring
    keys = [keyring.pseudonym_key(domain) for domain in ("registry", "tax", "parking")]
    keys += [keyring.pseudonym_key("parking", epoch=day) for day in days(2)]
    made = [pseudonyms(pl.Series(forms), entity, key) for key in keys]  # type: ignore[arg-type] # an entity
    return {name for names in made for name in names}


ENTITIES: Final = pytest.mark.parametrize("entity", ["IT_FISCAL_CODE", "IT_PLATE"])


@ENTITIES
def test_no_digest_of_any_identifier_of_the_city_is_a_pseudonym(
    city: Town, truth: dict[str, list[str]], entity: str
) -> None:
    stored = frozenset().union(*pseudonyms_in(city.lake).values())

    assert len(truth[entity]) > 2500
    assert len(stored & with_the_keys(city, truth[entity], entity)) > 2500
    assert matched(spellings(truth[entity], entity), blocks_of(stored)) == set()


@ENTITIES
@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_no_digest_of_an_identifier_stands_anywhere_in_the_lake(
    city: Town, truth: dict[str, list[str]], entity: str, every: int
) -> None:
    guesses = spellings(truth[entity][::every], entity)

    assert found_in(everything_in(city.lake), written(guesses)) == set()


@pytest.mark.slow
def test_no_digest_of_any_plate_of_a_whole_series_is_a_pseudonym(
    city: Town, truth: dict[str, list[str]]
) -> None:
    in_use = truth["IT_PLATE"][0]
    series = [
        f"{in_use[:2]}{number:03}{in_use[5]}{last}"
        for number, last in product(range(1000), LETTERS)
    ]
    stored = frozenset().union(*pseudonyms_in(city.lake).values())

    assert in_use in series
    assert stored & with_the_keys(city, series, "IT_PLATE")
    assert matched({plate.encode(): 0 for plate in series}, blocks_of(stored)) == set()


@pytest.mark.parametrize("way", ["md5", "sha256", "blake2b", "hmac b'gemello'", "aes b''"])
def test_the_attack_finds_pseudonyms_that_are_made_without_a_key(
    tmp_path: Path, truth: dict[str, list[str]], way: str
) -> None:
    guesses = spellings(truth["IT_PLATE"][:50], "IT_PLATE")
    made = digests()[way](b"IT_PLATE\x1f" + truth["IT_PLATE"][7].encode())
    row = pl.DataFrame({"car_pid": ["x"], "code": [f"car-{made.hex()[:20]}"]})
    row.write_parquet(tmp_path / "row.parquet", statistics=False)

    assert matched(guesses, frozenset([made[:16]])) == {way}
    assert found_in(everything_in(tmp_path), written(guesses, ways=[way])) == {way}


def pairs(city: Town) -> list[tuple[str, str]]:
    """The columns that name the same people, or the same cars, in two domains."""
    return [
        (f"{RESIDENTS}.resident_pid", f"{PAYERS}.payer_pid"),
        (f"{PARKING}.vehicle_pid", f"{PERMITS}.car_pid"),
    ]


def parts(names: frozenset[str]) -> set[str]:
    """All that pseudonyms have of such a length."""
    count = 27 - SHORTEST_IN_COMMON + 1
    return {name[at : at + SHORTEST_IN_COMMON] for name in names for at in range(count)}


def test_the_same_people_under_two_domains_never_join_before_or_after_a_rotation(
    city: Town,
) -> None:
    before = pseudonyms_in(city.lake)
    twin = city.twin()
    rotate("tax", lake=twin.lake, keyring=twin.keyring, notes={})
    after = pseudonyms_in(city.lake)

    for one, other in pairs(city):
        assert min(len(before[one]), len(before[other])) > 1000
        for first, second in product((before, after), repeat=2):
            assert not first[one] & second[other]
            assert not parts(first[one]) & parts(second[other])
    assert len(before[f"{PERMITS}.car_pid"]) == len(after[f"{PERMITS}.car_pid"])
    # Within a domain people do join: the register with itself, over its two tables.
    refused = f"{RESIDENTS}.resident_pid".replace("bronze", "quarantine")
    assert before[refused] & before[f"{RESIDENTS}.resident_pid"]


def test_rows_of_the_same_people_do_not_lie_side_by_side_in_two_domains(city: Town) -> None:
    order = {}
    for table, column in ((RESIDENTS, "section_id"), (PAYERS, "section_id")):
        files = [pl.read_parquet(path) for path in sorted((city.lake / table).glob("*.parquet"))]
        order[table] = pl.concat(files, how="diagonal")[column].head(4000).to_list()
    listed = pl.read_csv(
        city.sources / "comune_files/anagrafe/residenti.csv",
        separator=";", encoding="windows-1252", infer_schema=False, truncate_ragged_lines=True,
    )["sezione"].head(4000).to_list()  # fmt: skip

    assert alike(listed, listed) == 1
    assert alike(order[RESIDENTS], order[PAYERS]) < 0.1
    assert alike(order[PAYERS], listed) < 0.1


def alike(one: list[str], other: list[str]) -> float:
    """How often the same place of two lists holds the same section."""
    same = [first == second for first, second in islice(zip(one, other, strict=False), 4000)]
    return sum(same) / len(same)
