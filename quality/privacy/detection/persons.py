"""Spans of persons: what the name recogniser says, what cues prove, and who is no person."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import ACRONYMS, BODIES
from quality.privacy.detection.names import labelled
from quality.privacy.detection.spans import Span
from quality.privacy.detection.tokens import Token, known, shape_of

_SCORE: Final = 0.8
_BY_CUE: Final = 0.9
# How many words a name has at most after its cue.
_LONGEST: Final = 4
_NAME: Final = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
# After a title comes a name, in capitals or not.
_TITLE: Final = re.compile(
    r"(?<![\w.])(?:sig\.?[ ]?r[ae]|sigg?\.?(?:na|ra|ri)?|signor[aei]?|signorina|dott?\.?[ ]?ssa|"
    r"dott\.?|"
    r"dottoressa|dottore?|dr\.?(?:ssa)?|ing\.?|avv\.?|avvocat[oa]|geom\.?|geometra|arch\.?|"
    r"prof\.?(?:ssa)?|"
    r"professor(?:e|essa)?|rag\.?|don|suor|mons\.?|on\.|mister|mr\.?|mrs\.?|miss|madame|monsieur)"
    rf"(?:[ ](?:sig\.?(?:ra)?|ing\.?|avv\.?|arch\.?))?[ ](?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
# After an office or a kinship comes a name only if it has a capital.
_OFFICE: Final = re.compile(
    r"(?<![\w.])(?:ingegnere?|architett[oa]|ragionier[ea]|assessor[ea]|consiglier[ea]|agent[ei]|"
    r"ispettor[ei]|"
    r"maestr[oa]|presid[ei]|onorevole|presidente|sindac[oa]|dirigente|comandante|vicesindac[oa]|"
    r"segretari[oa]|"
    r"coniugi|famiglia|fratelli|sorelle|sottoscritt[oa]|scrivente|collega|tecnico|autista|"
    r"operat(?:ore|rice)|"
    r"infermier[ea]|medico|vigile|teste|testimone|marito|moglie|figli[oa]|nipote|cugin[oa]|zi[oa]|"
    r"nonn[oa]|"
    r"suocer[oa]|cognat[oa]|compagn[oa]|amic[oa]|vicin[oa]|badante|portinai[oa]|inquilin[oa]|"
    r"amministratore|"
    r"impiegat[oa]|funzionari[oa]|geometri|dottori|minore|alunn[oa]|studente(?:ssa)?|relator[ei]|"
    r"un[ ]certo|"
    r"tale|tal)[ ]"
    rf"(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
_FIELD: Final = re.compile(
    r"(?<![\w])(?:nome[ ]e[ ]cognome|cognome[ ]e[ ]nome|nome/cognome|cognome/nome|nominativo|nome|"
    r"cognome|"
    r"intestatari[oa](?:[ ](?:utenza|contratto|veicolo|tessera))?|richiedente|referente|mittente|"
    r"destinatari[oa]|"
    r"segnalante|dichiarante|denunciante|conducente|proprietari[oa]|trasgressore|assistit[oa]|"
    r"paziente|"
    r"utente|cliente|contatto|operatore|firma(?:to)?|delegat[oa]|alunn[oa]|genitore|coniuge|name|"
    r"surname|"
    r"first[ ]name|last[ ]name|full[ ]name|testimon[ei]|responsabile|tecnico|autista|"
    r"beneficiari[oa])"
    rf"[ ]?[:=;|][ ]?[\"']?(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
_SELF: Final = re.compile(
    r"(?<![\w])(?:mi[ ]chiamo|si[ ]chiama(?:no)?|chiamat[oa]|di[ ]nome(?:[ ]fa)?|"
    r"a[ ]nome(?:[ ]di)?|in[ ]arte|"
    r"soprannominat[oa]|dett[oa][ ](?:anche[ ])?(?:il|la|lo)?|firmato|f\.?to|"
    r"my[ ]name[ ]is)[ ][\"']?"
    rf"(?P<it>{_NAME}(?:[ ]{_NAME}){{0,3}})"
)
# The last line of a text, alone, after the greeting.
_SIGNED: Final = re.compile(
    r"(?:saluti|salut[oi]|grazie|distinti|cordialmente|cordialit[àa]|ringrazi\w+|fede|attesa|"
    r"osservanza|"
    r"giornata|presto|lavoro)[^\w\n]*\n\s*(?:in fede[,:]?\s*\n?\s*)?"
    rf"(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})[ .]*(?:\n|$|[,;(|-])"
)
_CUES: Final = (_TITLE, _OFFICE, _FIELD, _SELF, _SIGNED)
# A person's name ends where one of these words follows.
_STOPS: Final = frozenset(
    """
    e ed o di da del della dei delle degli dal dalla a al alla ai alle ad in nel nella con per tra
    fra su sul sulla che chi non ha ho hanno è era sono si mi ci vi ma se come quando dove il lo
    la i gli le un una uno nato nata residente abita abitante via viale piazza corso cell tel
    telefono email mail cf codice targa vi dice detto chiede chiama vuole segnala scrive riferisce
    lamenta chiesto presso già anche più ore dell' nell' all' dall' sull' c'è l' un' d.ssa cognome
    nome data ufficio comune settore servizio area presidente segretario sindaco assessore
    consigliere responsabile tecnico operatore cliente utente buongiorno salve grazie distinti
    cordiali saluti ciao anni oggi ieri domani sportello
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)
_NO_NAME: Final = frozenset(
    """
    comune ufficio settore polizia servizio brescia mobilità trasporti provincia regione direzione
    area sportello protocollo segreteria sindaco assessore presidente direttore responsabile
    condominio amministrazione azienda ditta società scuola istituto gestore operatore cliente
    utente madonna cielo dio signore signora signori anonimo anziano anziana nessuno assente
    presente xxx nd vari tutti altro sì no si mezzo numero via piazza del della di in il la lo i
    le gli un una elettronico digitale tributi anagrafe tecnico mittente destinatario referente
    richiedente nome cognome
    """.split()  # noqa: SIM905 # a list of words is read more easily without quotes
)
_PARTICLES: Final = frozenset(
    [
        "de",
        "di",
        "d'",
        "dal",
        "dalla",
        "del",
        "della",
        "dello",
        "dei",
        "degli",
        "lo",
        "la",
        "li",
        "le",
        "el",
        "al",
        "ben",
        "bin",
        "van",
        "von",
        "der",
        "da",
        "dos",
        "das",
        "do",
    ]
)
_SAINTS: Final = frozenset(("san", "santa", "santo", "sant'", "ss", "beata", "beato", "madonna"))
# What a company calls itself.
_FORMS: Final = frozenset(("srl", "srls", "spa", "snc", "sas", "onlus", "scarl", "coop", "s.r.l"))
_INTRODUCE: Final = frozenset(
    [
        "sono",
        "ciao",
        "con",
        "sig",
        "signora",
        "signor",
        "zia",
        "zio",
        "mamma",
        "papà",
        "nonna",
        "nonno",
        "amica",
        "amico",
        "cugino",
        "cugina",
        "figlia",
        "figlio",
        "moglie",
        "marito",
        "nipote",
        "caro",
        "cara",
        "chiamo",
        "chiama",
        "nome",
        "maestra",
        "collega",
        "tecnico",
        "grazie",
    ]
)
_INSTITUTIONS: Final = re.compile(
    r"(?:intitola\w+(?:[ ]\w+){0,4}[ ](?:a|ad|al|alla|alla[ ]memoria[ ]di)|scuola|scuole|istituto|"
    r"liceo|asilo|ospedale|teatro|museo|biblioteca|palazzo|villa|caserma|stadio|"
    r"piscina|palestra|parco|giardin[oi]|fondazione|associazione|cooperativa|parrocchia|chiesa|"
    r"premio|trofeo|memorial|torneo|collegio|i\.?c\.?|via|viale|v\.le|p\.zza|piazza|piazzale|"
    r"piazzetta|"
    r"corso|largo|vicolo|contrada|traversa|fermata|parcheggio|ponte|galleria|rotonda|legge|decreto|"
    r"lodo|"
    r"bar|pizzeria|trattoria|ristorante|hotel|farmacia|macelleria|officina|autoscuola|panificio|"
    r"impresa|"
    r"san|santa|santo|sant'|s\.|rsa|ditta|supermercat[oi]|negozio|bonus|classe)[ ]?[\"']?$"
)
_LEGAL: Final = re.compile(
    r"[ ,]*(?:s\.?r\.?l\.?s?|s\.?p\.?a|s\.?n\.?c|s\.?a\.?s|&|onlus|s\.?c\.?a\.?r\.?l)(?![a-zà-ù])"
)


