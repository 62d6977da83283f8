"""Small groups of contributors: what is too few to be told alone is told of a place around it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.completeness import NEVER

# The table limits are read from.
LIMITS = "bronze/definitions/disclosure_limits"
# Where a part lies, from the widest place to the narrowest: zone, quarter, section.
Path = tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    """How many must contribute to a number, and which share of it the largest may have at most."""

    least_count: int
    largest_ratio: float | None
    since: date | None = field(default=None, compare=False)
    """The day from which it holds."""

    def allows(
        self,
        counts: NDArray[np.int64],
        totals: NDArray[np.float64],
        largest: NDArray[np.float64],
    ) -> Callable[[Sequence[int]], bool]:
        """Whether some parts may be told as one, by their places in the arrays.

        Arrays have a row a part and a column a number that is told of it: how many contribute, to
        how much, of which the largest gives so much. A number to which nobody contributes is not
        told, and decides nothing.
        """

        def allowed(parts: Sequence[int]) -> bool:
            chosen = np.asarray(parts, dtype=np.int64)
            count = counts[chosen].sum(axis=0)
            is_enough = (count >= self.least_count) | (count == 0)
            if self.largest_ratio is None:
                return bool(count.any() and is_enough.all())
            most = self.largest_ratio * totals[chosen].sum(axis=0)
            return bool(
                count.any() and is_enough.all() and (largest[chosen].max(axis=0) <= most).all()
            )

        return allowed

    def allows_people(
        self, numbers: Sequence[Sequence[Mapping[str, float]]]
    ) -> Callable[[Sequence[int]], bool]:
        """The same of people who may be in several parts, and then are one.

        For each number that is told, and each part, what each of its people gave to it.
        """

        def allowed(parts: Sequence[int]) -> bool:
            anybody = False
            for number in numbers:
                given: dict[str, float] = defaultdict(float)
                for part in parts:
                    for person, amount in number[part].items():
                        given[person] += amount
                anybody = anybody or bool(given)
                if 0 < len(given) < self.least_count:
                    return False
                if given and self.largest_ratio is not None:
                    amounts = sorted(given.values())
                    if amounts[-1] > self.largest_ratio * sum(amounts):
                        return False
            return anybody

        return allowed


def limit_of(limits: pl.DataFrame, subject: str, day: date) -> Limit | None:
    """The limit of a subject that holds on a day; None before the first edition."""
    held = limits.filter((pl.col("subject_code") == subject) & (pl.col("valid_from_on") <= day))
    rows = held.sort("valid_from_on").select("least_count", "largest_ratio", "valid_from_on").rows()
    return Limit(*rows[-1]) if rows else None


def newest_limit(limits: pl.DataFrame, subject: str) -> Limit:
    """The newest limit of a subject, which holds for all years: it is of what is told now.

    Without one nothing may be told: it asks for more than anybody counts.
    """
    return limit_of(limits, subject, date.max) or Limit(NEVER, None)


def with_least(rows: pl.DataFrame, limits: pl.DataFrame, subject: str, *, day: str) -> pl.DataFrame:
    """Each row with `least_count`: how many must contribute to its number, on its day.

    More than anybody counts before the first edition. Rows come in the order of their days.
    """
    editions = limits.filter(subject_code=subject).select("valid_from_on", "least_count")
    return (
        rows.sort(day)
        .join_asof(
            editions.sort("valid_from_on"),
            left_on=day,
            right_on="valid_from_on",
            check_sortedness=False,
        )
        .with_columns(pl.col("least_count").fill_null(NEVER))
        .drop("valid_from_on")
    )


def limited_by(limits: str) -> tuple[str, ...]:
    """What is made of how many must contribute, by the input's name."""
    return tuple(f"{limits}.{name}" for name in ("least_count", "subject_code", "valid_from_on"))


def told_places(
    paths: Sequence[Path], sizes: Sequence[float], allowed: Callable[[Sequence[int]], bool]
) -> list[Path | None]:
    """The place under which each part is told: its own path or the first so many names of it.

    From the whole inwards: of a place that may be told, those within that may be told stand alone,
    and all others are told together, as the rest of it. If the rest is too few, or dominated, the
    smallest that stood alone join it until it is not. So each part is told in one place, the sums
    of places lying within another are that of the whole of it, and no difference of sums is of
    fewer than the limit: whoever takes rows from rows is left with rows. A part whose path is
    shorter than others' lies in the rest. None for all where not even the whole may be told.
    """
    found: list[Path | None] = [None] * len(paths)
    if not paths or not allowed(range(len(paths))):
        return found

    def settle(parts: Sequence[int], depth: int) -> None:
        within: dict[str, list[int]] = defaultdict(list)
        rest: list[int] = []
        for part in parts:
            if len(paths[part]) > depth:
                within[paths[part][depth]].append(part)
            else:
                rest.append(part)
        alone = {name: within[name] for name in sorted(within) if allowed(within[name])}
        rest += [part for name in sorted(within) if name not in alone for part in within[name]]
        smallest_last = sorted(
            alone, key=lambda name: (sum(sizes[part] for part in alone[name]), name), reverse=True
        )
        while rest and not allowed(rest):
            rest += alone.pop(smallest_last.pop())
        for part in rest:
            found[part] = paths[part][:depth]
        for inner in alone.values():
            settle(inner, depth + 1)

    settle(range(len(paths)), 0)
    return found


def alone_and_together(
    parts: Sequence[str], passes: Callable[[Sequence[str]], bool]
) -> tuple[list[str], list[str]]:
    """Which parts may be told alone, and which only as one, of a whole whose total is told.

    `told_places` for parts that lie in no wider one. They come with the one first that is soonest
    given up. Whoever takes those told alone from the total knows the sum of the others, and so it
    has to pass as a part of its own: parts join it until it does. Two empty lists where not even
    all of them pass as one.
    """
    places = told_places(
        [(part,) for part in parts],
        range(len(parts)),
        lambda chosen: passes([parts[at] for at in chosen]),
    )
    told = dict(zip(parts, places, strict=True))
    alone = [part for part in parts if told[part] == (part,)]
    return alone, sorted(part for part in parts if told[part] == ())
