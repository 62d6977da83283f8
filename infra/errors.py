"""The three ways things fail. The caller's move decides which one is raised.

No message ever shows a value that arrived from a publisher: Dagster stores every message.
"""

from typing import Literal


class GemelloError(Exception):
    """What every error of ours is; raise one of the three families, never this."""


class GemelloWarning(UserWarning):
    """What a person should know although nothing failed; shows no value."""


class PublisherUnavailable(GemelloError):
    """The outside world did not answer as it should: try again.

    `is_passing` says whether a moment may be enough; a login, a withdrawal or a certificate need
    somebody to act.
    """

    def __init__(self, message: str, *, is_passing: bool = True) -> None:
        """Fail with a message that shows no value."""
        super().__init__(message)
        self.is_passing = is_passing


class NothingDelivered(PublisherUnavailable):
    """The publisher answers, but has nothing there for the windows asked for."""


class ContractError(GemelloError):
    """The delivery, or the contract itself, is not as agreed: talk to the publisher or edit it."""


class DeliveryRefused(ContractError):
    """A delivery nothing of which is published; `check` says which promise it would have broken.

    `lacking` are columns it should have had, as the contract writes them.
    """

    def __init__(
        self,
        message: str,
        *,
        check: Literal["privacy", "contract", "drift", "disclosure"],
        lacking: tuple[str, ...] = (),
    ) -> None:
        """Refuse with a message that shows no value."""
        super().__init__(message)
        self.check = check
        self.lacking = lacking


class TwinError(GemelloError):
    """Our side is wrong: a setting, a disk, a key, a bug."""


class UsageError(GemelloError):
    """What was typed or asked for names nothing that is there: correct the command."""


class KeyDestroyed(TwinError):
    """The key asked for was destroyed as its term ended: it can never be had again."""
