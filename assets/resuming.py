"""Which windows a run need not ask for: landed by the backfill it goes on with, or settled."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, cast

from assets.twin import Twin
from infra.windows import Cadence, Window
from quality.answers import settled_windows
from quality.contract.model import Contract
from quality.tables import bronze_key

# The tag of a run that goes on with a backfill: since when it has been under way.
RESUMES: Final = "gemello/resumes"
# For so long publishers put right what they sent, and those who were down catch up.
_LOOK_BACK: Final[Mapping[str, timedelta]] = {
    "monthly": timedelta(days=100),
    "yearly": timedelta(days=400),
}
_DAYS_BACK: Final = timedelta(days=14)


def look_back(cadence: str) -> timedelta:
    """How long a window of this cadence is asked for again although it came, or did not."""
    return _LOOK_BACK.get(cadence, _DAYS_BACK)


def settled(contract: Contract, window: Window, twin: Twin, *, now: datetime) -> set[date]:
    """The windows that a web server is not asked for again unless somebody names the days.

    A folder is looked at whole; a server would be asked once for every day since the series began.
    """
    if not twin.adapter(contract).asks_by_window:
        return set()
    before = (now - look_back(contract.cadence)).date()
    return settled_windows(contract, window, at=twin.workplace, before=before)


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
