"""The word lists, made of packages that may be passed on: Faker and mimesis (MIT), simplemma (MIT).

And of wordfreq, whose frequencies are CC BY-SA 4.0; so are the files made here.
"""

import importlib
import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
# Communities whose names Faker writes in Latin letters.
_FOREIGN: Final = (
    "ro_RO", "en_IN", "ha_NG", "yo_NG", "ig_NG", "en_NG", "en_PK", "fr_FR", "en_GB", "de_DE",
    "es_ES", "tr_TR", "hr_HR", "pt_BR", "en_KE", "tw_GH", "pl_PL", "en_US", "nl_NL", "sv_SE",
    "no_NO", "da_DK", "fi_FI", "cs_CZ", "hu_HU", "sl_SI", "sk_SK", "es_MX", "pt_PT", "en_NZ",
    "lt_LT", "az_AZ", "id_ID",
)  # fmt: skip
# Those whose cities mimesis writes as Italian readers do.
_WORLD: Final = ("it", "en", "de", "fr", "es", "pt", "nl", "pl", "sv", "hr", "tr")
_FOREIGN_WORDS: Final = 4_000
_OTHER_LANGUAGES: Final = ("en", "de", "fr", "es")
_LETTERS: Final = re.compile(r"[a-zà-öø-ÿœāăąćčđēėęěğīıłńňőřśşšșțţūůűźżž]{2,24}")
# What the lists of names hold by mistake, or is a word a thousand times for once a name.
_NO_NAMES: Final = frozenset(
    """
    amo amici aria bambina cara caro casa cosa da dal de del della detta di donna durante e è ed
    el fino greca il io italia la le li lo ma me mi mia mio nata ne nero nuova nuovo ora ore per
    poeta poi prima primo più quando quarto ricco roma sabato se si sì su te tempo terza terzo tra
    tu un una uso va via città comune signora signor piazza scuola cliente strada acqua luce gas
    bus linea rete zona data
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)
# Endings of words that simplemma derives and does not list.
_ENDINGS: Final = re.compile(
    r".{3,}(?:ità|tà|mente|ezza|ezze|zione|zioni|mento|menti|ismo|ista|isti|iste|ale|ali|bile|bili|"
    r"ore|ori|rici|trice|tura|ture|anza|anze|enza|enze|logia|grafia|metro|metri|ario|ari|oso|osa)"
)


_PRONOUNS: Final = re.compile(
    r"(.{2,}(?:[aei]r|ando|endo)|.{4,}[aei])"
    r"(?:(?:me|te|se|ce|ve|glie)(?:lo|la|li|le|ne)|mi|ti|si|ci|vi|lo|la|li|le|gli|ne)"
)


def section(file: str) -> dict[str, list[str]]:
    """The words of a list of our own, by the heading under which they stand."""
    found: dict[str, list[str]] = {"": []}
    here = ""
    for line in (_HERE / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line.strip("[]")
            found[here] = []
        elif not line.startswith("#"):
            found[here] += line.replace("-", " ").split() if here == "" else line.split()
    return found


@cache
def people() -> dict[str, tuple[str, ...]]:
    """Italian first names and surnames, and those from elsewhere, in lower case, sorted."""
    from quality.privacy.words import FIRST_NAMES

    own = section("people.txt")
    italian = _faker("it_IT")
    mimesis = json.loads(
        (resources.files("mimesis") / "datasets" / "it" / "person.json").read_text(encoding="utf-8")
    )
    first = [*italian[0], *mimesis["names"]["male"], *mimesis["names"]["female"]]
    last = [*italian[1], *mimesis["surnames"], *own["surnames"]]
    foreign_first, foreign_last = list(own["first"]), list(own["last"])
    for locale in _FOREIGN:
        more_first, more_last = _faker(locale)
        foreign_first += more_first
        foreign_last += more_last
    lists = {
        "first": [*first, *FIRST_NAMES],
        "last": last,
        "foreign_first": foreign_first,
        "foreign_last": foreign_last,
        "near_first": own["first"],
        "near_last": own["last"],
    }
    return {
        name: tuple(sorted({_tidy(one) for one in words} - {""})) for name, words in lists.items()
    }


def _tidy(name: str) -> str:
    return re.sub(r"[.]", "", name.strip().lower().replace("’", "'")).replace("-", " ")


def _faker(locale: str) -> tuple[list[str], list[str]]:
    provider: Any = importlib.import_module(f"faker.providers.person.{locale}").Provider  # no types
    kinds = []
    for prefix in ("first_names", "last_names"):
        attributes = [name for name in dir(provider) if name.startswith(prefix)]
        lists = [getattr(provider, name) for name in attributes]
        kinds.append([str(one) for names in lists if not callable(names) for one in names])
    return kinds[0], kinds[1]


@cache
def words() -> dict[str, float]:
    """Common Italian words with their Zipf frequency, names and foreign words left out."""
    import wordfreq
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    forms = DefaultDictionaryFactory().get_dictionary("it")
    listed = {word for pair in forms.items() for word in pair if word == word.lower()}
    names = people()
    first = {
        word for key in ("first", "foreign_first") for one in names[key] for word in one.split()
    }
    last = {word for key in ("last", "foreign_last") for one in names[key] for word in one.split()}
    frequencies = wordfreq.get_frequency_dict("it", wordlist="large")
    found = {}
    for word in frequencies:
        zipf = wordfreq.zipf_frequency(word, "it")
        if not _LETTERS.fullmatch(word) or zipf < 1.3:
            continue
        is_plain = word not in first and word not in last
        is_italian = zipf >= 3.0 and zipf > 0.4 + max(
            wordfreq.zipf_frequency(word, language) for language in _OTHER_LANGUAGES
        )
        if (
            word in listed
            or (is_plain and zipf >= 2.5 and _is_compound(word, listed))
            or (is_plain and (_ENDINGS.fullmatch(word) or (is_italian and zipf > 3.6)))
        ):
            found[word] = zipf
    return found


def _is_compound(word: str, listed: set[str]) -> bool:
    """Whether a verb with its pronouns (`portarci`, `usandolo`, `parlane`), or a superlative."""
    if re.fullmatch(r".{3,}issim[oaie]", word):
        return True
    match = _PRONOUNS.fullmatch(word)
    return match is not None and bool({match[1], match[1] + "e"} & listed)


@cache
def towns() -> tuple[str, ...]:
    """The municipalities of the province, in lower case, and the places of our own list."""
    import codicefiscale

    file = Path(codicefiscale.__file__).parent / "data" / "municipalities.json"
    towns = json.loads(file.read_text(encoding="utf-8"))
    return tuple(
        sorted(
            {str(one["name"]).lower() for one in towns if one["province"] == "BS" and one["active"]}
        )
    )


@cache
def places_elsewhere() -> tuple[str, ...]:
    """Municipalities of all Italy, countries, regions and cities of the world, in lower case."""
    import codicefiscale

    folder = Path(codicefiscale.__file__).parent / "data"
    found: list[str] = []
    for name in ("municipalities.json", "countries.json"):
        listed = json.loads((folder / name).read_text(encoding="utf-8"))
        found += [str(one["name"]) for one in listed if one["active"]]
    provider: Any = importlib.import_module("faker.providers.address.it_IT").Provider  # no types
    found += [*provider.countries, *provider.states]
    for locale in _WORLD:
        file = resources.files("mimesis") / "datasets" / locale / "address.json"
        found += json.loads(file.read_text(encoding="utf-8"))["city"]
    return tuple(sorted({name.lower().replace("’", "'") for name in found}))


@cache
def foreign_words() -> frozenset[str]:
    """Common words of other languages that are no Italian words and in no list of names."""
    import wordfreq

    names = people()
    known = {part for listed in names.values() for one in listed for part in one.split()}
    found = set()
    for language in _OTHER_LANGUAGES:
        for word in wordfreq.top_n_list(language, _FOREIGN_WORDS):
            if _LETTERS.fullmatch(word) and word not in known:
                found.add(word)
    return frozenset(found - words().keys())


def lexicon() -> dict[str, str]:
    """What is known of each word: the letters that `lexicon.py` explains."""
    names = people()
    kinds: dict[str, set[str]] = {}
    for key, letter in (
        ("first", "F"), ("last", "S"), ("foreign_first", "X"), ("foreign_last", "X"),
    ):  # fmt: skip
        for name in names[key]:
            for part in name.split():
                if _LETTERS.fullmatch(part.rstrip("'")):
                    kinds.setdefault(part, set()).add(letter)
    for word in _NO_NAMES:
        kinds.pop(word, None)
    _add_places(kinds)
    for word in foreign_words():
        kinds.setdefault(word, set()).add("W")
    near = {*names["near_first"], *names["near_last"]}
    for word, zipf in words().items():
        if zipf >= 4.3 and word not in near:
            kinds.get(word, set()).discard("X")
        kinds.setdefault(word, set()).add("3" if zipf >= 4.3 else "2" if zipf >= 3.2 else "1")
    order = "FSXTCW123"
    return {word: "".join(sorted(found, key=order.index)) for word, found in sorted(kinds.items())}


def _add_places(kinds: dict[str, set[str]]) -> None:
    names = people()
    own = section("places.txt")[""]
    for town in (*towns(), *own):
        for part in town.replace("'", "' ").split():
            # Of San Paolo the second word is a name, and no town by itself.
            if len(part) > 3 and (part in own or part not in names["first"]):
                kinds.setdefault(part, set()).add("T")
    listed = words()
    for place in places_elsewhere():
        parts = place.replace("'", "' ").replace("-", " ").split()
        for part in parts:
            is_alone = len(parts) == 1 or (part not in listed and part not in names["first"])
            if len(part) > 3 and _LETTERS.fullmatch(part) and is_alone:
                kinds.setdefault(part, set()).add("C")
