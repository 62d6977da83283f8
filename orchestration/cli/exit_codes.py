"""How the `gemello` command ends: the one list of its exit codes (docs/operations.md explains)."""

from collections.abc import Iterable
from typing import Final

from infra.errors import ContractError, PublisherUnavailable, UsageError

EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2  # typer ends with it, too
EXIT_UNAVAILABLE: Final = 3
EXIT_OURS: Final = 4

# Whoever looks first at what only they can put right is helped most.
_GRAVEST_FIRST: Final = (EXIT_OURS, EXIT_REFUSED, EXIT_UNAVAILABLE)


def code_of(error: BaseException) -> int:
    """The code of an error that ends the command; an error of no family is ours."""
    families = (
        (PublisherUnavailable, EXIT_UNAVAILABLE),
        (UsageError, EXIT_USAGE),
        (ContractError, EXIT_REFUSED),
    )
    return next((code for family, code in families if isinstance(error, family)), EXIT_OURS)


def gravest(codes: Iterable[int]) -> int:
    """The code of a command in which several things failed; 0 if none did."""
    found = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in found), 0)
