"""What announces a name: a title, an office, kin, a field of a form, a verb, a signature."""

from typing import Final

from quality.privacy.detection.patterns import Pattern, by_first_letter

_CAPITAL: Final = r"[A-ZÀ-Ý][^\W\d_]+(?:['-][^\W\d_]+)*"
_NAME: Final = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
# After a title comes a name, in capitals or not.
_TITLE_WORDS: Final = (
    r"sig\.?[ ]?r[ae]|sigg?\.?(?:na|ra|ri)?|signor[aei]?|signorina|dott?\.?[ ]?ssa|"
    r"dott\.?|"
    r"dottoressa|dottore?|dr\.?(?:ssa)?|ing\.?|avv\.?|avvocat[oa]|geom\.?|geometra|arch\.?|"
    r"prof\.?(?:ssa)?|"
    r"professor(?:e|essa)?|rag\.?|don|suor|mons\.?|on\.|mister|mr\.?|mrs\.?|miss|madame|monsieur|"
    r"cons\.|assess\.|isp\.|m\.llo|mar\.llo|brig\.|ag\.|dir\.|resp\.|pres\.|segr\.|cap\.no|"
    r"p\.i\.|per\.ind\.|fra|padre|reverendo|rev\.|cav\.|comm\.|mastro|sor[ae]?|monsignor(?:e)?"
)
TITLE: Final = Pattern(
    r"(?<![\w.])"
    rf"(?:{by_first_letter(_TITLE_WORDS)})"
    rf"(?:[ ](?:sig\.?(?:ra)?|ing\.?|avv\.?|arch\.?|dott\.?(?:ssa)?|don|"
    rf"prof\.?))?[ ](?=(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}}))"
)
# After an office or a kinship comes a name only if it has a capital.
_OFFICE_WORDS: Final = (
    r"conducente|richiedente|intestatari[oa]|utente|sciur[a]?|quel(?:la)?|"
    r"parola(?:[ ]al?)?|"
    r"[ ]c/|ingegnere?|architett[oa]|ragionier[ea]|assessor[eai]|consiglier[eai]|agent[ei]|"
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
    r"ragazz[oa]|bambin[oa]|fratello|sorella|mamma|papà|babbo|madre|padre|signori|colleghi|"
    r"autisti|"
    r"operatori|maestre|vigili|educat(?:ore|rice)|bidell[oa]|insegnante|dottoranda|volontari[oa]|"
    r"amministratrice|direttor[ei]|direttrice|caposquadra|capoturno|capo|idraulico|elettricista|"
    r"barista|parrucchier[ae]|notaio|perito|istruttor[ei]|verbalizzante|rappresentante|titolare|"
    r"locatario|affittuari[oa]|capogruppo|segretari[oa]|appuntato|maresciallo|brigadiere|capitano|"
    r"agenti[ ]scelti|manutentore|operai[oa]|custode|postin[oa]|marito|deleg(?:o|a|hiamo)|"
    r"tale|tal"
)
OFFICE: Final = Pattern(
    r"(?<![\w.])"
    rf"(?:{by_first_letter(_OFFICE_WORDS)})(?:[ ]?[(:][ ]?|,?[ ])"
    rf"(?=(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}}))"
)
_FIELD_WORDS: Final = (
    r"nome[ ]e[ ]cognome|cognome[ ]e[ ]nome|nome/cognome|cognome/nome|nominativo|nome|"
    r"cognome|"
    r"intestatari[oa](?:[ ](?:utenza|contratto|veicolo|tessera))?|richiedente|referente|mittente|"
    r"destinatari[oa]|"
    r"segnalante|dichiarante|denunciante|conducente|proprietari[oa]|trasgressore|assistit[oa]|"
    r"paziente|"
    r"utente|cliente|contatto|operatore|firma(?:to)?|delegat[oa]|alunn[oa]|genitore|coniuge|name|"
    r"surname|"
    r"first[ ]name|last[ ]name|full[ ]name|testimon[ei]|responsabile|tecnico|autista|"
    r"beneficiari[oa]|minore|tutor[ei]|delegante|amministrat(?:ore|rice)|presenti|assenti|"
    r"relat(?:ore|"
    r"rice)|verbalizzante|titolare|erede|figli[oa]|madre|padre|nominativi|agenti|contraente|"
    r"debitore|"
    r"ricorrente|condut(?:tore|trice)|locat(?:ore|ario)|compilatore|istruttore|rup|passegger[oa]|"
    r"student(?:e|essa)|bambin[oa]|addett[oa]|incaricat[oa]|resp\.|rif\.|ref\.|da|a|cc|"
    r"inviato[ ]da|"
    r"redatto[ ]da|chiamante|reclamante|interessat[oa]|dipendente|operatrice|esposto[ ]di"
)
_FIELD: Final = Pattern(
    r"(?<![\w])"
    rf"(?:{by_first_letter(_FIELD_WORDS)})"
    rf"[ ]?[:=;|]{{1,2}}[ ]?\n?[\"']?(?=(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}}))"
)
# In a form whose colons are lost, and in notes: the name needs its capital.
_LABEL_WORDS: Final = (
    r"nome[ ]e[ ]cognome|cognome[ ]e[ ]nome|cognome|nominativo|"
    r"intestat[oaie](?:[ ]an?d?)?|"
    r"intestatari[oa]|tit\.|int\.|intest\.|rich\.|ref\.|prop\.|segn\.|ut\.|op\.|mitt\.|dest\.|"
    r"aut\.|"
    r"oper\.|coll\.|dip\.|tec\.|c/o|att\.?ne|c\.a\.|alla[ ]cortese[ ]attenzione(?:[ ]di)?|"
    r"all'attenzione[ ]di|a[ ]favore[ ]di|per[ ]conto[ ]di|a[ ]carico[ ]di|nei[ ]confronti[ ]di"
)
_LABEL: Final = Pattern(
    r"(?<![\w.])"
    rf"(?:{by_first_letter(_LABEL_WORDS)})"
    rf"[ ]?:?[ ](?=(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}}))"
)
# Whom somebody spoke with, asked, thanked: a name with its capital, which no office is.
_SPOKEN_WORDS: Final = (
    r"chied(?:o|i|ete|ere|eva)|chiest[oa]|parl(?:o|a|ato|ando|are|ate|erò)|rispo(?:sto|"
    r"nde|"
    r"ndeva|ndi)|scritt[oa]|scriv(?:o|e|ere|imi|i)|telefonat[oa]|sentit[oa]|contattat[oaie]|"
    r"ricontattat[oa]|incontrat[oa]|rivolt[oa]|rivolger(?:si|mi)|delegat[oa]|affidat[oa]|"
    r"assegnat[oa]|"
    r"inoltrat[oa]|passat[oa]|guidat[oa]|condott[oa]|firmat[oa]|compilat[oa]|accompagnat[oa]|"
    r"avvisat[oa]|"
    r"avvertit[oa]|sostituit[oa]|contestata|ringrazi(?:o|amo|are)|salut(?:o|ami|i|ate)|grazie|"
    r"vergogna|"
    r"brav[oa]|insieme|conosco|dice|dicono|secondo|controllato|verificato|ricevuto|consegnat[oa]|"
    r"c/|vist[oa]|c'è|c'era|chiamano(?:[ ]tutti)?|d'accordo|account|firma|comunicato|riferito|"
    r"sbloccat[oa]|risolto|presenti|assent[ei]"
)
_SPOKEN: Final = Pattern(
    r"(?<!\w)"
    rf"(?:{by_first_letter(_SPOKEN_WORDS)})"
    r"[ ,:]{1,2}(?:(?:a|ad|con|da|di|anche|pure|poi|per|che|sia|stato|stata|in|una|un|mi|ci|vi|"
    r"ha)[ ]){0,2}"
    rf"(?=(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}}))"
)
# Who says, does or is away. It is matched against capitals; at the beginning of a sentence every
# word has one.
SPEAKS: Final = Pattern(
    rf"(?<![\w.'-])(?P<it>{_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}}?)[ ](?:(?:mi|ci|vi|ti|gli|le|non|"
    rf"si)[ ])?(?:mi[ ]ha|"
    r"ha[ ](?:detto|chiamato|chiesto|risposto|scritto|telefonato|segnalato|riferito|confermato|"
    r"promesso|firmato|già|visto|parlato|mandato|lasciato)|dice|diceva|risponde|in[ ]ferie|"
    r"in[ ]malattia|dimettiti|vergognati|"
    r"in[ ]maternità|in[ ]permesso|ce[ ]l'|mi[ ](?:dice|diceva|risponde|chiama)|riferisce|"
    r"conferma|"
    r"propone|lamenta|abita|lavora|allo[ ]sportello|che[ ](?:abita|lavora|sta|vive|fa|mi|ci|ha|"
    r"guida))\b"
)
_SELF: Final = Pattern(
    r"(?<![\w])(?:mi[ ]chiamo|si[ ]chiama(?:no)?|chiamat[oa]|di[ ]nome(?:[ ]fa)?|"
    r"a[ ]nome(?:[ ]di)?|in[ ]arte|"
    r"soprannominat[oa]|dett[oa](?:[ ]anche)?(?:[ ](?:il|la|lo))?|alias|per[ ]gli[ ]amici|"
    r"conosciut[oa][ ]come|al[ ]secolo|da[ ]nubile|firmato|f\.?to|"
    r"my[ ]name[ ]is)[ ][\"']?"
    rf"(?=(?P<it>{_NAME}(?:[ ]{_NAME}){{0,3}}))"
)
# The last line of a text, alone, after the greeting.
_SIGNED: Final = Pattern(
    r"(?:saluti|salut[oi]|grazie|distinti|cordialmente|cordialit[àa]|ringrazi\w+|fede|attesa|"
    r"osservanza|"
    r"giornata|presto|lavoro)[^\w\n]*\n\s*(?:in fede[,:]?\s*\n?\s*)?"
    rf"(?P<it>{_NAME}\.?(?:[ ]{_NAME}\.?){{0,3}})[ .]*(?:\n|$|[,;(|-])"
)
CUES: Final = (TITLE, OFFICE, _FIELD, _SELF, _SIGNED, _LABEL, _SPOKEN, SPEAKS)
# Signs without which a cue is not looked for.
SIGNS: Final = {_FIELD: ":=;|", _SIGNED: "\n"}
# After these a name has its capital; after the last ones it is no office's either.
CAPITAL: Final = (OFFICE, _LABEL, _SPOKEN, SPEAKS)
WARY: Final = (_SPOKEN, SPEAKS)
