"""`explain`: where one published number comes from, and the same number once more."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import UsageError
from orchestration.cli.console import fail, note, say, table
from orchestration.cli.exit_codes import EXIT_REFUSED

if TYPE_CHECKING:
    from assets.declaration import Declaration
    from assets.explaining import Explanation


def explain(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="silver/…, gold/… or open/…")],
    key: Annotated[
        list[str] | None, typer.Option(help="column=value; once for each key column.")
    ] = None,
) -> None:
    """Say how a number was computed, from which versions, and compute it again from them.

    Exit 1 where the same versions do not give the same number.
    """
    from assets.derived_assets import find_declarations
    from assets.explaining import explain as explain_row
    from assets.twin import Twin

    declarations = find_declarations()
    if name not in declarations:
        computed = ", ".join(sorted(one for one in declarations if one.startswith("gold/")))
        raise UsageError(f"{name} is no computed table; indicators are {computed}")
    asked = dict(_pair(one) for one in key or ())
    declaration = declarations[name]
    found = explain_row(declaration, declarations, asked, Twin.here())
    _tell_row(declaration, found)
    _tell_inputs(found)
    if found.is_same is None:
        note(f"Not computed again: {found.why_not}")
    elif found.is_same:
        say("Computed again from these versions: the same, bit by bit")
    else:
        fail("computed again from these versions it is another: the method has changed since")
        raise typer.Exit(EXIT_REFUSED)


def _pair(text: str) -> tuple[str, str]:
    column, is_pair, value = text.partition("=")
    if not is_pair:
        raise UsageError(f"--key: write column=value, not '{text}'")
    return column, value


def _tell_row(declaration: "Declaration", found: "Explanation") -> None:
    say(declaration.description)
    if declaration.measured is not None:
        say("")
        say(declaration.measured.how)
    rows = [
        (column, "–" if value is None else str(value), declaration.gives[column].description)
        for column, value in found.row.items()
    ]
    table(found.table, ["column", "value", "what it is"], rows)
    notes = ", ".join(f"{name} {text}" for name, text in found.notes.items())
    say(
        f"Version {found.version}, written {found.at:%Y-%m-%d %H:%M} UTC; {notes}; "
        f"function {found.method:x}"
    )


def _tell_inputs(found: "Explanation") -> None:
    rows = [(one.table, str(one.version), str(one.newest), one.made_by) for one in found.inputs]
    table("Read", ["input", "version read", "version now", "made by"], rows)
    ways = sorted({(way.source, *way.source_columns, way.treatment) for way in found.ways})
    back = [(source, ", ".join(columns), treatment) for source, *columns, treatment in ways]
    table("Goes back to", ["publisher's data set", "column", "at the gate"], back)
