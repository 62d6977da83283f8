"""Why a release may not be published: which measure, where, and what to do; never a value."""

from collections.abc import Iterator

import polars as pl

from infra.counting import counted
from quality.disclosure.anonymity import COUNT, DISTINCT, ENTROPY, T
from quality.disclosure.policy import SHOWN, Cells, Records
from quality.disclosure.verdict import Verdict
from quality.disclosure.withholding import IS_ALIKE, IS_DOMINATED, IS_SMALL


def of_records(verdict: Verdict, measured: pl.DataFrame, release: Records) -> Iterator[str]:
    """The thresholds that a release of rows is under; `measured` are its groups."""
    limits = release.thresholds
    groups_of = f"{counted(measured.height, 'group')} of {' × '.join(release.quasi_identifiers)}"
    coarser = f"make {' or '.join(release.quasi_identifiers)} coarser, or leave one out"

    def bad(which: pl.Expr) -> int:
        return measured.filter(which).height

    if small := bad(pl.col(COUNT) < limits.k):
        yield f"k is below {limits.k} in {small} of {groups_of}; {coarser}"
    for name in release.sensitive:
        if alike := bad(pl.col(DISTINCT + name) < limits.distinct_l):
            said = f"distinct l of {name} is below {limits.distinct_l}"
            yield f"{said} in {alike} of {groups_of}; {coarser}"
        if alike := bad(pl.col(ENTROPY + name) < limits.entropy_l):
            said = f"entropy l of {name} is below {limits.entropy_l}"
            yield f"{said} in {alike} of {groups_of}; {coarser}"
        if far := bad(pl.col(T + name) > limits.t):
            yield f"t of {name} is above {limits.t} in {far} of {groups_of}; {coarser}"
    if verdict.singling_out.alone_count:
        yield (
            f"uniques: {verdict.singling_out.alone_count} of {counted(verdict.units_count, 'row')} "
            f"have quasi-identifiers that no other has; {coarser}"
        )
    if verdict.singling_out.described_count:
        yield (
            f"singling out: {verdict.singling_out.described_count} of "
            f"{counted(verdict.units_count, 'row')} are like no other in all columns together; "
            "make the columns that are no quasi-identifiers coarser, too"
        )
    yield from _of_attacks(verdict)


def of_cells(
    verdict: Verdict, cells: pl.DataFrame, given_back: int, release: Cells
) -> Iterator[str]:
    """The thresholds that a release of cells is under.

    `cells` are the true ones, marked, with what is shown; of `given_back` withheld ones too much
    can be worked out.
    """
    limits, shown = release.thresholds, cells.filter(SHOWN)
    dimensions = " × ".join(release.dimensions)
    of_cells = f"of {counted(shown.height, 'cell')} shown of {dimensions}"
    coarser = f"make {' or '.join(release.dimensions)} coarser"
    sums, groups_of = " or ".join(release.sums), " × ".join(release.quasi_identifiers)
    if small := shown.filter(IS_SMALL).height:
        yield (
            f"k: {release.count} is below {limits.k} in {small} {of_cells}; withhold them, or "
            f"{coarser}"
        )
    if few := shown.filter(IS_DOMINATED).height:
        yield (
            f"dominance: in {few} {of_cells} the {limits.top_count} largest have more than "
            f"{limits.top_ratio:.0%} of {sums}, or one of them could work another out within "
            f"{limits.margin_ratio:.0%}; withhold them, or {coarser}"
        )
    if alike := shown.filter(IS_ALIKE).height:
        yield (
            f"l or t: {alike} {of_cells} belong to groups of {groups_of} with fewer than "
            f"{limits.k}, distinct l below {limits.distinct_l}, entropy l below {limits.entropy_l} "
            f"or t above {limits.t} in {' or '.join(release.sensitive)}; withhold them, or "
            f"{coarser}"
        )
    if given_back > 0:
        withheld = counted(cells.height - shown.height, "withheld cell")
        yield (
            f"secondary suppression: {given_back} of {withheld} can be worked out too closely from "
            f"the totals over {dimensions}; withhold more beside them"
        )
    singling = verdict.singling_out
    if singling.succeeds:
        yield (
            f"singling out: {singling.described_count} {of_cells} are of one alone, and "
            f"{singling.worked_out_count} withheld ones can be worked out exactly; withhold them "
            "and more beside them"
        )
    yield from _of_attacks(verdict)


def _of_attacks(verdict: Verdict) -> Iterator[str]:
    """What linkage and inference came to, where that is more than the thresholds allow."""
    limits, linkage = verdict.thresholds, verdict.linkage
    if linkage.linked_count or linkage.highest_probability > 1 / limits.k + 1e-9:
        yield (
            f"linkage: people known by {', '.join(linkage.known_by)} have fewer than {limits.k} "
            f"candidates; {linkage.linked_count} of {linkage.targets_count} have one alone; make "
            "these columns coarser"
        )
    for guess in verdict.inference:
        if guess.certain_count:
            yield (
                f"inference: of {guess.certain_count} of {verdict.units_count} the release tells "
                f"{guess.column} with certainty; merge its values, or make the groups larger"
            )
        if guess.advantage_low > limits.advantage_ratio:
            yield (
                f"inference: {guess.column} is guessed better of people in the release than of "
                f"others, by more than {limits.advantage_ratio:.0%} of what there is to guess; "
                "make the groups larger"
            )
