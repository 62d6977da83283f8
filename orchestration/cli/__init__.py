"""The `gemello` command: a file a subject, errors in one readable block, exit codes."""

import sys
import traceback
from typing import Annotated, Final

import typer

from infra.errors import ContractError, GemelloError, PublisherUnavailable
from orchestration.cli.console import fail

# 0 done · 1 refused (the data, or the contract) · 2 usage · 3 publisher unavailable · 4 our side
EXIT_REFUSED: Final = 1
EXIT_UNAVAILABLE: Final = 3
EXIT_OURS: Final = 4

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

    commands.register(app)
    try:
        app()
    except GemelloError as error:
        _end(error, str(error))
    except Exception as error:  # noqa: BLE001 # the wrapper at the boundary of the process
        # The text of a foreign error may quote a value: only its kind is shown.
        _end(
            error,
            f"gemello failed with {type(error).__name__}; --debug shows where",
        )


def _end(error: Exception, message: str) -> None:
    frames = traceback.extract_tb(error.__traceback__) if _Debug.is_on else []
    fail(message, [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames])
    code = EXIT_OURS
    if isinstance(error, PublisherUnavailable):
        code = EXIT_UNAVAILABLE
    elif isinstance(error, ContractError):
        code = EXIT_REFUSED
    sys.exit(code)


if __name__ == "__main__":
    main()
