"""Rules that follow from a contract's schema: what every row needs, when it may be, its one key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.windows import Window
from quality.contract.model import Contract

if TYPE_CHECKING:
    import numpy as np

_LATE_DAYS: Final = timedelta(days=1)
_ROW: Final = "__row"
_ODD_MULTIPLIER: Final = 0x9E37_79B9_7F4A_7C15


@dataclass(frozen=True, repr=False)
class Refusal:
    """Rows to refuse for one reason; `failing` is one boolean per row.

    `columns` are those whose cells broke the rule: what stands there is not what was agreed.
    """

    rule: str
    reason: str
    failing: pl.Series
    columns: tuple[str, ...] = ()


def required(frame: pl.DataFrame, contract: Contract) -> list[Refusal]:
    """Rows without a part of their key, or without the time they happened."""
    names = dict.fromkeys((*contract.primary_key, contract.event_time))
    return [
        Refusal("required", f"{name}: empty", frame.get_column(name).is_null())
        for name in names
        if name is not None and frame.get_column(name).null_count()
    ]


def event_time_out_of_range(
    frame: pl.DataFrame,
    contract: Contract,
    window: Window | None,
    payload_windows: Sequence[date | None] = (),
) -> list[Refusal]:
    """Rows from before the series began, or from more than a day after the window of their file.

    Where no file says its window, that of the delivery counts. A day of grace: an instant of the
    last local evening can lie in the next day of UTC.
    """
    if contract.event_time is None or "__event_on" not in frame.columns:
        return []
    days = frame.get_column("__event_on")
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    found: list[Refusal] = []

    def refuse(reason: str, failing: pl.Series) -> None:
        text = f"{contract.event_time}: {reason}"
        columns = (str(contract.event_time),)
        found.append(Refusal("event_time_out_of_range", text, failing.fill_null(False), columns))

    if contract.since is not None and first < contract.since:
        refuse(f"before {contract.since}, where the series begins", days < contract.since)
    if any(payload_windows):
        # Each file by itself: a row lands or not, whichever other days are asked for with it.
        ends = [
            Window.of(start, contract.cadence).end if start else None for start in payload_windows
        ]
        ends_on = pl.Series(ends, dtype=pl.Date).gather(frame.get_column("__payload"))
        late = days >= ends_on.dt.offset_by("1d")
        if late.any():
            refuse("after the day, month or year its file is for", late)
    elif window is not None and window.end is not None and last >= window.end + _LATE_DAYS:
        refuse(
            f"after the delivery's window, which ends before {window.end}",
            days >= window.end + _LATE_DAYS,
        )
    return found


def possible_repeats(keys: pl.DataFrame) -> pl.Series:
    """Numbers of the rows whose key may come more than once: all that do, and hardly any other."""
    if not keys.width or keys.is_empty():
        return pl.Series(_ROW, [], dtype=pl.UInt32)
    ordered = _key_hashes(keys)
    ordered.sort()
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not repeated.size:
        # Different hashes are different keys: nothing came twice.
        return pl.Series(_ROW, [], dtype=pl.UInt32)
    return (
        pl.Series(_key_hashes(keys))
        .is_in(pl.Series(repeated).unique().implode())
        .arg_true()
        .alias(_ROW)
    )


def repeated_keys(frame: pl.DataFrame, keys: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """Which of these rows have a key that came before among them; the first of each stays.

    The order of the delivery is `__payload`, then `__line`, then the order of the frame.
    """
    if rows.is_empty():
        return rows
    order = [name for name in ("__payload", "__line") if name in frame.columns]
    suspects = keys[rows].hstack([rows, *(frame[name][rows] for name in order)])
    suspects = suspects.sort(*order, _ROW, nulls_last=True)
    return suspects.filter(~pl.struct(keys.columns).is_first_distinct()).get_column(_ROW)


def _key_hashes(keys: pl.DataFrame) -> "np.typing.NDArray[np.uint64]":
    import numpy as np

    first, *others = keys.get_columns()
    hashes = first.hash().to_numpy(writable=True)
    for column in others:
        # In place: of ten million rows each copy is 77 MB.
        hashes *= np.uint64(_ODD_MULTIPLIER)
        hashes ^= column.hash().to_numpy()
    return hashes
