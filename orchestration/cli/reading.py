"""`sql` and `history`: looking into the lake, read-only."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import UsageError
from orchestration.cli.console import no_such, table

if TYPE_CHECKING:
    from assets.twin import Twin


def sql(
    query: Annotated[str, typer.Argument(help="Three-part names: FROM gold.air.hourly_…")],
    limit: Annotated[int, typer.Option(min=1, help="Rows shown at most.")] = 100,
) -> None:
    """Ask the lake in SQL (DuckDB, read-only)."""
    from assets.twin import Twin

    columns, rows = ask(Twin.here(), query, limit=limit)
    table("", columns, rows)


def ask(twin: "Twin", query: str, *, limit: int) -> tuple[list[str], list[tuple[object, ...]]]:
    """The columns and the first rows of a read-only query over the tables it names.

    Raises UsageError for what is not one valid SELECT, and ContractError for a table that may not
    be read.
    """
    import duckdb

    with duckdb.connect() as connection:
        text = query
        tables = twin.lake.tables()
        for key in tables:
            name = key.replace("/", ".")
            pattern = re.compile(rf"(?<![\w.\"])\"?{re.escape(name)}\"?(?![\w.])", re.IGNORECASE)
            if pattern.search(text):
                connection.register(name, twin.read(key).collect().to_arrow())
                text = pattern.sub(f'"{name}"', text)
        connection.execute("SET temp_directory = ''")  # nothing is spilled to a disk
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            statements = connection.extract_statements(text)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageError("gemello sql takes one SELECT; the lake is read-only here")
            answer = connection.execute(text)
            columns = [str(column[0]) for column in answer.description or ()]
            return columns, answer.fetchmany(limit)
        except duckdb.CatalogException:
            raise UsageError(
                "the query names a table or function that is not there; tables are written "
                f"stage.publisher.dataset: {', '.join(sorted(tables)).replace('/', '.') or 'none'}"
            ) from None
        except (duckdb.ParserException, duckdb.BinderException) as error:
            # These speak of the query, not of the rows.
            raise UsageError(str(error).splitlines()[0]) from None
        except duckdb.Error as error:
            raise UsageError(
                f"the query failed on the data ({type(error).__name__}); check its casts"
            ) from None


def history(
    name: Annotated[
        str, typer.Argument(metavar="TABLE", help="Such as bronze/a2a/electricity_readings")
    ],
    limit: Annotated[int, typer.Option(min=1)] = 20,
) -> None:
    """The versions of a table: when, by which run, from which delivery, how many rows."""
    from assets.twin import Twin

    twin = Twin.here()
    name = name.replace(".", "/")
    if name not in twin.lake.tables():
        raise UsageError(no_such("table", name, twin.lake.tables()))
    table(
        name,
        ["version", "at", "windows", "kept", "refused", "delivery", "contract", "run"],
        [
            (
                commit.version,
                commit.at.strftime("%Y-%m-%d %H:%M:%S"),
                commit.notes.get("windows", ""),
                commit.notes.get("rows_kept", ""),
                commit.notes.get("rows_refused", ""),
                _delivery(commit.notes.get("delivery", "")),
                commit.notes.get("contract", ""),
                commit.notes.get("run", "")[:8],
            )
            for commit in twin.lake.history(name, limit=limit)
        ],
    )


def _delivery(ids: str) -> str:
    """The delivery a commit is of; the first of several, and how many more."""
    first, *others = ids.split() or [""]
    return first[:12] + (f" +{len(others)}" if others else "")
