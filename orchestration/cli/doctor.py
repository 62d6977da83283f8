"""`doctor`: whether this installation is in order."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path

import typer

from infra.addresses import without_secrets
from infra.counting import counted
from infra.errors import GemelloError, TwinError
from infra.settings import Settings
from orchestration.cli.console import say
from orchestration.cli.exit_codes import code_of, gravest


def doctor() -> None:
    """Check settings, keys, lake, archive and contracts, and say what to do where one is wrong."""
    settings = Settings.load()
    checks: dict[str, Callable[[Settings], str]] = {
        "Python": lambda _: platform.python_version(),
        "settings": _settings,
        "root key": _root_key,
        "lake": _lake,
        "archive": _archive,
        "contracts": _contracts,
        "sources": _sources,
        "dagster": _dagster,
    }
    codes: list[int] = []
    for name, check in checks.items():
        try:
            said = check(settings).splitlines()
            say(f"ok   {name}: {said[0]}")
        except GemelloError as error:
            codes.append(code_of(error))
            said = str(error).splitlines()
            say(f"BAD  {name}: {said[0]}")
        for line in said[1:]:
            say(f"     {line}")
    if codes:
        raise typer.Exit(gravest(codes))


def _settings(settings: Settings) -> str:
    where = "gemello.toml" if Path("gemello.toml").is_file() else "environment and defaults"
    return f"from {where}; home {settings.home}"


def _root_key(settings: Settings) -> str:
    from infra.keys import Keyring

    if not settings.root_key_file.exists() and not settings.is_root_key_declared:
        return "not made yet; it is made on first use, readable by you alone"
    keyring = Keyring.open(settings)
    return f"{settings.root_key_file}, {counted(len(keyring.list()), 'key')} derived or stored"


def _lake(settings: Settings) -> str:
    from infra.lake import Lake

    lake = Lake.open(settings)
    lake.probe()
    free = ""
    if not settings.is_remote:
        gigabytes = shutil.disk_usage(_existing(Path(settings.lake.split("{")[0]))).free / 1e9
        free = f", {gigabytes:.0f} GB free"
    return f"{settings.lake} takes writes, {counted(len(lake.tables()), 'table')}{free}"


def _archive(settings: Settings) -> str:
    if settings.archive.startswith("s3://"):
        return settings.archive
    folder = _existing(Path(settings.archive))
    return f"{settings.archive}, on {folder}"


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _contracts(settings: Settings) -> str:
    from quality.contract.load import BUILT_IN, load_contracts

    found = len(load_contracts([BUILT_IN, *settings.contracts]))
    return f"{counted(found, 'contract loads', 'contracts load')}"


def _sources(settings: Settings) -> str:
    """Where the placeholders of contracts point; a declared folder that is not there is wrong."""
    from assets.twin import Twin

    twin = Twin.here(settings)
    lines: list[str] = []
    faults: list[str] = []
    for contract in twin.contracts.values():
        shown = twin.settings.places(without_secrets(contract.source.url))
        for name, place in twin.settings.places(contract.source.url).items():
            if place is None:
                try:
                    twin.adapter(contract)
                except TwinError as error:
                    faults.append(str(error))
            elif name not in shown:
                continue
            elif "://" in place or Path(place).exists() or not settings.is_sources_declared:
                lines.append(f"{{{name}}} is {without_secrets(place)}")
            else:
                faults.append(
                    f"{contract.key}: {{{name}}} is {place}, as GEMELLO_SOURCES says, and there is "
                    "no such folder; correct it"
                )
    if faults:
        raise TwinError("\n".join(dict.fromkeys(faults)))
    by = "as GEMELLO_SOURCES says" if settings.is_sources_declared else "as nothing else is set"
    places = sorted(set(lines))
    head = f"{counted(len(places), 'placeholder of contracts', 'placeholders of contracts')}, {by}"
    return "\n".join([head, *places])


def _dagster(settings: Settings) -> str:
    from orchestration.instance import dagster_home

    config = dagster_home(settings) / "dagster.yaml"
    text = config.read_text(encoding="utf-8")
    quiet = "NoOpComputeLogManager" in text and "enabled: false" in text
    return f"{config}" + (
        "" if quiet else " — telemetry or captured output is on: see docs/privacy.md"
    )
