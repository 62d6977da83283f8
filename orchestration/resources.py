"""What Dagster hands to steps: the twin of this process."""

import dagster as dg
from pydantic import PrivateAttr

from assets.twin import Twin


class TwinResource(dg.ConfigurableResource[Twin]):
    """The twin, opened on first use in a process; settings come from the environment."""

    _twin: Twin | None = PrivateAttr(default=None)

    def open(self) -> Twin:
        """The settings, contracts, lake, archive and keys of this process."""
        if self._twin is None:
            self._twin = Twin.here()
        return self._twin


class OpenTwin:
    """A twin that is open already, for runs in this process."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def open(self) -> Twin:
        """The twin."""
        return self._twin
