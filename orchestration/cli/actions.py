"""`action`: what a decision of the city is to bring about, and whether it did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from infra.errors import UsageError
from orchestration.cli.console import fail, no_such, note, say, table
from orchestration.cli.exit_codes import EXIT_REFUSED

if TYPE_CHECKING:
    from assets.twin import Twin

app = typer.Typer(no_args_is_help=True, help="Register actions of the city, and evaluate them.")

_EFFECTS: Final = "gold/actions/action_effect"
_NEEDED: Final = (
    "bronze/comune_brescia/action_register", "bronze/comune_brescia/actions",
    "bronze/definitions/action_goals", "bronze/definitions/completeness_rules",
    "bronze/definitions/disclosure_limits",
    "silver/actions/goal_by_day", "gold/actions/*",
)  # fmt: skip


@app.command()
def register(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The action, YAML.")],
) -> None:
    """Write down what is to be verified of an action, before the result is known.

    What was entered stays: the same action again is a new entry that supersedes the one before.
    """
    from assets.action_places import doubts
    from assets.action_register import enter, read_entry
    from assets.twin import Twin, utc_now

    entry, twin = read_entry(file), Twin.here()
    row = enter(entry, twin, at=utc_now())
    say(f"{entry.action_id}: registered, entry {row['revision_count']}, {row['entry_hash']}")
    if row["supersedes_hash"]:
        note(f"It takes the place of {row['supersedes_hash']}, which stays in the register")
    if not row["is_before"]:
        note("Data of after the action are there already: the verdict will say so")
    for doubt in doubts(entry, twin):
        note(f"{doubt}: correct the file, and register it again, if this is not as you meant it")
    note("Type `gemello action evaluate` to see the verdict")


@app.command("list")
def list_entries() -> None:
    """Show every entry of the register, superseded ones as well; exit 1 where one was changed."""
    from assets.action_register import broken, entries, set_back
    from assets.twin import Twin

    twin = Twin.here()
    shown = ("action_id", "revision_count", "registered_at", "is_before", "goal_indicator_code")
    rows = entries(twin)
    table(
        "Register of actions",
        [*shown, "entry"],
        [(*(row[name] for name in shown), row["entry_hash"][:12]) for row in rows.to_dicts()],
    )
    for name in set_back(rows):
        note(f"{name}: an entry says to be older than the one before it: a clock was wrong")
    wrong = broken(twin)
    if wrong:
        fail(f"{wrong} entries were changed or taken away since: compare with a backup")
        raise typer.Exit(EXIT_REFUSED)


def _listed(twin: "Twin") -> list[str]:
    if not twin.lake.exists(_EFFECTS):
        return []
    return twin.lake.read(_EFFECTS).select("action_id").collect()["action_id"].to_list()


@app.command()
def evaluate(
    action: Annotated[str | None, typer.Argument(help="Its id; default: all.")] = None,
) -> None:
    """Compute the effect of actions from the data that are there, and show the verdicts."""
    from assets.action_register import entries, export
    from assets.twin import Twin
    from infra.settings import Settings
    from orchestration.cli.publishers import with_publishers
    from orchestration.runner import run_assets

    settings = Settings.load()
    twin = Twin.here(settings)
    known = {*entries(twin)["action_id"], *_listed(twin)}
    if action is not None and known and action not in known:
        raise UsageError(no_such("action", action, sorted(known)))
    export(twin)
    with with_publishers(settings) as served:
        twin = Twin.here(served)
        summary = run_assets(twin, select=" or ".join(f'key:"{one}"' for one in _NEEDED))
    for step, text in summary.failures.items():
        fail(text if text.startswith(f"{step}:") else f"{step}: {text}")
    for name, text in summary.warnings.items():
        if name == _EFFECTS:
            note(f"{name} {text}")
    if not twin.lake.exists(_EFFECTS):
        raise UsageError(f"{_EFFECTS} was never computed: type `gemello run`")
    rows = twin.lake.read(_EFFECTS).collect().sort("action_id")
    if action is not None:
        if action not in rows["action_id"].to_list():
            raise UsageError(no_such("action", action, rows["action_id"].to_list()))
        rows = rows.filter(action_id=action)
    shown = ("action_id", "action_name", "verdict_code", "verdict_text")
    table("Actions", shown, rows.select(shown).rows())
    if not summary.is_success:
        raise typer.Exit(EXIT_REFUSED)
