"""How long a publisher is waited for, and by which clock."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Patience:
    """How long a publisher is waited for: the next bytes, a whole pull, and between attempts.

    A pause is drawn between nothing and a bound that doubles with each attempt (full jitter: many
    who were cut off together do not come back together). A server that asks for a longer pause
    than `longest_pause_s` is left alone until the next run.
    """

    timeout_s: float = 60
    deadline_s: float = 1800
    attempts: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 60


@dataclass(frozen=True)
class Time:
    """The clock, the sleep and the dice of whoever waits; tests bring their own."""

    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    up_to: Callable[[float], float] = lambda bound: random.uniform(0, bound)  # noqa: S311 # no secret
    utc: Callable[[], datetime] = lambda: datetime.now(UTC)
