import random
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import DeliveryRefused
from infra.simulator.streets import STREET_NAMES
from quality.contract.model import Contract
from quality.privacy.drift import check_claim

CODES = ["RSSMRA80A01B157U", "BNCLRA85T41B157B", "VRDGPP70M15B157D"]
VALID = "RSSMRA85T10A562S"
SENSORS = [f"S{number:05}" for number in range(300)]
PERSONS = [
    *("Mario Rossi", "Bianchi Laura", "Giuseppe Verdi", "FERRARI ANNA", "Ricci Paolo Emilio"),
    *("Hassan Ahmed", "Singh Harpreet", "Elena Popescu", "De Luca Francesca", "Marta D'Angelo"),
]


def contract(name: str = "thing_id", terms: Mapping[str, object] = {}, **column: Any) -> Contract:
    return Contract.model_validate(
        {
            "publisher": "city",
            "dataset": "things",
            "title": "Cose",
            "owner": "team:city",
            "purpose": "Provare.",
            "legal_basis": "not_personal",
            "cadence": "static",
            "source": {"protocol": "file", "url": "x.csv"},
            "columns": {name: {"type": "string", **column}},
            **terms,
        }
    )


def test_plates_in_a_column_that_claims_to_be_nobodys_stop_the_delivery():
    frame = pl.DataFrame({"thing_id": ["AB123CD", "AC124CD", "AD125CD"]})

    with pytest.raises(
        DeliveryRefused, match=r"thing_id \(3 of 3 sampled values: IT_PLATE\)"
    ) as said:
        check_claim(frame, contract())

    assert said.value.check == "privacy"
    assert "AB123CD" not in str(said.value)


@pytest.mark.parametrize(
    "values",
    [
        ["P-STAZIONE", "P-VITTORIA"],
        ["BS012345", "BS012346", "BS012347"],
        ["0302977111", "0302977112"],
        ["01641790171", "03453320170"],
        ["Via Mario Rossi", "Via Giuseppe Verdi"],
        [None, None],
        [],
    ],
)
def test_codes_of_places_sensors_offices_and_companies_are_nobodys(values):
    check_claim(pl.DataFrame({"thing_id": values}, schema={"thing_id": pl.String}), contract())


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([*SENSORS, VALID] * 2, "IT_FISCAL_CODE"),
        ([*SENSORS[:50], f"chiedere a {VALID.lower()}"], "IT_FISCAL_CODE"),
        (["IT60X0542811101000000123456", "IT60 X054 2811 1010 0000 0123 456"], "IBAN_CODE"),
        ([*SENSORS[:50], "mario.rossi@example.org", "l.bianchi@example.org"], "EMAIL_ADDRESS"),
        (["IT001E12345678", "IT001E12345679"], "IT_POD"),
        (["+39 340 1234567", "0039 333 7654321", "340 1234568"], "PHONE_NUMBER"),
        ([f"34012345{number}" for number in range(10, 40)], "PHONE_NUMBER"),
        (["3c:5a:b4:01:02:03", "3c:5a:b4:01:02:04"], "MAC_ADDRESS"),
        (["4539578763621486", "4716461583322103", "4485275742308327"], "CREDIT_CARD"),
        (PERSONS, "PERSON"),
        ([f"Il guasto è stato segnalato da {name}, grazie" for name in PERSONS], "PERSON"),
    ],
)
def test_what_is_of_persons_stops_a_delivery_that_claims_to_be_nobodys(
    values: list[str], kind: str
) -> None:
    with pytest.raises(DeliveryRefused, match=rf"thing_id \(\d+ of \d+ sampled values: {kind}\)"):
        check_claim(pl.DataFrame({"thing_id": values}), contract())


@pytest.mark.parametrize(
    "column",
    [
        {"type": "integer", "name": "thing_count"},
        {"type": "float", "name": "thing_count"},
        {"type": "decimal", "name": "thing_count"},
    ],
    ids=["integer", "float", "decimal"],
)
def test_telephones_among_numbers_are_telephones(column: dict[str, str]) -> None:
    type_, name = column["type"], column["name"]
    dtype = {"integer": pl.Int64, "float": pl.Float64, "decimal": pl.Decimal(38, 6)}[type_]
    frame = pl.DataFrame({name: [3401234500 + n for n in range(40)]}).cast(dtype)

    with pytest.raises(DeliveryRefused, match="PHONE_NUMBER"):
        check_claim(frame, contract(name, type=type_))


