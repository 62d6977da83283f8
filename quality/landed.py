"""What became of deliveries: counts and ids only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from quality.drift import Change
from quality.judgement import RuleResult
from quality.privacy.drift import Drift
from quality.shrinking import Shrunk


@dataclass(frozen=True)
class Landing:
    """What became of one delivery. Counts and ids only.

    `nobody_counts`: for each pseudonymised column, how many kept rows name nobody there: nothing
    was sent, a placeholder such as `N/D`, or an address that a device made up for itself.
    """

    delivery_id: str | None
    windows: tuple[date, ...]
    delivered_count: int = 0
    kept_count: int = 0
    refused_count: int = 0
    elsewhere_count: int = 0
    results: tuple[RuleResult, ...] = ()
    drift: Drift | None = None
    changes: tuple[Change, ...] = ()
    version: int | None = None
    refused_by_rule: Mapping[str, int] = field(default_factory=dict)
    nobody_counts: Mapping[str, int] = field(default_factory=dict)
    shrunk: tuple[Shrunk, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether anything was written."""
        return self.delivery_id is not None


def in_all(landings: Sequence[Landing]) -> Landing:
    """What became of several deliveries, as one: the newest that brought news, and all counts."""
    news = [landing for landing in landings if landing.is_news]
    if len(news) < 2:
        return news[0] if news else landings[-1]
    by_rule, nobody = Counter[str](), Counter[str]()
    for landing in news:
        by_rule.update(landing.refused_by_rule)
        nobody.update(landing.nobody_counts)
    return replace(
        news[-1],
        delivered_count=sum(landing.delivered_count for landing in news),
        kept_count=sum(landing.kept_count for landing in news),
        refused_count=sum(landing.refused_count for landing in news),
        refused_by_rule=dict(sorted(by_rule.items())),
        nobody_counts=dict(nobody),
    )