def persons(folded: Folded, *, eagerness: float = 0.0) -> Iterator[Span]:
    """The persons named in a text, cues first."""
    for cue in _CUES:
        for match in cue.finditer(folded.lower):
            if cue is _OFFICE and not folded.plain[match.start("it")].isupper():
                continue
            span = _after_cue(folded, *match.span("it"), is_title=cue in (_TITLE, _OFFICE))
            if span is not None:
                yield span
    words = labelled(folded.plain, eagerness=eagerness)
    yield from _recognised(folded, words)
    yield from _listed(folded, words)


def _after_cue(folded: Folded, start: int, end: int, *, is_title: bool) -> Span | None:
    """The name that a cue announces: up to the first word that cannot be of a name."""
    last = start
    count = 0
    for word in re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?", folded.lower[start:end]):
        lower = word[0].rstrip(".")
        shown = folded.plain[start + word.start() : start + word.end()]
        if lower in _STOPS and not (lower in _PARTICLES and shown[0].isupper()):
            break
        if count == 0 and (lower in _NO_NAME or lower in BODIES or _is_plain_word(lower, shown)):
            break
        is_doubtful = shown[0].islower() and (is_title or _is_plain_word(lower, shown))
        if count and is_doubtful and not _is_name(lower):
            break
        if count and shown[0].isupper() and (lower in _NO_NAME or lower in BODIES):
            break
        last, count = start + word.start() + len(lower), count + 1
        if word[0].endswith(".") and len(lower) > 2:
            break
    if not count or count > _LONGEST or last - start < 2:
        return None
    return Span(*folded.span(start, last), "PERSON", _BY_CUE)


