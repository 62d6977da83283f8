"""Which tables a run is for, which of them can be computed, and for which day."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches

import dagster as dg

from assets.declaration import FIRST_DAY, Declaration
from assets.derived_assets import find_declarations
from assets.twin import Twin, utc_now
from infra.errors import UsageError
from quality.tables import bronze_key


def selected(definitions: dg.Definitions, select: str) -> list[dg.AssetKey]:
    """The tables a selection names. Raises UsageError where it names none."""
    graph = definitions.resolve_asset_graph()
    bronze = dg.AssetKey(["bronze", *select.split("/")])
    if bronze in graph.materializable_asset_keys:
        select = bronze.to_user_string()
    text = f'key:"{select}"' if re.fullmatch(r"[\w/*]+", select) and select != "*" else select
    try:
        # A table and its quarantine are written by one step: whoever asks for one gets both.
        selection = dg.AssetSelection.from_string(text).required_multi_asset_neighbors()
        chosen = selection.resolve(graph)
    except Exception as error:  # noqa: BLE001 # Dagster raises many kinds for a bad selection
        raise UsageError(
            f"--select {select} is not a selection Dagster understands ({type(error).__name__}); "
            'write a table such as gold/air/…, or group:…, kind:…, key:"bronze/*"'
        ) from None
    # Scenarios are computed when a planner asks for one.
    keys = sorted(
        key
        for key in chosen & graph.materializable_asset_keys
        if not isinstance(graph.get(key).partitions_def, dg.DynamicPartitionsDefinition)
    )
    if not keys:
        known = [key.to_user_string() for key in graph.materializable_asset_keys]
        known = [key for key in known if not key.startswith("quarantine/")]
        raise UsageError(_selects_nothing(select, known))
    return keys


def _selects_nothing(select: str, known: Sequence[str]) -> str:
    name = select.removeprefix('key:"').removesuffix('"')
    if name.startswith("source/"):
        return f"--select {select}: the outside world is not ours to run; write bronze/…"
    close = [key for key in known if key.endswith(f"/{name}")]
    close = close or get_close_matches(name, known, n=3)
    if close:
        return f"--select {select} names no table; did you mean {' or '.join(sorted(close))}?"
    return (
        f"--select {select} names no table; write one such as bronze/a2a/electricity_readings, "
        'or key:"bronze/*" (contract check lists the data sets), or leave --select out for all'
    )


def with_inputs(keys: Sequence[dg.AssetKey], twin: Twin) -> tuple[list[dg.AssetKey], list[str]]:
    """The tables that can be computed, and sentences on those that lack an input."""
    declarations = find_declarations()
    there = set(twin.lake.tables()) | {key.to_user_string() for key in keys}
    lacking: dict[str, str] = {}
    for name, declaration in _in_order(declarations).items():
        for table in declaration.reads.values():
            if table not in there or table in lacking:
                lacking[name] = table
                there.discard(name)
                break
    ready = [key for key in keys if key.to_user_string() not in lacking]
    names = {key.to_user_string() for key in keys}
    return ready, [
        f"{name} was not computed: it reads {table}, which does not exist yet"
        for name, table in lacking.items()
        if name in names
    ]


def _in_order(declarations: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """Declarations with their inputs first."""
    ordered: dict[str, Declaration] = {}

    def add(name: str) -> None:
        if name in declarations and name not in ordered:
            for table in declarations[name].reads.values():
                add(table)
            ordered[name] = declarations[name]

    for name in declarations:
        add(name)
    return ordered


def newest_day(twin: Twin, last: date | None) -> date:
    """The partition Dagster is given for what is computed: the newest day there is, at most `last`.

    A run over partitioned inputs must name one (docs/decisions/0001).
    """
    yesterday = utc_now().date() - timedelta(days=1)
    windows = [
        max(starts)
        for contract in twin.contracts.values()
        if contract.cadence == "daily" and twin.lake.exists(bronze_key(contract))
        for starts in [twin.lake.changed_windows(bronze_key(contract), after_version=None)]
        if starts
    ]
    newest = min(max(windows, default=yesterday), yesterday, last or yesterday)
    return max(newest, twin.since(FIRST_DAY))
