"""`protect` and `scan`: gate and rules on one file, and the canary scanner."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.counting import agree, counted
from infra.errors import DeliveryRefused, UsageError
from infra.settings import Settings
from infra.windows import Window
from orchestration.cli.console import fail, note, say, table
from orchestration.cli.exit_codes import EXIT_REFUSED

if TYPE_CHECKING:
    import polars as pl

    from infra.arrivals import Arrivals
    from quality.contract.model import Contract


def protect(
    contract: Annotated[str, typer.Argument(help="<publisher>/<dataset>, or a contract's path.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The delivery.")],
    out: Annotated[Path, typer.Option(help="Where to write: .parquet or .csv")],
    window: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="The window the file is for, if it has one."
        ),
    ] = None,
) -> None:
    """Minimise, pseudonymise and judge a file at home, before sending it to anyone.

    What comes out are the rows that would land in bronze: gate and rules as in a run. Nothing is
    sealed, and refused rows are counted but not written.
    """
    from infra.arrivals import Arrivals, Payload
    from quality.contract.load import BUILT_IN, find_contract

    if out.suffix not in (".parquet", ".csv"):
        raise UsageError("--out: write a file name that ends in .parquet or .csv")
    if out.resolve() == file.resolve() or not out.parent.is_dir():
        raise UsageError("--out: write another file than the delivery, in a folder that exists")
    settings = Settings.load()
    agreed = find_contract(contract, [BUILT_IN, *settings.contracts])
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    day = window.date() if window and not agreed.is_static else None
    kept, refused = _as_landed(Arrivals([Payload(file.name, file.read_bytes(), at, day)]), agreed)
    if out.suffix == ".parquet":
        kept.write_parquet(out)
    else:
        kept.write_csv(out)
    say(f"{agreed.key}: {counted(kept.height, 'row')} protected, {len(refused)} refused")
    for rule, count in sorted(Counter(refused).items()):
        note(f"  {rule}: {counted(count, 'row')}")


def _as_landed(arrivals: "Arrivals", contract: "Contract") -> tuple["pl.DataFrame", list[str]]:
    """The rows that would land, and the rule that refused each of the others."""
    from infra.keys import Keyring
    from quality.judgement import judge
    from quality.placing import limits
    from quality.privacy.arrivals import window_of_each
    from quality.privacy.drift import check_claim
    from quality.privacy.gate import protect as protect_delivery

    protected = protect_delivery(arrivals, contract, Keyring.open(Settings.load()))
    days = window_of_each(arrivals)
    named = [Window.of(day, contract.cadence) for day in days if day is not None]
    verdict = judge(
        protected.frame,
        contract,
        refused_before=protected.refused.height,
        delivered_count=protected.delivered_count,
        window=limits(contract, named[0] if named else None, contract.source, datetime.now(UTC)),
        payload_windows=days,
    )
    if verdict.stops:
        said = " ".join(verdict.stops)
        raise DeliveryRefused(f"{contract.key}: nothing was written. {said}", check="contract")
    check_claim(verdict.kept, contract)
    kept = verdict.kept.select(list(contract.stored))
    return kept, [*protected.refused["rule"], *verdict.refused["rule"]]


def scan(
    folder: Annotated[Path, typer.Argument(exists=True, help="What to search.")],
    canaries: Annotated[Path, typer.Option(exists=True, help="One value per line.")],
) -> None:
    """Search every byte, decoded too, for values that must not be there. Exit 1 on any hit."""
    from infra.scan import scan as scan_folder

    values = [line for line in canaries.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not values:
        raise UsageError("--canaries: the file holds no value; a scan for nothing proves nothing")
    hits = scan_folder(folder, values)
    if not hits:
        say(f"None of {counted(len(values), 'value')} was found in {folder}")
        return
    table(
        "Found",
        ["file", "where", "as", "line of the canaries file", "times"],
        [
            (hit.path, hit.place, hit.form, hit.canary + 1 if hit.canary >= 0 else "", hit.count)
            for hit in hits
        ],
    )
    unreadable = sum(hit.form == "unreadable" for hit in hits)
    if unreadable:
        are = agree(unreadable, "is", "are")
        note(f"{unreadable} of these could not be opened, and so {are} not proven clean")
    places = counted(len(hits), "place")
    hold = agree(len(hits), "holds", "hold")
    fail(f"{places} in {folder} {hold} a value that must not be there, or may")
    raise typer.Exit(EXIT_REFUSED)
