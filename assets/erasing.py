"""The twin as an office for erasures: what is searched, which backups there are, who signs."""

from pathlib import Path

from assets.twin import Twin, code_version
from infra.backup import Backups
from infra.signing import SigningKey
from quality.erasure.erase import Office
from quality.erasure.proof import Place


def backups_of(twin: Twin) -> Backups:
    """The backups of this installation."""
    return Backups(twin.settings.archive, twin.archive, twin.keyring)


def office_of(twin: Twin, dagster_home: Path) -> Office:
    """Everything an erasure needs of this installation."""
    home = twin.settings.home
    places = [Place("archive", twin.settings.archive), Place("dagster", str(dagster_home))]
    places += [Place(name, str(home / name)) for name in ("backfills", "certificates")]
    return Office(
        at=twin.workplace,
        contracts=twin.contracts,
        backups=backups_of(twin),
        places=places,
        signing_key=lambda: SigningKey.open(twin.settings),
        code=code_version(),
    )
