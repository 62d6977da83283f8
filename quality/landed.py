"""What became of deliveries: counts and ids only."""

from collections.abc import Iterable, Mapping, Sequence
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


def joined(landings: Sequence[Landing], *, version: int | None) -> Landing:
    """What became of several deliveries, told as one; nothing at all if there was no news."""
    news = [landing for landing in landings if landing.is_news]
    shrunk = tuple(one for landing in landings for one in landing.shrunk)
    if not news:
        return Landing(None, (), version=version, changes=_changes(landings), shrunk=shrunk)
    return replace(
        news[-1],
        windows=tuple(sorted({start for landing in news for start in landing.windows})),
        delivered_count=sum(landing.delivered_count for landing in news),
        kept_count=sum(landing.kept_count for landing in news),
        refused_count=sum(landing.refused_count for landing in news),
        elsewhere_count=sum(landing.elsewhere_count for landing in news),
        results=_results(news),
        drift=_drift(news),
        changes=_changes(news),
        refused_by_rule=dict(sorted(_summed(one.refused_by_rule for one in news).items())),
        nobody_counts=_summed(one.nobody_counts for one in news),
        shrunk=shrunk,
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            summed[name] = summed.get(name, 0) + count
    return summed


def _results(landings: Sequence[Landing]) -> tuple[RuleResult, ...]:
    """The verdicts of each rule over all deliveries: it held if it held in each."""
    found: dict[tuple[str, str, str], RuleResult] = {}
    for landing in landings:
        for result in landing.results:
            key = (result.rule, result.severity, result.scope)
            known = found.get(key)
            found[key] = (
                result
                if known is None
                else replace(
                    known,
                    rows_count=known.rows_count + result.rows_count,
                    unexpected_count=known.unexpected_count + result.unexpected_count,
                    success=known.success and result.success,
                )
            )
    return tuple(found.values())


def _drift(landings: Sequence[Landing]) -> Drift | None:
    """The drift of the newest delivery that had any."""
    known = [landing.drift for landing in landings if landing.drift is not None]
    drifted = [drift for drift in known if drift.undeclared or drift.missing]
    return next(iter(reversed(drifted or known)), None)


def _changes(landings: Sequence[Landing]) -> tuple[Change, ...]:
    """What any of the deliveries had otherwise, each once, since the first that had it."""
    found: dict[tuple[str, str, str], Change] = {}
    for change in (change for landing in landings for change in landing.changes):
        key = (change.what, change.column, change.effect)
        if key not in found or change.since < found[key].since:
            found[key] = change
    return tuple(found.values())
