"""`doctor`: whether this installation is in order."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from infra.addresses import without_secrets
from infra.counting import counted
from infra.errors import GemelloError, TwinError
from infra.settings import Settings
from orchestration.cli.console import say
from orchestration.cli.exit_codes import EXIT_REFUSED, EXIT_UNAVAILABLE, code_of, gravest
from orchestration.cli.publishers import with_publishers


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
    if sources:
        with with_publishers(settings) as served:
            codes += _endpoints(served)
    if codes:
        raise typer.Exit(gravest(codes))


def _endpoints(settings: Settings) -> list[int]:
    """Say what was found at each endpoint, and give the code of each that is not in order."""
    from assets.twin import Twin, utc_now
    from quality.contract.endpoints import IN_ORDER, look_at_all

    try:
        twin = Twin.here(settings)
    except GemelloError as error:
        return [code_of(error)]  # told already, as one of the checks
    adapters = {}
    for key, contract in twin.contracts.items():
        try:
            adapters[key] = twin.adapter(contract)
        except TwinError as error:
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
    return [
        EXIT_UNAVAILABLE if state == "unreachable" else EXIT_REFUSED for state in states - IN_ORDER
    ]


def _settings(settings: Settings) -> str:
    where = "gemello.toml" if Path("gemello.toml").is_file() else "environment and defaults"
    return f"from {where}; home {settings.home}"


def _root_key(settings: Settings) -> str:
    from infra.keys import Keyring
    from infra.keys.root import place_of_root_key

    is_own = not settings.is_root_key_declared and not settings.is_root_key_elsewhere
    if is_own and not settings.root_key_file.exists():
        return "not made yet; it is made on first use, readable by you alone"
    opened = counted(Keyring.open(settings).opens_ring(), "stored key")
    return f"{place_of_root_key(settings)}; it opens {opened}"


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
        texts = " ".join(contract.source.filled_texts().values())
        for name, place in twin.settings.places(texts).items():
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
    from orchestration.instance import dagster_home, is_quiet

    config = dagster_home(settings) / "dagster.yaml"
    quiet = is_quiet(config.read_text(encoding="utf-8"))
    return f"{config}" + (
        "" if quiet else " — telemetry or captured output is on: see docs/privacy.md"
    )
