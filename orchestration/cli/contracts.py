"""`contract check | show | export`: contracts on the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.counting import agree, counted
from infra.settings import Settings
from orchestration.cli.console import fail, say
from orchestration.cli.exit_codes import EXIT_REFUSED

if TYPE_CHECKING:
    from quality.contract.model import Contract

app = typer.Typer(help="Check, show and export contracts.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="<publisher>/<dataset>, or the path of a contract.")]


def _roots() -> list[Path]:
    from quality.contract.load import BUILT_IN

    return [BUILT_IN, *Settings.load().contracts]


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(help="Contracts; default: all.")] = None,
) -> None:
    """Check contracts: keys, rules, expectations, and the sample beside each.

    Of all contracts also that no computed table descends from what they do not let it.
    """
    from quality.contract.check import check_contract, notes_on
    from quality.contract.load import contract_folders, find_folder, load_contract

    folders = [find_folder(name, _roots()) for name in names or ()]
    folders = folders or contract_folders(_roots())
    bad = 0
    for folder in folders:
        problems = check_contract(folder)
        bad += bool(problems)
        say(f"{'BAD' if problems else 'ok '}  {folder.parent.name}/{folder.name}")
        for line in problems or notes_on(load_contract(folder)):
            say(f"       {line}")
    if bad:
        are = agree(bad, "is", "are")
        fail(f"{bad} of {counted(len(folders), 'contract')} {are} not in order")
        raise typer.Exit(EXIT_REFUSED)
    if not names:
        _check_tables()


def _check_tables() -> None:
    from assets.twin import Twin
    from orchestration.definitions import checked_declarations

    tables = counted(len(checked_declarations(Twin.here())[0]), "computed table")
    say(f"ok   {tables}: every column goes back to columns that the contracts let it be made of")


@app.command()
def show(name: Name) -> None:
    """Show a contract as the page an auditor reads."""
    from rich.markdown import Markdown

    from orchestration.cli.console import out
    from quality.contract.exports import to_markdown
    from quality.contract.load import find_contract

    text = to_markdown(find_contract(name, _roots()))
    out.print(Markdown(text) if out.is_terminal else text)


@app.command()
def export(
    name: Name,
    kind: Annotated[str, typer.Option("--format", help="odcs, gx, polars or ropa.")] = "odcs",
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: standard output.")
    ] = None,
) -> None:
    """Export a contract: ODCS, Great Expectations, polars, or the Art. 30 register."""
    from quality.contract.load import find_contract

    text = _exported(find_contract(name, _roots()), kind)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


def _exported(contract: "Contract", kind: str) -> str:
    import yaml

    from quality.contract import exports
    from quality.contract.export_gx import to_gx_suite

    match kind:
        case "odcs":
            return yaml.safe_dump(
                exports.to_odcs(contract), sort_keys=False, allow_unicode=True
            ).rstrip()
        case "gx":
            return json.dumps(to_gx_suite(contract), indent=2, ensure_ascii=False)
        case "polars":
            schema = exports.to_polars_schema(contract)
            return json.dumps({name: str(dtype) for name, dtype in schema.items()}, indent=2)
        case "ropa":
            return yaml.safe_dump(
                exports.to_ropa(contract), sort_keys=False, allow_unicode=True
            ).rstrip()
    raise typer.BadParameter(f"--format {kind}: write odcs, gx, polars or ropa")
