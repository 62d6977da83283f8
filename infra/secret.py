"""A text that is never shown: it has no repr, is not pickled, and equals only itself."""

from typing import NoReturn


class Secret:
    """A key or a token as a setting holds it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold this text."""
        self._text = text

    def reveal(self) -> str:
        """The text; for the one place that needs it, and never for a message."""
        return self._text

    def __repr__(self) -> str:
        return "Secret()"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled: it stays in the process")
