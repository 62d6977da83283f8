"""Words that tell a personal column or a person's name from the rest; extended here only."""

import re
from itertools import pairwise
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A column whose name has one of these words is about a person, whatever else the name says.
PERSONAL_WORDS: Final = _words(
    """
    assistito autista birth birthdate birthday cartaidentita cellulare cf cliente codfis
    codfisc codfiscale codicefiscale cognome conducente coniuge contribuente customer dipendente dob
    domicilio driver email fax firstname fiscalcode fullname genitore iban imei imsi indirizzo
    intestataria intestatario lastname mail matricola msisdn nascita nato nickname nominativi
    nominativo passaporto patente paziente pdr pec phone plate pod proprietario residenza ssn
    surname targa targhe taxcode tel telefono tessera username utente
    """
)
# Those that are about one person in every data set: no office, firm or thing has them.
_ONE_PERSONS: Final = _words(
    """
    birthdate birthday cartaidentita codfis codfisc codfiscale codicefiscale cognome coniuge
    firstname fiscalcode fullname lastname nascita passaporto patente ssn surname targa targhe
    taxcode
    """
)
# Two words that only together are about a person.
_PERSONAL_PAIRS: Final = (
    ("codice", "fiscale"),
    ("cod", "fiscale"),
    ("cod", "fisc"),
    ("first", "name"),
)
# Personal only if they are all the name says: `nome` is a person's, `nome_stazione` is not.
PERSONAL_ALONE: Final = frozenset(("cell", "nome", "nomi", "nomecognome", "persona", "referente"))

# First words of Italian names of places and things, which are capitalised like persons' names.
PLACE_WORDS: Final = _words(
    """
    area autorimessa autostrada basilica biblioteca borgo c.so canale capolinea casa cascina case
    casello castello centro chiesa cinema circonvallazione colle comune contrada corso duomo est
    fermata fiume fraz frazione galleria garage giardini giardino isola istituto lago largo liceo
    loc localita località lungolago lungomare metro metropolitana mont monte mura museo nord nuova
    nuovo ospedale ovest p.le p.za palazzetto palazzo parcheggio parco passo piano piazza piazzale
    poggio ponte porta provincia pza q.re quartiere regione rio rione rotonda s s. san sant santa
    santi santo scuola sp spedali sportello ss st stazione strada stradale sud svincolo tangenziale
    teatro torre torrente traversa ufficio universita università v val valle via viale viali vico
    vicolo villa villaggio ville vle zona
    """
)

# Those with which an address begins.
_STREET_WORDS: Final = _words(
    """
    c.so contrada corso largo lungolago p.le p.za p.zza piazza piazzale pza strada traversa v v.le
    via viale vicolo vle
    """
)

# The most common Italian first names, and those of the larger foreign communities.
FIRST_NAMES: Final = _words(
    """
    abdul adriana adriano agnese ahmed alberto aldo alessandra alessandro alessia alessio alex
    alfredo alice amina andrea angela angelo anna annalisa annamaria antonella antonia antonio
    arianna armando arturo asia aurora barbara beatrice benedetta bianca bruna bruno camilla carla
    carlo carmela carmelo carmine caterina cecilia cesare chiara christian cinzia claudia claudio
    concetta corrado cosimo costantino cristian cristiana cristiano cristina daniela daniele dario
    davide debora deborah denis diego domenica domenico donatella edoardo elena eleonora elia elisa
    elisabetta emanuela emanuele emilia emilio emma enrica enrico enzo erica erika ernesto ettore
    eva fabio fabiola fabrizio fatima federica federico felice filippo flavia flavio franca
    francesca francesco franco gabriele gabriella gaetano gennaro gerardo giacomo giada gianfranco
    gianluca gianluigi gianmarco gianni gianpaolo ginevra gino giorgia giorgio giovanna giovanni
    giulia giuliana giuliano giulio giuseppa giuseppe giuseppina grazia graziella greta guido hamid
    hassan ibrahim ida ilaria ines irene isabella ivan ivana ivano jacopo jessica katia lara laura
    lea leonardo letizia lia licia lidia lina linda lino livia lorena lorenza lorenzo loris luana
    luca lucia luciana luciano lucio ludovica luigi luigia luisa manuel manuela mara marcella
    marcello marco margherita maria mariangela marianna mariella marika marina marino mario marisa
    marta martina massimiliano massimo matilde matteo mattia maura maurizio mauro melissa michael
    michela michele milena mirella mirko mohamed mohammed monica muhammad nadia nicola nicole nicolo
    nicolò noemi olga omar ornella oscar paola paolo pasquale patrizia patrizio piera pierluigi
    piero pietro raffaele raffaella raffaello rebecca renata renato riccardo rita roberta roberto
    rocco rosa rosalia rosanna rosario rossana rossella ruggero sabrina salvatore samuel samuele
    sandra sandro sara saverio sebastiano serena sergio sharon silvana silvano silvia silvio simona
    simone singh sofia sonia stefania stefano susanna tania tatiana teresa tiziana tiziano tommaso
    ugo umberto valentina valentino valeria valerio vanessa vera veronica vincenza vincenzo viola
    virginia vito vittoria vittorio viviana walter yuri
    """
)

_WORD: Final = re.compile(r"[^\W\d_]+")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ù])(?=[A-ZÀ-Ù])")
_CAPITALISED: Final = re.compile(r"[A-ZÀ-Ù][a-zà-ù]*(?:['’][A-ZÀ-Ù]?[a-zà-ù]+)?|[A-ZÀ-Ù'’]{2,}")


def words_of(name: str) -> list[str]:
    """The words of a column's name, lower case: `CodiceFiscale` has the two of `codice_fiscale`."""
    return [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", name.replace("-", "")))]


def names_a_person(column: str) -> bool:
    """Whether a column's name says that what it holds is personal."""
    words = words_of(column)
    pairs = set(pairwise(words))
    return (
        not PERSONAL_WORDS.isdisjoint(words)
        or "".join(words) in PERSONAL_ALONE | PERSONAL_WORDS
        or any(pair in pairs for pair in _PERSONAL_PAIRS)
        or {"nome", "cognome"} <= set(words)
    )


def names_one_person(column: str) -> bool:
    """Whether a column's name says that what it holds is one person's, whoever's the table is."""
    words = words_of(column)
    pairs = set(pairwise(words))
    return (
        not _ONE_PERSONS.isdisjoint(words)
        or "".join(words) in _ONE_PERSONS
        or any(pair in pairs for pair in _PERSONAL_PAIRS)
    )


def looks_like_a_person(text: str) -> bool:
    """Whether a text could be a person's name: two or three capitalised words, not a place's."""
    words = text.replace(",", " ").split()
    if not 2 <= len(words) <= 3 or words[0].lower() in PLACE_WORDS:
        return False
    return all(_CAPITALISED.fullmatch(word) for word in words)


def looks_like_an_address(text: str) -> bool:
    """Whether a text could be a street, with or without a house number: `via Roma 12`."""
    first, _, rest = text.strip().partition(" ")
    return first.lower() in _STREET_WORDS and bool(rest)


def has_first_name(text: str) -> bool:
    """Whether one of the words of a text is a common first name."""
    return not FIRST_NAMES.isdisjoint(words_of(text))
