import base64
import hmac
from datetime import date
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import TwinError
from infra.keys import CipherKey, PseudonymKey
from infra.keys.ring import Slot
from quality.privacy.cells import Repeats
from quality.privacy.pseudonyms import (
    Familiar,
    pseudonyms,
    pseudonyms_by_day,
    reencrypted,
)

KEY = PseudonymKey(b"m" * 32, b"c" * 32, version=3, key_id="00000000")


def as_the_specification_says(form: str, entity: str) -> str:
    mac = hmac.digest(KEY.mac_key, entity.encode() + b"\x1f" + form.encode(), "sha256")[:16]
    encryptor = Cipher(algorithms.AES256(KEY.cipher_key), modes.ECB()).encryptor()  # noqa: S305
    return "3" + base64.b32encode(encryptor.update(mac)).decode().lower().rstrip("=")


@given(forms=st.lists(st.none() | st.text(max_size=20), max_size=8))
def test_a_pseudonym_is_the_specified_one_and_nothing_stays_nothing(
    forms: list[str | None],
) -> None:
    made = pseudonyms(pl.Series(forms, dtype=pl.String), "IT_PLATE", KEY)

    wanted = [
        None if form is None else as_the_specification_says(form, "IT_PLATE") for form in forms
    ]
    assert made.to_list() == wanted
    assert all(len(name) == 27 for name in wanted if name is not None)


@given(
    st.lists(st.lists(st.none() | st.sampled_from("abcdef"), unique=True, max_size=5), max_size=4)
)
def test_whoever_came_in_an_earlier_piece_has_the_same_pseudonym_in_a_later_one(
    pieces: list[list[str | None]],
) -> None:
    familiar = Familiar()

    for forms in (pl.Series(piece, dtype=pl.String) for piece in pieces):
        made = familiar.pseudonyms("vehicle_pid", forms, "IT_PLATE", KEY)

        assert made.to_list() == pseudonyms(forms, "IT_PLATE", KEY).to_list()


@given(
    forms=st.lists(st.none() | st.text(max_size=9), max_size=9),
    secrets=st.tuples(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)),
    version=st.integers(1, 120),
)
def test_pseudonyms_encrypted_anew_are_those_that_the_new_key_would_have_made(
    forms: list[str | None], secrets: tuple[bytes, bytes], version: int
) -> None:
    keys = [CipherKey(secret, Slot("parking", turn=turn)) for turn, secret in enumerate(secrets)]
    made = [
        pseudonyms(
            pl.Series("pid", forms, dtype=pl.String),
            "IT_PLATE",
            PseudonymKey(b"m" * 32, key.secret, version=version, key_id=""),
        )
        for key in keys
    ]

    again = reencrypted(made[0], *keys)

    assert again.to_list() == made[1].to_list()


@pytest.mark.parametrize("wrong", ["Rossi", "1" + "a" * 25, "1" + "A" * 26, "a" * 27, ""])
def test_what_is_no_pseudonym_is_not_encrypted_anew_and_not_shown(wrong: str) -> None:
    key = CipherKey(b"c" * 32, Slot("parking", turn=1))
    good = pseudonyms(pl.Series(["AB123CD"]), "IT_PLATE", KEY).item()

    with pytest.raises(TwinError, match="1 of 2 values") as refused:
        reencrypted(pl.Series([good, wrong]), key, key)

    assert good not in str(refused.value)


def test_a_plate_and_a_card_of_the_same_text_differ() -> None:
    text = pl.Series(["AB12345"])

    assert pseudonyms(text, "IT_PLATE", KEY).item() != pseudonyms(text, "TRANSIT_CARD", KEY).item()


@pytest.mark.parametrize("positions", [pl.Series([0, 1, 0, None], dtype=pl.UInt32), None])
def test_each_day_has_its_own_key(positions: pl.Series | None) -> None:
    first, second = date(2025, 1, 1), date(2025, 1, 2)
    asked: list[date] = []

    def key_of(day: date) -> PseudonymKey:
        asked.append(day)
        return PseudonymKey(bytes([day.day]) * 32, b"c" * 32, version=1, key_id="")

    values = pl.Series(["a", "b"]) if positions is not None else pl.Series(["a", "b", "a", None])
    days = pl.Series([first, first, second, second])
    made = pseudonyms_by_day(Repeats(values, positions), days, "RECORD_ID", key_of).to_list()

    assert asked == [first, second]
    assert made[3] is None
    assert len({*made[:3]}) == 3


def test_a_row_without_a_day_has_no_pseudonym() -> None:
    forms = Repeats(pl.Series(["a"]))

    made = pseudonyms_by_day(forms, pl.Series([None], dtype=pl.Date), "RECORD_ID", lambda _: KEY)

    assert made.to_list() == [None]


def test_two_domains_cannot_be_joined(protect: Any) -> None:
    plates = {"targa": ["AB123CD", "ZZ999ZZ"]}
    column = {"from": "targa", "type": "string", "personal": "direct", "entity": "IT_PLATE"}
    columns = {"vehicle_pid": {**column, "treatment": "pseudonymise"}}

    parking = protect(plates, columns, key_domain="parking").frame["vehicle_pid"]
    mobility = protect(plates, columns, key_domain="mobility").frame["vehicle_pid"]

    assert not set(parking) & set(mobility)


def test_one_person_has_one_pseudonym_in_every_spelling(protect: Any) -> None:
    spellings = ["RSSMRA85T10A562S", "rss mra 85t10 a562s", "RSSMRA85T10A56NH"]
    column = {"from": "cf", "type": "string", "personal": "direct", "entity": "IT_FISCAL_CODE"}

    protected = protect({"cf": spellings}, {"person_pid": {**column, "treatment": "pseudonymise"}})

    assert protected.frame["person_pid"].n_unique() == 1


def test_the_same_car_on_two_days_is_two_cars_where_the_key_is_daily(protect: Any) -> None:
    delivered = {
        "targa": ["AB123CD"] * 3,
        "ora": ["2025-01-01T10:00:00Z", "2025-01-01T22:59:00Z", "2025-01-01T23:01:00Z"],
    }
    columns = {
        "vehicle_pid": {
            "from": "targa",
            "type": "string",
            "personal": "direct",
            "entity": "IT_PLATE",
            "treatment": "pseudonymise",
            "epoch": "day",
        },
        "seen_at": {"from": "ora", "type": "timestamp", "treatment": {"truncate": "1mo"}},
    }

    cars = protect(delivered, columns, event_time="seen_at").frame["vehicle_pid"].to_list()

    assert cars[0] == cars[1] != cars[2]
