"""Replaying the rows once refused through the contract as it is now, from their sealed delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from infra.keys import Keyring
from infra.seal import SealedDelivery
from quality.contract.model import Adapter, Contract
from quality.judgement import judge
from quality.placing import limits, place
from quality.privacy.arrivals import window_of_each
from quality.privacy.gate import protect
from quality.releasing import PLACE, Again, release, released_before
from quality.tables import quarantine_key, tables_of
from quality.workplace import Workplace


@dataclass(frozen=True)
class Replay:
    """What a replay did. Counts only."""

    refused_count: int
    released_count: int
    expired_count: int


def replay_refused(
    contract: Contract,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
) -> Replay:
    """Put exactly the rows in quarantine through the contract as it is now.

    What passes joins the bronze rows of its window; what does not stays, with the reason it has
    now. A row whose key bronze holds already stays a duplicate. A replay that was cut off is
    finished first.
    """
    with at.lake.writing(*tables_of(contract)):
        return _replay(contract, at=at, adapter=adapter, notes=notes, now=now)


def _replay(
    contract: Contract,
    *,
    at: Workplace,
    adapter: Adapter,
    notes: Mapping[str, str],
    now: datetime,
) -> Replay:
    refused = at.lake.read(quarantine_key(contract)).collect()
    sealed = {one.delivery_id: one for one in reversed(at.archive.deliveries(contract.key))}
    expired = refused.filter(~pl.col("delivery_id").is_in(sorted(sealed)))
    before, released = released_before(contract, at.lake), 0
    for delivery in sorted(set(sealed) & set(refused["delivery_id"].unique())):
        rows = refused.filter(pl.col("delivery_id") == delivery)
        keyring = at.keyring_of(contract, sealed[delivery])
        lake = at.lake_of(contract, keyring)
        again = _judge_again(
            contract, sealed[delivery], rows, at=at, adapter=adapter, keyring=keyring
        )
        released += release(
            contract,
            delivery,
            again,
            before=before.get(delivery, again.passed.clear()).select(PLACE),
            lake=lake,
            notes=notes,
            now=now,
        )
    return Replay(refused.height, released, expired.height)


def _judge_again(
    contract: Contract,
    sealed: SealedDelivery,
    rows: pl.DataFrame,
    *,
    at: Workplace,
    adapter: Adapter,
    keyring: Keyring,
) -> Again:
    arrivals = at.archive.get(contract.key, sealed.delivery_id, entry=sealed.entry)
    protected = protect(arrivals, contract, keyring, adapter=adapter)
    places = rows.select(
        pl.col("payload_index").cast(pl.Int32).alias("__payload"),
        pl.col("row_index").cast(pl.Int64).alias("__line"),
        *([] if contract.is_static else ["window_on"]),
    ).unique(PLACE)
    candidates = _at(places.select(PLACE), protected.frame)
    # The delivery as a whole was judged when it came; here each row stands for itself.
    verdict = judge(
        candidates,
        contract,
        refused_before=0,
        delivered_count=max(1, candidates.height),
        window=limits(contract, None, adapter, sealed.sealed_at),
        payload_windows=window_of_each(arrivals),
    )
    refused = pl.concat([protected.refused, verdict.refused.select(protected.refused.columns)])
    sealed_until = rows["sealed_until_on"].max()
    passed = verdict.kept
    if not contract.is_static:
        where = place(contract, rows["window_on"][0], arrivals, known=passed, now=sealed.sealed_at)
        passed = passed.with_columns(where)
    # What the delivery itself says elsewhere, in rows that stayed or that a later rule refused.
    keys = list(contract.primary_key)
    others = _typed(protected.frame).join(places, on=PLACE, how="anti")
    return Again(
        passed=passed,
        repeats=passed.join(others.select(keys), on=keys, how="semi") if keys else passed.clear(),
        refused=_at(places, refused),
        sealed_until=sealed_until if isinstance(sealed_until, date) else None,
    )


def _at(places: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a frame that stood at these places of the delivery, with what is known there."""
    return _typed(frame).join(places, on=PLACE, how="inner", maintain_order="left")


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("__payload").cast(pl.Int32), pl.col("__line").cast(pl.Int64))
