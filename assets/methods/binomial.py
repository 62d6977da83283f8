"""How sure a share of so many cases is."""

from typing import Final

import polars as pl

# The normal quantile of an interval of 95 %.
_QUANTILE: Final = 1.959964


def wilson_interval(hits: pl.Expr, cases: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The lower and upper end of the 95 % interval of a share, 0 to 1; missing of no cases.

    Score interval without correction for continuity: Wilson (1927), Probable inference, the law of
    succession, and statistical inference, Journal of the American Statistical Association 22, as
    method 3 of Newcombe (1998), Two-sided confidence intervals for the single proportion,
    Statistics in Medicine 17. Cases are taken to be independent.
    """
    share, square = hits / cases, _QUANTILE**2
    middle = share + square / (2 * cases)
    half = _QUANTILE * (share * (1 - share) / cases + square / (4 * cases**2)).sqrt()
    low, high = (((middle + sign * half) / (1 + square / cases)).clip(0.0, 1.0) for sign in (-1, 1))
    return pl.when(cases > 0).then(low), pl.when(cases > 0).then(high)
