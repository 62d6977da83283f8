"""Where each column of a computed table comes from, back to what the publishers wrote."""

from collections.abc import Iterable, Mapping

from assets.declaration import Declaration
from assets.twin import Twin

# A table and one of its columns.
Place = tuple[str, str]


def origins(declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin) -> str:
    """A list in Markdown: each column, what it is made of, and the publishers' columns behind it.

    Dagster keeps the lineage of columns, and the pages of its open edition do not show it.
    """
    lines = ["Columns and what they are made of:\n"]
    for name in declaration.gives:
        made_of = _made_of(declaration, name)
        behind = [
            source
            for table, column in made_of
            for source in _published(table, column, declarations, twin)
        ]
        said = f"of {_listed(made_of)}" if made_of else "of no column"
        published = f"; published as {_listed(behind)}" if behind else ""
        lines.append(f"* `{name}`: {said}{published}")
    return "\n".join(lines)


def _made_of(declaration: Declaration, column: str) -> list[Place]:
    parts = [origin.partition(".") for origin in declaration.gives[column].made_of]
    return [(declaration.reads[name], read) for name, _, read in parts]


def _published(
    table: str, column: str, declarations: Mapping[str, Declaration], twin: Twin
) -> list[Place]:
    """The sources and their columns that a column goes back to, in the publisher's own names."""
    if table in declarations:
        return [
            source
            for read, name in _made_of(declarations[table], column)
            for source in _published(read, name, declarations, twin)
        ]
    contract = twin.contract_of(table)
    if contract is None or column not in contract.stored:
        return []
    return [(f"source/{contract.key}", name) for name in contract.stored[column].source]


def _listed(places: Iterable[Place]) -> str:
    """The columns by table, each named once, with a link to the table's page."""
    by_table: dict[str, dict[str, None]] = {}
    for table, column in places:
        by_table.setdefault(table, {})[column] = None
    return " and ".join(
        f"[{table}](/assets/{table}) {', '.join(f'`{_plain(name)}`' for name in columns)}"
        for table, columns in by_table.items()
    )


def _plain(name: str) -> str:
    return name.replace("`", "'")
