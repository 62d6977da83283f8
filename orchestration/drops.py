"""Sensors that see what publishers leave in their folders and buckets, and ask for it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from assets.boundary import value_free
from assets.twin import Twin, utc_now
from infra.drops import Drop
from infra.errors import ContractError, PublisherUnavailable, TwinError
from infra.windows import consecutive
from quality.contract.model import Contract
from quality.tables import bronze_key, quarantine_key

# A file that changed a moment ago may still be on its way.
SETTLED: Final = timedelta(seconds=60)
# How far clocks of storage and ours may be apart, and how far back a first look goes.
OVERLAP: Final = timedelta(days=1)
_INTERVAL_S: Final = 60
# Each range is a run; many scattered days are asked for as one range with what lies between.
_MOST_RANGES: Final = 4

_Days = tuple[date | None, date | None]


@dataclass(frozen=True)
class Seen:
    """What a sensor remembers of one data set: until when it has looked, and what it saw of late.

    Digests of the last day only, so that it does not grow with the years.
    """

    until: datetime
    digests: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Look:
    """What came of a look: what to ask for, what to remember, and who did not answer."""

    requests: tuple[dg.RunRequest, ...]
    cursor: str
    silent: tuple[str, ...]


def drop_sensors(twin: Twin) -> list[dg.SensorDefinition]:
    """One sensor for each publisher that leaves files, to be switched on one by one."""
    by_publisher: dict[str, list[Contract]] = {}
    for contract in twin.contracts.values():
        if contract.source.protocol == "file" and not contract.source.url.startswith("http"):
            by_publisher.setdefault(contract.publisher, []).append(contract)
    return [_sensor(publisher, found) for publisher, found in sorted(by_publisher.items())]


def _sensor(publisher: str, contracts: Sequence[Contract]) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"dropped_files_{publisher}",
        asset_selection=dg.AssetSelection.assets(*_keys(contracts)),
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.STOPPED,
        required_resource_keys={"twin"},
        description=f"Asks for the windows of files that {publisher} left or changed.",
    )
    def dropped_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        twin: Twin = context.resources.twin.open()
        with value_free(f"dropped_files_{publisher}"):
            seen = look(contracts, context.cursor, twin=twin, now=utc_now())
        for outage in seen.silent:
            context.log.warning(outage)
        reason = None if seen.requests else dg.SkipReason("Nothing new was left.")
        return dg.SensorResult(list(seen.requests), reason, cursor=seen.cursor)

    return dropped_files


def look(contracts: Sequence[Contract], cursor: str | None, *, twin: Twin, now: datetime) -> Look:
    """See what has been left since the last look.

    Data sets that need the same days are asked for in one run. A folder that does not answer is
    looked at again next time, and does not hold up the others.
    """
    known = _read(cursor)
    asked: dict[_Days, dict[str, tuple[Contract, list[str]]]] = {}
    silent: list[str] = []
    for contract in contracts:
        try:
            drops = _settled(contract, twin, now)
        except (PublisherUnavailable, ContractError, TwinError) as outage:
            # TwinError: no setting says where the place is.
            silent.append(str(outage))
            continue
        new = _new(drops, known.get(contract.key), now)
        known[contract.key] = _after(drops, now)
        for days in _ranges(contract, new):
            digests = [drop.digest for drop in new]
            asked.setdefault(days, {})[contract.key] = (contract, digests)
    requests = tuple(_request(days, list(of.values()), twin) for days, of in asked.items())
    return Look(requests, _written(known), tuple(silent))


def _settled(contract: Contract, twin: Twin, now: datetime) -> list[Drop]:
    def digest(text: str) -> str:
        named = f"{contract.key}\0{text}".encode()
        return twin.keyring.fingerprint("drop", [named])[:16]

    drops = twin.adapter(contract).drops(digest)
    return [drop for drop in drops if drop.changed_at <= now - SETTLED]


def _new(drops: Sequence[Drop], seen: Seen | None, now: datetime) -> list[Drop]:
    """What was left since; on the very first look, during the last day."""
    if seen is None:
        return [drop for drop in drops if drop.changed_at > now - OVERLAP]
    since = seen.until - OVERLAP
    return [d for d in drops if d.changed_at > since and d.digest not in seen.digests]


def _after(drops: Sequence[Drop], now: datetime) -> Seen:
    until = now - SETTLED
    recent = (drop.digest for drop in drops if drop.changed_at > until - OVERLAP)
    return Seen(until, frozenset(recent))


def _ranges(contract: Contract, new: Sequence[Drop]) -> list[_Days]:
    """The days to ask for, as few unbroken ranges; all of them for files of many days."""
    if not new:
        return []
    starts = {drop.window_start for drop in new if drop.window_start is not None}
    if contract.is_static or not starts:
        return [(None, None)]
    ranges = consecutive(starts, contract.cadence)
    if len(ranges) > _MOST_RANGES:
        return [(min(starts), max(starts))]
    return [(run.start, max(run.starts())) for run in ranges]


def _request(days: _Days, found: Sequence[tuple[Contract, list[str]]], twin: Twin) -> dg.RunRequest:
    first, last = days
    tags = {"gemello/from_archive": "false", "gemello/asked_by": "dropped_files"}
    if first is not None and last is not None:
        tags |= {"gemello/from": first.isoformat(), "gemello/to": last.isoformat()}
    keys = _keys([contract for contract, _ in found])
    asked = sorted(digest for _, digests in found for digest in digests)
    return dg.RunRequest(
        run_key=twin.keyring.fingerprint("drops", [str(days).encode(), *map(str.encode, asked)]),
        asset_selection=keys,
        asset_check_keys=[
            dg.AssetCheckKey(key, name)
            for key in keys
            if key.path[0] == "bronze"
            for name in ("privacy", "contract", "drift")
        ],
        tags=tags,
    )


def _keys(contracts: Sequence[Contract]) -> list[dg.AssetKey]:
    return [
        dg.AssetKey(table.split("/"))
        for contract in contracts
        for table in (bronze_key(contract), quarantine_key(contract))
    ]


def _read(cursor: str | None) -> dict[str, Seen]:
    table: Mapping[str, Mapping[str, object]] = json.loads(cursor) if cursor else {}
    return {
        key: Seen(datetime.fromisoformat(str(of["until"])), frozenset(str(of["seen"]).split()))
        for key, of in table.items()
    }


def _written(known: Mapping[str, Seen]) -> str:
    return json.dumps(
        {
            key: {"until": seen.until.isoformat(), "seen": " ".join(sorted(seen.digests))}
            for key, seen in sorted(known.items())
        }
    )
