import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.privacy.detection.strict import hide
from quality.privacy.detection.tokens import known

INVENTED = st.text("bcdfglmnprstvz", min_size=4, max_size=9).filter(lambda word: not known(word))
PLACES = [
    "{}",
    "{} ha chiesto aiuto",
    "ho visto {} ieri",
    "il bus di {} passa",
    "Il problema è {}.",
    "in via {}{} no",
]


def shown(text: str) -> str:
    letters = list(text)
    for span in hide(text):
        letters[span.start : span.end] = "#" * span.length
    return "".join(letters)


@given(INVENTED, st.sampled_from(PLACES[:5]), st.sampled_from([str.lower, str.title, str.upper]))
def test_a_word_nobody_knows_is_never_shown(word: str, place: str, case: type) -> None:
    text = place.format(case(word))

    assert word.lower() not in shown(text).lower()


@given(st.integers(10**6, 10**15), st.sampled_from(["", " ", ".", "-"]))
def test_a_long_number_is_never_shown(number: int, separator: str) -> None:
    digits = str(number)
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    written = separator.join(groups) if separator != "." else "-".join(groups)

    left = sum(map(str.isdigit, shown(f"il numero è {written} grazie")))

    assert left < 4


@pytest.mark.parametrize(
    "harmless",
    [
        "Il lampione davanti alla scuola è spento da tre giorni e la strada è buia.",
        "Vorrei sapere gli orari della biblioteca e il costo del parcheggio.",
        "Il Comune di Brescia ha approvato il regolamento il 12/03/2025.",
        "La Polizia Locale è intervenuta in piazza Vittoria alle 18:30.",
        "La bolletta di marzo è di 312,40 euro, 20 più del solito.",
        "la metro è ferma e il bus non passa",
    ],
)
def test_what_names_nobody_stays_readable(harmless: str) -> None:
    assert shown(harmless) == harmless


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ho incontrato Rosa Costa al mercato", "Rosa Costa"),
        ("Il signor Franco ha ragione", "Franco"),
        ("Grazie, Gioia Leone", "Gioia Leone"),
        ("parlane con bruno del terzo piano", "bruno"),
    ],
)
def test_a_word_that_is_also_a_name_is_hidden_where_it_is_one(text: str, name: str) -> None:
    assert shown(text) == text.replace(name, "#" * len(name))


def test_a_word_that_is_also_a_name_stays_where_it_is_none() -> None:
    text = "Il colore della rosa e il costo della costa"

    assert shown(text) == text


def test_neighbours_are_hidden_as_one() -> None:
    text = "Xavante Zorbani Quexi"

    assert len(hide(text)) == 1


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("era il 2 novembre 1934 di sera", "2 novembre 1934"),
        ("scrive mare_sole e non risponde", "mare_sole"),
        ("entra bruno franco in aula", "bruno franco"),
        ("il numero 20E5 88 03 non va", "20E5 88 03"),
        ("VERGOGNA GUIDO E TUTTI QUANTI", "GUIDO"),
    ],
)
def test_what_is_harmless_alone_is_hidden_where_together_it_is_not(
    text: str, together: str
) -> None:
    assert shown(text) == text.replace(together, "#" * len(together))
