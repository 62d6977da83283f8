"""`quarantine list | show | replay`: the rows that were refused."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from infra.counting import counted
from infra.errors import UsageError
from orchestration.cli.console import no_such, note, say, table

if TYPE_CHECKING:
    from assets.twin import Twin
    from quality.contract.model import Contract

app = typer.Typer(
    help="Rows that were refused: look, correct the contract, replay.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="TABLE", help="<publisher>/<dataset>")]


@app.command("list")
def list_refused() -> None:
    """How many rows each source has in quarantine, by rule, and until when they can be replayed."""
    import polars as pl

    from assets.twin import Twin

    twin = Twin.here()
    rows = []
    for key in twin.lake.tables():
        if not key.startswith("quarantine/"):
            continue
        counts = (
            twin.read(key)
            .group_by("rule")
            .agg(pl.len().alias("rows"), pl.col("sealed_until_on").max())
            .sort("rule")
            .collect()
        )
        rows += [
            (key.removeprefix("quarantine/"), rule, count, _until(day))
            for rule, count, day in counts.iter_rows()
        ]
    table("Quarantine", ["data set", "rule", "rows", "replayable until"], rows)


def _until(day: date | None) -> str:
    if day is None:
        return "never: no sealed copy is kept"
    return "always" if day == date.max else day.isoformat()


@app.command()
def show(name: Name, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """Where refused rows stood and why they were refused."""
    import polars as pl

    twin, contract = _known(name)
    rows = twin.read(f"quarantine/{contract.key}").sort("delivery_id", "payload_index", "row_index")
    shown = rows.select(
        pl.col("delivery_id").str.slice(0, 12),
        pl.col("payload_index") + 1,  # as messages say it: file 1 of 3
        "row_index",
        "rule",
        "reason",
    )
    table(
        f"quarantine/{contract.key}",
        ["delivery", "file", "line", "rule", "reason"],
        shown.limit(limit).collect().iter_rows(),
    )


@app.command()
def replay(name: Name) -> None:
    """Put the refused rows through the contract as it is now; what passes joins its table."""
    from assets.twin import commit_notes, utc_now
    from quality.replay import replay_refused

    twin, contract = _known(name)
    result = replay_refused(
        contract,
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes=commit_notes("replay"),
        now=utc_now(),
    )
    remaining = result.refused_count - result.released_count
    say(
        f"{contract.key}: {counted(result.refused_count, 'row was', 'rows were')} in quarantine: "
        f"{result.released_count} released, {counted(remaining, 'remains', 'remain')}"
    )
    if result.expired_count:
        note(
            f"{result.expired_count} of them can no longer be replayed: the sealed delivery they "
            "came in has been destroyed, as the contract's archive_days says"
        )


def _known(name: str) -> "tuple[Twin, Contract]":
    from assets.twin import Twin

    twin = Twin.here()
    key = name.replace(".", "/").removeprefix("quarantine/").removeprefix("bronze/")
    contract = twin.contracts.get(key)
    if contract is None:
        raise UsageError(no_such("data set", key, twin.contracts))
    if not twin.lake.exists(f"quarantine/{key}"):
        raise UsageError(
            f"{key} has not been delivered yet; run: gemello run --select bronze/{key}"
        )
    return twin, contract
