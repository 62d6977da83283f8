"""`erase`, `backup`, `restore`: a person out of everything, and copies that forget them, too."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.counting import counted
from infra.errors import UsageError
from orchestration.cli.console import fail, note, say
from orchestration.cli.exit_codes import EXIT_REFUSED

if TYPE_CHECKING:
    from assets.twin import Twin
    from infra.signing import Signed


def erase(
    request: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The request, JSON; removed once done."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the certificate; default: certificates/.")
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A certificate to check.")
    ] = None,
    lift: Annotated[
        str | None, typer.Option(metavar="ER-…", help="Let this request's rows land again.")
    ] = None,
) -> None:
    """Erase a person from every table, version, sealed delivery, and prove it (GDPR Art. 17, 21).

    The same command again goes on with one that was stopped. Nothing is signed unless every byte
    was looked at. The request is consumed: its file is removed once the certificate is written.
    """
    if sum(one is not None for one in (request, verify, lift)) != 1:
        raise UsageError("give --request FILE to erase, --verify FILE to check, or --lift ER-…")
    if verify is not None:
        _verify(verify)
        return
    from assets.erasing import office_of
    from assets.twin import Twin, utc_now
    from orchestration.instance import dagster_home
    from quality.erasure.erase import erase as erase_person
    from quality.erasure.erase import lift as lift_request
    from quality.erasure.request import read_request

    twin = Twin.here()
    office = office_of(twin, dagster_home(twin.settings))
    if lift is not None:
        lift_request(lift, office)
        say(f"{lift}: rows of this person land again from the next delivery on")
        return
    if request is None:
        return
    asked = read_request(request)
    signed = erase_person(asked, office, clock=utc_now, told=note)
    path = _written(signed, asked.id, out, twin)
    _consume(request)
    _tell(signed, path)


def _tell(signed: "Signed", path: Path) -> None:
    document = signed.document
    rows = document["rows_erased"]
    say(f"{document['request']}: erased and proved; {counted(int(str(rows)), 'row')} removed")
    say(f"Certificate {path}, signed with the key {signed.key_id}")


def _written(signed: "Signed", request: str, out: Path | None, twin: "Twin") -> Path:
    folder = twin.settings.home / "certificates"
    path = out or folder / f"{request}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(signed.as_json(), encoding="utf-8")
    return path


def _consume(request: Path) -> None:
    """Overwrite and remove a request: it names the person."""
    from infra.objects import storage_errors

    with storage_errors(str(request), "remove the request"):
        request.write_bytes(bytes(request.stat().st_size))
        request.unlink()


def _verify(path: Path) -> None:
    from infra.signing import is_valid, read_signed

    signed = read_signed(path.read_text(encoding="utf-8"))
    if not is_valid(signed):
        fail("the certificate was changed after it was signed, or is signed by another key")
        raise typer.Exit(EXIT_REFUSED)
    say(
        f"The signature is right: {signed.document.get('request')}, signed with the key "
        f"{signed.key_id}. Compare that with the key the city has published."
    )


def backup(
    to: Annotated[str, typer.Option(help="A folder, or s3://bucket/prefix, away from the lake.")],
    keep_days: Annotated[int, typer.Option(min=1, max=30, help="Days until it ends.")] = 30,
) -> None:
    """Copy the newest version of every table, encrypted; it ends by itself."""
    from assets.erasing import backups_of
    from assets.twin import Twin, utc_now

    twin = Twin.here()
    place = to if to.startswith("s3://") else str(Path(to).absolute())
    if any(place == own or place.startswith(f"{own}/") for own in _own_places(twin)):
        raise UsageError("--to lies inside the lake or the archive; give another place")
    made = backups_of(twin).make(twin.lake, place, now=utc_now(), keep_days=keep_days)
    say(f"{made.folder}: {counted(len(twin.lake.tables()), 'table')}")
    last = made.expires_on - timedelta(days=1)
    note(f"It can be restored until {last}, with the root key and its ring, which are not in it")


def restore(
    folder: Annotated[str, typer.Option("--from", help="The folder of one backup.")],
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table; may be given several times.")
    ] = None,
) -> None:
    """Bring tables of a backup back, without whoever was erased since it was made."""
    from assets.twin import Twin
    from infra.backup import restore as restore_backup

    twin = Twin.here()
    place = folder if folder.startswith("s3://") else str(Path(folder).absolute())
    done = restore_backup(
        twin.lake, twin.archive, twin.keyring, folder=place, tables=table or (), told=note
    )
    say(
        f"{counted(len(done.tables), 'table')} restored, "
        f"{counted(done.erased_rows_count, 'row')} of erased people taken out again"
    )


def _own_places(twin: "Twin") -> list[str]:
    return [*twin.lake.roots, twin.settings.archive]
