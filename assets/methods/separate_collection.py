"""How much of a city's waste is collected separately."""

import polars as pl


def separate_share(separate: pl.Expr, residual: pl.Expr) -> pl.Expr:
    """The share of waste collected separately, 0 to 1; missing where there is none.

    D.M. 26 May 2016, annex, point 4: sum of separate fractions over that sum and the residual
    waste; both in one unit of weight. The text was not read again at its source.
    """
    whole = separate + residual
    return pl.when(whole > 0).then(separate / whole)
