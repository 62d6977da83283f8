import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.contract.entities import ENTITIES, Entity
from quality.privacy import checkdigits
from quality.privacy.canonical import canonical

GOLDEN = [
    ("IT_FISCAL_CODE", "RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("IT_FISCAL_CODE", " rss mra 85t10 a562s ", "RSSMRA85T10A562S"),
    ("IT_FISCAL_CODE", "RSSMRA85T10A56NH", "RSSMRA85T10A562S"),
    ("IT_FISCAL_CODE", "ＲＳＳＭＲＡ８５Ｔ１０Ａ５６２Ｓ", "RSSMRA85T10A562S"),
    ("IT_FISCAL_CODE", "RSS\u200bMRA85T10A562S", "RSSMRA85T10A562S"),
    ("IT_FISCAL_CODE", "00743110157", "00743110157"),
    ("IT_VAT_CODE", "IT 00743110157", "00743110157"),
    ("IT_VAT_CODE", "00743110157", "00743110157"),
    ("IBAN_CODE", "it60 X054 2811 1010 0000 0123 456", "IT60X0542811101000000123456"),
    ("CREDIT_CARD", "4111-1111-1111-1111", "4111111111111111"),
    ("IMEI", "49-015420-323751-8", "490154203237518"),
    ("IT_PLATE", "ab 123 cd", "AB123CD"),
    ("IT_PLATE", "AB·123·CD", "AB123CD"),
    ("IT_PLATE", "BS A12345", "BSA12345"),
    ("IT_PLATE", "BS 123456", "BS123456"),
    ("IT_PLATE", "ab-12345", "AB12345"),
    ("IT_PLATE", "X2C4ZW", "X2C4ZW"),
    ("IT_POD", "it 001 e 12345678", "IT001E12345678"),
    ("IT_POD", "IT001E123456789", "IT001E123456789"),
    ("IT_PDR", "1234 5678 9012 34", "12345678901234"),
    ("IT_IDENTITY_CARD", "ca 12345 bb", "CA12345BB"),
    ("IT_PASSPORT", "ya1234567", "YA1234567"),
    ("IT_DRIVER_LICENSE", "bs1234567x", "BS1234567X"),
    ("IT_HEALTH_CARD", "80380 00301 2345678901", "80380003012345678901"),
    ("PHONE_NUMBER", "333 1234567", "+393331234567"),
    ("PHONE_NUMBER", "+39 333-123-4567", "+393331234567"),
    ("PHONE_NUMBER", "0039 3331234567", "+393331234567"),
    ("PHONE_NUMBER", "030/377.1234", "+390303771234"),
    ("EMAIL_ADDRESS", "Anna.Prova@Example.ORG", "anna.prova@example.org"),
    ("EMAIL_ADDRESS", "anna@perché.it", "anna@xn--perch-fsa.it"),
    ("MAC_ADDRESS", "00-1B-44-11-3A-B7", "001b44113ab7"),
    ("MAC_ADDRESS", "001b.4411.3ab7", "001b44113ab7"),
    ("IP_ADDRESS", "2001:0db8::0001", "2001:db8::1"),
    ("METER_SERIAL", "00-12 a", "0012A"),
    ("TRANSIT_CARD", "0004 5678", "00045678"),
    ("CUSTOMER_CODE", "c/0042", "C0042"),
    ("RECORD_ID", "aB-1", "aB-1"),
    ("RECORD_ID", "0", "0"),
    ("PERSON", "D’Angelo   Nicolò", "D'ANGELO NICOLO"),
    ("ADDRESS", "Via  Dante, 5", "VIA DANTE 5"),
]
INVALID = [
    ("IT_FISCAL_CODE", "RSSMRA85T10A562T"),
    ("IT_FISCAL_CODE", "RSSMRA85T10A562"),
    ("IT_FISCAL_CODE", "00743110158"),
    ("IT_VAT_CODE", "00743110158"),
    ("IBAN_CODE", "IT60X0542811101000000123457"),
    ("CREDIT_CARD", "4111111111111112"),
    ("IMEI", "490154203237519"),
    ("IT_PLATE", "IO123AB"),
    ("IT_PLATE", "AB123C"),
    ("IT_POD", "IT001E1234567"),
    ("IT_PDR", "1234567890123"),
    ("PHONE_NUMBER", "12"),
    ("EMAIL_ADDRESS", "anna@casa"),
    ("MAC_ADDRESS", "00:1b:44"),
    ("IP_ADDRESS", "256.1.1.1"),
]
NOBODY = [
    ("IT_FISCAL_CODE", "XXXXXX00X00X000X"),
    ("IT_FISCAL_CODE", "N/D"),
    ("IT_VAT_CODE", "00000000000"),
    ("IT_PLATE", "n.d."),
    ("PHONE_NUMBER", "0000000000"),
    ("RECORD_ID", "NULL"),
    ("MAC_ADDRESS", "02:1B:44:11:3A:B7"),
    ("CUSTOMER_CODE", "*****"),
]


@pytest.mark.parametrize(("entity", "text", "form"), GOLDEN)
def test_each_spelling_has_its_one_canonical_form(entity: Entity, text: str, form: str) -> None:
    forms, is_invalid = canonical(pl.Series([text]), entity)

    assert (forms.to_list(), is_invalid.to_list()) == ([form], [False])


@pytest.mark.parametrize(("entity", "text"), INVALID)
def test_what_cannot_be_real_is_invalid_and_has_no_form(entity: Entity, text: str) -> None:
    forms, is_invalid = canonical(pl.Series([text]), entity)

    assert (forms.to_list(), is_invalid.to_list()) == ([None], [True])


@pytest.mark.parametrize(("entity", "text"), NOBODY)
def test_a_placeholder_is_nobody_and_is_not_invalid(entity: Entity, text: str) -> None:
    forms, is_invalid = canonical(pl.Series([text]), entity)

    assert (forms.to_list(), is_invalid.to_list()) == ([None], [False])


@pytest.mark.parametrize("entity", ENTITIES)
@settings(max_examples=40)
@given(texts=st.lists(st.none() | st.text(max_size=30), max_size=5))
def test_no_text_breaks_a_canonical_form(entity: Entity, texts: list[str | None]) -> None:
    forms, is_invalid = canonical(pl.Series(texts, dtype=pl.String), entity)

    assert len(forms) == len(is_invalid) == len(texts)
    assert not (forms.is_not_null() & is_invalid).any()


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_canonical_form_of_a_canonical_form_is_itself(entity: Entity) -> None:
    golden = pl.Series([form for kind, _, form in GOLDEN if kind == entity], dtype=pl.String)

    assert canonical(golden, entity)[0].to_list() == golden.to_list()


@given(places=st.sets(st.sampled_from((6, 7, 9, 10, 12, 13, 14))))
def test_omocodia_of_any_digits_leads_to_the_same_person(places: set[int]) -> None:
    letters = list("RSSMRA85T10A562")
    for place in places:
        letters[place] = "LMNPQRSTUV"[int(letters[place])]
    sent = "".join(letters) + checkdigits.fiscal_code_letter("".join(letters))

    assert canonical(pl.Series([sent]), "IT_FISCAL_CODE")[0].to_list() == ["RSSMRA85T10A562S"]


def test_every_entity_has_a_golden_form() -> None:
    assert {entity for entity, _, _ in GOLDEN} == set(ENTITIES)
