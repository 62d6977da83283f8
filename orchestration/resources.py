"""What Dagster hands to steps: the twin of this process."""

from collections.abc import Callable

import dagster as dg
from pydantic import PrivateAttr

from assets.twin import Twin

# Called with a data set, how many of its windows are done, and of how many.
Told = Callable[[str, int, int], None]


class TwinResource(dg.ConfigurableResource[Twin]):
    """The twin, opened on first use in a process; settings come from the environment."""

    _twin: Twin | None = PrivateAttr(default=None)

    def open(self) -> Twin:
        """The settings, contracts, lake, archive and keys of this process."""
        if self._twin is None:
            self._twin = Twin.here()
        return self._twin

    def tell(self, dataset: str, done: int, of: int) -> None:
        """Nobody looks on."""


class OpenTwin:
    """A twin that is open already, for runs in this process, and who looks on."""

    def __init__(self, twin: Twin, told: Told | None = None) -> None:
        self._twin, self._told = twin, told

    def tell(self, dataset: str, done: int, of: int) -> None:
        """How many of the windows of a data set are done."""
        if self._told is not None:
            self._told(dataset, done, of)

    def open(self) -> Twin:
        """The twin."""
        return self._twin
