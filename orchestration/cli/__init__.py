"""The `gemello` command: a file a subject, errors in one readable block, exit codes."""

import sys
import traceback
import warnings
from typing import Annotated, TextIO

import typer
from polars.exceptions import PanicException

from infra.errors import GemelloError, GemelloWarning
from infra.process import keep_private
from orchestration.cli.console import fail, note
from orchestration.cli.exit_codes import code_of

app = typer.Typer(
    name="gemello",
    help="The data lakehouse under the digital twin of the city of Brescia.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error arose (never a value).")
    ] = False,
) -> None:
    """Options of every command."""
    _Debug.is_on = debug


class _Debug:
    is_on = False


def main() -> None:
    """Run the command line; the only place where an error ends the process."""
    from orchestration.cli import commands

    keep_private()
    commands.register(app)
    warnings.showwarning = _show_warning
    try:
        app()
    except GemelloError as error:
        _end(error, str(error))
    except (Exception, PanicException) as error:  # noqa: BLE001 # the boundary of the process
        # The text of a foreign error may quote a value: only its kind is shown.
        _end(
            error,
            f"gemello failed with {type(error).__name__}; --debug shows where",
        )


def _show_warning(  # noqa: PLR0917 # the signature that Python calls
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Ours as a sentence; of a library's, whose text may quote a value, the kind if asked."""
    if issubclass(category, GemelloWarning):
        note(f"Warning: {message}")
    elif _Debug.is_on:
        note(f"Warning: {category.__name__} at {filename}:{lineno}")


def _end(error: BaseException, message: str) -> None:
    frames = traceback.extract_tb(error.__traceback__) if _Debug.is_on else []
    fail(message, [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames])
    sys.exit(code_of(error))
