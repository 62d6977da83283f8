"""Words of a text, and what can be said of each without knowing it by heart.

The name recogniser sees classes of words (a first name, a common word, a title), their shape and
their endings: it can learn how people are mentioned, and cannot learn who they are.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Final, NamedTuple

from quality.privacy.detection.lexicon import lexicon
from quality.privacy.words import PLACE_WORDS

# Words seen are kept, so that each is looked at once; this many, lest memory grows for ever.
REMEMBERED: Final = 50_000
_TOKEN: Final = re.compile(r"[^\W\d_]+['’]?|\d+|\n|[^\w\s]|_")
_VOWELS_ACCENTED: Final = {"a": "à", "e": "èé", "i": "ì", "o": "ò", "u": "ù"}
_CUES: Final = frozenset(
    """
    sig signor signora signori signorina sig.ra ra sigg dott dottor dottore dottoressa dottssa dr
    ssa ing avv avvocato geom geometra arch prof professor professoressa professore rag don suor
    padre fra mons on cav comm maestra maestro egr egregio gentile gent mo spett spettabile caro
    cara cari chiamo chiama chiamato chiamata detto detta nome cognome nominativo intestato
    intestata intestatario intestataria richiedente sottoscritto sottoscritta firmato firma fto
    saluti cordiali distinti grazie saluto ciao referente responsabile operatore operatrice
    autista conducente proprietario proprietaria marito moglie figlio figlia padre madre papà
    mamma nonno nonna zio zia fratello sorella cugino amico amica collega vicino vicina nipote
    compagno compagna residente nato nata assessore assessora sindaco sindaca consigliere
    consigliera dirigente funzionario agente assistente ispettore medico infermiera testimone
    paziente utente cliente tecnico vigile delegato tutore amministratore erede defunto defunta
    inquilino inquilina alunno alunna studente parlato sentito contattato riferito segnalato visto
    incontrato chiesto detto dice scrive scritto presso contattare chiedere sono io mio mia a da
    di per con e ed il la lo i le gli un una al alla del della dei delle dal dalla nel nella sul
    sulla che non si ho ha in su tra fra o ma come quando comune scuola istituto liceo asilo
    ospedale museo teatro biblioteca parco palazzo villa chiesa parrocchia associazione fondazione
    cooperativa ditta impresa officina bar ristorante trattoria pizzeria farmacia supermercato
    hotel albergo studio società centro premio torneo trofeo memorial caserma palestra stadio
    piscina casa residenza università collegio azienda srl spa snc sas onlus san santa santo sant
    s ss beato madonna fermata linea autobus bus treno metro parcheggio rotonda intitolato
    intitolata intitolare monumento statua mostra opera libro film concerto legge decreto lodo
    modello marca auto oggetto rif data mittente destinatario cc tel cell email indirizzo anni
    giorno ore lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio marzo
    aprile maggio giugno luglio agosto settembre ottobre novembre dicembre de van von der el al
    ben bin abu la lo dal dalla degli delli buongiorno buonasera salve gentilissimo gentilissima
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)


class Token(NamedTuple):
    """A word, a number or a sign, and where it stands."""

    text: str
    start: int
    end: int


# As Token(…), without a call in Python for each word.
_token: Final = partial(tuple.__new__, Token)


def tokens_of(text: str) -> list[Token]:
    """The words, numbers and signs of a text; a new line is a sign."""
    return [_token((one[0], one.start(), one.end())) for one in _TOKEN.finditer(text)]


@lru_cache(REMEMBERED)
def known(word: str) -> str:
    """What the lexicon says of a word: letters for names and places, 1 to 3 for common words.

    Accents may be written as apostrophes, or be missing from names.
    """
    lower = word.lower().replace("’", "'")
    found = lexicon().get(lower)
    if found is None and lower.endswith("'"):
        stem = lower[:-1]
        accented = (stem[:-1] + one for one in _VOWELS_ACCENTED.get(stem[-1:], ""))
        found = next((lexicon()[one] for one in accented if one in lexicon()), None)
        found = found or lexicon().get(stem)
    return found or ""


@lru_cache(REMEMBERED)
def shape_of(word: str) -> str:
    """How a word is written: `x` small, `X` capital, `I` initial, `U` capitals, `M` mixed, `d`."""
    if word[0].isdigit():
        return f"d{min(len(word), 5)}"
    letters = word.rstrip("'’")
    if not letters.isalpha():
        return "¶" if word == "\n" else word
    if letters.islower():
        return "x"
    if letters.isupper():
        return "I" if len(letters) == 1 else "U"
    return "X" if letters[0].isupper() and letters[1:].islower() else "M"


@dataclass(frozen=True)
class Kind:
    """What the recogniser may know of a word: its class, its cue if it is one, its features."""

    class_: str
    cue: str
    features: tuple[str, ...]


@cache
def _is_street_word(lower: str) -> bool:
    return lower in PLACE_WORDS


def kind_of(word: str, case: str) -> Kind:
    """The class and the features of a word in a text of this case."""
    shape = shape_of(word)
    if not shape.isalpha() and not shape.startswith("d"):
        return Kind(shape, shape, (f"c={shape}",))
    lower = word.lower().replace("’", "'")
    said = known(word)
    class_ = f"{case}{shape}{said}"
    cue = lower if lower in _CUES else ("street" if _is_street_word(lower) else class_)
    features = [f"c={class_}", f"s={case}{shape}", f"k={said}"]
    if cue != class_:
        features.append(f"w={cue}")
    letters = lower.rstrip("'")
    if shape[0] != "d" and not said[-1:].isdigit():
        features += [
            f"e2={letters[-2:]}",
            f"e3={letters[-3:]}",
            f"{case}len={min(len(letters), 9)}",
        ]
    elif shape[0] != "d":
        features.append(f"v={letters[-2:]}")
    return Kind(class_, cue, tuple(features))
