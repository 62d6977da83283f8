import polars as pl
import pytest

from infra.errors import DeliveryRefused
from quality.derived import check_anonymous, check_key, size_drift

PSEUDONYM = "1" + "abcdefghijklmnopqrstuvwxyz"


def test_a_table_that_follows_persons_is_not_published():
    with pytest.raises(DeliveryRefused, match="vehicle_pid is a pseudonym") as refusal:
        check_anonymous("gold/x/y", pl.DataFrame({"vehicle_pid": [PSEUDONYM]}))

    assert refusal.value.check == "privacy"


def test_a_pseudonym_under_another_name_is_found_and_not_shown():
    with pytest.raises(DeliveryRefused) as refusal:
        check_anonymous("gold/x/y", pl.DataFrame({"place_id": ["P-1", PSEUDONYM]}))

    assert "place_id holds pseudonyms" in str(refusal.value)
    assert PSEUDONYM not in str(refusal.value)


def test_codes_and_names_are_no_pseudonyms():
    frame = pl.DataFrame({"section_id": ["0170290000001"], "place_name": ["Piazza Arnaldo"]})

    check_anonymous("gold/x/y", frame)


@pytest.mark.parametrize(
    ("rows", "words"), [(["a", "a"], "1 of 2 rows repeat"), (["a", None], "1 of 2 rows lack")]
)
def test_a_key_that_is_empty_or_repeated_stops_the_table(rows, words):
    with pytest.raises(DeliveryRefused, match=words):
        check_key("gold/x/y", pl.DataFrame({"cell_id": rows}), ["cell_id"])


@pytest.mark.parametrize(
    ("rows", "is_drift"),
    [
        ([100, 100, 100, 100], False),
        ([100, 100, 100, 49], True),
        ([100, 100, 100, 201], True),
        ([100, 3], False),
        ([], False),
    ],
)
def test_a_window_of_unusual_size_is_drift(rows, is_drift):
    assert (size_drift(rows) is not None) == is_drift
