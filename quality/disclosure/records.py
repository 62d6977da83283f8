"""Judging rows that are to be published as they are, one a person-unit."""

from dataclasses import replace

import polars as pl

from quality.disclosure.anonymity import COUNT, groups, worst
from quality.disclosure.attacks import SinglingOut, infer, link
from quality.disclosure.policy import Records
from quality.disclosure.reasons import of_records
from quality.disclosure.verdict import Verdict, kind_of


def judge_records(
    rows: pl.DataFrame, release: Records, *, auxiliary: pl.DataFrame | None, seed: int
) -> Verdict:
    """Measure rows, attack them, and say which thresholds they are under.

    Without an `auxiliary` file the attacker's is the worst there can be: everybody in the release,
    with all quasi-identifiers.
    """
    measured = groups(rows, release.quasi_identifiers, release.sensitive)
    found = worst(measured, release.sensitive)
    described = groups(rows, rows.columns)
    singling = SinglingOut(
        units_count=rows.height,
        alone_count=measured.filter(pl.col(COUNT) == 1).height,
        described_count=described.filter(pl.col(COUNT) == 1).height,
    )
    known = rows if auxiliary is None else auxiliary
    names = [name for name in release.quasi_identifiers if name in known.columns]
    candidates = groups(rows, names)
    linked = link(candidates, known, release.quasi_identifiers, size=COUNT)
    inferred = tuple(
        infer(_shown(rows, release, name), release.quasi_identifiers, name, seed=seed)
        for name in release.sensitive
    )
    verdict = Verdict(
        release=kind_of(release),
        thresholds=release.thresholds,
        units_count=rows.height,
        tables_count=1,
        k=found.k,
        alone_ratio=found.alone_ratio,
        distinct_l=found.distinct_l,
        entropy_l=found.entropy_l,
        t=found.t,
        largest_share={},
        singling_out=singling,
        linkage=linked,
        inference=inferred,
    )
    return replace(verdict, problems=tuple(of_records(verdict, measured, release)))


def _shown(rows: pl.DataFrame, release: Records, name: str) -> pl.DataFrame:
    return (
        rows.group_by(*release.quasi_identifiers, name)
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(is_shown=pl.lit(True))
    )
