"""What stands around a match and decides what it is, and whose: the policy on public bodies."""

import re
from typing import Final

from quality.privacy.detection.folding import Folded

_NEAR: Final = 60

_COMPANY: Final = re.compile(
    r"\b(?:s\.? ?r\.? ?l\.?s?|s\.? ?p\.? ?a|s\.? ?n\.? ?c|s\.? ?a\.? ?s|s\.? ?c\.? ?a\.? ?r\.? ?l|"
    r"societ[àa]|azienda|impresa edile|cooperativa|coop|onlus|a\.?p\.?s|a\.?s\.?d|ets|odv|"
    r"fornitore|consorzio|fondazione|associazione|comune|provincia|regione|ministero|asst|ats|"
    r"universit[àa]|parrocchia|gmbh|ltd|s\.c\.)\b"
)
_ONE_PERSON: Final = re.compile(
    r"\b(?:(?:ditta|impresa) individuale|imprenditore individuale|in proprio|forfett\w+|ambulante|"
    r"parrucchier[ae]|estetista|professionista|p\.? ?iva personale|rag|dr|ssa|fisioterapista|"
    r"psicolog[oa]|idraulico|elettricista|liber[oa] professionist[ao]|titolare|artigian[oa]|"
    r"mia|mio|sottoscritt[oa]|"
    r"geom|ing|avv|dott|arch|studio)\b"
)
_PUBLIC: Final = re.compile(
    r"\b(?:comune|municipio|uffici[oo]?|uffici|sportell[oi]|centralino|urp|polizia locale|vigili|"
    r"numero verde|biblioteca|asl|ats|asst|provincia|regione|questura|prefettura|carabinieri|"
    r"scuola|istituto|liceo|asilo|ospedale|poliambulatorio|farmacia|museo|teatro|segreteria|"
    r"servizio clienti|call ?center|protezione civile|a2a|aprica|brescia mobilit[àa]|"
    r"brescia trasporti|"
    r"infopoint|info ?point|agenzia|tribunale|anagrafe|protocollo|assessorato|settore|parrocchia|"
    r"s\.?r\.?l|s\.?p\.?a|s\.?a\.?s|s\.?n\.?c|trattoria|ristorante|pizzeria|panificio|bar|officina|"
    r"libreria|poste|ufficio postale|inps|inail|aci|caf|patronato|palestra|hotel|albergo|"
    r"supermercato|magazzin[oi]|banca|filiale|carrozzeria|circolo|condominio|amministrazione|ambulatorio|consultorio|"
    r"guardia medica|pronto soccorso|cup|ditta|fax|"
    r"sede|isola ecologica|centro civico|consorzio|cooperativa|associazione|negozio|studio)\b"
)
_OWN: Final = re.compile(
    r"\b(?:mi[oa]|su[oa]|miei|mie|cell|cellulare|casa|chiamarmi|chiamatemi|contattarmi|"
    r"richiamatemi|rispondo|lascio|fisso|trovate|raggiungibile|reperibile|sentiamoci|"
    r"marito|moglie|figli[oa]|madre|padre|mamma|papà|nonn[ao]|fratello|sorella|vicin[oa]|intestat\w+|"
    r"residente|residenza|residenti|domicili\w*|abit\w+|abitazione|richiedente|sottoscritt[oa]|"
    r"nat[oa]|"
    r"vivo|vive|viviamo|whatsapp|personale|sig|signor[ae]?|inquilin[oa]|condomin(?:[oi]|io))\b"
)
_HOME: Final = re.compile(
    r"\b(?:abit\w+|viv[oaei]\w*|resident\w*|residenza|domicili\w*|sto|sta|stiamo|casa|indirizzo|"
    r"mi trovo|dom|res|ab|da me|da noi)\b"
)
_VEHICLE: Final = re.compile(
    r"\b(?:targ\w+|auto(?:mobile|vettura|carro)?|macchina|veicol\w+|moto\w*|furgon\w*|camion\w*|"
    r"fiat|panda|punto|golf|audi|bmw|ford|opel|renault|lancia|ape|trattore|vespa)\b"
)
_DOCUMENT: Final = re.compile(
    r"\b(?:cart[ae] d'? ?identit[àa]|c\.?i\.?e?|document[oi]|cart[ae] identit[àa]|identificat\w+|"
    r"permesso|soggiorno|rilasciat\w+|passaporto|patente|carta d ident\w+|doc)\b"
)
# Numbers with a name of their own, which only look like telephones and cards.
_OTHER_NUMBER: Final = re.compile(
    r"(?:prot(?:ocollo)?|procedimento|istanza|domanda|richiesta|"
    r"repertorio|pratica|fascicolo|fattura|bolletta|ordinanza|delibera|determina|ticket|"
    r"segnalazione|verbale|avviso|ordine|codice|cod|rif|riferimento|pod|pdr|matricola|imei|seriale|"
    r"contatore|cig|cup|iuv|iccid|tessera|card|contratto|cliente|utenza|utente|lettura|mc|kwh|cap|"
    r"badge|bonifico|cro|trn|spedizione|tracking|rfid|tag|microchip|chip|id|foglio|mappale|"
    r"particella|bando|gara|lotto|iva|p\.iva|conto)\b"
    r"(?:[ .:]{0,2}(?:n|nr|num|numero|id|di|del|è|cliente|avviso|gara)\b)*[.:=#°º\- \"(]*$"
)
_AMOUNT_OF: Final = ("il", "al", "le", "la", "un", "in", "da", "di", "se", "no", "me", "ma", "ha")


