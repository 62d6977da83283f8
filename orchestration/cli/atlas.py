"""`atlas`: the indicators as a site that needs no server."""

from pathlib import Path
from typing import Annotated

import typer

from infra.errors import UsageError
from orchestration.cli.console import note, say


def atlas(
    out: Annotated[Path, typer.Option(help="A new or empty folder, or that of an atlas.")],
) -> None:
    """Write the indicators as pages in Italian: maps, series, numbers, methods and versions.

    Reads the gold tables and writes nothing into the lake. The pages need no server and no network.
    """
    from assets.atlas.site import atlas as pages_of
    from assets.atlas.site import check_replaceable, write
    from assets.derived_assets import find_declarations
    from assets.twin import Twin

    check_replaceable(out)
    twin = Twin.here()
    if not any(table.startswith("gold/") for table in twin.lake.tables()):
        raise UsageError("the lake holds no indicator yet: type `gemello demo` or `gemello run`")
    files = pages_of(find_declarations(), twin, say=note)
    bytes_count = write(out, files)
    say(f"{out / 'index.html'}: {len(files)} files, {bytes_count / 1e6:.1f} MB; open it")
