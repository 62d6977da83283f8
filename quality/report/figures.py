"""The few numbers of the first page: how much there is, and since when."""

from collections.abc import Mapping, Sequence

from quality.contract.model import Contract
from quality.erasure.certificate import LEDGER as ERASURES
from quality.report.commits import Told
from quality.report.document import Figure
from quality.report.snapshot import Snapshot


def figures(
    contracts: Mapping[str, Contract],
    deliveries: Mapping[str, Told],
    lake: Snapshot,
    published: Sequence[str],
) -> tuple[Figure, ...]:
    """What a reader should know before anything else; counts and days only."""
    began = [its.first_at for its in deliveries.values() if its.first_at]
    last = [its.last_at for its in deliveries.values() if its.last_at]
    personal = sum(contract.is_personal for contract in contracts.values())
    return (
        Figure("datasets", "Insiemi di dati", len(contracts)),
        Figure("personal_datasets", "di cui con dati personali", personal),
        Figure("first_at", "Prima scrittura", min(began).date() if began else None),
        Figure("last_at", "Ultima scrittura", max(last).date() if last else None),
        Figure("delivered", "Righe ricevute", _sum(deliveries, "delivered_count")),
        Figure("refused", "Righe rifiutate", _sum(deliveries, "refused_count")),
        Figure(
            "dropped_columns",
            "Colonne rifiutate per nome",
            sum(len(contract.dropped) for contract in contracts.values()),
        ),
        Figure("published_tables", "Tabelle di indicatori e aperte", len(published)),
        Figure(
            "erasures",
            "Cancellazioni certificate",
            lake.rows_count(ERASURES) if lake.exists(ERASURES) else 0,
        ),
    )


def _sum(deliveries: Mapping[str, Told], name: str) -> int:
    return sum(getattr(its, name) for its in deliveries.values())
