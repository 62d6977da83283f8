"""`keys`: what is in the ring, new versions, rotation, shares on paper, another root key."""

import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from infra.counting import counted
from infra.errors import UsageError
from infra.settings import Settings
from orchestration.cli.console import no_such, note, say, table

app = typer.Typer(
    help="Keys: their ids, new ones, and shares of the root key on paper.", no_args_is_help=True
)


@app.command("list")
def list_keys() -> None:
    """The keys of this installation: id, kind, domain, version."""
    from infra.keys import Keyring

    ring = Keyring.open(Settings.load())
    table(
        "Keys",
        ["id", "kind", "domain", "version", "day", "made on"],
        [(k.key_id, k.kind, k.domain, k.version, k.epoch, k.created_on) for k in ring.list()],
    )


@app.command("new")
def new_key(domain: Annotated[str, typer.Argument(help="The contracts' key_domain.")]) -> None:
    """Begin a new version of a domain's key: new rows get new pseudonyms, old ones stay."""
    from infra.keys import Keyring

    settings = Settings.load()
    check_domain(domain, settings)
    made = Keyring.open(settings).new(domain)
    say(f"{made.domain}: version {made.version}, key id {made.key_id}")


@app.command("rotate")
def rotate_key(domain: Annotated[str, typer.Argument(help="The contracts' key_domain.")]) -> None:
    """Encrypt all stored pseudonyms of a domain with a new key, and destroy the old one.

    Whoever had one pseudonym in several tables still has one, but another. Nobody can read or
    write the domain's tables meanwhile, and every backup ends. If it is cut off, the same command
    ends it.
    """
    from assets.erasing import backups_of
    from assets.twin import Twin, commit_notes
    from quality.rotation import rotate

    twin = Twin.here()
    check_domain(domain, twin.settings)
    done = rotate(
        domain, lake=twin.lake, keyring=twin.keyring, notes=commit_notes("keys rotate"), told=note
    )
    # Who was erased is known in them by pseudonyms that are no more: none may be restored.
    ended = backups_of(twin).expire(date.max)
    if ended:
        note(f"{counted(ended, 'backup')} with the old pseudonyms ended: make a new one")
    if done.had_ended:
        say(f"{domain}: a rotation that was cut off has ended; nothing else was left to do")
        return
    tables = counted(len(done.tables), "table")
    say(f"{domain}: {tables}, {counted(done.rows_count, 'row')} have new pseudonyms")
    note("Copies of these tables that other tools made have the old ones: destroy them")


@app.command("split")
def split_key(
    shares: Annotated[int, typer.Option(help="How many shares there are.")] = 5,
    needed: Annotated[int, typer.Option(help="How many of them give the key back.")] = 3,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="A folder for a file a share.")
    ] = None,
) -> None:
    """Split the root key into shares to be printed: `gemello keys split | lp`.

    A page each, for people who keep them apart. Without --out they go to standard output and to no
    disk. Earlier shares go on being good for the same key.
    """
    from infra.keys import Keyring
    from infra.keys.shares import pages
    from infra.objects import create_file, storage_errors

    settings = Settings.load()
    made = Keyring.open(settings).split(shares_count=shares, needed_count=needed)
    today = datetime.now(UTC).astimezone()
    printed = pages(made, installation=str(settings.home), printed_on=f"{today:%d/%m/%Y}")
    if out is None:
        sys.stdout.write("\f".join(printed))
        return
    with storage_errors(str(out), "write the shares"):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for share, page in zip(made, printed, strict=True):
            path = out / f"share-{share.split_id}-{share.number}.txt"
            create_file(path, page.encode(), mode=0o600)
    say(f"{counted(len(made), 'share')} in {out}, any {needed} of which give the root key back")
    note("Print them, hand them out, and destroy the files: whoever has them has the key")


@app.command("recover")
def recover_key(
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, help="Typed shares; else standard input."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where the key goes, if elsewhere.")
    ] = None,
) -> None:
    """Put the root key together again from its shares, typed line by line.

    It is written where the settings say that it lies, and nothing that lies there is replaced.
    """
    from infra.keys.recovery import recover

    settings = Settings.load()
    if files:
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
    else:
        if sys.stdin.isatty():
            note("Type the lines of the shares, such as `1-1 7XQ2-…`, then Ctrl-D on a line alone")
        text = sys.stdin.read()
    done = recover(text, out or settings.root_key_file)
    say(f"root key {done.key_id} is in {done.path}, readable by you alone")
    opened = counted(done.opened_count, "stored key")
    note(
        f"It opens the ring beside it: {opened}" if done.opened_count else "No ring lies beside it"
    )


@app.command("renew")
def renew_key() -> None:
    """Make another root key, after the old one may have been seen, and wrap all keys under it.

    Stop everything else first. Stored pseudonyms stay as they are: `keys rotate` changes them, and
    `keys new` those to come. If it is cut off, the same command ends it.
    """
    from infra.keys.renewal import renew
    from infra.seal.rewrapping import rewrap_archive

    settings = Settings.load()
    done = renew(settings, partial(rewrap_archive, settings.archive))
    stored = counted(done.ring_count, "stored key")
    sealed = counted(done.others_count, "sealed delivery", "sealed deliveries")
    say(f"root key {done.key_id}: {stored} and {sealed} are wrapped under it")
    note("Shares of the old one are of no use any more: `gemello keys split` makes new ones")


def check_domain(domain: str, settings: Settings) -> None:
    """Raise UsageError for a key domain of no contract: a mistyped one would get its own key."""
    from quality.contract.load import BUILT_IN, load_contracts

    roots = [BUILT_IN, *settings.contracts]
    domains = {c.key_domain for c in load_contracts(roots).values()} - {None}
    if domain not in domains:
        raise UsageError(no_such("contract with the key_domain", domain, map(str, domains)))