def _is_plain_word(lower: str, shown: str) -> bool:
    """Whether a word in small letters is a word of the language and no known name."""
    return shown[0].islower() and known(lower)[:1].isdigit()


def _is_name(lower: str) -> bool:
    return known(lower)[:1] in ("F", "S", "X")


def _recognised(folded: Folded, words: list[tuple[Token, str]]) -> Iterator[Span]:
    """Runs of words labelled as a person, grown over what belongs to them, without policy's own."""
    place = 0
    while place < len(words):
        if words[place][1] != "P":
            place += 1
            continue
        first = place
        while place < len(words) and words[place][1] == "P":
            place += 1
        span = _span(folded, words, first, place)
        if span is not None:
            yield span


def _span(folded: Folded, words: list[tuple[Token, str]], first: int, after: int) -> Span | None:
    first, after = _trimmed(words, first, after)
    if first >= after:
        return None
    tokens = [token for token, _ in words[first:after]]
    if not _may_be_a_person(folded, tokens):
        return None
    first, after = _grown(words, first, after)
    start, end = words[first][0].start, words[after - 1][0].end
    return Span(*folded.span(start, end), "PERSON", _SCORE)


def _listed(folded: Folded, words: list[tuple[Token, str]]) -> Iterator[Span]:
    """A listed first name and a listed surname, both with capitals, whatever was made of them."""
    for (one, label), (other, _) in pairwise(words):
        if label in "PS" or other.start != one.end + 1 or not _both_capital(one, other):
            continue
        first, last = known(one.text), known(other.text)
        is_listed = "F" in first and "S" in last and not (first[-1] == "3" and last[-1:].isdigit())
        if is_listed and _may_be_a_person(folded, [one, other]):
            yield Span(*folded.span(one.start, other.end), "PERSON", _SCORE)


