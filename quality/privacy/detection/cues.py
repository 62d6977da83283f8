"""Names that are announced: by a title, an office, kin, a field of a form, a signature."""

import re
from collections.abc import Iterator
from typing import Final

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import ACRONYMS, BODIES
from quality.privacy.detection.patterns import Pattern
from quality.privacy.detection.spans import Span
from quality.privacy.detection.tokens import known

_BY_CUE: Final = 0.9
# How many words a name has at most after its cue.
_LONGEST: Final = 4
# Where the words stand that make what follows a place's name.
_BEFORE: Final = 60
_NAME: Final = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
# After a title comes a name, in capitals or not.
_TITLE: Final = Pattern(
    r"(?<![\w.])(?:sig\.?[ ]?r[ae]|sigg?\.?(?:na|ra|ri)?|signor[aei]?|signorina|dott?\.?[ ]?ssa|"
    r"dott\.?|"
    r"dottoressa|dottore?|dr\.?(?:ssa)?|ing\.?|avv\.?|avvocat[oa]|geom\.?|geometra|arch\.?|"
    r"prof\.?(?:ssa)?|"
    r"professor(?:e|essa)?|rag\.?|don|suor|mons\.?|on\.|mister|mr\.?|mrs\.?|miss|madame|monsieur)"
    rf"(?:[ ](?:sig\.?(?:ra)?|ing\.?|avv\.?|arch\.?))?[ ](?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
# After an office or a kinship comes a name only if it has a capital.
_OFFICE: Final = Pattern(
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
_FIELD: Final = Pattern(
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
_SELF: Final = Pattern(
    r"(?<![\w])(?:mi[ ]chiamo|si[ ]chiama(?:no)?|chiamat[oa]|di[ ]nome(?:[ ]fa)?|"
    r"a[ ]nome(?:[ ]di)?|in[ ]arte|"
    r"soprannominat[oa]|dett[oa][ ](?:anche[ ])?(?:il|la|lo)?|firmato|f\.?to|"
    r"my[ ]name[ ]is)[ ][\"']?"
    rf"(?P<it>{_NAME}(?:[ ]{_NAME}){{0,3}})"
)
# The last line of a text, alone, after the greeting.
_SIGNED: Final = Pattern(
    r"(?:saluti|salut[oi]|grazie|distinti|cordialmente|cordialit[àa]|ringrazi\w+|fede|attesa|"
    r"osservanza|"
    r"giornata|presto|lavoro)[^\w\n]*\n\s*(?:in fede[,:]?\s*\n?\s*)?"
    rf"(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})[ .]*(?:\n|$|[,;(|-])"
)
# What comes after these is named after somebody, and is not that person.
INSTITUTIONS: Final = re.compile(
    r"(?<!\w)(?:intitola\w+(?:[ ]\w+){0,4}[ ](?:a|ad|al|alla|alla[ ]memoria[ ]di)|"
    r"(?:statua|monumento|busto|mostra|opere|romanzi|poesie|quadri)[ ](?:di|a|su)|"
    r"(?:scuol[ae]|istituto|liceo|asilo|nido|ospedale|clinica|teatro|cinema|museo|biblioteca|"
    r"palazzo|villa|caserma|stadio|piscina|palestra|parco|giardin[oi]|fondazione|associazione|"
    r"cooperativa|parrocchia|chiesa|oratorio|premio|trofeo|memorial|torneo|collegio|i\.?c\.?|itis|"
    r"itc|ipsia|cfp|via|viale|v\.le|p\.zza|piazza|piazzale|piazzetta|corso|largo|vicolo|contrada|"
    r"traversa|fermata|parcheggio|ponte|galleria|rotonda|quartiere|villaggio|zona|rione|metro|"
    r"stazione|capolinea|legge|decreto|lodo|bar|pizzeria|trattoria|ristorante|hotel|farmacia|"
    r"macelleria|officin[ae]|autoscuola|panificio|impresa|san|santa|santo|sant'|s\.|rsa|"
    r"casa[ ]di[ ]riposo|ditta|supermercat[oi]|negozio|bonus|classe)"
    r"(?:[ ](?:da|al|alla|ai|il|la))?)[ ]?[\"']?$"
)
_ELIDED: Final = ("l'", "dell'", "all'", "un'", "nell'", "sull'", "dall'", "quest'", "c'")
_CUES: Final = (_TITLE, _OFFICE, _FIELD, _SELF, _SIGNED)
# A person's name ends where one of these words follows.
STOPS: Final = frozenset(
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
NO_NAME: Final = frozenset(
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
PARTICLES: Final = frozenset(
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
# After the first word of a name these are none of it, though a particle may be.
_NO_LATER_NAME: Final = (NO_NAME | BODIES) - PARTICLES


def announced(folded: Folded) -> Iterator[Span]:
    """The persons whom the words before them announce."""
    for cue in _CUES:
        for match in cue.matches(folded.lower):
            if cue is _OFFICE and not folded.plain[match.start("it")].isupper():
                continue
            if cue in (_TITLE, _OFFICE) and INSTITUTIONS.search(
                folded.lower[max(0, match.start() - _BEFORE) : match.start()]
            ):
                continue
            span = _after_cue(folded, *match.span("it"), is_title=cue in (_TITLE, _OFFICE))
            if span is not None:
                yield span


def _after_cue(folded: Folded, start: int, end: int, *, is_title: bool) -> Span | None:
    """The name that a cue announces: up to the first word that cannot be of a name."""
    last = start
    count = 0
    is_caps = folded.case == "u"
    for word in re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?", folded.lower[start:end]):
        lower = word[0].rstrip(".")
        shown = folded.plain[start + word.start() : start + word.end()]
        is_small = is_caps or shown[0].islower()
        if lower.startswith(_ELIDED) and (is_small or len(lower) < 5):
            break
        if lower in STOPS and not (lower in PARTICLES and not is_small):
            break
        if count == 0 and (
            lower in NO_NAME
            or lower in BODIES
            or (shown.isupper() and lower in ACRONYMS)
            or _is_plain_word(lower, is_small=is_small)
        ):
            break
        is_doubtful = is_small and (is_title or _is_plain_word(lower, is_small=is_small))
        if count and is_doubtful and not _is_name(lower):
            break
        if count and not is_small and lower in _NO_LATER_NAME:
            break
        last, count = start + word.start() + len(lower), count + 1
        if word[0].endswith(".") and len(lower) > 2:
            break
    if not count or count > _LONGEST or last - start < 2:
        return None
    return Span(*folded.span(start, last), "PERSON", _BY_CUE)


def _is_plain_word(lower: str, *, is_small: bool) -> bool:
    """Whether a word in small letters, or where all are capitals, is a word and no known name."""
    return is_small and known(lower)[:1].isdigit()


def _is_name(lower: str) -> bool:
    return known(lower)[:1] in ("F", "S", "X")