def test_a_generalised_or_indirect_column_is_looked_at_too() -> None:
    frame = pl.DataFrame({"thing_count": [3401234500 + n for n in range(40)]})
    personal = {"legal_basis": "public_task", "retention_days": 30}
    rounded = contract("thing_count", type="integer", treatment={"round_to": 1})
    indirect = contract("thing_count", personal, type="integer", personal="indirect")

    for one in (rounded, indirect):
        with pytest.raises(DeliveryRefused, match="PHONE_NUMBER"):
            check_claim(frame, one)


@pytest.mark.parametrize("called", ["Cognome", "codice_fiscale", "TARGA", "data di nascita"])
def test_a_column_that_is_called_after_a_person_is_not_nobodys(called: str) -> None:
    frame = pl.DataFrame({"thing_id": ["1", "2"]})

    with pytest.raises(DeliveryRefused, match=r"thing_id \(by its name\)"):
        check_claim(frame, contract(**{"from": called}))


def test_the_kind_that_an_entity_names_is_expected_and_no_other() -> None:
    offices = pl.DataFrame({"thing_id": ["+39 340 1234567", "+39 333 7654321"]})
    letters = pl.DataFrame({"thing_id": ["mario.rossi@example.org", "l.bianchi@example.org"]})

    check_claim(offices, contract(entity="PHONE_NUMBER"))
    with pytest.raises(DeliveryRefused, match="EMAIL_ADDRESS"):
        check_claim(letters, contract(entity="PHONE_NUMBER"))


def test_refused_rows_that_nobody_claims_to_be_personal_are_looked_at_too() -> None:
    kept = pl.DataFrame({"thing_id": SENSORS})
    refused = pl.DataFrame({"thing_id": CODES})

    with pytest.raises(DeliveryRefused, match="IT_FISCAL_CODE"):
        check_claim(kept, contract(), refused)


@pytest.mark.parametrize(
    "values",
    [
        [f"via {name}" for name in STREET_NAMES],
        list(STREET_NAMES),
        ["Via Giuseppe Verdi 12", "Piazza Mario Rossi 3", "Corso Giacomo Matteotti 7"] * 3,
        ["Scuola Giosuè Carducci", "Liceo Arnaldo da Brescia", "Ospedale San Giovanni"] * 3,
        ["info@comune.brescia.it", "protocollo@pec.example.org", "urp@comune.brescia.it"],
        ["17029", "017029", "017029000123", "25121", "030 2977111", "800 123 456"],
        [f"{number}" for number in range(1_742_774_400_000, 1_742_774_400_300)],
        [f"{number:016x}" for number in range(3 * 10**15, 3 * 10**15 + 300)],
        ["2025-03-24T10:00:00Z", "24/03/2025", "45.5390", "10.2203", "1.204,50"],
        ["Concerto di Gino Paoli", "Festa dei nonni", "Mostra su Tiziano", "Cinema all'aperto"],
        ["10.4.1", "10.4.2", "2.0.13"],
        [*SENSORS[:50], "ABCDEF25A01X123Z"],
    ],
)
def test_toponyms_codes_numbers_dates_and_offices_raise_no_alarm(values: list[str]) -> None:
    check_claim(pl.DataFrame({"thing_id": values}), contract())


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    form=st.sampled_from(
        ["###-??", "??####", "#######", "??-##-??", "####/##", "?#?#?#", "#" * 11]
    ),
)
def test_codes_of_any_form_raise_no_alarm(seed: int, form: str) -> None:
    dice = random.Random(seed)
    signs = {"#": "0123456789", "?": "ABCDEFGHJKLMNPRSTVXYZ"}

    values = ["".join(dice.choice(signs.get(one, one)) for one in form) for _ in range(250)]

    check_claim(pl.DataFrame({"thing_id": values}), contract())


def test_a_table_in_which_nothing_looks_personal_costs_some_milliseconds() -> None:
    code = (
        "import time, polars as pl, sys; from quality.privacy.drift import check_claim; "
        "from tests.quality.test_claims import contract, SENSORS; "
        "frame = pl.DataFrame({'thing_id': SENSORS * 1000}); one = contract(); "
        "check_claim(frame, one); begin = time.process_time(); "
        "[check_claim(frame, one) for _ in range(10)]; "
        "print((time.process_time() - begin) / 10, 'presidio_analyzer' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    seconds, has_presidio = said.stdout.split()
    assert float(seconds) < 0.1
    assert has_presidio == "False"
