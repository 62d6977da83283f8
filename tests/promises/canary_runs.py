"""What the canary test lets happen in one process: every command, and bugs nobody foresaw.

Run as `python -m tests.promises.canary_runs FIRST LAST FILE`; all it says goes to its output.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from infra.settings import Settings


def command(*arguments: str) -> None:
    """One command line, as a user types it; its errors end it and not this process."""
    from orchestration.cli import main

    print("$ gemello", *arguments, flush=True)  # noqa: T201 # the story of the run
    sys.argv = ["gemello", "--debug", *arguments]
    try:
        main()
    except SystemExit as ended:
        print("exit", ended.code, flush=True)  # noqa: T201 # the same


@contextmanager
def bug(module: object, name: str, faulty: Callable[..., object]) -> Iterator[None]:
    """A bug in one of our functions, of the kind whose error holds what the function was given."""
    right = getattr(module, name)
    setattr(module, name, faulty)
    try:
        yield
    finally:
        setattr(module, name, right)


def _shown(given: object) -> str:
    """Everything a function was given: rows, or the files of a delivery."""
    from infra.adapters.opening import payloads_of
    from infra.arrivals import Arrivals

    frame = getattr(given, "frame", given)
    if isinstance(frame, pl.DataFrame):
        return repr(frame.rows())
    if isinstance(given, Arrivals):
        return repr([(file.name, file.content) for file in payloads_of(given)])
    return repr(given)


def _lookup(given: object, *_: object, **__: object) -> object:
    raise KeyError(_shown(given))


def _rows(given: object, *_: object, **__: object) -> object:
    raise RuntimeError(_shown(given))


def _cast(given: object, *_: object, **__: object) -> object:
    return pl.Series([_shown(given)]).cast(pl.Float64)


def _chained(given: object, *_: object, **__: object) -> object:
    try:
        return _rows(given)
    except RuntimeError as first:
        raise OSError("while looking at the rows") from first


def everything(first: str, last: str, file: str) -> None:
    """All runs and commands, one after the other."""
    from quality import placing, preparing
    from quality.privacy import gate

    span = ("--from", first, "--to", last)
    own = ("--select", 'key:"bronze/canary/*"')
    command("run", *span)
    for module, name, faulty in (
        (gate, "open_whole", _rows),
        (gate, "check_drift", _lookup),
        (gate, "check_drift", _cast),
        (gate, "check_drift", _chained),
        (preparing, "judge", _cast),
        (preparing, "check_claim", _rows),
        (placing, "place", _lookup),
    ):
        with bug(module, name, faulty):
            _forget("canary/sessions")
            command("run", "--select", "bronze/canary/sessions", *span)
            command("protect", "canary/sessions", file, "--out", "protected.csv")
    command("run", *own, *span)
    command("quarantine", "list")
    command("quarantine", "show", "canary/sessions", "--limit", "1000")
    command("quarantine", "replay", "canary/sessions")
    command("history", "bronze/canary/sessions")
    for query in (
        "SELECT * FROM bronze.canary.sessions",
        "SELECT * FROM quarantine.canary.sessions",
        "SELECT place_code::INTEGER, owner_pid::DATE FROM quarantine.canary.sessions",
        "SELECT nome FROM bronze.canary.sessions",
    ):
        command("sql", query)
    command("protect", "canary/sessions", file, "--out", "protected.parquet")
    command("contract", "check")
    command("contract", "show", "canary/sessions")
    command("contract", "export", "canary/sessions", "--format", "odcs")
    command("doctor")
    for table in ("bronze/canary", "quarantine/canary", "bronze/brescia_mobilita"):
        shutil.rmtree(Path(Settings.load().lake) / table)
    command("run", "--from-archive", "--select", 'key:"bronze/*"', *span)
    _erasing()


def _erasing() -> None:
    """Backup, an erasure that fails half-way, one that is whole, and what comes after it."""
    from quality.erasure import dataset
    from tests.promises.canaries import Person

    who, request = Person(3), Path("request.json")  # of a row that is kept
    identifiers = [
        {"entity": "IT_FISCAL_CODE", "value": who.fiscal_code},
        {"entity": "IT_PLATE", "value": who.plate},
        {"entity": "PHONE_NUMBER", "value": who.phone},
    ]
    command("backup", "--to", "safe")
    request.write_text(json.dumps({"request": "ER-1", "identifiers": [{"entity": who.name}]}))
    command("erase", "--request", str(request))
    request.write_text(json.dumps({"request": "ER-1", "identifiers": identifiers}))
    for name in ("cut", "protect"):
        with bug(dataset, name, _rows):
            command("erase", "--request", str(request))
    command("erase", "--request", str(request))
    shutil.rmtree(Path(Settings.load().lake) / "bronze" / "canary" / "sessions")
    (folder,) = Path("safe").glob("*T*")
    command("restore", "--from", str(folder), "--table", "bronze/canary/sessions")
    command("run", "--from-archive", "--select", 'key:"bronze/canary/*"')
    command("upkeep", "rewrite")


def _forget(key: str) -> None:
    for stage in ("bronze", "quarantine"):
        shutil.rmtree(Path(Settings.load().lake) / stage / key, ignore_errors=True)


if __name__ == "__main__":
    everything(*sys.argv[1:])
