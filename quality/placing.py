"""Which window a row belongs to, and which windows a delivery is for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from infra.arrivals import Arrivals
from infra.windows import Window, period_start
from quality.contract.model import Adapter, Contract
from quality.judgement import Verdict
from quality.privacy.arrivals import window_of_each, window_starts
from quality.privacy.protected import Protected

# What the gate says of a row besides its columns: where it stood, and its day.
TECHNICAL: Final = ("__payload", "__line", "__event_on")


def limits(
    contract: Contract, window: Window | None, adapter: Adapter, now: datetime
) -> Window | None:
    """The range event times may lie in: up to the window's end, or until today for whole files."""
    if contract.is_static or contract.since is None:
        return None
    if adapter.names_windows:
        return window
    last = max(now.date(), contract.since)
    return Window.between(contract.since, last, contract.cadence)


@dataclass(frozen=True, repr=False)
class Placed:
    """Rows with the window they belong to; those of windows nobody asked for are only counted."""

    kept: pl.DataFrame
    refused: pl.DataFrame
    elsewhere_count: int

    @classmethod
    def of(
        cls,
        contract: Contract,
        stale: Sequence[date | None],
        arrivals: Arrivals,
        *,
        protected: Protected,
        verdict: Verdict,
        now: datetime,
    ) -> "Placed":
        """Put all rows of a delivery in their windows, and leave out those that are not stale."""
        columns = [*contract.stored, *TECHNICAL]
        refused = pl.concat(
            [protected.refused, verdict.refused.select(protected.refused.columns)], how="vertical"
        )
        if contract.is_static:
            return cls(verdict.kept.select(columns), refused, 0)
        starts = [start for start in stale if start is not None]
        window_on = place(contract, starts[0], arrivals, known=verdict.kept, now=now)
        kept = verdict.kept.with_columns(window_on)
        refused = refused.with_columns(window_on)
        # A whole file holds windows that landed before, too: those stay as they are.
        here, refused_here = inside(kept, starts), inside(refused, starts)
        elsewhere = kept.height + refused.height - here.height - refused_here.height
        return cls(here.select(*columns, "window_on"), refused_here, elsewhere)

    def of_windows(self, starts: Collection[date | None], arrivals: Arrivals) -> "Placed":
        """The rows of these windows alone, where they stand without the files of the others."""
        wanted = [start for start in starts if start is not None]
        kept, refused = inside(self.kept, wanted), inside(self.refused, wanted)
        away = self.kept.height + self.refused.height - kept.height - refused.height
        left = [
            place
            for place, start in enumerate(window_of_each(arrivals))
            if start is None or start in starts
        ]
        places = pl.col("__payload").replace_strict(
            left, range(len(left)), return_dtype=pl.Int32, default=None
        )
        return Placed(
            kept.with_columns(places), refused.with_columns(places), self.elsewhere_count + away
        )


def inside(rows: pl.DataFrame, starts: Collection[date]) -> pl.DataFrame:
    """The rows of these windows; not copied where all are."""
    is_inside = rows["window_on"].is_in(list(starts))
    return rows if is_inside.all() else rows.filter(is_inside)


def place(
    contract: Contract, earliest: date, arrivals: Arrivals, *, known: pl.DataFrame, now: datetime
) -> pl.Expr:
    """The window of a row: what the file's name says, else its event time.

    A row whose time cannot be known stands under the first window of its delivery, so that it is
    found in the same place whichever windows a run asks for.
    """
    named = window_starts(arrivals)
    if named:
        by_payload = dict(enumerate(window_of_each(arrivals)))
        return (
            pl.col("__payload")
            .replace_strict(by_payload, default=named[0], return_dtype=pl.Date)
            .alias("window_on")
        )
    unit = {"monthly": "1mo", "yearly": "1y"}.get(contract.cadence)
    first = known["__event_on"].min()
    fallback = earliest
    if isinstance(first, date):
        fallback = period_start(first, contract.cadence)
    since = contract.since or date.min
    event = pl.col("__event_on") if unit is None else pl.col("__event_on").dt.truncate(unit)
    plausible = event.is_between(since, now.date() + timedelta(days=1))
    return pl.when(plausible).then(event).otherwise(pl.lit(fallback)).alias("window_on")


def range_of(contract: Contract, stale: Sequence[date | None]) -> Window:
    """From the first to the last of the windows that are landed."""
    starts = [start for start in stale if start is not None]
    if not starts:
        return Window.always()
    return Window.between(min(starts), max(starts), contract.cadence)
