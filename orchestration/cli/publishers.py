"""`simulate`, and the simulated publishers that have an API: served while a command runs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orchestration.cli.console import note, say, table

if TYPE_CHECKING:
    from infra.settings import Settings

DEMO_DAYS = 7
DEMO_SEED = 42


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the publishers' files.")],
    profile: Annotated[str, typer.Option(help="small or full.")] = "small",
    days: Annotated[int, typer.Option(min=1)] = DEMO_DAYS,
    seed: Annotated[int, typer.Option()] = DEMO_SEED,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="First day.")
    ] = None,
    *,
    only: Annotated[
        str | None, typer.Option(help="Data sets, such as a2a/gas_readings, with commas between.")
    ] = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Answer as the publishers that have an API, until Ctrl-C; the city that lies in "
            "--out is served as it is.",
        ),
    ] = False,
    fail: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATASET=FAULT[:TIMES]",
            help="With --serve: how a data set fails, such as a2a/charging_sessions=down:3. May "
            "be given several times.",
        ),
    ] = None,
) -> None:
    """Write the deliveries of a simulated Brescia, the same bytes for the same seed."""
    from infra.simulator import FIRST_DAY
    from infra.simulator import simulate as simulate_city
    from infra.simulator.serving import days_of, faults_of, is_served, publishing

    if profile not in ("small", "full"):
        raise typer.BadParameter("--profile is small or full")
    if fail and not serve:
        raise typer.BadParameter("--fail is for --serve")
    kind: Literal["small", "full"] = "small" if profile == "small" else "full"
    faults = faults_of(fail or [])
    if serve and is_served(out):
        note(f"Serving what was simulated in {out} before; nothing is written anew.")
    else:
        first = start.date() if start else FIRST_DAY
        chosen = only.split(",") if only else None
        done = simulate_city(profile=kind, days=days, seed=seed, out=out, start=first, only=chosen)
        table(
            "Simulated",
            ["data set", "rows", "of them bad"],
            [(key, of.delivered_count, of.refused_count) for key, of in sorted(done.rows.items())],
        )
    begins, ends = days_of(out)
    how = f"GEMELLO_SOURCES={out} gemello run --from {begins} --to {ends}"
    if not serve:
        say(f"Run on it with: {how}")
        return
    ended = _asked_to_end()
    with publishing(out, faults) as addresses:
        for name, address in addresses.items():
            say(f"{{{name}}} is {address}")
        say(f"Run on it with: {how}   (Ctrl-C ends the publishers)")
        ended.wait()


def _asked_to_end() -> threading.Event:
    """Comes true when somebody asks this process to end, by Ctrl-C or otherwise."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked


@contextmanager
def with_publishers(settings: "Settings") -> Iterator["Settings"]:
    """The settings, with simulated publishers of their sources served meanwhile, if there are any.

    Publishers that stand elsewhere, and folders that nobody simulated, are left as they are.
    """
    folder = folder_to_serve(settings)
    if folder is None:
        yield settings
        return
    from infra.simulator.serving import publishing

    with publishing(folder) as addresses:
        yield replace(settings, sources={**settings.sources, **addresses})


def folder_to_serve(settings: "Settings") -> Path | None:
    """The simulated folder that the sources are, if publishers in it have an API."""
    base = Path(settings.sources_base)
    if not settings.sources_base or not base.is_dir():
        return None
    from infra.simulator.serving import is_served

    return base if is_served(base) else None
