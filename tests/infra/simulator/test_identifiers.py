from datetime import date

import numpy as np
import pytest

from infra.simulator.identifiers import (
    check_letter,
    fiscal_code,
    omocode,
    plates,
    supply_points,
    with_wrong_check_letter,
)
from infra.simulator.people import people


@pytest.mark.parametrize(
    ("surname", "name", "is_female", "born_on", "place", "code"),
    [
        # The worked example of the tax office, and names that are short or have many consonants.
        ("Rossi", "Mario", False, date(1980, 1, 1), "B157", "RSSMRA80A01B157"),
        ("Fo", "Zoë", True, date(2001, 12, 31), "F205", "FOXZOE01T71F205"),
        ("D'Àlò", "Gianfranco", False, date(1999, 5, 9), "H501", "DLAGFR99E09H501"),
    ],
)
def test_a_fiscal_code_follows_the_decree(  # noqa: PLR0917
    surname: str, name: str, is_female: bool, born_on: date, place: str, code: str
) -> None:
    made = fiscal_code(
        surname=surname, name=name, is_female=is_female, born_on=born_on, place=place
    )

    assert made[:15] == code
    assert made[15] == check_letter(code)


def test_the_check_letter_is_that_of_the_published_example() -> None:
    assert check_letter("MRTMTT91D08F205") == "J"


def test_an_omocode_is_another_valid_code() -> None:
    changed = omocode("MRTMTT91D08F205J")

    assert changed[:15] == "MRTMTT91D08F20R"
    assert changed[15] == check_letter(changed[:15])


def test_a_wrong_check_letter_is_wrong() -> None:
    assert with_wrong_check_letter("MRTMTT91D08F205J") == "MRTMTT91D08F205K"


def test_each_person_has_a_code_of_their_own() -> None:
    persons = people(np.random.default_rng(1), 3_000)

    assert len({person.fiscal_code for person in persons}) == 3_000


def test_plates_and_supply_points_are_distinct_and_of_nobody() -> None:
    rng = np.random.default_rng(1)

    assert len(set(plates(rng, 2_000))) == 2_000
    assert min(plates(rng, 2_000)) > "H"
    assert {pod[:6] for pod in supply_points(rng, 50)} == {"IT901E"}