def _both_capital(one: Token, other: Token) -> bool:
    return one.text[0].isupper() and other.text[0].isupper() and other.text[1:2].islower()


def _trimmed(words: list[tuple[Token, str]], first: int, after: int) -> tuple[int, int]:
    def is_edge(token: Token) -> bool:
        lower = token.text.lower()
        is_acronym = token.text.isupper() and lower in ACRONYMS
        return not token.text[0].isalpha() or lower in _STOPS - _PARTICLES or is_acronym

    while first < after and is_edge(words[first][0]):
        first += 1
    while after > first and (
        (is_edge(words[after - 1][0]) and not _is_initial(words, after - 1))
        or words[after - 1][0].text.lower() in _PARTICLES
    ):
        after -= 1
    return first, after


def _is_initial(words: list[tuple[Token, str]], place: int) -> bool:
    """Whether a full stop belongs to an initial, as in `Rossi M.`."""
    return words[place][0].text == "." and shape_of(words[place - 1][0].text) == "I"


def _grown(words: list[tuple[Token, str]], first: int, after: int) -> tuple[int, int]:
    """With the capitalised names beside it, and hyphens and apostrophes between them."""
    while after < len(words) and words[after][1] == "O":
        token = words[after][0]
        beside = token.start - words[after - 1][0].end <= 1
        if not beside or not (shape_of(token.text) in ("X", "U") and _is_unlike_a_word(token.text)):
            break
        after += 1
    while first > 0 and words[first - 1][1] == "O":
        token = words[first - 1][0]
        beside = words[first][0].start - token.end <= 1
        if not beside or not (shape_of(token.text) == "X" and _is_unlike_a_word(token.text)):
            break
        first -= 1
    return first, after


def _is_unlike_a_word(text: str) -> bool:
    said = known(text)
    return bool(said) and not said[-1].isdigit() and "T" not in said


def _is_name_only(text: str, said: str) -> bool:
    """Whether a word is a name, or none we know, rather than a word of the language."""
    return text.lower() not in BODIES and not said[-1:].isdigit()


def _may_be_a_person(folded: Folded, tokens: list[Token]) -> bool:
    start, end = tokens[0].start, tokens[-1].end
    before = folded.lower[max(0, start - 40) : start]
    if _INSTITUTIONS.search(before) or _LEGAL.match(folded.lower, end):
        return False
    names = [token for token in tokens if token.text[0].isalpha()]
    if all(len(token.text) < 2 for token in names) or names[0].text.lower() in _SAINTS:
        return False
    if any(token.text.lower() in _FORMS for token in names):
        return False
    said = [known(token.text) for token in names]
    # Common words and bodies alone name nobody; one word that may be both does after a cue.
    if not any(_is_name_only(token.text, one) for token, one in zip(names, said, strict=True)):
        words = before.split()
        is_small = names[0].text[0].islower()
        if all(one[:1].isdigit() for one in said) or (
            is_small and len(names) == 1 and (not words or words[-1].rstrip(",") not in _INTRODUCE)
        ):
            return False
    if all(token.text.lower() in BODIES for token in names):
        return False
    # One word alone that is a town, or a public body's, is nobody unless a cue says so.
    return not (len(names) == 1 and ("T" in said[0] or names[0].text.lower() in _NO_NAME))
