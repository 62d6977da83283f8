"""What is declared beside a table that is to be published: who could be found in it, and how."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from infra.errors import TwinError

# What stands in a column of a table of cells where all of its values are taken together.
TOTAL: Final = "totale"
WITHHELD: Final = "is_withheld"
# While cells are judged: whether the release shows a cell.
SHOWN: Final = "__is_shown"


@dataclass(frozen=True)
class Thresholds:
    """What a release must hold.

    `k`: the fewest person-units that share their quasi-identifiers, and the least count shown.
    `distinct_l`, `entropy_l`: different values of a sensitive column in such a group, counted and
    as exp(entropy). `t`: how far a group's sensitive values may lie from those of all (0 to 1).
    `top_count` and `top_ratio`: so many largest contributors together have at most this share of
    a sum. `margin_ratio`: nobody in a sum can work out the largest contribution, or a withheld
    sum, closer than this share of the largest. `advantage_ratio`: how much better somebody's
    sensitive value may be guessed because that person is in the release.
    """

    k: int = 10
    distinct_l: int = 2
    entropy_l: float = 1.2
    t: float = 0.5
    top_count: int = 1
    top_ratio: float = 0.5
    margin_ratio: float = 0.15
    advantage_ratio: float = 0.1


# What every open table must hold at least; a table may declare stricter ones. Proposals of
# engineers that the city's data protection officer may change here; the law states no numbers.
LOOSEST: Final = Thresholds()


@dataclass(frozen=True)
class Records:
    """A release of rows, one a person-unit, whose columns are published as they are.

    `quasi_identifiers` are what an outsider may know of somebody, `sensitive` what they may not
    learn. Nothing is withheld: below its thresholds the table is refused.
    """

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """No columns tell rows apart: that is the point of it."""
        return ()

    def schema(self, units: pl.Schema) -> pl.Schema:
        """The columns that are published."""
        return pl.Schema(units)

    def check(self, table: str, columns: Sequence[str]) -> None:
        """Raise TwinError where this disagrees with itself or with the columns of the units."""
        _check_names(table, (*self.quasi_identifiers, *self.sensitive), columns)


@dataclass(frozen=True)
class Cells:
    """A release of counts, and of sums if any, over all combinations of some columns.

    It is made of person-units: rows of `quasi_identifiers`, `sensitive`, `within` and the `sums`
    they contribute. Totals over each quasi-identifier and each sensitive column are published as
    rows that say "totale"; `within` are columns each value of which makes a table by itself, with
    no totals over it. `count` is the name that the count is published under. Where the units have
    a column of that name, a row stands for so many of them. Cells that would tell too much are
    withheld: empty, with `is_withheld`.
    """

    quasi_identifiers: tuple[str, ...]
    count: str
    sensitive: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that have totals."""
        return (*self.quasi_identifiers, *self.sensitive)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What tells cells apart."""
        return (*self.within, *self.dimensions)

    def schema(self, units: pl.Schema) -> pl.Schema:
        """The columns that are published."""
        keys = {name: units[name] for name in self.key_columns}
        sums = dict.fromkeys(self.sums, pl.Float64())
        return pl.Schema({**keys, self.count: pl.Int64(), **sums, WITHHELD: pl.Boolean()})

    def check(self, table: str, columns: Sequence[str]) -> None:
        """Raise TwinError where this disagrees with itself or with the columns of the units."""
        _check_names(table, (*self.key_columns, *self.sums), columns)
        if not self.quasi_identifiers:
            raise TwinError(f"{table}: its release has no quasi_identifiers; name at least one")
        if self.sums and self.count in columns:
            raise TwinError(
                f"{table}: whose contribution a sum is cannot be told of rows that stand for "
                f"several ({self.count}); give one row a person-unit"
            )


Release = Records | Cells


def check_floor(table: str, thresholds: Thresholds) -> None:
    """Raise TwinError where a table declares thresholds looser than every open table must hold."""
    for name in ("k", "distinct_l", "entropy_l", "margin_ratio"):
        if getattr(thresholds, name) < getattr(LOOSEST, name):
            _too_loose(table, name, "at least")
    if thresholds.top_count < LOOSEST.top_count:
        _too_loose(table, "top_count", "at least")
    for name in ("t", "top_ratio", "advantage_ratio"):
        if getattr(thresholds, name) > getattr(LOOSEST, name):
            _too_loose(table, name, "at most")


def _too_loose(table: str, name: str, how: str) -> None:
    raise TwinError(
        f"{table}: {name} is looser than open tables may be; declare {how} {getattr(LOOSEST, name)}"
    )


def _check_names(table: str, named: Sequence[str], columns: Sequence[str]) -> None:
    twice = [name for name in named if named.count(name) > 1]
    if twice:
        raise TwinError(f"{table}: {twice[0]} is declared in two roles; give it one")
    missing = [name for name in named if name not in columns]
    if missing:
        raise TwinError(
            f"{table}: its release names {missing[0]}, which the function does not give"
        )
