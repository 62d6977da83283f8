"""`protect`, `scan`, `keys`: the gate alone, the canary scanner, the key ring."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.errors import ContractError
from infra.settings import Settings
from orchestration.cli.console import fail, note, say, table

keys = typer.Typer(help="Pseudonymisation keys: their ids, never the keys.", no_args_is_help=True)


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
    """The gate alone: minimise and pseudonymise a file at home, before sending it to anyone."""
    from infra.arrivals import Arrivals, Payload
    from infra.keys import Keyring
    from quality.contract.load import BUILT_IN, find_contract
    from quality.privacy.gate import protect as protect_delivery

    if out.suffix not in (".parquet", ".csv"):
        raise ContractError("--out: write a file name that ends in .parquet or .csv")
    if out.resolve() == file.resolve() or not out.parent.is_dir():
        raise ContractError("--out: write another file than the delivery, in a folder that exists")
    settings = Settings.load()
    agreed = find_contract(contract, [BUILT_IN, *settings.contracts])
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    payload = Payload(file.name, file.read_bytes(), at, window.date() if window else None)
    protected = protect_delivery(Arrivals([payload]), agreed, Keyring.open(settings))
    frame = protected.frame.select(list(agreed.stored))
    if out.suffix == ".parquet":
        frame.write_parquet(out)
    else:
        frame.write_csv(out)
    say(f"{agreed.key}: {frame.height} rows protected, {protected.refused.height} refused")
    for rule, count in protected.refused.group_by("rule").len().sort("rule").iter_rows():
        note(f"  {rule}: {count} rows")


def scan(
    folder: Annotated[Path, typer.Argument(exists=True, help="What to search.")],
    canaries: Annotated[Path, typer.Option(exists=True, help="One value per line.")],
) -> None:
    """Search every byte, decoded too, for values that must not be there. Exit 1 on any hit."""
    from infra.scan import scan as scan_folder

    values = [line for line in canaries.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not values:
        raise ContractError(
            "--canaries: the file holds no value; a scan for nothing proves nothing"
        )
    hits = scan_folder(folder, values)
    if not hits:
        say(f"None of {len(values)} values was found in {folder}")
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
        note(f"{unreadable} of these could not be opened, and so are not proven clean")
    fail(f"{len(hits)} places in {folder} hold a value that must not be there, or may")
    raise typer.Exit(1)


@keys.command("list")
def list_keys() -> None:
    """The keys of this installation: id, kind, domain, version."""
    from infra.keys import Keyring

    ring = Keyring.open(Settings.load())
    table(
        "Keys",
        ["id", "kind", "domain", "version", "day", "made on"],
        [(k.key_id, k.kind, k.domain, k.version, k.epoch, k.created_on) for k in ring.list()],
    )


@keys.command("new")
def new_key(domain: Annotated[str, typer.Argument(help="The contracts' key_domain.")]) -> None:
    """Begin a new version of a domain's key: new rows get new pseudonyms, old ones stay."""
    from infra.keys import Keyring
    from quality.contract.load import BUILT_IN, load_contracts

    settings = Settings.load()
    roots = [BUILT_IN, *settings.contracts]
    domains = {c.key_domain for c in load_contracts(roots).values()} - {None}
    if domain not in domains:
        known = ", ".join(sorted(str(name) for name in domains))
        raise ContractError(f"no contract has the key_domain {domain}; there are: {known}")
    made = Keyring.open(settings).new(domain)
    say(f"{made.domain}: version {made.version}, key id {made.key_id}")
