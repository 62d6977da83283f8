"""Names that are announced: by a title, an office, kin, a field of a form, a signature."""

import re
from collections.abc import Iterator
from typing import Final

from quality.privacy.detection.folding import Folded
from quality.privacy.detection.harmless import (
    ACRONYMS,
    BODIES,
    BRANDS,
    NEVER_NAMES,
    TRADES,
)
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
    r"professor(?:e|essa)?|rag\.?|don|suor|mons\.?|on\.|mister|mr\.?|mrs\.?|miss|madame|monsieur|"
    r"cons\.|assess\.|isp\.|m\.llo|mar\.llo|brig\.|ag\.|dir\.|resp\.|pres\.|segr\.|cap\.no|"
    r"p\.i\.|per\.ind\.|fra|padre|reverendo|rev\.|cav\.|comm\.|mastro|sor[ae]?|monsignor(?:e)?)"
    rf"(?:[ ](?:sig\.?(?:ra)?|ing\.?|avv\.?|arch\.?|dott\.?(?:ssa)?|don|prof\.?))?[ ](?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
# After an office or a kinship comes a name only if it has a capital.
_OFFICE: Final = Pattern(
    r"(?<![\w.])(?:ingegnere?|architett[oa]|ragionier[ea]|assessor[eai]|consiglier[eai]|agent[ei]|"
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
    r"cert[oa]|defunt[oa]|ved(?:ova|ovo|\.)|tutor[ei]|tutrice|nuor[ao]|gener[oi]|fidanzat[oa]|"
    r"ragazz[oa]|bambin[oa]|fratello|sorella|mamma|papà|babbo|madre|padre|signori|colleghi|autisti|"
    r"operatori|maestre|vigili|educat(?:ore|rice)|bidell[oa]|insegnante|dottoranda|volontari[oa]|"
    r"amministratrice|direttor[ei]|direttrice|caposquadra|capoturno|capo|idraulico|elettricista|"
    r"barista|parrucchier[ae]|notaio|perito|istruttor[ei]|verbalizzante|rappresentante|titolare|"
    r"locatario|affittuari[oa]|capogruppo|segretari[oa]|appuntato|maresciallo|brigadiere|capitano|"
    r"agenti[ ]scelti|manutentore|operai[oa]|custode|postin[oa]|marito|deleg(?:o|a|hiamo)|"
    r"tale|tal)(?:[ ]?[(:][ ]?|,?[ ])"
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
    r"beneficiari[oa]|minore|tutor[ei]|delegante|amministrat(?:ore|rice)|presenti|assenti|relat(?:ore|"
    r"rice)|verbalizzante|titolare|erede|figli[oa]|madre|padre|nominativi|agenti|contraente|debitore|"
    r"ricorrente|condut(?:tore|trice)|locat(?:ore|ario)|compilatore|istruttore|rup|passegger[oa]|"
    r"student(?:e|essa)|bambin[oa]|addett[oa]|incaricat[oa]|resp\.|rif\.|ref\.|da|a|cc|inviato[ ]da|"
    r"redatto[ ]da|chiamante|reclamante|interessat[oa]|dipendente|operatrice|esposto[ ]di)"
    rf"[ ]?[:=;|]{{1,2}}[ ]?\n?[\"']?(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
# In a form whose colons are lost, and in notes: the name needs its capital.
_LABEL: Final = Pattern(
    r"(?<![\w.])(?:nome[ ]e[ ]cognome|cognome[ ]e[ ]nome|cognome|nominativo|intestat[oaie](?:[ ]an?d?)?|"
    r"intestatari[oa]|tit\.|int\.|intest\.|rich\.|ref\.|prop\.|segn\.|ut\.|op\.|mitt\.|dest\.|aut\.|"
    r"oper\.|coll\.|dip\.|tec\.|c/o|att\.?ne|c\.a\.|alla[ ]cortese[ ]attenzione(?:[ ]di)?|"
    r"all'attenzione[ ]di|a[ ]favore[ ]di|per[ ]conto[ ]di|a[ ]carico[ ]di|nei[ ]confronti[ ]di)"
    rf"[ ]?:?[ ](?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
# Whom somebody spoke with, asked, thanked: a name with its capital, which no office is.
_SPOKEN: Final = Pattern(
    r"(?<!\w)(?:chied(?:o|i|ete|ere|eva)|chiest[oa]|parl(?:o|a|ato|ando|are|ate|erò)|rispo(?:sto|nde|"
    r"ndeva|ndi)|scritt[oa]|scriv(?:o|e|ere|imi|i)|telefonat[oa]|sentit[oa]|contattat[oaie]|"
    r"ricontattat[oa]|incontrat[oa]|rivolt[oa]|rivolger(?:si|mi)|delegat[oa]|affidat[oa]|assegnat[oa]|"
    r"inoltrat[oa]|passat[oa]|guidat[oa]|condott[oa]|firmat[oa]|compilat[oa]|accompagnat[oa]|avvisat[oa]|"
    r"avvertit[oa]|sostituit[oa]|contestata|ringrazi(?:o|amo|are)|salut(?:o|ami|i|ate)|grazie|vergogna|"
    r"brav[oa]|insieme|conosco|dice|dicono|secondo|controllato|verificato|ricevuto|consegnat[oa]|"
    r"comunicato|riferito|sbloccat[oa]|risolto|presenti|assent[ei])[ ,:]{1,2}"
    r"(?:(?:a|ad|con|da|di|anche|pure|poi|per|che|sia|stato|stata|in|una|un|mi|ci|vi|ha)[ ]){0,2}"
    rf"(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})"
)
# Who says, does or is away; at the beginning of a sentence every word has a capital.
_SPEAKS: Final = Pattern(
    rf"(?<![\w.'-])(?P<it>{_NAME}(?:[ ]{_NAME}){{0,2}}?)[ ](?:(?:mi|ci|vi|ti|gli|le|non|si)[ ])?(?:mi[ ]ha|"
    r"ha[ ](?:detto|chiamato|chiesto|risposto|scritto|telefonato|segnalato|riferito|confermato|"
    r"promesso|firmato|già|visto|parlato|mandato|lasciato)|dice|diceva|risponde|in[ ]ferie|in[ ]malattia|"
    r"in[ ]maternità|in[ ]permesso|ce[ ]l'|mi[ ](?:dice|diceva|risponde|chiama)|riferisce|conferma|"
    r"propone|lamenta|abita|lavora|allo[ ]sportello|che[ ](?:abita|lavora|sta|vive|fa|mi|ci|ha|guida))\b"
)
_SELF: Final = Pattern(
    r"(?<![\w])(?:mi[ ]chiamo|si[ ]chiama(?:no)?|chiamat[oa]|di[ ]nome(?:[ ]fa)?|"
    r"a[ ]nome(?:[ ]di)?|in[ ]arte|"
    r"soprannominat[oa]|dett[oa](?:[ ]anche)?(?:[ ](?:il|la|lo))?|alias|per[ ]gli[ ]amici|"
    r"conosciut[oa][ ]come|al[ ]secolo|da[ ]nubile|firmato|f\.?to|"
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
_NAMED_AFTER: Final = (
    r"(?<!\w)(?:intitola\w+(?:[ ]\w+){0,8}?[ ](?:a|ad|al|alla|alla[ ]memoria[ ]di)|"
    r"(?:statua|monumento|busto|mostra|opere?|romanz[io]|poesi[ae]|quadr[io]|libro|convegno|film|"
    r"spettacolo|concerto|conferenza|frase|citazione|vita|canzon[ei]|ritratto|affresco|"
    r"serata|lezione|documentario|commedia|musiche|versi|anniversario|"
    r"centenario|dedicat[oaie])[ ](?:(?:dedicat[oa]|sulla[ ]vita|a[ ]ricordo)[ ])?"
    r"(?:di|a|ad|su|per)(?:[ ][a-zà-ù]+(?:[ ][a-zà-ù]+){0,3}[ ]e)?|"
    r"(?:ss\.|santi|sante|beat[oaie])(?:[ ][a-zà-ù]+[ ]e)?|"
    r"(?:scuol[ae]|istituto|liceo|asilo|nido|ospedale|clinica|teatro|cinema|museo|biblioteca|"
    r"palazzo|villa|caserma|stadio|piscina|palestra|parco|giardin[oi]|fondazione|associazione|"
    r"cooperativa|parrocchia|chiesa|oratorio|premio|trofeo|memorial|torneo|collegio|i\.?c\.?|itis|"
    r"itc|ipsia|cfp|via|viale|v\.le|p\.zza|piazza|piazzale|piazzetta|corso|largo|vicolo|contrada|"
    r"traversa|fermata|parcheggio|ponte|galleria|rotonda|quartiere|villaggio|zona|rione|metro|"
    r"stazione|capolinea|legge|decreto|lodo|bar|pizzeria|trattoria|ristorante|hotel|farmacia|"
    r"macelleria|officin[ae]|autoscuola|panificio|impresa|san|santa|santo|sant'|s\.|rsa|"
    r"casa[ ]di[ ]riposo|ditta|supermercat[oi]|negozio|bonus|classe|sala|cimitero|condominio|residence|"
    r"cascina|auditorium|circolo|polisportiva|rifugio|torre|nodo|carrozziere|carrozzeria|eredi|f\.lli|"
    r"osteria|locanda|agriturismo|gelateria|pasticceria|caffè|lavatrice|frigorifero|"
    r"caldaia|marca|modello|coppa|palio|primaria|materna|media|elementare|superiori|plesso|"
    r"comprensivo|complesso|edificio|aula|accademia|conservatorio|santuario|abbazia|cappella|monte|lago|"
    r"partito|gruppo|lista|sindacato|polo|consorzio|cantiere|isola|cooperativa[ ]sociale|libreria)"
    r")"
)
INSTITUTIONS: Final = re.compile(rf"{_NAMED_AFTER}(?:[ ](?:da|al|alla|ai|il|la))?[ ]?:?[ ]?[\"']?$")
# A title may stand between, but no article: `scuola don Milani`, but `in aula il cons. Rossi`.
_BESIDE: Final = re.compile(rf"{_NAMED_AFTER}[ ]?[\"']?$")
# What a firm is called by after the name in it.
FIRM: Final = re.compile(
    r"[ ,]*(?:(?:s\.?r\.?l\.?s?|s\.?p\.?a|s\.?n\.?c|s\.?a\.?s|&|onlus|s\.?c\.?a\.?r\.?l)(?![a-zà-ù])|"
    r"(?:\.?[ap]\.[as])(?![a-zà-ù]))"
    rf"|[ ](?:{'|'.join(sorted(TRADES))})(?![a-zà-ù])"
)
_ELIDED: Final = ("l'", "dell'", "all'", "un'", "nell'", "sull'", "dall'", "quest'", "c'")
_CUES: Final = (_TITLE, _OFFICE, _FIELD, _SELF, _SIGNED, _LABEL, _SPOKEN, _SPEAKS)
# After these a name has its capital; after the last ones it is no office's either.
_CAPITAL: Final = (_OFFICE, _LABEL, _SPOKEN, _SPEAKS)
_WARY: Final = (_SPOKEN, _SPEAKS)
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
            if cue in _CAPITAL and not folded.plain[match.start("it")].isupper():
                continue
            if cue in _WARY and not _is_surely_a_name(folded, *match.span("it")):
                continue
            if match[0].find(",") > -1 and cue is _OFFICE and _is_surely_no_name(match["it"]):
                continue
            if cue in (_TITLE, _OFFICE) and _BESIDE.search(
                folded.lower[max(0, match.start() - _BEFORE) : match.start()]
            ):
                continue
            span = _after_cue(folded, *match.span("it"), is_title=cue in (_TITLE, _OFFICE))
            if span is not None:
                yield span


def _is_surely_a_name(folded: Folded, start: int, end: int) -> bool:
    """Whether the first word is a name we know, or none and not a word, a firm or a town."""
    word = folded.plain[start:end].split(" ")[0].rstrip(".")
    lower = word.lower()
    said = known(word)
    if lower in BODIES or lower in NO_NAME or lower in BRANDS or lower in TRADES or len(word) < 3:
        return False
    if word.isupper() and (lower in ACRONYMS or folded.case != "u" or said[-1:].isdigit()):
        return False
    is_name = said[:1] in ("F", "S", "X")
    if folded.case == "u":
        return is_name
    if said[-1:].isdigit():
        is_rare = said[-1] != "3" or "S" in said
        return "F" in said or (is_rare and not _begins(folded, start))
    return "T" not in said and (is_name or not said)


def _begins(folded: Folded, start: int) -> bool:
    """Whether a sentence begins here, where any word has a capital."""
    return folded.plain[:start].rstrip(" \"'(")[-1:] in ("", ".", "!", "?", "\n", ":", ";")


def _is_surely_no_name(words: str) -> bool:
    said = known(words.split(" ", maxsplit=1)[0].rstrip("."))
    return said[-1:].isdigit() and said[:1] not in ("F", "S", "X")


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
            or (lower in BODIES and not (is_title and "S" in known(lower) and not is_small))
            or lower in NEVER_NAMES
            or lower in BRANDS
            or (lower in TRADES and "S" not in known(lower))
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
    if not count or count > _LONGEST or last - start < 2 or FIRM.match(folded.lower, last):
        return None
    if not TRADES.isdisjoint(folded.lower[start:last].split()):
        return None
    return Span(*folded.span(start, last), "PERSON", _BY_CUE)


def _is_plain_word(lower: str, *, is_small: bool) -> bool:
    """Whether a word in small letters, or where all are capitals, is a word and no known name."""
    return is_small and known(lower)[:1].isdigit()


def _is_name(lower: str) -> bool:
    return known(lower)[:1] in ("F", "S", "X")
