"""Evidence for an impact assessment (Art. 35): what calls for one, what is done, what proves it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from infra.keys.names import KeyDays
from quality.contract.columns import Column
from quality.contract.exports.italian import ENTITIES, archive, days
from quality.contract.model import Contract
from quality.report.commits import Told
from quality.report.document import Cell, Finding, Section, Table
from quality.report.identities import Identity, scale

# What makes a trace of movements in places open to everybody: GDPR Art. 35(3)(c).
_TRACES: Final = frozenset({"IT_PLATE", "TRANSIT_CARD", "MAC_ADDRESS", "IMEI"})


@dataclass(frozen=True)
class Domain:
    """The personal data sets whose people can be told apart together: they share a key."""

    name: str
    contracts: list[Contract]
    deliveries: Mapping[str, Told]
    counted: Mapping[tuple[str, str], Identity]
    days: KeyDays | None

    @property
    def columns(self) -> list[Column]:
        """All columns that are stored of it."""
        return [column for contract in self.contracts for column in contract.stored.values()]

    def told(self, name: str) -> int:
        """A count of its deliveries, summed."""
        return sum(getattr(self.deliveries[contract.key], name) for contract in self.contracts)


def domains_of(
    contracts: Mapping[str, Contract],
    deliveries: Mapping[str, Told],
    counted: Mapping[tuple[str, str], Identity],
    key_days: Mapping[str, KeyDays] | None,
) -> list[Domain]:
    """The domains of personal data, by name."""
    found: dict[str, list[Contract]] = {}
    for contract in contracts.values():
        if contract.is_personal:
            found.setdefault(contract.key_domain or contract.key, []).append(contract)
    return [
        Domain(name, its, deliveries, counted, (key_days or {}).get(name))
        for name, its in sorted(found.items())
    ]


def impact(domains: list[Domain]) -> Section:
    """By domain: what calls for an assessment, what is left; each measure with its evidence."""
    risks = tuple(_risk(domain) for domain in domains)
    traced = [str(row[0]) for row in risks if "sorveglianza" in str(row[2])]
    finding = Finding(
        "look",
        f"{len(traced)} domini su {len(risks)} contengono tracce di spostamenti in luoghi aperti "
        f"al pubblico ({', '.join(traced)}): occorre una valutazione d'impatto (art. 35, par. 3, "
        "lett. c GDPR).",
    )
    return Section(
        "impatto",
        "Elementi per la valutazione d'impatto (art. 35 GDPR)",
        (
            "Elementi per la valutazione d'impatto, per dominio: un dominio è l'insieme dei dati "
            "le cui persone si possono riconoscere fra loro, perché condividono la chiave; fra un "
            "dominio e l'altro nessuno si riconosce. La valutazione spetta al titolare: qui stanno "
            "i fatti che il programma conosce. Se un trattamento sia su larga scala la legge non "
            "lo dice con un numero: la colonna «scala» dà quello misurato; con una chiave al "
            "giorno la stessa persona vi conta una volta al giorno.",
            "La seconda tabella dice, di ogni misura, che cosa se ne vede nel data lake e quale "
            "programma di controllo (test), nel codice, la prova.",
        ),
        (
            Table("risks", "Rischi per dominio", _RISKS, risks),
            Table("measures", "Misure, e con che cosa si provano", _MEASURES, _measures(domains)),
        ),
        (finding,) if traced else (),
    )


_RISKS: Final = (
    ("domain", "Dominio"),
    ("datasets", "Insiemi di dati"),
    ("triggers", "Che cosa chiede attenzione"),
    ("rows", "Righe ricevute"),
    ("scale", "Scala: persone, veicoli, tessere o contatori diversi in una colonna, al più"),
    ("residual", "Che cosa resta"),
)
_MEASURES: Final = (
    ("measure", "Misura"),
    ("seen", "Dove, e che cosa se ne vede"),
    ("proof", "Test che la prova"),
)


def _risk(domain: Domain) -> tuple[Cell, ...]:
    keys = [contract.key for contract in domain.contracts]
    return (
        domain.name,
        ", ".join(keys),
        "; ".join(_triggers(domain)) or "nessun elemento particolare",
        domain.told("delivered_count"),
        scale(domain.counted, domain.contracts),
        "; ".join(_residual(domain.columns)),
    )


def _triggers(domain: Domain) -> Iterator[str]:
    columns = domain.columns
    direct = {column.entity for column in columns if column.personal == "direct" and column.entity}
    if direct:
        kinds = ", ".join(sorted(ENTITIES[one] for one in direct))
        yield f"identificativi diretti alla consegna: {kinds}"
    if direct & _TRACES or any(column.epoch for column in columns):
        yield "spostamenti in luoghi aperti al pubblico (sorveglianza sistematica)"
    if any(column.is_free_text for column in columns):
        yield "testo libero, in cui può stare di tutto"
    special = sorted({one for its in domain.contracts for one in its.special_categories})
    if special:
        yield f"categorie particolari (art. 9): {', '.join(special)}"
    if any(contract.cadence in ("stream", "daily") for contract in domain.contracts):
        yield "dati di ogni giorno"


def _measures(domains: list[Domain]) -> tuple[tuple[Cell, ...], ...]:
    """Each measure once, with what is seen of it in every domain that has it."""
    found: dict[tuple[str, str], list[str]] = {}
    for domain in domains:
        for measure, seen, proof in _done(domain, domain.columns):
            said = f"{domain.name}: {seen}" if seen else domain.name
            found.setdefault((measure, proof), []).append(said)
    return tuple((measure, "; ".join(seen), proof) for (measure, proof), seen in found.items())


def _done(domain: Domain, columns: list[Column]) -> Iterator[tuple[str, str, str]]:
    dropped = sum(len(contract.dropped) for contract in domain.contracts)
    yield (
        "si conservano solo le colonne che il contratto nomina; delle altre si dice il motivo",
        f"{_count(columns, 'conservata', 'conservate')}, {dropped} rifiutate",
        "tests/quality/privacy/test_gate.py, tests/quality/privacy/test_drift.py",
    )
    followed = [column for column in columns if column.is_pseudonym and not column.epoch]
    if followed:
        ids = sorted({one for its in domain.contracts for one in _keys(domain, its)})
        yield (
            "pseudonimi con la chiave del dominio",
            f"{_count(followed, 'colonna', 'colonne')}, chiave {' e '.join(ids) or 'mai usata'}",
            "tests/quality/privacy/test_pseudonyms.py, "
            "tests/promises/test_no_dictionary_matches_a_pseudonym.py",
        )
    by_day = [column for column in columns if column.epoch]
    if by_day:
        its = domain.days
        seen = f", chiavi distrutte {its.destroyed_count}, vive {its.live_count}" if its else ""
        yield (
            "pseudonimi con una chiave diversa ogni giorno, poi distrutta",
            f"{_count(by_day, 'colonna', 'colonne')}{seen}",
            "tests/promises/test_two_days_never_join.py",
        )
    coarser = [column for column in columns if is_generalised(column)]
    if coarser:
        yield (
            "orari, luoghi o valori resi più grossolani",
            _count(coarser, "colonna", "colonne"),
            "tests/quality/privacy/test_generalise.py",
        )
    texts = [column for column in columns if column.is_free_text]
    if texts:
        yield (
            "testi oscurati, che nessuna tabella calcolata legge",
            _count(texts, "colonna", "colonne"),
            "tests/promises/test_free_text_stays_in_bronze.py",
        )
    yield (
        "ciò che si conserva com'è o più grossolano è riguardato da Presidio prima di scrivere",
        f"{domain.told('commits_count')} scritture",
        "tests/quality/test_claims.py",
    )
    yield (
        "le righe rifiutate stanno da parte senza celle non verificate",
        f"{domain.told('refused_count')} righe",
        "tests/quality/judging/test_judgement.py",
    )
    ends = sorted({one.retention_days for one in domain.contracts if one.retention_days})
    if ends:
        yield (
            f"righe cancellate dopo {' o '.join(days(one) for one in ends)}",
            "",
            "tests/promises/test_retention.py",
        )
    kept = sorted({archive(contract) for contract in domain.contracts})
    yield "copia della consegna: " + "; ".join(kept), "", "tests/infra/test_seal.py"


def _keys(domain: Domain, contract: Contract) -> tuple[str, ...]:
    return domain.deliveries[contract.key].key_ids


def _count(columns: list[Column], one: str, many: str) -> str:
    return f"1 {one}" if len(columns) == 1 else f"{len(columns)} {many}"


def _residual(columns: list[Column]) -> Iterator[str]:
    yield "chi avesse la chiave radice e un elenco di persone potrebbe ricollegarle"
    if any(column.is_pseudonym and not column.epoch for column in columns):
        yield "dentro il dominio una persona si riconosce nel tempo, finché durano le righe"
    if any(column.epoch for column in columns):
        yield "dentro un giorno una persona si riconosce"
    if any(column.is_free_text for column in columns):
        yield "l'oscuramento dei testi è statistico: qualcosa può sfuggire"
    yield "chi conosce già gli orari e i luoghi di qualcuno può ritrovarne la riga"


def is_generalised(column: Column) -> bool:
    """Whether a column is stored coarser than it came."""
    return column.treatment not in ("keep", "pseudonymise", "redact")
