"""Whose a mailbox or an account is: an office's, which is public, or somebody's."""

import re
from typing import Final

from quality.privacy.detection.folding import Folded

# What the mailbox of an office or of a firm is called.
_OFFICE: Final = re.compile(
    r"(?:^|[._\-])(?:info\w*|protocoll\w*|segreteria\w*|uffici?o?\w*|urp|pec|amministrazione\w*|"
    r"contatti|"
    r"assistenza\w*|noreply|no-reply|servizi?o?\w*|sportello\w*|prenotazioni|comune\w*|polizia\w*|"
    r"pl|vigili|anagrafe|tributi|biblioteca\w*|ambiente|mobilita\w*|lavoripubblici|direzione\w*|"
    r"gare|appalti|acquisti|vendite|ordini|commerciale|clienti|customer\w*|support\w*|help\w*|"
    r"privacy|dpo|rpd|redazione|stampa|comunicazione\w*|turismo|cultura|sport|scuola\w*|istruzione|"
    r"suap|edilizia\w*|urbanistica|verde\w*|sindaco|postmaster|webmaster|admin|marketing|hr|jobs|"
    r"lavoro|personale|reclami|segnalazioni|contact|office|reception|booking|presidenza|settore\w*|"
    r"areatecnica|tecnico|ragioneria|statistica|opendata|dati|museo\w*|teatro\w*|"
    r"[a-z]{4}\d{5,6}\w?)"
    r"(?:$|[._\-@\d])"
)
_OFFICE_HANDLES: Final = re.compile(
    r"^(?:comune|citta|regione|provincia|polizia|info|ufficio|a2a|brescia_?mob|atm|trenord|governo|"
    r"museo|musei|teatro|media$|query$|param$|override$|import$|tutti$|all$|here$)"
)


def is_somebodys(folded: Folded, start: int, end: int) -> bool:
    """Whether a mailbox is a person's: not if its name is that of an office or a function."""
    local = re.split(r"@|chiocciola|[(\[{<_]at|\(a\)| at ", folded.lower[start:end])[0].strip(" ([")
    return _OFFICE.search(local) is None


def is_no_office_handle(folded: Folded, start: int, end: int) -> bool:
    """Whether an account is no public body's."""
    return _OFFICE_HANDLES.search(folded.lower[start:end]) is None and end - start > 2
