"""What is named after people: streets, schools, firms, works, saints. It is nobody's datum."""

import re
from typing import Final

from quality.privacy.detection.harmless import TRADES
from quality.privacy.detection.patterns import by_first_letter

_PLACES_AND_FIRMS: Final = (
    r"scuol[ae]|istituto|liceo|asilo|nido|ospedale|clinica|teatro|cinema|museo|biblioteca|"
    r"palazzo|villa|caserma|stadio|piscina|palestra|parco|giardin[oi]|fondazione|associazione|"
    r"cooperativa|parrocchia|chiesa|oratorio|premio|trofeo|memorial|torneo|collegio|i\.?c\.?|itis|"
    r"itc|ipsia|cfp|via|viale|v\.le|v\.|vle|c\.so|p\.le|p\.za|l\.go|p\.zza|piazza|piazzale|"
    r"piazzetta|corso|largo|vicolo|contrada|"
    r"traversa|fermata|parcheggio|ponte|galleria|rotonda|quartiere|villaggio|zona|rione|metro|"
    r"stazione|capolinea|legge|decreto|lodo|bar|pizzeria|trattoria|ristorante|hotel|farmacia|"
    r"macelleria|officin[ae]|autoscuola|panificio|impresa|san|santa|santo|sant'|s\.|rsa|"
    r"casa[ ]di[ ]riposo|ditta|supermercat[oi]|negozio|bonus|classe|sala|cimitero|condominio|"
    r"residence|"
    r"cascina|auditorium|circolo|polisportiva|rifugio|torre|nodo|carrozziere|carrozzeria|eredi|"
    r"f\.lli|"
    r"osteria|locanda|agriturismo|gelateria|pasticceria|caffè|lavatrice|frigorifero|"
    r"caldaia|marca|pizza|torta|mel[ae]|per[ae]|uva|vino|birra|gatt[oa]|razza|squadra|sagra|"
    r"modello|coppa|palio|primaria|materna|media|elementare|superiori|plesso|"
    r"comprensivo|complesso|edificio|aula|accademia|conservatorio|santuario|abbazia|cappella|"
    r"monte|lago|"
    r"partito|gruppo|lista|sindacato|polo|consorzio|cantiere|isola|cooperativa[ ]sociale|libreria"
)
# What comes after these is named after somebody, and is not that person.
_NAMED_AFTER: Final = (
    r"(?<!\w)(?:intitola\w+(?:[ ]\w+){0,8}?[ ](?:a|ad|al|alla|alla[ ]memoria[ ]di)|"
    r"(?:statua|monumento|busto|mostra|opere?|romanz[io]|poesi[ae]|quadr[io]|libro|volume|"
    r"convegno|incontro|dibattito|film|"
    r"spettacolo|concerto|conferenza|frase|citazione|vita|canzon[ei]|ritratto|affresco|"
    r"serata|lezione|documentario|commedia|musiche|versi|anniversario|"
    r"centenario|dedicat[oaie])[ ](?:(?:dedicat[oa]|sulla[ ]vita|a[ ]ricordo)[ ])?"
    r"(?:di|a|ad|su|per)(?:[ ][a-zà-ù]+(?:[ ][a-zà-ù]+){0,3}[ ]e)?|"
    r"(?:ss\.|santi|sante|beat[oaie])(?:[ ][a-zà-ù]+[ ]e)?|"
    rf"(?:{by_first_letter(_PLACES_AND_FIRMS)})"
    r")"
)
_OF_THEM: Final = (
    r"(?:[ ](?:primaria|secondaria|di[ ]primo[ ]grado|media|elementare|materna|statale|comunale|"
    r"dell'infanzia|d'infanzia|dei[ ]bambini|comprensivo|tecnico|superiore|professionale|"
    r"civil[ei]|"
    r"scientifico|classico|artistico|musicale|civic[oa]|paritari[oa]|sportiv[oa]|geriatric[oa]|"
    r"diurn[oa]|agrari[oa]|alberghiero|per[ ]anziani|pubblic[oa]|privat[oa]|nazionale|regionale))*"
)
INSTITUTIONS: Final = re.compile(
    rf"{_NAMED_AFTER}{_OF_THEM}(?:[ ](?:[a-zà-ù]+[ ])?(?:da|al|alla|ai|il|la))?[ ]?:?[ ]?[\"']?$"
)
# A title may stand between, but no article: `scuola don Milani`, but `in aula il cons. Rossi`.
BESIDE: Final = re.compile(rf"{_NAMED_AFTER}{_OF_THEM}[ ]?[\"']?$")
# What a firm is called by after the name in it.
FIRM: Final = re.compile(
    r"[ ,]*(?:(?:s\.?r\.?l\.?s?|s\.?p\.?a|s\.?n\.?c|s\.?a\.?s|&|onlus|"
    r"s\.?c\.?a\.?r\.?l)(?![a-zà-ù])|"
    r"(?:\.?[ap]\.[as])(?![a-zà-ù]))"
    rf"|[ ](?:{'|'.join(sorted(TRADES))})(?![a-zà-ù])"
)
# Whole names only: whoever is called Zanardelli or Moretto today is somebody.
EPONYMS: Final = frozenset(
    name.strip()
    for name in re.split(
        r"[,\n]+",
        """
        giuseppe garibaldi, anita garibaldi, giuseppe mazzini, camillo cavour, camillo benso,
        vittorio emanuele, umberto i, carlo alberto, alessandro manzoni, giuseppe verdi,
        gaetano donizetti, gioachino rossini, vincenzo bellini, giacomo puccini, antonio vivaldi,
        dante alighieri, francesco petrarca, giovanni boccaccio, ludovico ariosto, torquato tasso,
        ugo foscolo, giacomo leopardi, giosuè carducci, giovanni pascoli, gabriele d'annunzio,
        italo svevo, luigi pirandello, grazia deledda, eugenio montale, giuseppe ungaretti,
        salvatore quasimodo, italo calvino, primo levi, cesare pavese, elsa morante,
        natalia ginzburg, pier paolo pasolini, umberto eco, gianni rodari, mario rigoni stern,
        carlo goldoni, vittorio alfieri, giuseppe parini, cesare beccaria, silvio pellico,
        niccolò machiavelli, niccolò tartaglia, galileo galilei, alessandro volta, luigi galvani,
        enrico fermi, guglielmo marconi, guglielmo oberdan, leonardo da vinci,
        michelangelo buonarroti,
        cristoforo colombo, amerigo vespucci, marco polo, albert einstein, isaac newton,
        marie curie, charles darwin, louis pasteur, rita levi montalcini, margherita hack,
        maria montessori, don milani, lorenzo milani, don bosco, giovanni bosco, giovanni piamarta,
        giovanni paolo, paolo vi, papa francesco, papa giovanni, giovanni battista montini,
        angela merici, arnaldo da brescia, veronica gambara, tito speri, giuseppe zanardelli,
        teodoro mommsen, camillo ugoni, angelo mai, ercoliano papa, tebaldo brusato, berardo maggi,
        vincenzo foppa, girolamo romanino, lorenzo lotto, giacomo ceruti, giulio togni,
        arturo benedetti michelangeli, benedetti michelangeli, gasparo da salò, luca marenzio,
        agostino gallo, benedetto castelli, giacinto mompiani, cesare lombroso, bartolomeo colleoni,
        giacomo matteotti, antonio gramsci, piero gobetti, sandro pertini, alcide de gasperi,
        aldo moro, enrico berlinguer, palmiro togliatti, pietro nenni, nilde iotti, tina anselmi,
        luigi einaudi, carlo azeglio ciampi, sergio mattarella, giorgio napolitano,
        giovanni falcone, paolo borsellino, carlo alberto dalla chiesa, peppino impastato,
        rosario livatino, giorgio ambrosoli, walter tobagi, cesare battisti, nazario sauro,
        fabio filzi, damiano chiesa, francesco baracca, teresio olivelli, astolfo lunardi,
        martin luther king, nelson mandela, mahatma gandhi, john kennedy, anne frank, anna frank,
        salvo d'acquisto, enrico mattei, adriano olivetti, giuseppe di vittorio, bruno buozzi,
        marco biagi, altiero spinelli, robert schuman, babbo natale, san nicola, ronald mcdonald,
        emanuele severino, sandro penna, fabrizio de andrè, lucio battisti, lucio dalla,
        luciano pavarotti, enzo ferrari, fausto coppi, gino bartali, marco pantani,
        gabriele rosa, mario rigamonti, piero della francesca, sandro botticelli, andrea mantegna,
        andrea palladio, paolo veronese, bernardino luini, vincenzo vela, bruno boni
        """,
    )
    if name.strip()
)
_TITLES: Final = re.compile(
    r"(?<!\w)(?:papa|re|regina|imperatore|imperatrice|duca|duchessa|conte|santo|beato|san|babbo|"
    r"vescovo|cardinale|generale|poeta|pittore|scultore|musicista|compositore|filosofo|scrittore|"
    r"scrittrice|scienziato|patriota|partigian[oa]|martire|eroe)[ ]?$"
)


def is_eponym(name: str, before: str) -> bool:
    """Whether somebody is history: a name all know, or one after `papa`, `re`, `il poeta`."""
    words = name.split(" ")
    named = any(" ".join(words[place : place + 3]) in EPONYMS for place in range(len(words)))
    named = named or any(
        " ".join(words[place : place + 2]) in EPONYMS for place in range(len(words))
    )
    return named or _TITLES.search(before) is not None
