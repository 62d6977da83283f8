"""The history of a static table: which rows a delivery leaves, closes and adds. Pure frames."""

from datetime import UTC, datetime, timedelta

import polars as pl

from infra.counting import counted
from infra.errors import TwinError
from infra.lake.fields import OWN, VALID_FROM, VALID_TO

_DELIVERED = "__delivered"


def history_after(
    history: pl.DataFrame,
    delivery: pl.DataFrame,
    *,
    primary_key: tuple[str, ...],
    at: datetime,
    unknown: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The history once this delivery of instant `at` is known, sorted by key and instant.

    A current row that the delivery repeats stays; one that differs in any delivered column is
    closed and its new form added; one that is absent is closed, unless its key is among the
    `unknown` ones, of which the delivery said nothing that could be kept; a key that comes back
    starts a new row. What an earlier delivery of the same instant had done is undone first, so
    repeating a delivery changes nothing and correcting it replaces it. Two nulls are the same.
    """
    before = _as_before(history, at)
    current = before.filter(pl.col(VALID_TO).is_null())
    ended = before.filter(pl.col(VALID_TO).is_not_null())
    repeated = _repeated(current, delivery, primary_key)
    stays = _of_unknown_keys(current, delivery, unknown, primary_key)
    gone = current.join(repeated, on=primary_key, how="anti")
    closed = gone.join(stays, on=primary_key, how="anti").with_columns(
        pl.lit(at, OWN[VALID_TO]).alias(VALID_TO)
    )
    added = delivery.join(repeated, on=primary_key, how="anti").with_columns(
        pl.lit(at, OWN[VALID_FROM]).alias(VALID_FROM),
        pl.lit(None, OWN[VALID_TO]).alias(VALID_TO),
    )
    parts = [ended, closed, repeated, stays, added]
    return in_order(pl.concat(parts, how="diagonal").select(history.columns), primary_key)


def in_order(history: pl.DataFrame, primary_key: tuple[str, ...]) -> pl.DataFrame:
    """A history sorted by key and instant: two equal histories are then equal frames."""
    return history.sort(*primary_key, VALID_FROM)


def _as_before(history: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """The history as it was before anything of this instant or later was known."""
    return history.filter(pl.col(VALID_FROM) < at).with_columns(
        pl.when(pl.col(VALID_TO) < at).then(pl.col(VALID_TO)).alias(VALID_TO)
    )


def _of_unknown_keys(
    current: pl.DataFrame,
    delivery: pl.DataFrame,
    unknown: pl.DataFrame | None,
    primary_key: tuple[str, ...],
) -> pl.DataFrame:
    """The current rows that the delivery lacks, but may have held in a row that was refused."""
    absent = current.join(delivery, on=primary_key, how="anti")
    if unknown is None or unknown.is_empty():
        return absent.clear()
    return absent.join(unknown.select(primary_key), on=primary_key, how="semi")


def _repeated(
    current: pl.DataFrame, delivery: pl.DataFrame, primary_key: tuple[str, ...]
) -> pl.DataFrame:
    """The current rows that the delivery holds unchanged."""
    compared = [name for name in delivery.columns if name not in primary_key]
    delivered = delivery.rename({name: _DELIVERED + name for name in compared})
    both = current.join(delivered, on=primary_key, how="inner")
    is_same = [pl.col(name).eq_missing(pl.col(_DELIVERED + name)) for name in compared]
    # A list of keys alone has nothing to compare.
    return (both.filter(is_same) if is_same else both).select(current.columns)


def moment_of(key: str, at: datetime) -> int:
    """The instant of a delivery as microseconds since 1970, which Delta can keep as a mark."""
    if at.tzinfo is None:
        raise TwinError(f"{key}: the instant of a delivery needs a time zone; give it in UTC")
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def instant_of(moment: int) -> datetime:
    """The instant that `moment_of` wrote as a number."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)


def check_identity(key: str, delivery: pl.DataFrame, primary_key: tuple[str, ...]) -> None:
    """Refuse a delivery whose rows cannot be told apart: history would be guesswork."""
    if not primary_key:
        raise TwinError(f"{key}: history needs a primary key; replace the table whole instead")
    identities = delivery.select(primary_key)
    null_count = identities.filter(pl.any_horizontal(pl.all().is_null())).height
    twice_count = delivery.height - identities.unique().height
    if null_count or twice_count:
        raise TwinError(
            f"{key}: {counted(null_count, 'row lacks', 'rows lack')} {', '.join(primary_key)} and "
            f"{counted(twice_count, 'repeats', 'repeat')} it; "
            "send such rows to quarantine before writing"
        )
