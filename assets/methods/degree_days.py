"""How much heating or cooling a day's mean temperature asks for."""

import polars as pl


def heating_degree_days(
    mean_c: pl.Expr, *, base_c: float = 18.0, threshold_c: float = 15.0
) -> pl.Expr:
    """Give each day's heating degree days (K d): base less mean where mean is at most threshold.

    `mean_c` is the day's mean air temperature (°C); a missing one stays missing. Eurostat, energy
    statistics (nrg_chdd), cooling and heating degree days: base 18 °C, threshold 15 °C.
    """
    return pl.when(mean_c <= threshold_c).then(base_c - mean_c).when(mean_c.is_not_null()).then(0.0)


def cooling_degree_days(
    mean_c: pl.Expr, *, base_c: float = 21.0, threshold_c: float = 24.0
) -> pl.Expr:
    """Give each day's cooling degree days (K d): mean less base where mean is at least threshold.

    `mean_c` as in heating_degree_days. Eurostat (nrg_chdd): base 21 °C, threshold 24 °C.
    """
    return pl.when(mean_c >= threshold_c).then(mean_c - base_c).when(mean_c.is_not_null()).then(0.0)
