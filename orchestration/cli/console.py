"""How the command line speaks: rich on a terminal, plain lines elsewhere."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line on standard output."""
    out.print(escape(text))


def note(text: str) -> None:
    """A line on standard error: progress, warnings, what to do next."""
    err.print(escape(text), style="dim" if err.is_terminal else "")


def fail(text: str, places: Sequence[str] = ()) -> None:
    """An error in one readable block."""
    lines = text.splitlines() or [""]
    err.print(f"[bold red]Error[/] {escape(lines[0])}")
    for line in lines[1:]:
        err.print(f"      {escape(line)}")
    for place in places:
        err.print(f"      at {escape(place)}")


def no_such(what: str, name: str, known: Iterable[str]) -> str:
    """That something of this name is not there, with what may have been meant."""
    names = sorted(known)
    tail = [one for one in names if one.endswith(f"/{name}")]
    close = tail or get_close_matches(name, names, n=3)
    if close:
        return f"there is no {what} {name}; did you mean {' or '.join(close)}?"
    return f"there is no {what} {name}; there {'are: ' + ', '.join(names) if names else 'is none'}"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table: drawn on a terminal, tab-separated with a header line elsewhere."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not out.is_terminal:
        for row in [list(columns), *texts]:
            out.print(escape("\t".join(row)), soft_wrap=True)
        return
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in texts:
        drawn.add_row(*(escape(cell) for cell in row))
    out.print(drawn)
