"""Where each column of a computed table comes from, as its page in Dagster says it."""

from collections.abc import Iterable, Mapping

from assets.declaration import Declaration
from assets.lineage import Place, made_of, published_by
from assets.twin import Twin


def origins(declaration: Declaration, declarations: Mapping[str, Declaration], twin: Twin) -> str:
    """A list in Markdown: each column, what it is made of, and the publishers' columns behind it.

    Dagster keeps the lineage of columns, and the pages of its open edition do not show it.
    """
    lines = ["Columns and what they are made of:\n"]
    published = published_by(declaration.key, declarations, twin)
    for name in declaration.gives:
        origin = made_of(declaration, name)
        said = f"of {_listed(origin)}" if origin else "of no column"
        behind = f"; published as {_listed(published[name])}" if published[name] else ""
        lines.append(f"* `{name}`: {said}{behind}")
    return "\n".join(lines)


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
