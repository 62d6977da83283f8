import pytest

from quality.privacy import checkdigits
from quality.privacy.detection.engine import detect

FISCAL_CODE = "RSSMRA80A01B157" + checkdigits.fiscal_code_letter("RSSMRA80A01B157")
OMOCODIC = "RSSMRAULALMB157" + checkdigits.fiscal_code_letter("RSSMRAULALMB157")
IBAN = "IT60X0542811101000000123456"
# An identifier of each kind, as it stands after what announces it, where it needs that.
WRITTEN = [
    ("IT_FISCAL_CODE", "", FISCAL_CODE),
    ("IT_FISCAL_CODE", "", FISCAL_CODE.lower()),
    ("IT_FISCAL_CODE", "", OMOCODIC),
    ("IT_FISCAL_CODE", "", " ".join((FISCAL_CODE[:6], FISCAL_CODE[6:11], FISCAL_CODE[11:]))),
    ("IT_FISCAL_CODE", "", " ".join(FISCAL_CODE)),
    ("IT_VAT_CODE", "partita IVA ", "01234567897"),
    ("IT_VAT_CODE", "", "01234567897"),
    ("IT_FISCAL_CODE", "codice fiscale ", "01234567897"),
    ("IBAN_CODE", "", IBAN),
    ("IBAN_CODE", "", "IT60 X054 2811 1010 0000 0123 456"),
    ("IBAN_CODE", "", "DE89370400440532013000"),
    ("CREDIT_CARD", "", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "", "5500-0000-0000-0004"),
    ("CREDIT_CARD", "carta di credito n. ", "4111 1111 1111 1112"),
    ("PHONE_NUMBER", "", "333 1234567"),
    ("PHONE_NUMBER", "", "+39 333.123.45.67"),
    ("PHONE_NUMBER", "", "0039 3331234567"),
    ("PHONE_NUMBER", "", "030/3771234"),
    ("PHONE_NUMBER", "", "+41 79 123 45 67"),
    ("PHONE_NUMBER", "tel. ", "2400112"),
    ("PHONE_NUMBER", "", "tre tre otto uno due tre quattro cinque sei sette"),
    ("EMAIL_ADDRESS", "", "mario.rossi82@libero.it"),
    ("EMAIL_ADDRESS", "", "mario.rossi (at) libero.it"),
    ("EMAIL_ADDRESS", "", "mario punto rossi chiocciola gmail punto com"),
    ("EMAIL_ADDRESS", "", "m r o s s i @ g m a i l . c o m"),
    ("IT_PLATE", "", "AB123CD"),
    ("IT_PLATE", "", "ab 123-cd"),
    ("IT_PLATE", "", "BS 123456"),
    ("IT_PLATE", "moto ", "AB12345"),
    ("IT_PLATE", "scooter ", "X4F5GH"),
    ("IT_PLATE", "targa francese ", "AA-123-BB"),
    ("IT_POD", "", "IT001E12345678"),
    ("IT_PDR", "PDR ", "12345678901234"),
    ("METER_SERIAL", "contatore n. ", "AB00123456"),
    ("TRANSIT_CARD", "tessera dell'autobus n. ", "00451289"),
    ("CUSTOMER_CODE", "codice cliente: ", "1000234567"),
    ("IT_IDENTITY_CARD", "", "CA12345AB"),
    ("IT_IDENTITY_CARD", "carta d'identità ", "AX1234567"),
    ("IT_PASSPORT", "passaporto ", "YA1234567"),
    ("IT_DRIVER_LICENSE", "patente ", "U1K45P781Z"),
    ("IT_HEALTH_CARD", "", "80380000301234567890"),
    ("IT_HEALTH_CARD", "tessera sanitaria n. ", "80380 00030 12345"),
    ("DATE_OF_BIRTH", "nata a Brescia il ", "3 marzo 1980"),
    ("DATE_OF_BIRTH", "data di nascita: ", "03/03/1980"),
    ("DATE_OF_BIRTH", "classe ", "1980"),
    ("DATE_OF_BIRTH", "mio figlio è del ", "12 marzo 2009"),
    ("DATE_OF_BIRTH", "Nata il: ", "14/08/1991"),
    ("ADDRESS", "abito in ", "via Giuseppe Garibaldi 12/A"),
    ("ADDRESS", "abito in ", "v.le XXV Aprile, 7"),
    ("ADDRESS", "residenza: ", "Garibaldi 12"),
    ("IP_ADDRESS", "", "192.168.1.10"),
    ("IP_ADDRESS", "", "2001:db8:85a3::8a2e:370:7334"),
    ("MAC_ADDRESS", "", "3c:5a:b4:10:9e:2f"),
    ("MAC_ADDRESS", "mac ", "3c5ab4109e2f"),
    ("IMEI", "IMEI ", "490154203237518"),
    ("COORDINATES", "", "45.53981, 10.22045"),
    ("COORDINATES", "", "45°32'23\"N 10°13'12\"E"),
    ("USERNAME", "", "@mario_r82"),
    ("USERNAME", "nome utente: ", "mrossi82"),
    ("USERNAME", "instagram.com/", "mario_r82"),
    ("DEVICE_TAG", "tag RFID ", "E2003412DC03"),
    ("CUSTOMER_CODE", "cod. cl. ", "33810-22"),
    ("METER_SERIAL", "matr. ", "20E5 8814407 03"),
    ("METER_SERIAL", "contatore c/o i vicini: tolto ", "11882034"),
    ("TRANSIT_CARD", "carta bus ", "8004417290"),
    ("DEVICE_TAG", "tessera calotta n. ", "04A2 91FF 7C"),
    ("IT_PASSPORT", "pass. ", "YB0381174"),
    ("IT_HEALTH_CARD", "tess. sanitaria: ", "8038 0001 7100 2349 5518"),
    ("IT_PLATE", "macchina grigia ", "Fn 5 1 3 pk"),
    ("PHONE_NUMBER", "", "tre quattro sette 90 11 386"),
    ("CUSTOMER_CODE", "codice cliente ", "uno zero zero quattro otto due nove"),
    ("USERNAME", "utente ", "vale_tomasoni92"),
    ("USERNAME", "ha ragione ", "Fede.Zamboni_bs"),
    ("EMAIL_ADDRESS", "", "gino.b@libero,it"),
    ("ADDRESS", "abito al ", "12 di via Milano"),
    ("DATE_OF_BIRTH", "nata a Durazzo ", "27 09 1990"),
    ("DATE_OF_BIRTH", "n. Dakar ", "19.12.1977"),
    ("PERSON", "mi chiamo ", "Gurpreet Singh"),
    ("PERSON", "soprannominato ", "Bepi"),
    ("PERSON", "il cons. ", "bruno franco"),
    ("PERSON", "mia moglie (", "Rosângela Ferreira da Silva"),
    ("PERSON", "chiedete a ", "Rossi"),
    ("PERSON", "sig.ra ", "Bianchi"),
]


