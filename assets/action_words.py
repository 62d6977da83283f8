"""What is said of an action to citizens and planners, in Italian."""

from typing import Final

from assets.action_effects import Outcome
from assets.action_plans import Plan

VERDICTS: Final = {
    "effective": "Ha funzionato",
    "no_evidence": "Nessuna prova di un effetto",
    "adverse": "Effetto contrario",
    "not_enough_data": "Dati insufficienti",
}
REASONS: Final = {
    "no_series": "l'obiettivo non ha ancora una serie di misure nel tempo",
    "no_place": "nessuna misura sta nell'area dell'intervento, o mancano i luoghi di confronto",
    "few_before": "le misure di prima dell'intervento sono troppo poche",
    "few_after": "le misure di dopo l'intervento sono troppo poche",
    "poor_fit": "il modello non descrive bene neppure il periodo di prima",
    "trend": "già prima questi luoghi e quelli di confronto andavano in direzioni diverse",
    "chance": "una differenza così può venire dal caso",
    "no_placebo": "non c'è altro luogo né altra data su cui fare una prova a vuoto",
    "placebo": "altrove, o in altre date, si trova un effetto altrettanto grande",
}
REGISTERED: Final = {
    "before": "Obiettivo registrato prima di conoscere il risultato.",
    "after": "Obiettivo registrato a fatto compiuto, quando i dati c'erano già.",
    "declared": "Obiettivo fissato prima dell'intervento, secondo il Comune.",
    "declared_after": "Obiettivo dichiarato a fatto compiuto.",
}
METHODS: Final = {
    "structural": "Confronto con luoghi non toccati dall'intervento (serie strutturali bayesiane)",
    "differences": "Differenza nelle differenze rispetto ai luoghi non toccati dall'intervento",
    "interrupted": "Serie interrotta, tenuto conto delle stagioni e dei giorni della settimana",
    "empirical_bayes": (
        "Incidenti prima e dopo, tolta la parte che si deve al caso, rispetto a quanto è successo "
        "intanto sulle altre strade (metodo di Bayes empirico)"
    ),
    "none": "Nessun metodo: manca la serie",
}


# What is counted of a goal, and who has it better where it went as was wanted.
COUNTED: Final = {
    "crashes": "incidenti", "bike_counts": "biciclette", "heat": "kWh", "stays": "pernottamenti",
}  # fmt: skip
GAINERS: Final = {
    "crashes": "chi abita nell'area e chi ci passa",
    "bike_counts": "chi va in bicicletta dove si conta",
    "heat": "chi abita nelle case dell'intervento, e l'aria di tutti",
    "stays": "chi dà alloggio in città, e chi lavora per i visitatori",
    "accessibility": "chi abita dove i servizi si raggiungono meglio",
    "runoff": "chi abita a valle dell'area",
    "canopy": "chi abita vicino ai nuovi alberi",
}


def verdict_text(outcome: Outcome, plan: Plan) -> str:
    """The verdict in a sentence or two, and when the goal was fixed."""
    words = VERDICTS[outcome.verdict]
    if outcome.ratio is not None and outcome.low is not None and outcome.high is not None:
        words += (
            f": {change(outcome.ratio)} rispetto all'atteso "
            f"(da {change(outcome.low)} a {change(outcome.high)})"
        )
    if outcome.reason:
        words += f"; {REASONS[outcome.reason]}"
    return f"{words}. {REGISTERED[plan.registered]}"


def change(ratio: float) -> str:
    """A ratio as a change in per cent with its sign, such as +35,7 %."""
    return f"{(ratio - 1) * 100:+.1f} %".replace(".", ",").replace("-", "−")
