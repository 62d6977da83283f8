"""`doctor`: whether this installation is in order."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from infra.errors import ContractError, GemelloError
from infra.settings import Settings
from orchestration.cli import EXIT_REFUSED, EXIT_UNAVAILABLE
from orchestration.cli.console import say


def doctor(
    sources: Annotated[
        bool, typer.Option("--sources", help="Ask every publisher on the web for a little, too.")
    ] = False,
) -> None:
    """Check settings, keys, lake, archive and contracts, and say what to do where one is wrong."""
    settings = Settings.load()
    checks: dict[str, Callable[[Settings], str]] = {
        "Python": lambda _: platform.python_version(),
        "settings": _settings,
        "root key": _root_key,
        "lake": _lake,
        "archive": _archive,
        "contracts": _contracts,
        "dagster": _dagster,
    }
    bad = 0
    for name, check in checks.items():
        try:
            say(f"ok   {name}: {check(settings)}")
        except GemelloError as error:
            bad += 1
            say(f"BAD  {name}: {error}")
    if bad:
        raise typer.Exit(1)
    if sources:
        _sources(settings)


def _sources(settings: Settings) -> None:
    """Say what was found at each endpoint. Ends with 1 where one is not as agreed, else 3."""
    from assets.twin import Twin, utc_now
    from quality.contract.endpoints import IN_ORDER, look_at_all

    twin = Twin.here(settings)
    adapters = {}
    for key, contract in twin.contracts.items():
        try:
            adapters[key] = twin.adapter(contract)
        except ContractError as error:
            # A placeholder without an address: this installation does not use the source.
            say(f"--   source {key}: not asked: {str(error).removeprefix(f'{key}: ')}")
    known = [twin.contracts[key] for key in adapters]
    states = set()
    for endpoint in look_at_all(known, adapters, utc_now().date()):
        mark = "ok  " if endpoint.state in IN_ORDER else "BAD "
        say(f"{mark} source {endpoint.key}: {endpoint.state}: {endpoint.said}")
        states.add(endpoint.state)
    if not states:
        say("ok   sources: no publisher of these contracts is on the web")
    if states == {"unreachable"}:
        say("BAD  sources: none could be reached; is there a way to the network from here?")
    if states - IN_ORDER - {"unreachable"}:
        raise typer.Exit(EXIT_REFUSED)
    if "unreachable" in states:
        raise typer.Exit(EXIT_UNAVAILABLE)


def _settings(settings: Settings) -> str:
    where = "gemello.toml" if Path("gemello.toml").is_file() else "environment and defaults"
    return f"from {where}; home {settings.home}"


def _root_key(settings: Settings) -> str:
    from infra.keys import Keyring

    if not settings.root_key_file.exists() and not settings.is_root_key_declared:
        return "not made yet; it is made on first use, readable by you alone"
    keyring = Keyring.open(settings)
    return f"{settings.root_key_file}, {len(keyring.list())} keys derived or stored"


def _lake(settings: Settings) -> str:
    from infra.lake import Lake

    lake = Lake.open(settings)
    lake.probe()
    free = ""
    if not settings.is_remote:
        gigabytes = shutil.disk_usage(_existing(Path(settings.lake.split("{")[0]))).free / 1e9
        free = f", {gigabytes:.0f} GB free"
    return f"{settings.lake} takes writes, {len(lake.tables())} tables{free}"


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

    return f"{len(load_contracts([BUILT_IN, *settings.contracts]))} load"


def _dagster(settings: Settings) -> str:
    from orchestration.instance import dagster_home

    config = dagster_home(settings) / "dagster.yaml"
    text = config.read_text(encoding="utf-8")
    quiet = "NoOpComputeLogManager" in text and "enabled: false" in text
    return f"{config}" + (
        "" if quiet else " — telemetry or captured output is on: see docs/privacy.md"
    )
