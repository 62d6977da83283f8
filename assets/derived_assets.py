"""From declarations to Dagster assets: silver entities and gold indicators."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType

import dagster as dg
import polars as pl

from assets import indicators, silver
from assets.boundary import value_free
from assets.declaration import Declaration
from assets.derive import Derivation, derive, schema_of
from assets.metadata import column_schema, lineage_of, materializations, windows_of_run
from assets.plots import as_markdown
from assets.source_assets import partitions_of
from assets.twin import Twin, commit_notes
from infra.errors import TwinError
from infra.windows import Window


def find_declarations() -> dict[str, Declaration]:
    """Every silver entity and indicator there is: a file in the folder is found by itself."""
    found: dict[str, Declaration] = {}
    for package in (silver, indicators):
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
    declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin
) -> dg.AssetsDefinition:
    """The step that computes one silver entity or gold indicator."""
    key = dg.AssetKey(declaration.key.split("/"))
    partitions = None
    if declaration.window_by:
        partitions = partitions_of("daily", twin.since(declaration.since))
    schema = schema_of(declaration, declarations, twin)
    descriptions = {name: column.description for name, column in declaration.gives.items()}

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(table.split("/")) for table in declaration.reads.values()],
        group_name=f"{declaration.stage}_{declaration.theme}",
        description=declaration.description,
        owners=[declaration.owner],
        kinds=set(declaration.kinds),
        tags={"stage": declaration.stage, "theme": declaration.theme},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        required_resource_keys={"twin"},
        code_version=declaration.method_version,
        metadata={
            "dagster/column_schema": column_schema(schema, descriptions, {}),
            "dagster/column_lineage": _lineage(declaration),
            "key columns": ", ".join(declaration.key_columns),
            "literature": declaration.literature,
        },
    )
    def computed(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        opened: Twin = context.resources.twin.open()
        with value_free(declaration.key):
            result = derive(
                declaration,
                declarations,
                twin=opened,
                requested=_requested(context, declaration, opened),
                notes=commit_notes(context.run.run_id),
            )
            if result.is_news:
                materializations(context, key, result.windows, {})
            return dg.MaterializeResult(metadata=_metadata(declaration, result, opened))

    return computed


def _requested(
    context: dg.AssetExecutionContext, declaration: Declaration, twin: Twin
) -> Window | None:
    if declaration.window_by is None:
        return None
    return windows_of_run(context, "daily", twin.since(declaration.since))


def _lineage(declaration: Declaration) -> dg.TableColumnLineage:
    return lineage_of(
        {
            name: [
                (declaration.reads[origin.partition(".")[0]], origin.partition(".")[2])
                for origin in column.made_of
            ]
            for name, column in declaration.gives.items()
        }
    )


def _metadata(
    declaration: Declaration, result: Derivation, twin: Twin
) -> dict[str, dg.MetadataValue | int | float | str | dg.TableColumnLineage]:
    frame = result.frame
    metadata: dict[str, dg.MetadataValue | int | float | str | dg.TableColumnLineage] = {
        "dagster/row_count": frame.height,
        "dagster/uri": twin.lake.uri(declaration.key),
        "dagster/column_lineage": _lineage(declaration),
        "windows computed": len(result.windows),
        "news": "computed anew" if result.is_news else "inputs unchanged: left as it was",
        "method": declaration.method_version,
    }
    if result.version is not None:
        metadata["Delta version"] = result.version
    for name, key in declaration.reads.items():
        version = twin.lake.version(key)
        if version is not None:
            metadata[f"version of {name}"] = version
    if declaration.stage == "gold":
        metadata |= _numbers(frame)
        shown = frame if result.is_news else twin.read(declaration.key).collect()
        if declaration.plot is not None and shown.height:
            metadata["picture"] = dg.MetadataValue.md(
                as_markdown(declaration.plot(shown), title=declaration.title)
            )
    return metadata


def _numbers(frame: pl.DataFrame) -> dict[str, float]:
    """The mean of each number of an indicator, which Dagster plots over time. Gold is anonymous."""
    numbers: dict[str, float] = {}
    for name, dtype in frame.schema.items():
        mean = frame[name].cast(pl.Float64).mean() if dtype.is_numeric() else None
        if isinstance(mean, float):
            numbers[f"mean {name}"] = round(mean, 4)
    return numbers
