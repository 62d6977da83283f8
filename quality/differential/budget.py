"""The ledger of what is spent of the persons of a domain, and the refusal to spend more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

import polars as pl

from infra.errors import DeliveryRefused
from infra.lake import Lake, TableSpec

LEDGER: Final = "audit/privacy/epsilon_spent"
# What may be learnt of one person from the data of one year, whoever asks and however often: a
# choice of the city, to be made with its data protection officer. The law states no number.
YEARLY_EPSILON: Final = 1.0
_DESCRIPTIONS: Final = {
    "spent_id": "Id of the entry.",
    "table_name": "The table that the release is for.",
    "domain_code": "Whose persons: the key_domain of their contract.",
    "data_year": "The year that the data are of.",
    "epsilon": "What the release spends.",
    "epsilon_total": "What is spent of domain and year, this release included.",
    "most_cells_count": "In how many cells one person-unit counts at most.",
    "spent_at": "When, UTC; before anything was computed.",
    "run_id": "The run that spent it.",
}
_SCHEMA: Final = pl.Schema(
    {
        "spent_id": pl.String(),
        "table_name": pl.String(),
        "domain_code": pl.String(),
        "data_year": pl.Int64(),
        "epsilon": pl.Float64(),
        "epsilon_total": pl.Float64(),
        "most_cells_count": pl.Int64(),
        "spent_at": pl.Datetime("us", "UTC"),
        "run_id": pl.String(),
    }
)
_SPEC: Final = TableSpec(
    _SCHEMA,
    descriptions=_DESCRIPTIONS,
    statistics=tuple(_SCHEMA),
    description="Privacy budget: what releases with noise have spent.",
)
# Twelve twelfths are a whole, whatever floats say.
_SLACK: Final = 1e-9


@dataclass(frozen=True)
class Spending:
    """What a release is about to spend, of whom, and who says so."""

    table: str
    domain: str
    data_year: int
    epsilon: float
    most_cells: int
    run_id: str
    at: datetime


@dataclass(frozen=True)
class Budget:
    """What may be spent of each domain and year of data, in the ledger of a lake.

    The ledger is a table of its own, to which rows are only added: deleting a release, computing it
    anew, or another version of its method gives nothing back.
    """

    lake: Lake
    yearly_epsilon: float = YEARLY_EPSILON

    def spend(self, spending: Spending) -> float:
        """Enter a release in the ledger, and give what is spent now; before it is computed.

        A run that fails afterwards has spent it: nobody can tell what it let out. Raises
        DeliveryRefused where the year's budget does not hold so much. Of two at once, the second
        sees what the first has spent.
        """
        own_id = uuid4().hex
        totals: list[float] = []

        def entry(ledger: pl.DataFrame) -> pl.DataFrame:
            if (ledger["spent_id"] == own_id).any():
                return ledger.clear()  # our own commit, whose answer was lost
            total = self._spent(ledger, spending.domain, spending.data_year) + spending.epsilon
            if not spending.epsilon > 0 or total > self.yearly_epsilon + _SLACK:
                raise DeliveryRefused(self._too_much(spending, total), check="disclosure")
            totals.append(total)
            row = {
                "spent_id": own_id,
                "table_name": spending.table,
                "domain_code": spending.domain,
                "data_year": spending.data_year,
                "epsilon": spending.epsilon,
                "epsilon_total": total,
                "most_cells_count": spending.most_cells,
                "spent_at": spending.at,
                "run_id": spending.run_id,
            }
            return pl.DataFrame([row], schema=_SCHEMA)

        self.lake.amend(LEDGER, entry, spec=_SPEC, notes={"run": spending.run_id})
        return totals[-1]

    def spent(self, domain: str, data_year: int) -> float:
        """What is spent of a domain and a year of data."""
        if not self.lake.exists(LEDGER):
            return 0.0
        return self._spent(self.lake.read(LEDGER).collect(), domain, data_year)

    def _spent(self, ledger: pl.DataFrame, domain: str, data_year: int) -> float:
        own = ledger.filter(domain_code=domain, data_year=data_year)
        return float(own["epsilon"].sort().sum())

    def _too_much(self, spending: Spending, total: float) -> str:
        spent = total - spending.epsilon
        return (
            f"{spending.table}: nothing was computed: it would spend ε {spending.epsilon:g} of the "
            f"persons of {spending.domain} in the data of {spending.data_year}, of which "
            f"{spent:g} of {self.yearly_epsilon:g} is spent ({LEDGER}); release less often, with a "
            "smaller epsilon, or wait for the data of the next year"
        )