_END: Final = re.compile(r"[.!?](?<=[^\W_]{4}.) +(?=[A-Z])")
_VERSION: Final = re.compile(r"(?:versione?|firmware|release|ver\.|v\.?|build)[ :]*$")


def _before(folded: Folded, start: int, count: int = _NEAR) -> str:
    begin = max(0, start - count)
    return folded.lower[begin:start]


def _around(folded: Folded, start: int, end: int, count: int = _NEAR) -> str:
    return folded.lower[max(0, start - count) : end + count]


def names_no_company(folded: Folded, start: int, end: int) -> bool:
    """Whether a tax number may be a person's: no company or public body stands near it."""
    around = _around(folded, start, end)
    return _COMPANY.search(around) is None or _ONE_PERSON.search(around) is not None


def is_no_other_number(folded: Folded, start: int, _: int) -> bool:
    """Whether nothing before it says that the number is a file's, a bill's or a meter's."""
    return _OTHER_NUMBER.search(_before(folded, start, 34)) is None


def is_somebodys_phone(folded: Folded, start: int, end: int) -> bool:
    """Whether a telephone is a person's: a mobile, or none that is introduced as an office's."""
    number = folded.lower[start:end].lstrip(" (+").removeprefix("0039").removeprefix("39")
    if number.lstrip(" )-./").startswith("3"):
        return True
    return is_private(folded, start, end)


def is_private(folded: Folded, start: int, _: int) -> bool:
    """Whether what comes before speaks of somebody's own rather than of an office."""
    before = _of_the_sentence(folded, start)
    public = [match.end() for match in _PUBLIC.finditer(before)]
    own = [match.end() for match in _OWN.finditer(before)]
    return not public or (bool(own) and own[-1] > public[-1])


def _of_the_sentence(folded: Folded, start: int) -> str:
    """What comes before in the same sentence; a full stop after a short word ends none."""
    before = _before(folded, start)
    shown = folded.plain[start - len(before) : start]
    ends = [match.end() for match in _END.finditer(shown)]
    return before[ends[-1] :] if ends else before


def speaks_of_a_home(folded: Folded, start: int, _: int) -> bool:
    """Whether somebody lives there by the words before it, rather than a lamp is out."""
    return _HOME.search(_before(folded, start)) is not None


def speaks_of_vehicles(folded: Folded, start: int, end: int) -> bool:
    """Whether a vehicle is mentioned near."""
    return _VEHICLE.search(_around(folded, start, end, 30)) is not None


def speaks_of_documents(folded: Folded, start: int, end: int) -> bool:
    """Whether an identity document is mentioned near."""
    return _DOCUMENT.search(_around(folded, start, end, 45)) is not None


def is_no_amount(folded: Folded, start: int, end: int) -> bool:
    """Whether `da 100 al` is a plate: not if it is written in lower case with spaces as words."""
    shown = folded.plain[start:end]
    if " " not in shown or shown.isupper():
        return True
    words = shown.lower().split()
    return not (words[0] in _AMOUNT_OF and words[-1] in _AMOUNT_OF)


def is_no_version(folded: Folded, start: int, _: int) -> bool:
    """Whether four numbers are an address and not the version of a program."""
    return _VERSION.search(_before(folded, start, 24)) is None
