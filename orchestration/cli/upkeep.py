"""`upkeep`: what has had its time goes; tables follow contracts that were made stricter."""

from typing import Annotated

import typer

from infra.counting import counted
from infra.errors import UsageError
from orchestration.cli.console import no_such, note, say, table

app = typer.Typer(help="What has had its time goes; stricter contracts reach back.")


@app.callback(invoke_without_command=True)
def upkeep(context: typer.Context) -> None:
    """Destroy what has had its time: sealed deliveries, keys of days, backups, rows.

    Without a command: as every night. Rows end as each contract's retention_days says.
    """
    if context.invoked_subcommand is not None:
        return
    from assets.twin import Twin
    from assets.upkeep import end_terms
    from assets.upkeep import upkeep as destroy_on_time

    twin = Twin.here()
    destroy_on_time(twin)
    found = end_terms(twin)
    table(
        "Retention",
        ["table", "kept since", "files removed", "rows removed", "oldest version", "of"],
        [
            (k.table, k.since, k.files_count or "", k.rows_count or "", k.oldest, k.oldest_at)
            for k in found
        ],
    )


@app.command()
def rewrite(
    name: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="<publisher>/<dataset>; default: all.")
    ] = None,
) -> None:
    """Rewrite and purge tables whose contract became stricter than their rows; then they open.

    What can be made coarser is; what cannot is emptied. Older versions are gone for good.
    """
    from assets.twin import Twin, code_version
    from quality.stricter import bring_up

    twin = Twin.here()
    if name is not None:
        name = name.replace(".", "/").removeprefix("bronze/").removeprefix("quarantine/")
        if name not in twin.contracts:
            raise UsageError(no_such("data set", name, twin.contracts))
    chosen = [c for key, c in twin.contracts.items() if name in (None, key)]
    done = [
        one for contract in chosen for one in bring_up(contract, twin.lake, code=code_version())
    ]
    if not done:
        say("No table shows more than its contract allows; nothing was rewritten")
        return
    for one in done:
        said = [f"coarser {', '.join(one.coarser)}"] if one.coarser else []
        said += [f"emptied {', '.join(one.emptied)}"] if one.emptied else []
        lost = (
            f", {counted(one.lost_count, 'row')} lost their key and went" if one.lost_count else ""
        )
        say(f"{one.table}: {counted(one.rows_count, 'row')} rewritten{lost}. {'; '.join(said)}")
    note("What sealed deliveries still hold comes back with `gemello run --from-archive`")
