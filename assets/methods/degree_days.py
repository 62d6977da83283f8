"""How much heating or cooling a day's mean temperature asks for."""

import polars as pl


def heating_degree_days(
    mean_c: pl.Expr, *, base_c: float = 18.0, threshold_c: float = 15.0
) -> pl.Expr:
    """Give each day's heating degree days (K d): base less mean where mean is at most threshold.

    `mean_c` is the day's mean air temperature (°C); a missing one stays missing. Eurostat, energy
    statistics (nrg_chdd), cooling and heating degree days: base 18 °C, threshold 15 °C. With base
    and threshold at 20 °C, over the days of the heating season (`is_in_season`), they are the
    Italian gradi giorno (D.P.R. 412/1993, art. 1).
    """
    return pl.when(mean_c <= threshold_c).then(base_c - mean_c).when(mean_c.is_not_null()).then(0.0)


def cooling_degree_days(
    mean_c: pl.Expr, *, base_c: float = 21.0, threshold_c: float = 24.0
) -> pl.Expr:
    """Give each day's cooling degree days (K d): mean less base where mean is at least threshold.

    `mean_c` as in heating_degree_days. Eurostat (nrg_chdd): base 21 °C, threshold 24 °C.
    """
    return pl.when(mean_c >= threshold_c).then(mean_c - base_c).when(mean_c.is_not_null()).then(0.0)


def is_in_season(day: pl.Expr, *, begins: str | None, ends: str | None) -> pl.Expr:
    """Whether a day lies between two days of the year (`10-15`), both included; always without.

    A season may go over the end of the year, as that of heating does: in zone E from 15 October to
    15 April (D.P.R. 412/1993, art. 9).
    """
    if begins is None or ends is None:
        return day.is_not_null()
    of_year = day.dt.strftime("%m-%d")
    if begins <= ends:
        return of_year.is_between(pl.lit(begins), pl.lit(ends))
    return (of_year >= pl.lit(begins)) | (of_year <= pl.lit(ends))
