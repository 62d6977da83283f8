"""`demo`, `run`, `ui`: the city from nothing to tables."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.counting import counted
from infra.errors import TwinError
from orchestration.cli.console import err, fail, note, say, table
from orchestration.cli.exit_codes import EXIT_OURS, EXIT_REFUSED, EXIT_UNAVAILABLE, gravest
from orchestration.cli.publishers import DEMO_DAYS, DEMO_SEED, folder_to_serve, with_publishers

if TYPE_CHECKING:
    from assets.twin import Twin
    from orchestration.runner import RunSummary

_SAY_EVERY_S = 5.0

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


def demo(
    days: Annotated[
        int, typer.Option(min=2, help="Days to simulate, up to yesterday.")
    ] = DEMO_DAYS,
    seed: Annotated[int, typer.Option(help="Same seed, same city.")] = DEMO_SEED,
) -> None:
    """Simulate a small Brescia, run everything on it, and say where to look."""
    started = time.monotonic()
    from assets.twin import Twin, utc_now
    from infra.settings import Settings

    settings = Settings.load()
    if settings.is_remote is False:
        note(f"The city lives in {settings.home}")
    sources = settings.home / "sources"
    start = utc_now().date() - timedelta(days=days)
    start = _simulate_once(sources, days=days, seed=seed, start=start)
    _remember(settings.home, start)
    since = settings.since or start
    settings = replace(settings, sources={}, sources_base=str(sources), since=since)
    with with_publishers(settings) as served:
        summary = _run(Twin.here(served), first=start, last=start + timedelta(days=days - 1))
    _report(summary, time.monotonic() - started)
    say("")
    say("Look at it:")
    me = _as_called()
    say(f"  {me} ui                the Dagster pages: lineage, checks, pictures")
    say(f'  {me} sql "FROM gold.air.hourly_european_air_quality_index LIMIT 5"')
    say(f"  {me} quarantine list   the rows that were refused, and why")
    say(f"  {me} history bronze/a2a/electricity_readings")
    say(f"  {settings.lake}   the tables, for polars, DuckDB, Spark (docs/reading-the-lake.md)")
    _exit(summary)


def run(
    select: Annotated[
        str, typer.Option(help='A table, or a Dagster selection such as group:a2a or key:"gold/*".')
    ] = "*",
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], metavar="DAY", help="First day; default: all."
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="Last day; default: today."),
    ] = None,
    partition: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="One day, month or year, by its first day."
        ),
    ] = None,
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="From the sealed deliveries, not the publisher.")
    ] = False,
) -> None:
    """Bring tables up to date: pull, protect, judge, commit, compute."""
    started = time.monotonic()
    from assets.twin import Twin
    from infra.settings import Settings

    if partition and (first or last):
        raise typer.BadParameter("give --partition, or --from and --to, not both")
    if first and last and last < first:
        raise typer.BadParameter("--to lies before --from")
    one = partition.date() if partition else None
    with with_publishers(Settings.load()) as settings:
        summary = _run(
            Twin.here(settings),
            select=select,
            first=one or (first.date() if first else None),
            last=one or (last.date() if last else None),
            from_archive=from_archive,
        )
    _report(summary, time.monotonic() - started)
    _exit(summary)


def ui(
    port: Annotated[int, typer.Option(help="On this machine only.")] = 3000,
) -> None:
    """Open the Dagster pages on the instance that `demo` and `run` fill."""
    from infra.settings import Settings
    from orchestration.instance import dagster_home, workspace_file

    settings = Settings.load()
    home, workspace = dagster_home(settings), workspace_file(settings)
    dagster = Path(sys.executable).with_name("dagster")
    if not dagster.exists():
        raise TwinError("the dagster command is not installed beside python; run: make setup")
    note(f"http://127.0.0.1:{port}   (Ctrl-C ends it)")
    arguments = ["dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "DAGSTER_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1"}
    if folder_to_serve(settings) is None:
        sys.stdout.flush()
        os.execve(dagster, [str(dagster), *arguments], environment)  # noqa: S606 # our own program
    with with_publishers(settings):
        _wait_for([str(dagster), *arguments], environment)


def _wait_for(command: list[str], environment: dict[str, str]) -> None:
    """Run a program beside this process, hand on who wants it to end, and end as it does."""
    # A terminal sends Ctrl-C to both; asked to end twice, Dagster would not end in order.
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen(command, env=environment) as program:  # noqa: S603 # our own program
        signal.signal(signal.SIGTERM, lambda *_: program.terminate())
        code = program.wait()
    if code > 0:
        raise typer.Exit(code)


def _as_called() -> str:
    """How to call this command again from here: it need not be on the path."""
    program = Path(sys.argv[0]).absolute()
    here = program.is_relative_to(Path.cwd()) and program.name == "gemello"
    return str(program.relative_to(Path.cwd())) if here else "gemello"


def _remember(home: Path, start: date) -> None:
    """Let later commands on this installation know where its history begins."""
    path = home / "gemello.toml"
    if not path.exists():
        text = f'# Written by gemello demo: the simulated city begins here.\nsince = "{start}"\n'
        path.write_text(text, encoding="utf-8")


def _simulate_once(sources: Path, *, days: int, seed: int, start: date) -> date:
    """Simulate unless this very city is there already; its first day."""
    import json

    from infra.simulator import simulate as simulate_city
    from infra.simulator.serving import is_served

    wanted = {"days": days, "seed": seed}
    made = sources / "simulation.json"
    if made.is_file():
        known = json.loads(made.read_text(encoding="utf-8"))
        if {name: known.get(name) for name in wanted} == wanted:
            start = date.fromisoformat(known["start"])
            # An earlier version may have left all of it as files.
            if is_served(sources):
                return start
    note(f"Simulating {counted(days, 'day')} of Brescia from {start} ...")
    simulate_city(profile="small", days=days, seed=seed, out=sources, start=start)
    made.write_text(json.dumps({**wanted, "start": start.isoformat()}), encoding="utf-8")
    return start


def _run(
    twin: "Twin",
    *,
    select: str = "*",
    first: date | None = None,
    last: date | None = None,
    from_archive: bool = False,
) -> "RunSummary":
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from orchestration.runner import run_assets

    arguments = {"select": select, "first": first, "last": last, "from_archive": from_archive}
    if not err.is_terminal:
        told = _PlainWindows().tell
        return run_assets(twin, **arguments, progress=_plain_progress, told=told)  # type: ignore[arg-type] # one dict, four types
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, int] = {}

        def shown(step: str, ended: bool, good: bool) -> None:
            if not ended:
                tasks[step] = bar.add_task(_step_name(step), total=1)
            elif step in tasks:
                bar.update(tasks[step], total=1, completed=1, visible=not good)  # type: ignore[arg-type] # TaskID is an int

        def told(dataset: str, done: int, of: int) -> None:
            step = f"land_{dataset.replace('/', '__')}"
            if step in tasks and of > 1:
                text = f"{dataset}: {done} of {of} windows"
                bar.update(tasks[step], description=text, total=of, completed=done)  # type: ignore[arg-type] # TaskID is an int

        return run_assets(twin, **arguments, progress=shown, told=told)  # type: ignore[arg-type] # one dict, four types


def _exit(summary: "RunSummary") -> None:
    """End with the code of the failure that most needs somebody to move."""
    codes = {"ours": EXIT_OURS, "refused": EXIT_REFUSED, "unavailable": EXIT_UNAVAILABLE}
    code = gravest(codes[family] for family in summary.families)
    if code:
        raise typer.Exit(code)


class _PlainWindows:
    """A line now and then, where nobody could see a bar grow."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def tell(self, dataset: str, done: int, of: int) -> None:
        """Say how far a data set is, unless something was said a moment ago."""
        if time.monotonic() - self._told_at >= _SAY_EVERY_S:
            self._told_at = time.monotonic()
            note(f"       {dataset}: {done} of {of} windows")


def _plain_progress(step: str, ended: bool, good: bool) -> None:
    if ended:
        note(f"{'done  ' if good else 'FAILED'} {_step_name(step)}")


def _step_name(step: str) -> str:
    return step.removeprefix("land_").replace("__", "/")


def _report(summary: "RunSummary", seconds: float) -> None:
    if summary.tables:
        table(
            "Tables",
            ["table", "rows", "refused now", "version", ""],
            [
                (
                    done.table,
                    done.rows,
                    done.refused or "",
                    done.version,
                    "" if done.is_news or done.table.startswith("quarantine/") else "nothing new",
                )
                for done in sorted(summary.tables, key=lambda done: done.table)
            ],
        )
    for name, text in summary.warnings.items():
        note(f"Warning {name}: {text}")
    for name, text in summary.failures.items():
        step = _step_name(name)
        fail(text if text.startswith(f"{step}:") else f"{step}: {text}")
    say(f"{'Done' if summary.is_success else 'Failed'} in {seconds:.1f} s, run {summary.run_id}")
