"""Serving the publishers of a simulated folder that have an API, on this machine only.

The port is written down beside what is served (`sources.toml`, where the settings of an
installation look), and taken again the next time: publishers do not move from run to run, and can
be asked what changed since.
"""

import fcntl
import json
import socket
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Final, get_args
from urllib.parse import urlsplit

from infra.errors import TwinError, UsageError
from infra.settings import ADDRESSES
from infra.simulator.publishers import Fault, FaultKind, PublisherServer
from infra.simulator.run import TRUTH_FOLDER
from infra.simulator.shelf import offers_in, placeholders_in

_LOCK: Final = ".served"
_LOOK_EVERY_S: Final = 0.2
_LONGEST_START_S: Final = 10.0


def is_served(folder: Path) -> bool:
    """Whether a folder holds simulated publishers that have an API."""
    return (folder / TRUTH_FOLDER).is_dir() and bool(placeholders_in(folder))


def days_of(folder: Path) -> tuple[date, date]:
    """The first and the last day that were simulated in a folder."""
    city = json.loads((folder / TRUTH_FOLDER / "city.json").read_text(encoding="utf-8"))
    first = date.fromisoformat(city["start"])
    return first, first + timedelta(days=city["days"] - 1)


def faults_of(texts: list[str]) -> dict[str, Fault]:
    """How data sets fail, from texts such as `a2a/charging_sessions=rate_limited:2`.

    The number says for how many requests; without it a data set fails for good. Raises UsageError
    for a fault that there is not.
    """
    faults = {}
    for text in texts:
        key, _, how = text.partition("=")
        kind, _, times = how.partition(":")
        kinds = {one: one for one in get_args(FaultKind)}
        if kind not in kinds or not (times.isdecimal() or not times):
            raise UsageError(
                f"--fail {key}=…: write <publisher>/<dataset>=<fault> or =<fault>:<times>; the "
                f"faults are {', '.join(kinds)}"
            )
        faults[key] = Fault(kinds[kind], times=int(times) if times else None)
    return faults


@contextmanager
def publishing(folder: Path, faults: Mapping[str, Fault] | None = None) -> Iterator[dict[str, str]]:
    """Serve what a simulated folder offers while this lasts; where it is, by placeholder.

    Where another process serves the folder already its server is named, and if that ends this one
    goes on in its place. Raises UsageError for faults that could not be shown, of data sets without
    an API or where another process serves the folder, and TwinError where nothing has an API.
    """
    if not placeholders_in(folder):
        raise TwinError(f"no publisher with an API was simulated in {folder}")
    server = _Server(folder, dict(faults or {}))
    with ExitStack() as stack:
        lock = stack.enter_context((folder / _LOCK).open("w"))
        if _take(lock):
            server.serve(stack)
        elif faults:
            raise UsageError(f"{folder} is served already; end that, or leave --fail out")
        else:
            ended = threading.Event()
            waiting = threading.Thread(target=_take_over, args=(lock, server, ended), daemon=True)
            waiting.start()
            stack.callback(waiting.join)
            stack.callback(ended.set)
        yield _addresses(folder)


class _Server:
    """The one server of a folder; which it is, is told by `sources.toml`."""

    def __init__(self, folder: Path, faults: Mapping[str, Fault]) -> None:
        self._folder = folder
        offers = offers_in(folder)
        if unknown := sorted(set(faults) - set(offers)):
            raise UsageError(
                f"--fail {unknown[0]}: {folder} has no such publisher with an API; there are "
                f"{', '.join(sorted(offers)) or 'none'}"
            )
        self._offers = {name: offer for each in offers.values() for name, offer in each.items()}
        self._faults = {name: fault for key, fault in faults.items() for name in offers[key]}

    def serve(self, stack: ExitStack) -> None:
        """Answer until the stack is closed, at the address of the last time if that is free."""
        known = _read(self._folder)
        ports = {urlsplit(address).port or 0 for address in known.values()}
        try:
            server = PublisherServer(self._offers, port=ports.pop() if len(ports) == 1 else 0)
        except OSError:
            server = PublisherServer(self._offers)
        for name, fault in self._faults.items():
            server.fail(name, fault)
        stack.enter_context(server)
        addresses = dict.fromkeys(placeholders_in(self._folder), server.url)
        if addresses != known:
            _write(self._folder, addresses)


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take_over(lock: IO[str], server: _Server, ended: threading.Event) -> None:
    """Wait until the other process ends, and serve then until we do."""
    while not ended.wait(_LOOK_EVERY_S):
        if _take(lock):
            with ExitStack() as stack:
                server.serve(stack)
                ended.wait()


def _addresses(folder: Path) -> dict[str, str]:
    """Where the publishers are; another process may be about to begin."""
    end = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < end:
        known = _read(folder)
        if known and all(map(_answers, set(known.values()))):
            return known
        time.sleep(_LOOK_EVERY_S)
    raise TwinError(f"the publishers of {folder} are served, it seems, but do not answer")


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname, parts.port or 0), _LOOK_EVERY_S):
            return True
    except OSError:
        return False


def _write(folder: Path, addresses: Mapping[str, str]) -> None:
    lines = ["# Where the servers of the simulated publishers are, while they run."]
    lines += [f'{name} = "{address}"' for name, address in addresses.items()]
    new = folder / f"{ADDRESSES}.new"
    new.write_text("\n".join(lines) + "\n", encoding="utf-8")
    new.replace(folder / ADDRESSES)


def _read(folder: Path) -> dict[str, str]:
    path = folder / ADDRESSES
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
