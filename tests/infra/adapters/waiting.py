"""A clock that moves only when somebody sleeps, so that nobody has to wait."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from infra.adapters.patience import Time

BEGAN_AT = datetime(2025, 1, 1, 12, tzinfo=UTC)


@dataclass
class Waiting:
    """What was slept, and a clock that knows."""

    slept: list[float] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return sum(self.slept)

    def time(self) -> Time:
        """A time for adapters in which every pause is the longest it may be."""
        return Time(
            now_s=lambda: self.now_s,
            sleep=self.slept.append,
            up_to=lambda bound: bound,
            utc=lambda: BEGAN_AT + timedelta(seconds=self.now_s),
        )
