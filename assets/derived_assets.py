"""From declarations to Dagster assets: silver entities, gold indicators and open tables."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType

import dagster as dg
import polars as pl

from assets import forecasts, indicators, open_data, silver
from assets.boundary import value_free
from assets.declaration import Declaration
from assets.derive import Derivation, derive
from assets.disclosure import checks_of, disclosure_result, disclosure_spec
from assets.freshness import is_hourly
from assets.lineage import made_of
from assets.metadata import (
    column_schema,
    data_version,
    lineage_of,
    materializations,
    windows_of_run,
)
from assets.origins import origins
from assets.pictures import as_table, map_of, newest, series_of, worst
from assets.plots import as_markdown
from assets.source_assets import partitions_of
from assets.source_report import refused_checks
from assets.twin import Twin, commit_notes
from infra.errors import DeliveryRefused, TwinError
from infra.windows import Cadence, Window
from quality.derived import size_drift

_Metadata = dict[str, dg.MetadataValue | int | float | str | dg.TableColumnLineage]
# What a table is looked at by in Dagster, and the version of the places that its map shows.
_OWN, _MAP, _WORST, _CITY = "picture", "map", "worst ten", "city: "
_LOOKS = (_OWN, _MAP, _WORST)
_SHAPES = "version of the map's places"
_SAME = ("Delta version", "method", _SHAPES)
_NO_NEWS = "inputs unchanged: left as it was"


def find_declarations() -> dict[str, Declaration]:
    """Every silver entity, indicator, forecast and open table: a file in the folder is found."""
    found: dict[str, Declaration] = {}
    for package in (silver, indicators, forecasts, open_data):
        for module in _modules(package):
            declaration = getattr(module, "declaration", None)
            if not isinstance(declaration, Declaration):
                raise TwinError(f"{module.__name__} has no `declaration = Declaration(…)`; add it")
            declaration.check()
            if declaration.key in found:
                raise TwinError(f"{declaration.key} is declared twice; rename one of the two")
            found[declaration.key] = declaration
    return found


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{info.name}")


def derived_asset(
    declaration: Declaration,
    declarations: Mapping[str, Declaration],
    twin: Twin,
    *,
    schema: pl.Schema,
) -> dg.AssetsDefinition:
    """The step that computes one silver entity, gold indicator or open table of these columns."""
    key = dg.AssetKey(declaration.key.split("/"))
    partitions = None
    if declaration.window_by:
        partitions = partitions_of(
            "daily",
            twin.since(declaration.since),
            with_today=is_hourly(declaration.key, declarations, twin),
        )
    descriptions = {name: column.description for name, column in declaration.gives.items()}

    @dg.asset(
        key=key,
        deps=_inputs(declaration, declarations, twin),
        group_name=f"{declaration.stage}_{declaration.theme}",
        description=f"{declaration.description}\n\n{origins(declaration, declarations, twin)}",
        owners=[declaration.owner],
        kinds={declaration.stage, *declaration.kinds},
        tags={"stage": declaration.stage, "theme": declaration.theme},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        check_specs=_check_specs(key, declaration),
        required_resource_keys={"twin"},
        code_version=declaration.method_version,
        metadata={
            "dagster/column_schema": column_schema(schema, descriptions, {}),
            "dagster/column_lineage": _lineage(declaration),
            "key columns": ", ".join(declaration.key_columns),
            "literature": declaration.literature,
        },
    )
    def computed(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        with value_free(declaration.key):
            opened: Twin = context.resources.twin.open()
            try:
                result = derive(
                    declaration,
                    declarations,
                    twin=opened,
                    requested=_requested(context, declaration, opened),
                    notes=commit_notes(context.run.run_id),
                    schema=schema,
                )
            except DeliveryRefused as refusal:
                yield from refused_checks(refusal, key, checks_of(declaration))
                raise dg.Failure(str(refusal), allow_retries=False) from None
            if result.is_news:
                materializations(context, key, result.windows, {}, twin=opened)
            yield dg.MaterializeResult(
                data_version=data_version(context, key, opened),
                metadata=_metadata(declaration, result, opened, context),
                check_results=_checks(declaration, opened),
            )

    return computed


def _inputs(
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> list[dg.AssetDep]:
    """What the table reads; a day of it reads the days before it, too, that it looks back on.

    Not of a forecast: what was issued is not asked for again with each of those days.
    """
    inputs = []
    for name, table in declaration.reads.items():
        mapping = None
        cadence = _cadence(table, declarations, twin)
        if declaration.window_by and cadence != "static":
            is_by_day = cadence in ("stream", "daily") and not declaration.issued_from
            mapping = dg.TimeWindowPartitionMapping(
                start_offset=-declaration.lookback_of(name) if is_by_day else 0,
                allow_nonexistent_upstream_partitions=True,
            )
        inputs.append(dg.AssetDep(dg.AssetKey(table.split("/")), partition_mapping=mapping))
    return inputs


def _cadence(table: str, declarations: Mapping[str, Declaration], twin: Twin) -> Cadence:
    contract = twin.contract_of(table)
    if contract is not None:
        return contract.cadence
    return "daily" if declarations[table].window_by else "static"


def _check_specs(key: dg.AssetKey, declaration: Declaration) -> list[dg.AssetCheckSpec]:
    disclosure = [disclosure_spec(key)] if declaration.release is not None else []
    return [
        *disclosure,
        dg.AssetCheckSpec("privacy", asset=key, blocking=True, description=_PRIVACY),
        dg.AssetCheckSpec("contract", asset=key, blocking=True, description=_CONTRACT),
        dg.AssetCheckSpec("drift", asset=key, description=_DRIFT),
    ]


_PRIVACY = "No column follows a person, whatever its name says. Fails: nothing was published."
_CONTRACT = (
    "The columns are those declared and the key is complete and unique. "
    "Fails: nothing was published."
)
_DRIFT = "The newest window has about as many rows as those before it. Warns if not."


def _checks(declaration: Declaration, twin: Twin) -> list[dg.AssetCheckResult]:
    drift = size_drift(_rows_by_window(declaration, twin))
    disclosure = [disclosure_result(declaration, twin)] if declaration.release is not None else []
    return [
        *disclosure,
        dg.AssetCheckResult(check_name="privacy", passed=True),
        dg.AssetCheckResult(
            check_name="contract",
            passed=True,
            metadata={"key columns": ", ".join(declaration.key_columns)},
        ),
        dg.AssetCheckResult(
            check_name="drift",
            passed=drift is None,
            severity=dg.AssetCheckSeverity.WARN,
            description=drift or "About as many rows as usual.",
        ),
    ]


def _rows_by_window(declaration: Declaration, twin: Twin) -> list[int]:
    if declaration.window_by is None or not twin.lake.exists(declaration.key):
        return []
    counts = twin.lake.read(declaration.key).group_by("window_on").len().sort("window_on")
    return counts.collect()["len"].to_list()


def _requested(
    context: dg.AssetExecutionContext, declaration: Declaration, twin: Twin
) -> Window | None:
    if declaration.window_by is None:
        return None
    return windows_of_run(context, "daily", twin.since(declaration.since))


def _lineage(declaration: Declaration) -> dg.TableColumnLineage:
    return lineage_of({name: made_of(declaration, name) for name in declaration.gives})


def _metadata(
    declaration: Declaration, result: Derivation, twin: Twin, context: dg.AssetExecutionContext
) -> _Metadata:
    frame = result.frame
    metadata: _Metadata = {
        "dagster/row_count": twin.rows_count(declaration.key),
        "rows computed": result.rows_count,
        "dagster/uri": twin.lake.uri(declaration.key),
        "dagster/column_lineage": _lineage(declaration),
        "windows computed": len(result.windows),
        "news": "computed anew" if result.is_news else _NO_NEWS,
        "method": declaration.method_version,
    }
    if result.version is not None:
        metadata["Delta version"] = result.version
    for name, key in declaration.reads.items():
        version = twin.lake.version(key)
        if version is not None:
            metadata[f"version of {name}"] = version
    if declaration.stage != "silver":
        metadata |= _numbers(frame)
        shapes = declaration.measured.shapes if declaration.measured else ""
        if shapes and (number := twin.lake.version(shapes)) is not None:
            metadata[_SHAPES] = number
        last = None if result.is_news else context.instance.get_latest_materialization_event(
            context.asset_key
        )  # fmt: skip
        before = last.asset_materialization if last else None
        seen = as_it_was(before.metadata, metadata) if before else None
        if seen is None:
            shown = frame if result.is_news else twin.read(declaration.key).collect()
            seen = looked_at(declaration, shown, twin) if shown.height else {}
        metadata |= seen
    return metadata


def as_it_was(
    before: Mapping[str, dg.MetadataValue], now: _Metadata
) -> dict[str, dg.MetadataValue | float] | None:
    """What an event told to look at, to be told again: nothing is drawn of what did not change.

    None where it was of another version of the table or of its places, by another method, or of
    those days alone that were computed then.
    """
    told = {name: value.value for name, value in before.items() if hasattr(value, "value")}
    if [told.get(name) for name in _SAME] != [now.get(name) for name in _SAME]:
        return None
    if told.get("news") != _NO_NEWS and told.get("rows computed") != told.get("dagster/row_count"):
        return None
    return {n: value for n, value in before.items() if n in _LOOKS or n.startswith(_CITY)} or None


def looked_at(
    declaration: Declaration, frame: pl.DataFrame, twin: Twin
) -> dict[str, dg.MetadataValue | float]:
    """A table's picture; an indicator's map, its ten worst places, and the city as a whole.

    An indicator that has neither a map nor a picture of its own gets a chart.
    """
    seen: dict[str, dg.MetadataValue | float] = {}
    if declaration.plot is not None:
        seen[_OWN] = _picture(declaration.plot(frame), declaration.title)
    measured = declaration.measured
    if measured is None:
        return seen
    table = measured.shapes
    shapes = twin.read(table).collect() if table and twin.lake.exists(table) else None
    seen[_WORST] = dg.MetadataValue.md(as_table(worst(frame, measured)))
    drawn = map_of(declaration, frame, shapes)
    if drawn is not None:
        seen[_MAP] = _picture(drawn, f"Map: {declaration.title}")
    elif declaration.plot is None and (chart := series_of(declaration, frame)) is not None:
        seen[_OWN] = _picture(chart, declaration.title)
    last = newest(frame, measured)
    for name in ("completeness_ratio", *measured.values):
        mean = last[name].cast(pl.Float64).mean()
        if isinstance(mean, float):
            seen[f"{_CITY}{name}"] = round(mean, 4)
    return seen


def _picture(svg: str, title: str) -> dg.MetadataValue:
    return dg.MetadataValue.md(as_markdown(svg, title=title))


def _numbers(frame: pl.DataFrame) -> dict[str, float]:
    """The mean of each number of an anonymous table, which Dagster plots over time."""
    numbers: dict[str, float] = {}
    for name, dtype in frame.schema.items():
        mean = frame[name].cast(pl.Float64).mean() if dtype.is_numeric() else None
        if isinstance(mean, float):
            numbers[f"mean {name}"] = round(mean, 4)
    return numbers
