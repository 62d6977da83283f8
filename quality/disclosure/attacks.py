"""What somebody can do with a release: single a person out, link one, infer about one.

The three risks of the Article 29 Working Party's opinion 05/2014 on anonymisation. Inference is
measured as in Giomi et al., A Unified Framework for Quantifying Privacy Risk (2023): against people
of whom the release knows nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import polars as pl

# Of a normal distribution, 95 of 100 lie within so many standard deviations.
_CONFIDENCE: Final = 1.96


@dataclass(frozen=True)
class SinglingOut:
    """Looking for a description that fits one person alone.

    `alone_count` are those found by quasi-identifiers, `described_count` by all columns together;
    `worked_out_count` are withheld counts that those published give back exactly.
    """

    units_count: int
    alone_count: int
    described_count: int
    worked_out_count: int = 0

    @property
    def succeeds(self) -> bool:
        """Whether anybody was found."""
        return bool(self.alone_count or self.described_count or self.worked_out_count)


@dataclass(frozen=True)
class Linkage:
    """Looking up the people of another file, who are known by some quasi-identifiers.

    `known_by` are the columns both have. `highest_probability` is that of the best link: one over
    the number of candidates.
    """

    known_by: tuple[str, ...]
    targets_count: int
    linked_count: int
    highest_probability: float


@dataclass(frozen=True)
class Inference:
    """Guessing a sensitive value from quasi-identifiers by what the release says of their group.

    `success_ratio` is how often that is right for people in the release, `control_ratio` for others
    of the same kind, and `blind_ratio` without a release, by the most frequent value. Advantage is
    what being in the release adds, of what there was to add, with its 95 % interval.
    """

    column: str
    targets_count: int
    success_ratio: float
    control_ratio: float
    blind_ratio: float
    advantage_ratio: float
    advantage_low: float
    advantage_high: float
    certain_count: int


def link(
    groups: pl.DataFrame, auxiliary: pl.DataFrame, columns: Sequence[str], *, size: str
) -> Linkage:
    """Look up each person of an auxiliary file in published groups.

    `size` is the column of how many candidates a group has: of a withheld one the most it can be.
    Whoever matches no group is not linked.
    """
    known_by = tuple(name for name in columns if name in auxiliary.columns)
    if not known_by:
        return Linkage((), auxiliary.height, 0, 0.0)
    found = (
        auxiliary.select(known_by)
        .join(groups.select(*known_by, size), on=list(known_by), how="inner", nulls_equal=True)
        .filter(pl.col(size) > 0)
    )
    least = found[size].min()
    return Linkage(
        known_by=known_by,
        targets_count=auxiliary.height,
        linked_count=found.filter(pl.col(size) < 2).height,
        highest_probability=1 / float(least) if isinstance(least, int | float) else 0.0,
    )


def infer(shown: pl.DataFrame, group: Sequence[str], column: str, *, seed: int) -> Inference:
    """Guess one sensitive column of everybody from the rest.

    `shown` has for each group and value the units `n`, and whether the release shows it
    (`is_shown`). Half of the units, drawn with `seed`, play those in the release, the other half
    those who are not. Where nothing of a group is shown, the most frequent value is guessed.
    """
    import numpy as np

    keys = list(group)
    chance = np.random.default_rng(seed)
    halves = shown.filter(pl.col("n") > 0).sort(*keys, column)
    inside = chance.binomial(halves["n"].to_numpy(), 0.5) if halves.height else np.empty(0, int)
    halves = halves.with_columns(
        pl.Series("inside", inside, dtype=pl.Int64),
        pl.Series("outside", halves["n"].to_numpy() - inside, dtype=pl.Int64),
    )
    blind = halves.group_by(column).agg(pl.col("inside").sum()).sort("inside", column)
    if blind.is_empty() or not inside.sum() or inside.sum() == halves["n"].sum():
        return Inference(column, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    usual = blind[column][-1]
    guesses = (
        halves.filter(pl.col("is_shown") & (pl.col("inside") > 0))
        .sort("inside", column)
        .group_by(keys)
        .agg(pl.col(column).last().alias("guess"))
    )
    judged = halves.join(guesses, on=keys, how="left", nulls_equal=True).with_columns(
        pl.col("guess").fill_null(usual)
    )
    right = judged.filter(pl.col(column) == pl.col("guess"))
    inside_count, outside_count = int(inside.sum()), int(halves["outside"].sum())
    success = int(right["inside"].sum()) / inside_count
    control = int(right["outside"].sum()) / outside_count
    left = max(1 - control, 1e-9)
    error = sqrt(success * (1 - success) / inside_count + control * (1 - control) / outside_count)
    advantage = (success - control) / left
    return Inference(
        column=column,
        targets_count=inside_count,
        success_ratio=success,
        control_ratio=control,
        blind_ratio=int(blind["inside"][-1]) / inside_count,
        advantage_ratio=advantage,
        advantage_low=advantage - _CONFIDENCE * error / left,
        advantage_high=advantage + _CONFIDENCE * error / left,
        certain_count=_certain(shown, keys),
    )


def _certain(shown: pl.DataFrame, keys: Sequence[str]) -> int:
    """The units of whose group the release leaves one value possible."""
    by_group = shown.group_by(keys).agg(
        pl.col("n").sum(),
        values=(pl.col("n") > 0).sum(),
        is_open=(~pl.col("is_shown")).any(),
    )
    certain = by_group.filter((pl.col("values") == 1) & ~pl.col("is_open"))
    return int(certain["n"].sum())
