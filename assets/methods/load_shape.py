"""The shape of a load curve: how even it is, and how much of it never sleeps."""

import polars as pl


def load_factor(power: pl.Expr) -> pl.Expr:
    """Mean power over peak power, 0 to 1; missing without any or where the peak is nought.

    `power` is that of intervals of one length (any unit). A constant load has 1. The definition of
    IEV 691-10-02, from memory.
    """
    return pl.when(power.max() > 0).then((power.sort().mean() / power.max()).clip(upper_bound=1.0))


def night_base(power: pl.Expr, is_night: pl.Expr) -> pl.Expr:
    """Mean power of the night hours over the mean of all; missing where either is."""
    mean = power.sort().mean()
    return pl.when(mean > 0).then(power.filter(is_night).sort().mean() / mean)
