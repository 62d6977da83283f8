"""`scenario`: plans of the city beside each other, before anything is built."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from infra.counting import counted
from infra.errors import UsageError
from orchestration.cli.console import no_such, note, say, table

if TYPE_CHECKING:
    import polars as pl

    from assets.scenarios.running import Outcome
    from assets.twin import Twin

app = typer.Typer(help="What if: plans on the tables as they are, and who gains and loses.")

By = Literal["city", "place", "quarter", "age"]
_MOST: Final = 25
Name = Annotated[str, typer.Argument(metavar="SCENARIO", help="Its name, or its file.")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="SCENARIO", help="Small letters, digits, _.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="A kind of edit to begin with; may be repeated.")
    ] = None,
) -> None:
    """Write a scenario to fill in, with an example of each kind of edit that is named.

    Without --kind it has no edits, and the kinds there are are listed.
    """
    from assets.scenarios.kind import find_kinds
    from assets.scenarios.plan import check_name, folder_of, template
    from infra.settings import Settings

    check_name(name)
    path = folder_of(Settings.load().home) / f"{name}.yaml"
    text = template(name, kind or [])
    if path.exists():
        raise UsageError(f"{path} is there already; choose another name, or edit it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    say(f"{path}: fill it in, then gemello scenario run {name}")
    if not kind:
        kinds = find_kinds()
        table("Kinds of edits", ["kind", "title"], [(one, kinds[one].title) for one in kinds])


@app.command()
def run(
    names: Annotated[list[str], typer.Argument(metavar="SCENARIO...", help="Names, or files.")],
) -> None:
    """Compute scenarios on the newest versions of the tables; the baseline stays as it is.

    A scenario that was run before is computed anew, and takes its own place.
    """
    from assets.scenarios.stored import impact_rows
    from assets.twin import Twin
    from orchestration.scenarios import run_in_dagster

    twin = Twin.here()
    chosen = [_known(name, twin) for name in dict.fromkeys(names)]
    outcomes: list[Outcome] = []
    run_in_dagster(chosen, twin, progress=lambda one: note(f"  {one}"), heard=outcomes.append)
    rows = impact_rows(twin)
    for name, outcome in zip(chosen, outcomes, strict=True):
        for left, why in outcome.left_out.items():
            note(f"{name}: left out: {left}: {why}")
        changed = rows.filter(scenario_id=name)
        say(
            f"{name}: {counted(changed.height, 'number')} of "
            f"{counted(len(outcome.indicators), 'indicator')} change; gemello scenario diff {name}"
        )


@app.command()
def diff(
    name: Name,
    against: Annotated[
        list[str] | None, typer.Option(help="Another scenario beside it; may be repeated.")
    ] = None,
    by: Annotated[By, typer.Option(help="For the city, each place, quarter or age.")] = "city",
    indicator: Annotated[str, typer.Option(help="Only indicators whose id has this in it.")] = "",
    most: Annotated[int, typer.Option(min=1, help="So many rows at most.")] = _MOST,
) -> None:
    """Show what a scenario changes, with intervals, and how many residents gain and lose.

    A number that is relative, such as a rank, moves where nothing happens: nobody gains by it.
    With --against other scenarios stand beside it, in one table. A mean is over residents; who
    gains and who loses is told in tens, and not at all where it is fewer than ten.
    """
    from assets.derived_assets import find_declarations
    from assets.scenarios.comparing import compared
    from assets.scenarios.impact import is_relative
    from assets.scenarios.stored import group_rows, impact_rows
    from assets.twin import Twin

    twin = Twin.here()
    chosen = list(dict.fromkeys([Path(name).stem, *(against or [])]))
    _tell_register(chosen, twin)
    rows = impact_rows(twin) if by == "place" else group_rows(twin)
    found = compared(rows, chosen, by=by, indicator=indicator)
    if found.is_empty():
        nobody = "Nothing changes for residents as a group; see --by place"
        say("No number changes" if by == "place" else nobody)
        return
    columns = [one for one in found.columns if found[one].null_count() < found.height]
    shown = found.select(columns).head(most)
    table(f"Differences, {by}", columns, [[_cell(one) for one in row] for row in shown.iter_rows()])
    relative = found.head(most).filter(is_relative(find_declarations()))["indicator_id"].unique()
    if relative.len():
        note(f"relative, so that nobody gains or loses by it: {', '.join(relative.sort())}")
    if found.height > most:
        note(f"and {found.height - most} more: --most {found.height}, --indicator TEXT")


@app.command()
def drop(name: Name) -> None:
    """Take a scenario's numbers out of the tables; its file stays."""
    from assets.twin import Twin
    from orchestration.scenarios import drop_with_partition

    scenario_id = Path(name).stem
    drop_with_partition(scenario_id, Twin.here())
    say(f"{scenario_id} is dropped; earlier versions of the tables still show it")


def _known(name: str, twin: "Twin") -> str:
    """The name of a scenario in the folder; of a file that lies there, too."""
    from assets.scenarios.plan import folder_of

    folder = folder_of(twin.settings.home)
    path = Path(name)
    if path.suffix and path.is_file():
        if path.absolute().parent != folder.absolute():
            raise UsageError(f"{name} does not lie in {folder}, where scenarios are kept; copy it")
        name = path.stem
    known = sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []
    if name not in known:
        raise UsageError(f"{no_such('scenario', name, known)}; gemello scenario new writes one")
    return name


def _tell_register(names: Sequence[str], twin: "Twin") -> None:
    """Who decided what, and what it costs. Raises UsageError for one that was not run."""
    from assets.scenarios.stored import scenarios_run

    ran = scenarios_run(twin)
    known = ran["scenario_id"].to_list()
    for name in names:
        if name not in known:
            raise UsageError(f"{no_such('scenario that was run', name, known)}")
    table(
        "Scenarios",
        ["scenario", "title", "decided by", "on", "cost (EUR)", "run"],
        [_told(ran.filter(scenario_id=name)) for name in names],
    )


def _told(row: "pl.DataFrame") -> list[object]:
    one = row.row(0, named=True)
    return [
        one["scenario_id"], one["title_text"], one["decided_by_name"] or "nobody yet",
        one["decided_on"], "not known" if one["cost_eur"] is None else f"{one['cost_eur']:,.0f}",
        f"{one['ran_at']:%Y-%m-%d %H:%M}",
    ]  # fmt: skip


def _cell(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value
