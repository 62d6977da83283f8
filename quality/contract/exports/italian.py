"""What a contract says, in Italian sentences: for the register and for the auditor's page."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from quality.contract.columns import Column
from quality.contract.entities import Entity
from quality.contract.model import Contract, Expectation, LegalBasis
from quality.contract.treatments import H3, Bands, CensusSection, RoundTo, Truncate

LEGAL_BASES: Final[Mapping[LegalBasis, tuple[str, str]]] = {
    "consent": ("a", "consenso dell'interessato"),
    "contract": ("b", "esecuzione di un contratto di cui l'interessato è parte"),
    "legal_obligation": ("c", "obbligo legale al quale è soggetto il titolare"),
    "vital_interests": ("d", "interessi vitali dell'interessato o di un'altra persona"),
    "public_task": ("e", "compito di interesse pubblico o esercizio di pubblici poteri"),
    "legitimate_interests": ("f", "legittimo interesse del titolare o di terzi"),
}
CLASSES: Final = {"none": "non personale", "indirect": "dato indiretto", "direct": "diretto"}
ENTITIES: Final[Mapping[Entity, str]] = {
    "IT_FISCAL_CODE": "codice fiscale",
    "IT_VAT_CODE": "partita IVA",
    "IT_PLATE": "targa",
    "IT_POD": "punto di prelievo dell'energia elettrica (POD)",
    "IT_PDR": "punto di riconsegna del gas (PDR)",
    "IT_IDENTITY_CARD": "carta d'identità",
    "IT_PASSPORT": "passaporto",
    "IT_DRIVER_LICENSE": "patente di guida",
    "IT_HEALTH_CARD": "tessera sanitaria",
    "IBAN_CODE": "IBAN",
    "CREDIT_CARD": "carta di pagamento",
    "PHONE_NUMBER": "numero di telefono",
    "EMAIL_ADDRESS": "indirizzo e-mail",
    "MAC_ADDRESS": "indirizzo MAC di un dispositivo",
    "IP_ADDRESS": "indirizzo IP",
    "IMEI": "IMEI di un telefono",
    "METER_SERIAL": "matricola del contatore",
    "TRANSIT_CARD": "tessera dei trasporti",
    "CUSTOMER_CODE": "codice cliente",
    "RECORD_ID": "identificativo del record",
    "PERSON": "nome di persona",
    "ADDRESS": "indirizzo",
}
CADENCES: Final = {
    "stream": "in continuo",
    "daily": "ogni giorno",
    "monthly": "ogni mese",
    "yearly": "ogni anno",
    "static": "quando cambia",
}
_DURATIONS: Final = {
    "m": ("minuto", "minuti"),
    "h": ("ora", "ore"),
    "d": ("giorno", "giorni"),
    "w": ("settimana", "settimane"),
    "mo": ("mese", "mesi"),
    "y": ("anno", "anni"),
}


def legal_basis(contract: Contract) -> str:
    """`art. 6, par. 1, lett. e) GDPR: compito di …`, or that nothing is personal."""
    if contract.legal_basis == "not_personal":
        return "nessun dato personale, come il contratto dichiara"
    letter, text = LEGAL_BASES[contract.legal_basis]
    return f"art. 6, par. 1, lett. {letter}) GDPR: {text}"


def days(count: int) -> str:
    """`1 giorno`, `730 giorni`."""
    return f"{count} giorno" if count == 1 else f"{count} giorni"


def archive(contract: Contract) -> str:
    """For how long the sealed copy of a delivery is kept."""
    if contract.archive_days == "forever":
        return "conservata senza scadenza"
    if contract.archive_days == 0:
        return "non conservata"
    return f"conservata cifrata per {days(contract.archive_days)}, poi la sua chiave è distrutta"


def measure(column: Column, contract: Contract) -> str:
    """What is done to a column before it is stored."""
    match column.treatment:
        case "keep":
            words = "conservata così com'è"
        case "pseudonymise":
            when = " diversa ogni giorno" if column.epoch else ""
            words = f"pseudonimizzata con una chiave del dominio {contract.key_domain}{when}"
        case "redact":
            words = "testo libero: conservata oscurata; nessuna tabella calcolata la legge"
        case Truncate(truncate=duration):
            words = f"generalizzata: troncata a {_duration(duration)}"
        case RoundTo(round_to=step):
            words = f"generalizzata: arrotondata al multiplo di {step:.15g} più vicino"
        case Bands(bands=edges):
            starts = ", ".join(f"{edge:.15g}" for edge in edges)
            words = f"generalizzata: ridotta a fasce, che iniziano da {starts}"
        case H3(h3=resolution):
            words = f"generalizzata: ridotta alla cella H3 di risoluzione {resolution}"
        case CensusSection():
            words = "sezione di censimento: non ancora conservata"
    return words


def _duration(text: str) -> str:
    unit = text.lstrip("0123456789")
    count = int(text[: -len(unit)])
    one, many = _DURATIONS[unit]
    return f"{count} {one if count == 1 else many}"


def rule(expectation: Expectation) -> str:
    """An expectation as a sentence; those without one are named with their arguments."""
    arguments = {key: value for key, value in expectation.arguments.items() if key != "mostly"}
    words = _RULES.get(expectation.name)
    sentence = words(arguments) if words else _named(expectation.name, arguments)
    mostly = expectation.arguments.get("mostly")
    if isinstance(mostly, int | float) and mostly < 1:
        sentence += f", almeno nel {mostly * 100:g} % delle righe"
    if expectation.severity == "warning":
        sentence += " (solo segnalata)"
    return sentence


Arguments = Mapping[str, Any]  # whatever Great Expectations takes


def _named(name: str, arguments: Arguments) -> str:
    words = ", ".join(f"{key} = {_listed(value)}" for key, value in arguments.items())
    return f"`{name}`" + (f": {words}" if words else "")


def _range(arguments: Arguments) -> str:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is not None and high is not None:
        return f"tra {low} e {high}"
    return f"almeno {low}" if low is not None else f"al massimo {high}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _columns(arguments: Arguments) -> str:
    names = arguments.get("column_list") or arguments.get("column_set") or ()
    return ", ".join(f"`{name}`" for name in names)


_RULES: Final[Mapping[str, Callable[[Arguments], str]]] = {
    "expect_column_values_to_be_between": lambda a: f"`{a.get('column')}` è {_range(a)}",
    "expect_column_values_to_be_in_set": lambda a: (
        f"`{a.get('column')}` è uno di: {_listed(a.get('value_set'))}"
    ),
    "expect_column_values_to_not_be_in_set": lambda a: (
        f"`{a.get('column')}` non è nessuno di: {_listed(a.get('value_set'))}"
    ),
    "expect_column_values_to_not_be_null": lambda a: f"`{a.get('column')}` c'è sempre",
    "expect_column_values_to_be_null": lambda a: f"`{a.get('column')}` è sempre vuota",
    "expect_column_values_to_be_unique": lambda a: f"`{a.get('column')}` non si ripete",
    "expect_column_values_to_match_regex": lambda a: (
        f"`{a.get('column')}` ha la forma `{a.get('regex')}`"
    ),
    "expect_column_value_lengths_to_equal": lambda a: (
        f"`{a.get('column')}` è lunga {a.get('value')} caratteri"
    ),
    "expect_column_value_lengths_to_be_between": lambda a: (
        f"la lunghezza di `{a.get('column')}` è {_range(a)}"
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": lambda a: (
        f"`{a.get('column_A')}` è maggiore di `{a.get('column_B')}`"
        + (" o uguale" if a.get("or_equal") else "")
    ),
    "expect_column_pair_values_to_be_equal": lambda a: (
        f"`{a.get('column_A')}` è uguale a `{a.get('column_B')}`"
    ),
    "expect_compound_columns_to_be_unique": lambda a: f"l'insieme di {_columns(a)} non si ripete",
    "expect_table_row_count_to_be_between": lambda a: f"il numero di righe è {_range(a)}",
    "expect_table_row_count_to_equal": lambda a: f"le righe sono {a.get('value')}",
    "expect_column_mean_to_be_between": lambda a: f"la media di `{a.get('column')}` è {_range(a)}",
    "expect_column_sum_to_be_between": lambda a: f"la somma di `{a.get('column')}` è {_range(a)}",
    "expect_column_max_to_be_between": lambda a: f"il massimo di `{a.get('column')}` è {_range(a)}",
    "expect_column_min_to_be_between": lambda a: f"il minimo di `{a.get('column')}` è {_range(a)}",
}
