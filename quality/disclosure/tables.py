"""Withholding cells of a table of counts and sums, and judging what is left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from infra.errors import TwinError
from quality.disclosure.anonymity import worst
from quality.disclosure.attacks import Inference, Linkage, SinglingOut, infer, link
from quality.disclosure.bounds import intervals
from quality.disclosure.cells import TOP, blocks, is_inner, lines, tabulate
from quality.disclosure.policy import SHOWN, TOTAL, WITHHELD, Cells
from quality.disclosure.reasons import of_cells
from quality.disclosure.verdict import Loss, Verdict, kind_of
from quality.disclosure.withholding import (
    IS_ALIKE,
    IS_DOMINATED,
    IS_SMALL,
    Need,
    group_measures,
    least_of,
    needs,
    primary,
    unmet,
    withhold,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of a cell: the most that its count can be to an outsider.
_MOST: Final = "__most"


@dataclass(frozen=True, repr=False)
class _Block:
    """One table that stands by itself: its true cells, which are shown, and what can be told."""

    cells: pl.DataFrame
    unmet: tuple[Need, ...]
    worked_out_count: int


def protect_cells(table: str, units: pl.DataFrame, release: Cells) -> pl.DataFrame:
    """Give the cells to publish, with those that would tell too much withheld."""
    published = [pl.DataFrame(schema=release.schema(units.schema))]
    for block in blocks(units, release):
        cells = primary(tabulate(table, block, release), release)
        hidden = pl.int_range(pl.len()).is_in(withhold(cells, release))
        shown = [
            pl.when(~hidden).then(pl.col(name)).alias(name)
            for name in (release.count, *release.sums)
        ]
        published.append(
            cells.with_columns(*shown, hidden.alias(WITHHELD)).select(published[0].columns)
        )
    return pl.concat(published)


def judge_cells(
    table: str,
    published: pl.DataFrame,
    units: pl.DataFrame,
    release: Cells,
    *,
    auxiliary: pl.DataFrame | None,
    seed: int,
) -> Verdict:
    """Measure cells that are to be published, attack them, and say what they are under.

    It matters not who withheld what: a cell is withheld if its count and sums are empty, and what
    can be told of it is worked out from the others alone. Raises TwinError where what is shown are
    not the counts and sums of the units.
    """
    found = [_looked_at(table, published, block, release) for block in blocks(units, release)]
    if sum(block.cells.height for block in found) != published.height:
        raise TwinError(f"{table}: the cells to publish are not those of the units; this is a bug")
    empty = pl.DataFrame(schema=release.schema(units.schema)).with_columns(
        pl.lit(True).alias(name) for name in (SHOWN, IS_SMALL, IS_DOMINATED, IS_ALIKE)
    )
    cells = pl.concat([block.cells for block in found], how="vertical") if found else empty
    measured = worst(_shown_groups(found, release), release.sensitive)
    counts = cells.filter(pl.col(SHOWN) & (pl.col(release.count) > 0))[release.count]
    least = counts.min()
    singling = _singled_out(cells, release, sum(each.worked_out_count for each in found))
    verdict = Verdict(
        release=kind_of(release),
        thresholds=release.thresholds,
        units_count=_units_count(units, release),
        tables_count=len(found),
        k=int(least) if isinstance(least, int) else None,
        alone_ratio=singling.alone_count / max(singling.units_count, 1),
        distinct_l=measured.distinct_l,
        entropy_l=measured.entropy_l,
        t=measured.t,
        largest_share=_largest_share(cells, release) if found else {},
        singling_out=singling,
        linkage=_linked(cells, units if auxiliary is None else auxiliary, release, found),
        inference=tuple(_inferred(cells, release, name, seed) for name in release.sensitive)
        if found
        else (),
        loss=_loss(cells, release) if found else Loss(),
    )
    own = pl.col(SHOWN) & (pl.col(IS_SMALL) | pl.col(IS_DOMINATED) | pl.col(IS_ALIKE))
    # Cells that are shown and should not be have needs that nothing meets: they are told of apart.
    given_back = sum(len({need.cell for need in each.unmet}) for each in found)
    given_back -= cells.filter(own).height
    return replace(verdict, problems=tuple(of_cells(verdict, cells, given_back, release)))


def _looked_at(table: str, published: pl.DataFrame, block: pl.DataFrame, release: Cells) -> _Block:
    """The true cells of a block beside what is shown of them, and what the rest gives away."""
    import numpy as np

    keys, numbers = list(release.key_columns), [release.count, *release.sums]
    cells = primary(tabulate(table, block, release), release)
    beside = cells.select(keys).join(
        published.select(*keys, *numbers, pl.lit(True).alias("__is_there")),
        on=keys,
        how="left",
        maintain_order="left",
        nulls_equal=True,
    )
    empty = beside.select(pl.all_horizontal(pl.col(numbers).is_null())).to_series()
    if beside.height != cells.height or beside["__is_there"].null_count():
        raise TwinError(f"{table}: the cells to publish are not those of the units; this is a bug")
    for name in numbers:
        same = (beside[name] == cells[name]).fill_null(False) | empty
        if not same.all():
            raise TwinError(f"{table}: {name} to publish is not that of the units; this is a bug")
    hidden = empty.arg_true().to_list()
    structure = lines(beside, release)
    bounds: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
        name: intervals(
            beside[name].cast(pl.Float64).fill_null(0).to_numpy(),
            hidden,
            structure,
            least=least_of(cells, name, release),
        )
        for name in numbers
    }
    low, high = bounds[release.count]
    most = cells[release.count].cast(pl.Float64).to_numpy().copy()
    most[hidden] = np.floor(high + 1e-6)
    return _Block(
        cells=cells.with_columns((~empty).alias(SHOWN), pl.Series(_MOST, most)),
        unmet=tuple(unmet(needs(cells, release), hidden, bounds)),
        worked_out_count=int(np.count_nonzero(high - low < 1 - 1e-6)),
    )


def _units_count(units: pl.DataFrame, release: Cells) -> int:
    return int(units[release.count].sum()) if release.count in units.columns else units.height


def _shown_groups(found: Sequence[_Block], release: Cells) -> pl.DataFrame:
    """The measures of the groups of which some sensitive value is shown."""
    if not release.sensitive or not found:
        return pl.DataFrame()
    keys = [*release.within, *release.quasi_identifiers]
    of_value = pl.all_horizontal(pl.col(name) != TOTAL for name in release.sensitive)
    parts = []
    for block in found:
        shown = block.cells.filter(pl.col(SHOWN) & of_value).select(keys).unique()
        parts.append(group_measures(block.cells, release).join(shown, on=keys, how="semi"))
    return pl.concat(parts)


def _largest_share(cells: pl.DataFrame, release: Cells) -> dict[str, float]:
    shares = {}
    for name in release.sums:
        shown = cells.filter(pl.col(SHOWN) & (pl.col(name) > 0))
        share = (shown[TOP + name] / shown[name]).max()
        shares[name] = float(share) if isinstance(share, float) else 0.0
    return shares


def _singled_out(cells: pl.DataFrame, release: Cells, worked_out_count: int) -> SinglingOut:
    alone = pl.col(SHOWN) & (pl.col(release.count) == 1)
    whole = pl.all_horizontal(pl.lit(True), *(pl.col(name) == TOTAL for name in release.sensitive))
    inner = cells.filter(is_inner(release))
    return SinglingOut(
        units_count=int(inner[release.count].sum()),
        alone_count=cells.filter(alone & whole).height,
        described_count=cells.filter(alone).height,
        worked_out_count=worked_out_count,
    )


def _linked(
    cells: pl.DataFrame, auxiliary: pl.DataFrame, release: Cells, found: Sequence[_Block]
) -> Linkage:
    """Look up known people; what they are not known by is looked up in its total."""
    known = [*release.within, *release.quasi_identifiers]
    if not found:
        return link(pl.DataFrame(), auxiliary.clear(), [], size=_MOST)
    for name in release.quasi_identifiers:
        is_total = pl.col(name) == TOTAL
        cells = cells.filter(~is_total if name in auxiliary.columns else is_total)
    whole = pl.all_horizontal(pl.lit(True), *(pl.col(name) == TOTAL for name in release.sensitive))
    if release.count in auxiliary.columns:
        auxiliary = auxiliary.filter(pl.col(release.count) > 0)
    return link(cells.filter(whole), auxiliary, known, size=_MOST)


def _inferred(cells: pl.DataFrame, release: Cells, name: str, seed: int) -> Inference:
    keys = [*release.within, *release.quasi_identifiers]
    others = [other for other in release.sensitive if other != name]
    inner = pl.all_horizontal(
        *(pl.col(each) != TOTAL for each in (*release.quasi_identifiers, name)),
        *(pl.col(each) == TOTAL for each in others),
    )
    shown = cells.filter(inner).select(*keys, name, n=release.count, is_shown=SHOWN)
    return infer(shown, keys, name, seed=seed)


def _loss(cells: pl.DataFrame, release: Cells) -> Loss:
    own = pl.col(IS_SMALL) | pl.col(IS_DOMINATED) | pl.col(IS_ALIKE)
    hidden = cells.filter(~pl.col(SHOWN))
    inner = cells.filter(is_inner(release))
    total = int(inner[release.count].sum())
    lost = int(inner.filter(~pl.col(SHOWN))[release.count].sum())
    primary_count = hidden.filter(own).height
    return Loss(
        cells_count=cells.height,
        primary_count=primary_count,
        secondary_count=hidden.height - primary_count,
        withheld_ratio=lost / total if total else 0.0,
    )
