"""What an interrupted backfill has landed already, as the tables themselves say."""

from datetime import date, datetime
from typing import Final, cast

from assets.twin import Twin
from infra.windows import Cadence, Window
from quality.contract.model import Contract
from quality.tables import bronze_key

# The tag of a run that goes on with a backfill: since when it has been under way.
RESUMES: Final = "gemello/resumes"


def landed_since(begun: str | None, contract: Contract, twin: Twin) -> set[date]:
    """The windows written since then under the contract as it is now; none without a beginning.

    The commits are the only record there is: it cannot disagree with the table.
    """
    table = bronze_key(contract)
    if begun is None or contract.is_static or not twin.lake.exists(table):
        return set()
    since = datetime.fromisoformat(begun)
    found: set[date] = set()
    for commit in twin.lake.history(table):
        if commit.at < since:
            break
        if commit.notes.get("contract") == contract.version and "windows" in commit.notes:
            found |= set(_windows(commit.notes["windows"], contract.cadence).starts())
    return found


def _windows(text: str, cadence: str) -> Window:
    start, _, end = text.partition("/")
    return Window(cast("Cadence", cadence), date.fromisoformat(start), date.fromisoformat(end))
