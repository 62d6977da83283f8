from typing import Any

import pytest

from infra.errors import DeliveryRefused
from quality.privacy.drift import Drift

STATION = {"station_id": {"from": "codice", "type": "string"}}
CODES = [f"S{n:02d}" for n in range(20)]


def refusal(protect: Any, delivered: dict[str, list[Any]], **more: Any) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as caught:
        protect(delivered, more.pop("columns", STATION), **more)
    return caught.value


def test_a_column_nobody_declared_is_left_out_and_reported(protect: Any) -> None:
    protected = protect({"codice": CODES, "quota": ["120"] * 20, "note": [None] * 20}, STATION)

    assert protected.frame.columns == ["station_id", "__payload", "__line", "__event_on"]
    assert protected.drift == Drift(undeclared_count=2, undeclared=("quota", "note"))


def test_a_dropped_column_is_seen_and_never_looked_at(protect: Any) -> None:
    delivered = {"codice": CODES, "targa": ["AB123CD"] * 20}

    protected = protect(delivered, STATION, dropped={"targa": "Non serve.", "altro": "Non serve."})

    assert protected.drift == Drift(dropped_seen=("targa",))


@pytest.mark.parametrize(
    "values",
    [
        ["RSSMRA85T10A562S", "MRTMTT25D09F205Z"],
        ["rss mra 85t10 a562s", "MRTMTT91D08F205J"],
        ["AB123CD", "ZZ 999 ZZ"],
        ["IT001E12345678", "IT 001 E 87654321"],
        ["333 1234567", "030/3771234"],
        ["anna.prova@example.org", "uno@example.org"],
        ["IT60X0542811101000000123456"] * 2,
        ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b8"],
        ["Zzanna Zzprova", "ROSSI MARIO", "D'Angelo Nicolò"],
    ],
)
def test_values_that_look_personal_stop_the_delivery_unseen(
    protect: Any, values: list[str]
) -> None:
    cells = (values * 20)[:20]

    error = refusal(protect, {"codice": CODES, "altro": cells})

    assert error.check == "privacy"
    assert "altro (" in str(error)
    assert "dropped:" in str(error)
    assert not any(value in str(error) for value in values)


@pytest.mark.parametrize(
    "name", ["Targa", "codice_fiscale", "CodiceFiscale", "e-mail", "nome", "Cell"]
)
def test_a_column_with_a_personal_name_stops_the_delivery(protect: Any, name: str) -> None:
    assert refusal(protect, {"codice": CODES, name: ["1"] * 20}).check == "privacy"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("comune", ["017029", "017030", "017031"]),
        ("fermata", ["Via Milano", "Piazza Vittoria", "Porta Trento"]),
        ("nome_stazione", ["Lamarmora", "Poliambulanza", "Volta"]),
        ("lat", ["45.54424667", "45.54621506", "42.35122196"]),
        ("x_utm", ["1471208.59574", "1471193.77824", "1471190.1"]),
        ("giorno", ["2025-01-05", "05/01/2025", "20250105"]),
        ("orario", ["10:00", "10:30:00", "11.30 - 12.00"]),
        ("conteggio", ["12345678", "1234", "99"]),
    ],
)
def test_codes_places_and_measures_do_not_look_personal(
    protect: Any, name: str, values: list[str]
) -> None:
    protected = protect({"codice": CODES, name: (values * 20)[:20]}, STATION)

    assert protected.drift.undeclared_count == 1


def test_a_file_without_a_header_shows_nothing_of_its_first_row(protect: Any) -> None:
    first_row = ["Zzcanary", "RSSMRA85T10A562T", "Zzanna Zzprova", "CANARY999", "42"]

    error = refusal(protect, {name: ["1", "2"] for name in first_row})

    assert error.check == "drift"
    assert not any(name in str(error) for name in first_row[:4])


@pytest.mark.parametrize("name", ["Mario Rossi", "anna@example.org", "333 1234567", "AB123CD"])
def test_a_column_named_like_a_person_is_called_by_its_position(protect: Any, name: str) -> None:
    error = refusal(protect, {"codice": CODES, name: ["1"] * 20})

    assert error.check == "privacy"
    assert "column 2" in str(error)
    assert name not in str(error)


def test_a_missing_column_stops_the_delivery_and_a_close_name_is_suggested(protect: Any) -> None:
    columns = {**STATION, "docks_count": {"from": "colonnine", "type": "integer"}}

    error = refusal(protect, {"codice": CODES, "colonnine_tot": ["1"] * 20}, columns=columns)

    assert error.check == "drift"
    assert "'colonnine' may have been renamed to 'colonnine_tot'" in str(error)


@pytest.mark.parametrize(
    ("columns", "delivered", "said"),
    [
        # An unsafe name is compared and not shown.
        (
            {"docks_count": {"from": "colonnine", "type": "integer"}},
            {"Colonnine": ["1"] * 20},
            "'colonnine' may have been renamed to column 2, whose name is alike",
        ),
        # Nothing alike in the names: the one column of numbers.
        (
            {"docks_count": {"from": "colonnine", "type": "integer"}},
            {"Zzposti": ["1"] * 20, "stato": ["aperta"] * 20},
            "'colonnine' may have been renamed to column 2, which holds numbers too",
        ),
        (
            {"seen_on": {"from": "giorno", "type": "date"}},
            {"quota": ["120"] * 20, "rilevato": ["2025-01-05"] * 20},
            "'giorno' may have been renamed to 'rilevato', which holds dates or times too",
        ),
    ],
)
def test_a_renamed_column_is_guessed_by_its_name_and_by_what_it_holds(
    protect: Any, columns: dict[str, Any], delivered: dict[str, list[str]], said: str
) -> None:
    error = refusal(protect, {"codice": CODES, **delivered}, columns={**STATION, **columns})

    assert f"{said}. " in str(error)
    assert "Zzposti" not in str(error)
    assert "Colonnine" not in str(error)


@pytest.mark.parametrize(
    "delivered",
    [
        {"colonnine_tot": ["aperta"] * 20},  # alike, but it holds no numbers
        {"posti": ["1"] * 20, "quota": ["2"] * 20},  # which of the two?
        {"stato": ["aperta"] * 20},
    ],
)
def test_where_nothing_speaks_for_it_no_renaming_is_guessed(
    protect: Any, delivered: dict[str, list[str]]
) -> None:
    columns = {**STATION, "docks_count": {"from": "colonnine", "type": "integer"}}

    assert "renamed" not in str(refusal(protect, {"codice": CODES, **delivered}, columns=columns))


def test_a_row_with_a_rare_identifier_does_not_make_a_column_personal(protect: Any) -> None:
    notes = [f"guasto {n}" for n in range(99)] + ["chiamare 333 1234567"]

    protected = protect({"codice": ["S"] * 100, "nota": notes}, STATION)

    assert protected.drift.undeclared == ("nota",)
