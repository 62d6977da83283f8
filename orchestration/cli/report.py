"""`report`: the auditor's pack, and its check."""

import base64
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.counting import counted
from infra.errors import UsageError
from orchestration.cli.console import fail, note, say
from orchestration.cli.exit_codes import EXIT_REFUSED

if TYPE_CHECKING:
    from infra.settings import Settings
    from infra.signing import SigningKey

app = typer.Typer(
    no_args_is_help=True, help="What an auditor reads: register, evidence, lineage; signed."
)


@app.command()
def audit(
    out: Annotated[Path, typer.Option(help="A new or empty folder for the pack.")],
    previous: Annotated[
        Path | None,
        typer.Option(help="The pack to follow; default: the newest one beside --out."),
    ] = None,
) -> None:
    """Write the auditor's pack: a page in Italian, the same as JSON, certificates; signed.

    Reads the lake and writes nothing into it; needs a signing key and no other: the auditor's own
    does, in GEMELLO_SIGNING_KEY_FILE. A promise that does not hold ends it with 1; the pack says
    which, and stands.
    """
    from assets.audit_report import audit_report
    from assets.derived_assets import find_declarations
    from assets.twin import Twin, utc_now
    from quality.report.pack import as_text, newest_beside, write
    from quality.report.page import page

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out: {out} is not empty; name a new folder")
    twin, now = Twin.here(), utc_now()
    if not twin.lake.tables():
        raise UsageError("the lake holds no table yet: type `gemello demo` or `gemello run` first")
    key = _signing_key(twin.settings)
    before = previous or newest_beside(out, key.public)
    made = audit_report(twin, find_declarations(), now=now, say=note)
    files = {
        "report.html": page(made.report, picture=made.picture, footer=_FOOTER),
        "report.json": as_text(made.report.as_json()),
        **made.certificates,
    }
    signed = write(out, files, key=key, made_at=now, previous=before)
    number = signed.document["number"]
    say(f"{out / 'report.html'}: pack number {number}, signed with the key {signed.key_id}")
    note(f"Its public half is {twin.settings.signing_key_file}.pub: publish it where auditors look")
    note(f"It follows the pack in {before}" if before else "It is the first of its chain")
    broken = [one.text for one in made.report.findings if one.weight == "broken"]
    for text in broken:
        fail(text)
    if broken:
        raise typer.Exit(EXIT_REFUSED)


def _signing_key(settings: "Settings") -> "SigningKey":
    """The key to sign with. Only the embedded default is made on first use.

    Elsewhere a new key, which nobody knows, would begin a chain that nobody can check.
    """
    from infra.signing import SigningKey

    path = settings.signing_key_file
    if not path.exists():
        if settings.is_signing_key_declared or settings.is_remote:
            raise UsageError(
                f"there is no signing key at {path}: name yours in GEMELLO_SIGNING_KEY_FILE, or "
                f"make one, `(umask 077; head -c 32 /dev/urandom > {path})`, and publish the .pub "
                "that is written beside it on first use"
            )
        note(f"A signing key is made: {path}; keep a copy of it where nobody else can read")
    return SigningKey.open(settings)


_FOOTER = (
    "Questo fascicolo è firmato (Ed25519) e legato al precedente: manifest.json elenca l'impronta "
    "SHA-256 di ogni file e quella del fascicolo prima.",
    "Per controllarlo, senza rete e senza il data lake: gemello report verify CARTELLA "
    "--public-key FILE, con la chiave pubblica che il Comune ha pubblicato.",
)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A pack.")],
    public_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The key the city has published (.pub)."),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="The pack it follows.")
    ] = None,
) -> None:
    """Find any changed, missing or added byte of a pack; needs neither lake nor network."""
    from quality.report.pack import verify as check

    checked = check(folder, public=_public(public_key), previous=previous)
    if checked.problems:
        for problem in checked.problems:
            fail(problem)
        raise typer.Exit(EXIT_REFUSED)
    made = checked.made_at.astimezone(UTC)
    say(
        f"Pack number {checked.number} of {made:%Y-%m-%d %H:%M} UTC is as it was signed: "
        f"{counted(checked.files_count, 'file')}, key {checked.key_id}"
    )
    if public_key is None:
        note("Compare that key with the one the city has published, or give it by --public-key")
    if checked.previous and previous is None:
        note("It follows another pack: give that one by --previous to check the chain")


def _public(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return base64.b64decode(path.read_bytes().strip(), validate=True)
    except ValueError:
        raise UsageError(f"--public-key: {path} holds no public key in base64") from None
