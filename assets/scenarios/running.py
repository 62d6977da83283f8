"""Computing a scenario: the tables downstream of what it edits, by the functions of production."""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from assets.declaration import Declaration
from assets.derive import is_as_read
from assets.inputs import input_of
from assets.parts import Parts, with_parts
from assets.scenarios.kind import Edit, EditProblem, edited, find_kinds
from assets.scenarios.plan import Scenario, place_of
from assets.scenarios.planned import (
    Pair,
    PlannedTwin,
    current_rows,
    keeps_history,
    overlaid,
)
from assets.twin import Twin
from infra.errors import TwinError, UsageError

# Why a table is left out, for planners.
OF_PERSONS: Final = "è fatto direttamente di dati su persone"
_NOT_THERE: Final = "{} non esiste ancora"
_UNMOVED: Final = "nessun suo numero cambierebbe, o non ne ha ancora"
# Called with the table that is computed next.
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What a scenario changes: by indicator its rows before and after, and of what it was made.

    `computed` are all tables that were computed, `left_out` those that were not, and why (in
    Italian).
    """

    pins: Mapping[str, int]
    indicators: Mapping[str, Pair]
    computed: tuple[str, ...]
    edited: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def outcome_of(
    scenario: Scenario,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    *,
    progress: Progress | None = None,
    also: Collection[str] = (),
) -> Outcome:
    """Compute what a scenario changes, in memory. Nothing is written.

    Tables are pinned as they are now. Computed are those of which a column is made of one that
    changed, for as long as something does; of tables with windows the newest window. What is made
    straight from records of persons is not computed: a border or a timetable that is moved would
    show who is between the old and the new one. Tables of `also` are computed whether anything
    touches them or not. Raises UsageError where an edit names what is not there.
    """
    known = set(twin.lake.tables())
    versions = {table: twin.lake.version(table) for table in sorted(known)}
    pins = {table: version for table, version in versions.items() if version is not None}
    base, planned = PlannedTwin.of(twin, pins), PlannedTwin.of(twin, pins)
    changed = _overlaid(scenario, declarations, base, planned)
    edited_tables = tuple(sorted(changed))
    kinds = find_kinds()
    untold = {
        table: why for edit in scenario.edits for table, why in kinds[edit.kind].untold.items()
    }
    indicators: dict[str, Pair] = {}
    computed: list[str] = []
    left_out: dict[str, str] = {}
    for declaration in _in_order(declarations):
        table = declaration.key
        if table in edited_tables or not (table in also or _touching(declaration, changed)):
            continue
        if declaration.stage == "open" or not _leads_to_gold(table, declarations):
            continue
        if table in untold:
            left_out[table] = untold[table]
            continue
        missing = [one for one in (table, *declaration.reads.values()) if one not in pins]
        if missing:
            left_out[table] = _NOT_THERE.format(missing[0])
            continue
        if any(_is_of_persons(one, twin) for one in declaration.reads.values()):
            left_out[table] = OF_PERSONS
            continue
        if progress is not None:
            progress(table)
        computed.append(table)
        pair = _computed(declaration, base, planned, changed)
        if not pair.columns:
            continue
        changed[table] = pair
        _put(declaration, pair, base, planned)
        if declaration.stage == "gold":
            indicators[table] = pair
    left_out |= _effects(scenario, indicators, declarations, base, planned)
    return Outcome(pins, indicators, tuple(computed), edited_tables, left_out)


def _overlaid(
    scenario: Scenario,
    declarations: Mapping[str, Declaration],
    base: PlannedTwin,
    planned: PlannedTwin,
) -> dict[str, Pair]:
    """Put the edited tables in their place, and tell in what each differs from what it was."""
    places = _places(scenario, base)
    before = {table: current_rows(table, base, where) for table, where in places.items()}
    current = dict(before)
    for number, edit in enumerate(scenario.edits, start=1):
        try:
            current |= _edited(edit, current, places, base)
        except EditProblem as problem:
            raise UsageError(
                f"{scenario.scenario_id}: {place_of(number, edit.kind)}: {problem.name}: {problem}"
            ) from None
    changed: dict[str, Pair] = {}
    for table, rows in current.items():
        change = Pair(before[table], rows)
        if change.columns:
            planned.tables[table] = overlaid(table, rows, declarations, base, places[table])
            changed[table] = change
    return changed


def _places(scenario: Scenario, base: PlannedTwin) -> dict[str, pl.Expr | None]:
    """The tables that edits read, and which of their rows are all that edits may touch.

    None for all rows. Raises UsageError for a table that does not exist.
    """
    places: dict[str, pl.Expr | None] = {}
    for number, edit in enumerate(scenario.edits, start=1):
        kind = find_kinds()[edit.kind]
        within = {kind.reads[name]: where for name, where in kind.within(edit).items()}
        for table in (*kind.reads.values(), *kind.asks.values()):
            if table not in base.pins:
                raise UsageError(
                    f"{place_of(number, edit.kind)} needs {table}, which does not exist yet; "
                    "type gemello run first"
                )
            where, known = within.get(table), places.get(table)
            if table in places:
                where = None if where is None or known is None else where | known
            places[table] = None if keeps_history(base.read(table)) else where
    return places


def _edited(
    edit: Edit,
    current: Mapping[str, pl.DataFrame],
    places: Mapping[str, pl.Expr | None],
    base: PlannedTwin,
) -> dict[str, pl.DataFrame]:
    kind = find_kinds()[edit.kind]
    try:
        return edited(kind, edit, current)
    except EditProblem:
        tables = kind.reads.values()
        if any(places[table] is not None for table in tables):
            # What a planner may have meant is known of all rows only.
            edited(kind, edit, {table: current_rows(table, base) for table in tables})
        raise


def _in_order(declarations: Mapping[str, Declaration]) -> Iterator[Declaration]:
    """Declarations with their inputs first."""
    done: set[str] = set()

    def with_inputs(table: str) -> Iterator[Declaration]:
        if table in declarations and table not in done:
            done.add(table)
            for read in declarations[table].reads.values():
                yield from with_inputs(read)
            yield declarations[table]

    for table in sorted(declarations):
        yield from with_inputs(table)


def _touching(declaration: Declaration, changed: Mapping[str, Pair]) -> frozenset[str]:
    """The columns that changed of which any column is made: `<input>.<column>`."""
    return frozenset(
        origin
        for column in declaration.gives.values()
        for origin in column.made_of
        for name, _, part in [origin.partition(".")]
        if declaration.reads[name] in changed and part in changed[declaration.reads[name]].columns
    )


def _leads_to_gold(table: str, declarations: Mapping[str, Declaration]) -> bool:
    """Whether an indicator is made of it, sooner or later."""
    return table.startswith("gold/") or any(
        table in one.reads.values() and _leads_to_gold(key, declarations)
        for key, one in declarations.items()
    )


def _is_of_persons(table: str, twin: Twin) -> bool:
    """Whether a row tells of somebody, by a pseudonym or by when and where alone."""
    contract = twin.contract_of(table)
    return contract is not None and any(one.personal != "none" for one in contract.stored.values())


def _computed(
    declaration: Declaration,
    base: PlannedTwin,
    planned: PlannedTwin,
    changed: Mapping[str, Pair],
) -> Pair:
    """The rows without and with the scenario: of all, or of the newest window."""
    touching = _touching(declaration, changed)
    for parts in declaration.parts:
        if touching and touching <= {*parts.of} and is_as_read(declaration, base.pins, base):
            return _by_parts(parts, declaration, base, planned, changed)
    days = None if declaration.window_by is None else [_newest_day(declaration, base)]
    inputs = _inputs(declaration, planned, days)
    # A function that is fitted to the city as it is takes both: what holds, and what is planned.
    # Its baseline is the plan to leave all as it is, solved alike: solvers stop near the solution.
    asked = inspect.signature(declaration.function).parameters
    twice = [
        name
        for name, table in declaration.reads.items()
        if f"{name}_planned" in asked and table in changed
    ]
    if twice:
        as_it_is = _inputs(declaration, base, days)
        baseline = _rows(
            declaration, as_it_is | {f"{name}_planned": as_it_is[name] for name in twice}, days
        )
        inputs |= {f"{name}_planned": inputs[name] for name in twice}
        inputs |= {name: as_it_is[name] for name in twice}
    elif declaration.window_by is None and is_as_read(declaration, base.pins, base):
        baseline = base.read(declaration.key).collect()
    else:
        baseline = _rows(declaration, _inputs(declaration, base, days), days)
    after = _rows(declaration, inputs, days)
    if after.schema != baseline.schema:
        raise TwinError(f"{declaration.key}: its columns depend on its data; fix them")
    return Pair(baseline, after)


def _by_parts(
    parts: Parts,
    declaration: Declaration,
    base: PlannedTwin,
    planned: PlannedTwin,
    changed: Mapping[str, Pair],
) -> Pair:
    """The rows as they are stored, and with those anew to whose parts an edit reaches."""
    stored = base.read(declaration.key).collect()

    def asked(
        function: Callable[..., object], near: Mapping[str, pl.Expr]
    ) -> dict[str, pl.DataFrame]:
        names = [one for one in inspect.signature(function).parameters if one in declaration.reads]
        return _inputs(declaration, planned, None, names=names, near=near)

    differ = {
        name: pl.concat(changed[table].rows)
        for name, table in declaration.reads.items()
        if table in changed
    }
    reached = parts.reached(differ, stored, **asked(parts.reached, {})).unique()
    if reached.is_empty():
        return Pair(stored, stored)
    fresh = parts.each(**asked(parts.each, parts.near(reached, **asked(parts.near, {}))))
    rows = with_parts(stored, fresh, reached, key=declaration.key_columns)
    return Pair(stored, parts.rest(rows, **asked(parts.rest, {})))


def _inputs(
    declaration: Declaration,
    twin: PlannedTwin,
    days: list[date] | None,
    *,
    names: Collection[str] | None = None,
    near: Mapping[str, pl.Expr] = MappingProxyType({}),
) -> dict[str, pl.DataFrame]:
    """The rows of these inputs, or of all; of those of `near` the rows there."""
    return {
        name: input_of(
            name, twin.pins[declaration.reads[name]], twin=twin, days=days,
            declaration=declaration, where=near.get(name),
        )
        for name in (declaration.reads if names is None else names)
    }  # fmt: skip


def _rows(
    declaration: Declaration, inputs: Mapping[str, pl.DataFrame], days: list[date] | None
) -> pl.DataFrame:
    frame = declaration.function(**inputs)
    if days is None or declaration.window_by is None:
        return frame
    return frame.filter(pl.col(declaration.window_by).cast(pl.Date).is_in(days))


def _newest_day(declaration: Declaration, twin: PlannedTwin) -> date:
    newest = twin.read(declaration.key).select(pl.col("window_on").max()).collect().item()
    return newest if isinstance(newest, date) else declaration.since


def _put(declaration: Declaration, pair: Pair, base: PlannedTwin, planned: PlannedTwin) -> None:
    """The table as those downstream read it: of one with windows, its other windows as they are."""
    rows = pair.planned
    if declaration.window_by is not None:
        window = pl.col(declaration.window_by).cast(pl.Date)
        day = _newest_day(declaration, base)
        others = base.read(declaration.key).filter(pl.col("window_on") != day).collect()
        rows = pl.concat(
            [others, rows.with_columns(window_on=window).select(others.columns)],
        )
    planned.tables[declaration.key] = rows.lazy()


def _effects(
    scenario: Scenario,
    indicators: dict[str, Pair],
    declarations: Mapping[str, Declaration],
    base: PlannedTwin,
    planned: PlannedTwin,
) -> dict[str, str]:
    """Effects that no function holds, on the indicators; one that did not change so far joins.

    Gives the indicators on which there is none, and why.
    """
    kinds = find_kinds()
    without: dict[str, str] = {}
    for edit in scenario.edits:
        kind = kinds[edit.kind]
        for table, effect in kind.after.items():
            if table not in base.pins:
                without[table] = _NOT_THERE.format(table)
                continue
            without.setdefault(table, _UNMOVED)
            stored = base.read(table).collect()
            pair = indicators.get(table, Pair(stored, stored))
            asked = {name: current_rows(one, base) for name, one in kind.asks.items()}
            after = effect(edit, pair.planned, **asked)
            if Pair(pair.planned, after).columns:
                indicators[table] = Pair(pair.baseline, after)
                planned.tables[table] = after.lazy()
    return {table: why for table, why in without.items() if table not in indicators}