@pytest.mark.parametrize(
    "harmless",
    [
        "Numero verde 800 123 456 attivo dalle 8 alle 18",
        "Comune di Brescia, Piazza della Loggia 1, tel. 030 29771",
        "Scrivere a protocollo@comune.brescia.it",
        "Officine Bonera Srl, P.IVA 01234567897",
        "In via Milano 3 lampioni spenti",
        "Il mercato di piazza Vittoria si sposta in via Tito Speri",
        "La scuola Tito Speri e il liceo Calini restano chiusi",
        "Protocollo n. 0123456/2024 del 12/03/2024",
        "Versione 2.14.3.1 del programma",
        "Delibera n. 123 del 04.05.2024, procedimento 0045512-2025",
        "Fermata Marconi, via Fratelli Bandiera, quartiere Don Bosco",
        "Pagati 1.234,56 euro il 12/03/2025",
        "La rosa costa poco, il leone è bianco",
        "Consiglio Comunale, Polizia Locale e Ufficio Anagrafe",
        "Fattura della Trattoria da Gino snc",
        "Ordine 4111 1111 1111 1112 del magazzino",
        "Convegno su Arnaldo da Brescia e Veronica Gambara",
        "La ditta Eredi Fontana e la Gallo Impianti S.p.A.",
        "Il contatore dell'acqua in cantina segna 04812",
        "Festa dei santi Faustino e Giovita",
        "Il ponte è del 1931, la galleria del 1965",
        "Codice prenotazione 7TQ4-118, linea 12, palo 00872",
    ],
)
def test_what_is_nobodys_is_left_alone(harmless: str) -> None:
    assert detect(harmless) == ()


def test_signs_nobody_sees_hide_no_identifier() -> None:
    text = "targa AB\u200b123\u200bCD e IBAN IT60\u00a0X054\u00a02811 1010\u00a00000 0123\u00a0456"

    found = [text[span.start : span.end] for span in detect(text)]

    assert found == ["AB\u200b123\u200bCD", text[text.index("IT60") :]]


def test_of_two_that_overlap_the_one_with_a_check_digit_is_kept() -> None:
    text = f"cell 333 1234567, IBAN {IBAN}"

    labels = [span.label for span in detect(text)]

    assert labels == ["PHONE_NUMBER", "IBAN_CODE"]


def test_a_code_after_its_kind_is_one_and_a_code_before_it_too() -> None:
    text = "il codice cliente non è 100482913 è 100482931, e 88120043 è la mia tessera bus"

    found = [(span.label, text[span.start : span.end]) for span in detect(text)]

    assert found == [
        ("CUSTOMER_CODE", "100482913"),
        ("CUSTOMER_CODE", "100482931"),
        ("TRANSIT_CARD", "88120043"),
    ]


def test_the_cue_of_one_name_does_not_swallow_that_of_the_next() -> None:
    text = "Il sig. Fontana e la sig.ra Villa confermano"

    found = [text[span.start : span.end] for span in detect(text)]

    assert found == ["Fontana", "Villa"]
